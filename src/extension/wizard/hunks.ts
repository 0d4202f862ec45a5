import { diffLines } from "diff";
import * as vscode from "vscode";

/** The lines that differ, as edits of the text before: the smallest change that VS Code can show, undo and merge with a cursor. */
export function hunksOf(before: string, after: string): readonly { readonly range: vscode.Range; readonly text: string }[] {
  const hunks: { range: vscode.Range; text: string }[] = [];
  let line = 0;
  let open: { start: number; end: number; text: string } | undefined;
  const close = (): void => {
    if (open !== undefined) hunks.push({ range: new vscode.Range(open.start, 0, open.end, 0), text: open.text });
    open = undefined;
  };
  for (const { added, removed, value, count } of diffLines(before, after)) {
    if (!added && !removed) {
      close();
      line += count;
      continue;
    }
    open ??= { start: line, end: line, text: "" };
    if (added) open.text += value;
    else open.end = line += count;
  }
  close();
  return hunks;
}
