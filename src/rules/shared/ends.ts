import type { Clause } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";

/** A value that code can end in; `at` is the `if` itself where its missing branch stands for `nil`. */
export type End = { readonly at: Expr; readonly isMissingElse: boolean };

/** Every value an expression can have, by its branches; those of a `for` or of a call are not looked into. */
export function* endsOf(expr: Expr | undefined): Generator<End> {
  if (expr === undefined) return;
  if (expr.kind === "block") yield* endsOf(expr.result);
  else if (expr.isCall("if", "unless")) {
    if (expr.section("do") === undefined) return;
    for (const section of expr.children) if (section.kind === "section") yield* endsOf(section.result);
    if (expr.section("else") === undefined) yield { at: expr, isMissingElse: true };
  } else if (expr.isCall("case", "cond", "receive", "with", "try")) yield* endsOfSections(expr);
  else yield { at: expr, isMissingElse: false };
}

/** Every value a function clause can return, those of its own `rescue`, `catch` and `else` included. */
export function* endsOfClause(clause: Clause): Generator<End> {
  if (clause.node.section("else") === undefined) yield* endsOf(clause.result);
  for (const name of ["rescue", "catch", "else"] as const) for (const handler of clause.node.section(name)?.clauses ?? []) yield* endsOf(handler.result);
}

/** The `else` of a `try` takes the value of its `do`; the `after` of a `try` has no value. */
function* endsOfSections(expr: Expr): Generator<End> {
  const isTry = expr.isCall("try");
  for (const section of expr.children) {
    if (section.kind !== "section" || (isTry && (section.name === "after" || (section.name === "do" && expr.section("else") !== undefined)))) continue;
    if (section.clauses.length === 0) yield* endsOf(section.result);
    for (const clause of section.clauses) yield* endsOf(clause.result);
  }
}
