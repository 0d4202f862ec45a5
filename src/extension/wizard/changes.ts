import * as vscode from "vscode";
import type { FileChange } from "../../audit/planning.ts";
import { readText } from "../vscode/files.ts";

/** Why changes cannot be applied to the folder as it is; undefined when they can. */
export async function obstacle(folder: vscode.WorkspaceFolder, changes: readonly FileChange[]): Promise<string | undefined> {
  for (const { path, before } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open?.isDirty === true) return `${path} has changes that are not saved. Save or revert it, then apply again.`;
    const now = await readText(uri);
    if (before === null && now !== undefined) return `${path} exists already. Rename the group, or move that file away.`;
    if (before !== null && now !== before) return `${path} changed since the plan was made. Scan again, then apply again.`;
  }
  return undefined;
}

/** Applies changes as one step of VS Code's undo, and saves them. Answers false when VS Code refused. */
export async function applyChanges(folder: vscode.WorkspaceFolder, changes: readonly FileChange[], label: string): Promise<boolean> {
  const edit = new vscode.WorkspaceEdit();
  const about = { label, needsConfirmation: false };
  for (const { path, before, after } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    if (after === null) edit.deleteFile(uri, { ignoreIfNotExists: true }, about);
    else if (before === null) edit.createFile(uri, { contents: new TextEncoder().encode(after) }, about);
    else {
      const document = await vscode.workspace.openTextDocument(uri);
      edit.replace(uri, new vscode.Range(document.positionAt(0), document.positionAt(document.getText().length)), after, about);
    }
  }
  if (!(await vscode.workspace.applyEdit(edit, { isRefactoring: true }))) return false;
  for (const { path, after } of changes) {
    if (after === null) continue;
    await (await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, path))).save();
  }
  return true;
}

/** The way back: each file as it was before the first of `changes`. */
export function inverse(changes: readonly FileChange[]): readonly FileChange[] {
  const first = new Map<string, FileChange>();
  for (const change of changes) {
    const earlier = first.get(change.path);
    first.set(change.path, { path: change.path, before: change.after, after: earlier === undefined ? change.before : earlier.after });
  }
  return [...first.values()];
}
