import * as vscode from "vscode";

/** Where a file is looked for, there is nothing, or a file stands where its folder would be. */
export const isAbsence = (error: unknown): boolean => error instanceof vscode.FileSystemError && (error.code === "FileNotFound" || error.code === "FileNotADirectory");

/** The text of a file, or undefined where there is none. */
export async function readText(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/** The open document of a file, if there is one. */
export const openDocument = (uri: vscode.Uri): vscode.TextDocument | undefined => vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());

/** The text of a file as the editor has it, since findings follow what is typed; else as it is on the disk, or undefined where there is none. */
export const currentText = async (uri: vscode.Uri): Promise<string | undefined> => openDocument(uri)?.getText() ?? readText(uri);

/** The path of a file below its folder, with `/`. */
export const pathIn = (folder: vscode.WorkspaceFolder, uri: vscode.Uri): string => uri.path.slice(folder.uri.path.replace(/\/$/, "").length + 1);

/** Names in a folder, sorted; none where there is no folder. */
export async function namesIn(uri: vscode.Uri): Promise<readonly string[]> {
  try {
    return (await vscode.workspace.fs.readDirectory(uri)).map(([name]) => name).sort();
  } catch {
    return [];
  }
}

/** Written beside the target and renamed, so that no reader ever sees half a file. */
export async function writeWhole(uri: vscode.Uri, text: string): Promise<void> {
  // Two windows on one folder must not share a draft.
  const draft = uri.with({ path: `${uri.path}.${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}.tmp` });
  await vscode.workspace.fs.createDirectory(vscode.Uri.joinPath(uri, ".."));
  await vscode.workspace.fs.writeFile(draft, new TextEncoder().encode(text));
  try {
    await vscode.workspace.fs.rename(draft, uri, { overwrite: true });
  } catch (error) {
    await vscode.workspace.fs.delete(draft);
    throw error;
  }
}
