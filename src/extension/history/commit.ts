import * as vscode from "vscode";

type GitApi = { readonly getAPI: (version: 1) => { readonly repositories: readonly Repository[] } };
type Repository = { readonly rootUri: vscode.Uri; readonly state: { readonly HEAD?: { readonly commit?: string }; readonly workingTreeChanges: readonly unknown[]; readonly indexChanges: readonly unknown[] } };

/** The commit a folder stands at, as VS Code's own git extension sees it; undefined without git. */
export async function commitOf(folder: vscode.WorkspaceFolder): Promise<{ readonly id: string; readonly isDirty: boolean } | undefined> {
  const extension = vscode.extensions.getExtension<GitApi>("vscode.git");
  if (extension === undefined) return undefined;
  try {
    const repository = (await extension.activate()).getAPI(1).repositories.find(({ rootUri }) => folder.uri.path === rootUri.path || folder.uri.path.startsWith(`${rootUri.path}/`));
    const id = repository?.state.HEAD?.commit;
    return repository === undefined || id === undefined ? undefined : { id, isDirty: repository.state.workingTreeChanges.length + repository.state.indexChanges.length > 0 };
  } catch {
    return undefined; // git is switched off; a report without a commit says so
  }
}
