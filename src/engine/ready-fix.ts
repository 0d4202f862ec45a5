import { stampOf } from "../text/hash.ts";
import { applyEdits } from "../text/edit.ts";
import { lineStartsOf } from "../text/span.ts";
import type { Finding, FixedFile, FixEdit, ReadyFix } from "./finding.ts";
import type { CodeEdit, FixDraft, Report, Rule } from "./rule.ts";

/** How a finding is mended: what its report says, or else its rule, with the text edits that the report can write. */
export function fixOf(rule: Rule, report: Report): Finding["fix"] {
  const fix = report.fix ?? (rule.fix.kind === "none" ? undefined : rule.fix);
  if (fix === undefined) return null;
  const { kind, title } = fix;
  const ready = [...(report.ready?.() ?? [])].map(readyFix);
  return ready.length === 0 ? { kind, title } : { kind, title, ready };
}

function readyFix({ title, safe, edits }: FixDraft): ReadyFix {
  const trees = [...new Set(edits.map(({ tree }) => tree))];
  const files = trees.map((tree) => ({ file: tree.path, textHash: tree.stamp, edits: edits.filter((edit) => edit.tree === tree).sort((a, b) => a.span.start - b.span.start).map(placed) }));
  return { title, safe, files };
}

function placed({ tree, span, text }: CodeEdit): FixEdit {
  const [start, end] = [tree.positionAt(span.start), tree.positionAt(span.end)];
  return { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column, newText: tree.source.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text };
}

/** Whether a text is the one that the edits of a file were written for. */
export const fits = ({ textHash }: FixedFile, text: string): boolean => textHash === stampOf(text);

/** A text with the edits of one of its files put in. Lines are those of `text`, which may be a piece that begins at `firstLine`. */
export function withEdits(text: string, edits: readonly FixEdit[], firstLine = 1): string {
  const starts = lineStartsOf(text);
  const offset = (line: number, column: number): number => Math.min((starts[line - firstLine] ?? text.length) + column - 1, text.length);
  return applyEdits(text, edits.map((edit) => ({ span: { start: offset(edit.startLine, edit.startColumn), end: offset(edit.endLine, edit.endColumn) }, text: edit.newText })));
}
