import type { Expr, Tree } from "../../syntax/tree.ts";
import type { Span } from "../../text/span.ts";

const masks = new WeakMap<Tree, string>();

/** The source with everything that is no code (comments, texts, sigils, characters) blanked; offsets stay. Interpolated code remains. */
export function maskedSource(tree: Tree): string {
  const known = masks.get(tree);
  if (known !== undefined) return known;
  const keep: Span[] = [];
  const blank: Span[] = [...tree.data.comments];
  for (const node of tree.root.descendants()) {
    if (!isText(node)) continue;
    blank.push(node.span);
    keep.push(...node.children.map((child) => child.span));
  }
  const units = [...tree.source];
  const flat = units.length === tree.source.length ? units : tree.source.split("");
  for (const span of blank) flat.fill(" ", span.start, span.end);
  for (const span of keep) for (let i = span.start; i < span.end; i++) flat[i] = tree.source.charAt(i);
  // A text inside interpolation lies inside a kept span, so it is blanked again.
  for (const span of blank) if (keep.some((outer) => outer.start <= span.start && span.end <= outer.end)) flat.fill(" ", span.start, span.end);
  const masked = flat.join("");
  masks.set(tree, masked);
  return masked;
}

function isText(node: Expr): boolean {
  if (node.kind === "string" || node.kind === "charlist" || node.kind === "sigil") return true;
  if (node.kind === "atom") return /^:?["']/.test(node.text);
  return node.kind === "number" && node.text.startsWith("?");
}

const HEAD = /(?<![\w.@~]|(?<!:):)[A-Z]\w*(?!\w*:(?!:))/g;

/** First segments of the module names that a stretch of code mentions. */
export function headsIn(tree: Tree, spans: Iterable<Span>): ReadonlySet<string> {
  const masked = maskedSource(tree);
  const heads = new Set<string>();
  for (const span of spans) for (const match of masked.slice(span.start, span.end).matchAll(HEAD)) heads.add(match[0]);
  return heads;
}

/** Places where `__MODULE__` is written in code. */
export function ownNamePlaces(tree: Tree, span: Span): readonly Span[] {
  const masked = maskedSource(tree).slice(span.start, span.end);
  return [...masked.matchAll(/(?<![\w.])__MODULE__(?!\w)/g)].map((match) => ({ start: span.start + match.index, end: span.start + match.index + match[0].length }));
}
