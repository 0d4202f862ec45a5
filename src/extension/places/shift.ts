import * as vscode from "vscode";

/** Where a range lies after `replaced` has become `text`: moved when the edit is before it, unchanged when after. */
export function shifted(range: vscode.Range, replaced: vscode.Range, text: string): vscode.Range {
  if (replaced.start.isAfterOrEqual(range.end)) return range;
  const lines = text.split("\n");
  const lineDelta = lines.length - 1 - (replaced.end.line - replaced.start.line);
  if (replaced.end.isAfter(range.start)) return range; // inside: the rescan decides
  const onSameLine = replaced.end.line === range.start.line;
  const columnDelta = onSameLine ? (lines.length === 1 ? replaced.start.character : 0) + (lines.at(-1)?.length ?? 0) - replaced.end.character : 0;
  const start = range.start.translate(lineDelta, Math.max(columnDelta, -range.start.character));
  const end = range.end.translate(lineDelta, range.end.line === range.start.line ? Math.max(columnDelta, -range.end.character) : 0);
  return new vscode.Range(start, end);
}
