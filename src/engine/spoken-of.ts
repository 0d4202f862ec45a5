import type { Expr } from "../syntax/tree.ts";

const definition = /^(def|defp|defmacro|defmacrop)$/;

/**
 * The line on which the author speaks of what a rule found: in a comment of the function, in its documentation or in that of its
 * module. Whoever writes "approximate: two requests can both pass" knows, and has decided. Undefined when nobody speaks of it.
 */
export function spokenOf(at: Expr, words: RegExp): number | undefined {
  const { tree } = at;
  const above = [...at.ancestors()];
  const fn = above.find((expr) => expr.kind === "call" && definition.test(expr.name));
  const module = above.find((expr) => expr.isCall("defmodule"));
  const from = fn === undefined ? at.start : documentedFrom(fn);
  const until = fn?.end ?? at.end;
  const comment = tree.data.comments.find(({ start, end }) => start >= from && start < until && words.test(tree.source.slice(start, end)));
  if (comment !== undefined) return tree.positionAt(comment.start).line;
  const siblings = fn?.parent?.body ?? [];
  const docs = [...siblings.slice(0, fn === undefined ? 0 : siblings.indexOf(fn)).filter((part) => part.kind === "attribute" && part.name === "doc" && part.start >= from), ...(module?.section("do")?.body ?? []).filter((part) => part.kind === "attribute" && part.name === "moduledoc")];
  const doc = docs.find((part) => words.test(part.text));
  return doc === undefined ? undefined : doc.line;
}

/** Where the attributes and comments that belong to a definition begin: after whatever stands before them. */
function documentedFrom(fn: Expr): number {
  const siblings = fn.parent?.body ?? [];
  for (let i = siblings.indexOf(fn) - 1; i >= 0; i--) {
    const before = siblings[i];
    if (before !== undefined && before.kind !== "attribute") return before.end;
  }
  return fn.parent?.start ?? fn.start;
}
