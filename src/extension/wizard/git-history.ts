import * as vscode from "vscode";
import { pathIn } from "../vscode/files.ts";
import { type CoChange, coChangeOf, type FileCommit } from "../../wizard/co-change.ts";

type GitApi = { readonly getAPI: (version: 1) => { readonly getRepository: (uri: vscode.Uri) => Repository | null } };
type Commit = { readonly hash: string; readonly parents: readonly string[]; readonly authorEmail?: string; readonly authorName?: string };
type Repository = {
  readonly rootUri: vscode.Uri;
  readonly log: (options: { readonly maxEntries: number; readonly path: string }) => Promise<readonly Commit[]>;
  readonly diffBetween: (from: string, to: string) => Promise<readonly { readonly uri: vscode.Uri }[]>;
};

const MOST_COMMITS = 40;

/** What changes together with a file, as VS Code's own git extension tells; undefined without git or history. */
export async function historyOf(folder: vscode.WorkspaceFolder, file: string): Promise<CoChange | undefined> {
  const extension = vscode.extensions.getExtension<GitApi>("vscode.git");
  if (extension === undefined || folder.uri.scheme !== "file") return undefined;
  try {
    const uri = vscode.Uri.joinPath(folder.uri, file);
    const repository = (await extension.activate()).getAPI(1).getRepository(uri);
    if (repository === null) return undefined;
    const commits: FileCommit[] = [];
    for (const commit of await repository.log({ maxEntries: MOST_COMMITS, path: uri.fsPath })) {
      const [parent] = commit.parents;
      const changes = parent === undefined ? [] : await repository.diffBetween(parent, commit.hash);
      commits.push({ author: commit.authorEmail ?? commit.authorName ?? "", files: changes.map(({ uri: changed }) => (changed.path.startsWith(`${folder.uri.path}/`) ? pathIn(folder, changed) : changed.path)) });
    }
    return commits.length === 0 ? undefined : coChangeOf(file, commits);
  } catch {
    return undefined; // git is switched off, or the history is not at hand; the page does without
  }
}
