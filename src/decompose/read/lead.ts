import type { Expr, Tree } from "../../syntax/tree.ts";
import type { Span } from "../../text/span.ts";

/** A comment or attribute that stands before an expression and belongs to it. */
export type Lead = {
  readonly span: Span;
  /** The attribute, or undefined for a comment. */
  readonly node: Expr | undefined;
  /** Name of the attribute, "comment" for a comment. */
  readonly name: string;
  /** No blank line parts it from what follows; a detached comment is a heading that may stay behind. */
  readonly attached: boolean;
};

export type Led = { readonly node: Expr; readonly lead: readonly Lead[]; readonly section: string | undefined };

type Piece = { readonly span: Span; readonly node: Expr | undefined; readonly name: string };

/** Walks a body in order and gives every expression the comments and `isLead` attributes before it. */
export function leadsOf(tree: Tree, body: Expr, isLead: (node: Expr) => boolean): readonly Led[] {
  const found: Led[] = [];
  const { source } = tree;
  let waiting: Piece[] = [];
  let section: string | undefined;
  for (const piece of piecesOf(tree, body)) {
    if (piece.node !== undefined && !isLead(piece.node)) {
      section = bannerOf(source, waiting, piece.span.start) ?? section;
      found.push({ node: piece.node, lead: markAttached(source, waiting, piece.span.start), section });
      waiting = [];
    } else waiting.push(piece);
  }
  return found;
}

/** Expressions and own-line comments between them, in text order. */
function piecesOf(tree: Tree, body: Expr): readonly Piece[] {
  const children = body.children;
  const pieces: Piece[] = children.map((node) => ({ span: node.span, node, name: node.kind === "attribute" ? node.name : "" }));
  let index = 0;
  for (const comment of tree.data.comments) {
    if (!comment.ownLine || comment.start < body.start || comment.end > body.end) continue;
    while (index < children.length && (children[index] as Expr).end <= comment.start) index++;
    const next = children[index];
    if (next !== undefined && next.start < comment.start) continue;
    pieces.push({ span: comment, node: undefined, name: "comment" });
  }
  return pieces.sort((a, b) => a.span.start - b.span.start);
}

/** Comments above the last blank line of a run of comments are headings; attributes always belong to the definition. */
function markAttached(source: string, pieces: readonly Piece[], end: number): readonly Lead[] {
  let attached = true;
  let next = end;
  const marked: Lead[] = [];
  for (const piece of [...pieces].reverse()) {
    if (piece.node !== undefined) attached = true;
    else if (/\n[ \t]*\r?\n/.test(source.slice(piece.span.end, next))) attached = false;
    marked.push({ ...piece, attached });
    next = piece.span.start;
  }
  return marked.reverse();
}

/** Title of a banner: a framed comment, or one that a blank line parts from the code below. */
function bannerOf(source: string, pieces: readonly Piece[], end: number): string | undefined {
  let title: string | undefined;
  pieces.forEach((piece, i) => {
    if (piece.node !== undefined) return;
    const text = source.slice(piece.span.start, piece.span.end).replace(/^#+\s*/, "").trim();
    const next = pieces[i + 1]?.span.start ?? end;
    const isFramed = /^[-=#*~]{3,}|[-=#*~]{3,}\s*$/.test(text);
    const isParted = /\n[ \t]*\r?\n/.test(source.slice(piece.span.end, next));
    const isFrameAbove = i > 0 && /^#\s*[-=#*~]{3,}\s*$/.test(source.slice(pieces[i - 1]?.span.start, pieces[i - 1]?.span.end).trim());
    if (!isFramed && !isParted && !isFrameAbove) return;
    const words = text.replace(/[-=#*~]{2,}/g, "").trim();
    if (words !== "" && words.length <= 60) title = words;
  });
  return title;
}
