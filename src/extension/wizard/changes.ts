import * as vscode from "vscode";
import type { FileChange } from "../../audit/planning.ts";
import { currentText, openDocument, readText } from "../vscode/files.ts";
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
    if (before !== null && (now !== before || !isSame(openDocument(uri)?.getText() ?? now, before))) throw new Refusal(`${path} changed since the plan was made. Nothing was written.`, { kind: "scan", label: "Take over the change", file: path });
  }
}

/** Refuses to work on a file that is being edited: what is typed would be mixed with what is written. */
export function assertSaved(folder: vscode.WorkspaceFolder, path: string): void {
  if (openDocument(vscode.Uri.joinPath(folder.uri, path))?.isDirty === true) throw new Refusal(`${path} has changes that are not saved. Nothing was written. Save or revert it, then go on.`, { kind: "save", label: `Save ${nameOf(path)}`, file: path });
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/**
 * What became of changes. `written` tells them as they stand on the disk, where a formatter may have had its say; after `nothing`
 * (discarded in the preview, or refused) and `partly` (parts were left out in the preview) every file is as it was.
 */
export type Outcome = { readonly kind: "written"; readonly changes: readonly FileChange[] } | { readonly kind: "nothing" } | { readonly kind: "partly" };

/** Applies changes as one step of VS Code's undo, and saves them. `withPreview` shows them in VS Code's refactor preview first. Rejects where parts are left that cannot be taken back. */
export async function applyChanges(folder: vscode.WorkspaceFolder, changes: readonly FileChange[], label: string, withPreview: boolean): Promise<Outcome> {
  const edit = new vscode.WorkspaceEdit();
  const about: vscode.WorkspaceEditEntryMetadata = { label, needsConfirmation: withPreview };
  for (const { path, before, after } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    if (after === null) edit.deleteFile(uri, { ignoreIfNotExists: true }, about);
    else if (before === null) edit.createFile(uri, { contents: new TextEncoder().encode(after) }, about);
    else for (const { range, text } of hunksOf(before, after)) edit.replace(uri, range, text, about);
  }
  const taken = takingWhole(folder, changes);
  try {
    const isApplied = await vscode.workspace.applyEdit(edit, { isRefactoring: true });
    const isSaved = await saved(folder, changes);
    const now = await Promise.all(changes.map(async ({ path, before }): Promise<FileChange> => ({ path, before, after: (await readText(vscode.Uri.joinPath(folder.uri, path))) ?? null })));
    if (isSaved && now.every(({ before, after }) => after === before)) return { kind: "nothing" };
    if (isApplied && isSaved && (!withPreview || changes.every(({ path, after }, i) => taken.paths.has(path) || isSame(now[i]?.after ?? null, after)))) return { kind: "written", changes: now };
    if (!(await putBack(folder, changes, label))) throw new Error(`Only parts of “${label}” were written, and VS Code did not take them back. The files that are left show in the editor as changed.`);
    return { kind: withPreview && isApplied ? "partly" : "nothing" };
  } finally {
    taken.dispose();
  }
}

/** Paths of files that take their change whole from now on. What is saved later tells it no more: formatters work on saving. */
function takingWhole(folder: vscode.WorkspaceFolder, changes: readonly FileChange[]): vscode.Disposable & { readonly paths: ReadonlySet<string> } {
  const wanted = new Map(changes.map((change) => [vscode.Uri.joinPath(folder.uri, change.path).toString(), change]));
  const paths = new Set<string>();
  const listener = vscode.workspace.onDidChangeTextDocument(({ document }) => {
    const change = wanted.get(document.uri.toString());
    if (change !== undefined && isSame(document.getText(), change.after)) paths.add(change.path);
  });
  return { paths, dispose: () => listener.dispose() };
}

/** An editor knows one line ending in a file, whatever an edit says. */
const isSame = (a: string | null, b: string | null): boolean => a?.replaceAll("\r\n", "\n") === b?.replaceAll("\r\n", "\n");

/** Saves what an edit left open; false when something could not be saved. */
async function saved(folder: vscode.WorkspaceFolder, changes: readonly FileChange[]): Promise<boolean> {
  let isSaved = true;
  for (const { path } of changes) {
    const open = openDocument(vscode.Uri.joinPath(folder.uri, path));
    if (open?.isDirty === true && !(await open.save())) isSaved = false;
  }
  return isSaved;
}

/** Brings each file back to what it was before `changes`, as one step of VS Code's undo; false when one is not. Half a step compiles nowhere. */
export async function putBack(folder: vscode.WorkspaceFolder, changes: readonly FileChange[], label: string): Promise<boolean> {
  const edit = new vscode.WorkspaceEdit();
  const about: vscode.WorkspaceEditEntryMetadata = { label, needsConfirmation: false };
  for (const { path, before } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    const now = before === null ? await readText(uri) : await currentText(uri);
    if (before === null && now !== undefined) edit.deleteFile(uri, {}, about);
    else if (before !== null && now === undefined) edit.createFile(uri, { contents: new TextEncoder().encode(before) }, about);
    else if (before !== null && now !== undefined && now !== before) for (const { range, text } of hunksOf(now, before)) edit.replace(uri, range, text, about);
  }
  const isDone = (edit.size === 0 || (await vscode.workspace.applyEdit(edit, { isRefactoring: true }))) && (await saved(folder, changes));
  if (!isDone) return false;
  for (const { path, before } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    // A formatter works on this saving, too, and the file may never have been formatted.
    if (before !== null && (await readText(uri)) !== before) await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(before));
  }
  return true;
}

/** Whether every file is as it was before `changes`, in its editor or on the disk. */
export async function areBack(folder: vscode.WorkspaceFolder, changes: readonly FileChange[]): Promise<boolean> {
  for (const { path, before } of changes) {
    const uri = vscode.Uri.joinPath(folder.uri, path);
    if (!isSame((await (before === null ? readText(uri) : currentText(uri))) ?? null, before)) return false;
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
