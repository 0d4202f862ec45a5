import * as vscode from "vscode";

type GitApi = { readonly getAPI: (version: 1) => { readonly repositories: readonly Repository[] } };
type Repository = { readonly rootUri: vscode.Uri; readonly getConfig: (key: string) => Promise<string>; readonly state: { readonly HEAD?: { readonly commit?: string }; readonly workingTreeChanges: readonly unknown[]; readonly indexChanges: readonly unknown[] } };

async function repositoryOf(folder: vscode.WorkspaceFolder): Promise<Repository | undefined> {
  const extension = vscode.extensions.getExtension<GitApi>("vscode.git");
  if (extension === undefined) return undefined;
  try {
    return (await extension.activate()).getAPI(1).repositories.find(({ rootUri }) => folder.uri.path === rootUri.path || folder.uri.path.startsWith(`${rootUri.path}/`));
  } catch {
    return undefined; // git is switched off; a report without a commit says so
  }
}

/** The commit a folder stands at, as VS Code's own git extension sees it; undefined without git. */
export async function commitOf(folder: vscode.WorkspaceFolder): Promise<{ readonly id: string; readonly isDirty: boolean } | undefined> {
  const repository = await repositoryOf(folder);
  const id = repository?.state.HEAD?.commit;
  return repository === undefined || id === undefined ? undefined : { id, isDirty: repository.state.workingTreeChanges.length + repository.state.indexChanges.length > 0 };
}

/** The name git signs commits with; undefined without git or without a name. */
export async function authorIn(folder: vscode.WorkspaceFolder): Promise<string | undefined> {
  try {
    const name = await (await repositoryOf(folder))?.getConfig("user.name");
    return name === "" ? undefined : name;
  } catch {
    return undefined;
  }
}
