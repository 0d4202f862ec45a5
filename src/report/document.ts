/** A run of text: plain, code, emphasised, or a link (to `#…` within the document). A plain string may hold `code` between backticks. */
export type Piece = string | { readonly code: string } | { readonly strong: string } | { readonly link: string; readonly to: string | undefined };
export type Inline = string | readonly Piece[];

export type Bar = { readonly label: string; readonly value: number; readonly tone?: "critical" | "high" | "medium" | "low" | "review" | undefined };

/** What a report is made of. Every renderer draws all of it, except charts, which repeat a table. */
export type Block =
  | { readonly kind: "heading"; readonly level: 1 | 2 | 3 | 4; readonly text: string; readonly id: string }
  | { readonly kind: "paragraph"; readonly text: Inline }
  | { readonly kind: "list"; readonly ordered: boolean; readonly items: readonly Inline[] }
  | { readonly kind: "table"; readonly caption: string; readonly head: readonly string[]; readonly numeric: readonly number[]; readonly rows: readonly (readonly Inline[])[] }
  | { readonly kind: "code"; readonly lines: readonly string[]; readonly firstLine: number; readonly marked: { readonly from: number; readonly to: number } }
  /** What an edit takes out and puts in. */
  | { readonly kind: "diff"; readonly lines: readonly DiffLine[] }
  | { readonly kind: "bars"; readonly title: string; readonly bars: readonly Bar[] }
  | { readonly kind: "trend"; readonly title: string; readonly points: readonly { readonly label: string; readonly parts: readonly Bar[] }[] }
  | { readonly kind: "scatter"; readonly title: string; readonly across: string; readonly up: string; readonly points: readonly { readonly label: string; readonly x: number; readonly y: number; readonly isMarked?: boolean }[] }
  | { readonly kind: "tree"; readonly title: string; readonly roots: readonly TreeNode[] }
  /** One finding: renderers may fold it. */
  | { readonly kind: "entry"; readonly title: Inline; readonly id: string; readonly tone: "critical" | "high" | "medium" | "low" | "review"; readonly blocks: readonly Block[] };

/** A line of a difference: taken out, put in, or as it is around them. */
export type DiffLine = { readonly sign: "-" | "+" | " "; readonly text: string };

export type TreeNode = { readonly name: string; readonly note: string; readonly to: string | undefined; readonly children: readonly TreeNode[] };

export const heading = (level: 1 | 2 | 3 | 4, text: string, id = slugOf(text)): Block => ({ kind: "heading", level, text, id });
export const paragraph = (text: Inline): Block => ({ kind: "paragraph", text });
export const list = (items: readonly Inline[]): Block => ({ kind: "list", ordered: false, items });
export const numbered = (items: readonly Inline[]): Block => ({ kind: "list", ordered: true, items });
export const table = (caption: string, head: readonly string[], rows: readonly (readonly Inline[])[], numeric: readonly number[] = []): Block => ({ kind: "table", caption, head, rows, numeric });

export const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");

/** Pieces of a run of text, with backticks read as code. */
export function piecesOf(text: Inline): readonly Piece[] {
  const pieces = typeof text === "string" ? [text] : text;
  return pieces.flatMap((piece): Piece[] => {
    if (typeof piece !== "string") return [piece];
    return piece.split(/(`[^`]+`)/).filter((part) => part !== "").map((part) => (/^`[^`]+`$/.test(part) ? { code: part.slice(1, -1) } : part));
  });
}
