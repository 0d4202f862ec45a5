import * as vscode from "vscode";
import type { FileChange } from "../../audit/planning.ts";
import { readText } from "../vscode/files.ts";
import { hunksOf } from "./hunks.ts";
import { Refusal } from "./refusal.ts";

/** Refuses changes that the folder as it is cannot take: unsaved, changed or occupied files. */
export async function assertApplicable(folder: vscode.WorkspaceFolder, changes: readonly FileChange[]): Promise<void> {
  for (const { path, before } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    assertSaved(folder, path);
    const now = await readText(uri);
    if (before === null && now !== undefined) throw new Refusal(`${path} exists already. Nothing was written. Rename the group in Shape, or move that file away.`, { kind: "open", label: `Open ${nameOf(path)}`, file: path });
    if (before !== null && now === undefined) throw new Refusal(`${path} is gone. Nothing was written. Bring it back, or take over the change.`, { kind: "scan", label: "Take over the change", file: path });
    if (before !== null && now !== before) throw new Refusal(`${path} changed since the plan was made. Nothing was written.`, { kind: "scan", label: "Take over the change", file: path });
  }
}

/** Refuses to work on a file that is being edited: what is typed would be mixed with what is written. */
export function assertSaved(folder: vscode.WorkspaceFolder, path: string): void {
  const uri = vscode.Uri.joinPath(folder.uri, path).toString();
  if (vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri && document.isDirty)) throw new Refusal(`${path} has changes that are not saved. Nothing was written. Save or revert it, then go on.`, { kind: "save", label: `Save ${nameOf(path)}`, file: path });
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** What became of changes: all are written; none is (discarded in the preview, or refused); parts were let through, and taken back. */
export type Outcome = "written" | "nothing" | "partly";

/** Applies changes as one step of VS Code's undo, and saves them. `withPreview` shows them in VS Code's refactor preview first. */
export async function applyChanges(folder: vscode.WorkspaceFolder, changes: readonly FileChange[], label: string, withPreview: boolean): Promise<Outcome> {
  const edit = new vscode.WorkspaceEdit();
  const about: vscode.WorkspaceEditEntryMetadata = { label, needsConfirmation: withPreview };
  for (const { path, before, after } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    if (after === null) edit.deleteFile(uri, { ignoreIfNotExists: true }, about);
    else if (before === null) edit.createFile(uri, { contents: new TextEncoder().encode(after) }, about);
    else for (const { range, text } of hunksOf(before, after)) edit.replace(uri, range, text, about);
  }
  await vscode.workspace.applyEdit(edit, { isRefactoring: true });
  const outcome = await saved(folder, changes);
  if (outcome === "partly") await restore(folder, changes);
  return outcome;
}

/** Half a step compiles nowhere, so what the preview let through of it is taken back. */
async function restore(folder: vscode.WorkspaceFolder, changes: readonly FileChange[]): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  for (const { path, before } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    const now = await readText(uri);
    if (before === null && now !== undefined) edit.deleteFile(uri);
    else if (before !== null && now !== undefined && now !== before) for (const { range, text } of hunksOf(now, before)) edit.replace(uri, range, text);
  }
  await vscode.workspace.applyEdit(edit);
  await saved(folder, changes);
}

/** Saves what the edit left open, and looks at what is there now. */
async function saved(folder: vscode.WorkspaceFolder, changes: readonly FileChange[]): Promise<Outcome> {
  let [done, undone] = [0, 0];
  for (const { path, before, after } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if (open?.isDirty === true) await open.save();
    const now = (await readText(uri)) ?? null;
    if (now === after) done++;
    else if (now === before) undone++;
  }
  return done === changes.length ? "written" : undone === changes.length ? "nothing" : "partly";
}

/** Whether every file is as it was before `changes`, in its editor or on the disk. */
export async function areBack(folder: vscode.WorkspaceFolder, changes: readonly FileChange[]): Promise<boolean> {
  for (const { path, before } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
    if ((before === null ? ((await readText(uri)) ?? null) : (open?.getText() ?? (await readText(uri)) ?? null)) !== before) return false;
  }
  return true;
}

/** Changes of several steps as one: each file from before the first to after the last. */
export function together(changes: readonly FileChange[]): readonly FileChange[] {
  const first = new Map<string, FileChange>();
  for (const change of changes) first.set(change.path, { path: change.path, before: first.has(change.path) ? (first.get(change.path)?.before ?? null) : change.before, after: change.after });
  return [...first.values()];
}

/** The way back: each file as it was before the first of `changes`. */
export const inverse = (changes: readonly FileChange[]): readonly FileChange[] => together(changes).map(({ path, before, after }) => ({ path, before: after, after: before }));
