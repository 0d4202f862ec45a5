import type { Expr, Tree } from "../../syntax/tree.ts";

export type LineCounts = { readonly code: number; readonly doc: number };

/** Counts lines of code and of documentation below an expression; blank lines and comments count as neither. */
export function lineCountsOf(tree: Tree, node: Expr): LineCounts {
  const documented = documentedLines(tree);
  const from = tree.positionAt(node.start).line;
  const to = tree.positionAt(node.end).line;
  let code = 0;
  let doc = 0;
  for (let line = from; line <= to; line++) {
    if (documented.has(line)) doc++;
    else if (!/^\s*(#.*)?$/.test(lineText(tree, line))) code++;
  }
  return { code, doc };
}

const cache = new WeakMap<Tree, ReadonlySet<number>>();

function documentedLines(tree: Tree): ReadonlySet<number> {
  const known = cache.get(tree);
  if (known !== undefined) return known;
  const lines = new Set<number>();
  for (const node of tree.root.descendants()) {
    if (node.kind !== "attribute" || !/^(doc|moduledoc|typedoc|shortdoc)$/.test(node.name)) continue;
    for (let line = node.line; line <= tree.positionAt(node.end).line; line++) lines.add(line);
  }
  cache.set(tree, lines);
  return lines;
}

function lineText(tree: Tree, line: number): string {
  return tree.source.slice(tree.lineStarts[line - 1] ?? 0, tree.lineStarts[line] ?? tree.source.length).trimEnd();
}
