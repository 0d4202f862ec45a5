import type { Span } from "./span.ts";

/** Replaces the text of `span`; an insertion has an empty span. */
export type TextEdit = { readonly span: Span; readonly text: string };

/**
 * The text after all edits. Spans refer to the text before any of them, may touch and must not overlap.
 * Throws a RangeError when two overlap or one lies outside the text: that is a bug of the caller.
 */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  const ordered = edits.map((edit, index) => ({ edit, index })).sort((a, b) => a.edit.span.start - b.edit.span.start || a.edit.span.end - b.edit.span.end || a.index - b.index);
  let result = "";
  let at = 0;
  for (const { edit } of ordered) {
    if (edit.span.start < at || edit.span.end > text.length || edit.span.end < edit.span.start) throw new RangeError(`edit ${edit.span.start}-${edit.span.end} overlaps another or leaves the text`);
    result += text.slice(at, edit.span.start) + edit.text;
    at = edit.span.end;
  }
  return result + text.slice(at);
}
