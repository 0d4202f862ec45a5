/** A half-open range of UTF-16 offsets in one text. */
export type Span = { readonly start: number; readonly end: number };

/** A place as people count: lines and columns from 1, columns in UTF-16 units (the unit of VS Code and SARIF). */
export type Position = { readonly line: number; readonly column: number };

/** Offsets at which the lines of `text` begin; the first is 0. CRLF, LF and a lone CR end a line. */
export function lineStartsOf(text: string): Int32Array {
  const starts = [0];
  if (!text.includes("\r")) {
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
    return Int32Array.from(starts);
  }
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 10 || (unit === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return Int32Array.from(starts);
}

/** Line and column of an offset, both from 1; offsets outside the text are clamped to its ends. */
export function positionAt(starts: Int32Array, offset: number): Position {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low + 1, column: Math.max(0, offset - (starts[low] ?? 0)) + 1 };
}

export const contains = (outer: Span, inner: Span): boolean => outer.start <= inner.start && inner.end <= outer.end;
