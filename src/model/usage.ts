import { type Expr, flag } from "../syntax/tree.ts";

/** What becomes of an expression's value. */
export type Usage =
  | { readonly kind: "dropped" }
  | { readonly kind: "returned" }
  | { readonly kind: "matched"; readonly pattern: Expr }
  | { readonly kind: "argument"; readonly call: Expr }
  | { readonly kind: "subject"; readonly of: Expr }
  | { readonly kind: "part"; readonly of: Expr };

/**
 * What the surrounding code does with a value: dropped in a statement position or bound to `_`, returned as the last
 * expression of its function clause or closure, matched against a pattern, given to a call, tested by a `case`/`with`,
 * or made part of a larger value. Branches of `case`, `if`, `cond`, `try` pass their value on.
 */
export function usageOf(expr: Expr): Usage {
  const { parent } = expr;
  if (parent === undefined) return { kind: "dropped" };
  switch (parent.kind) {
    case "block":
      if (parent.result !== expr) return { kind: "dropped" };
      return parent.parent === undefined ? { kind: "dropped" } : parent.parent.kind === "clause" ? ofClause(parent.parent) : usageOf(parent);
    case "section":
      return parent.result === expr ? ofSection(parent) : { kind: "dropped" };
    case "match":
      if (parent.right !== expr) return { kind: "part", of: parent };
      if (parent.left?.kind === "var" && parent.left.name === "_") return { kind: "dropped" };
      return { kind: "matched", pattern: parent.left ?? parent };
    case "op":
      if (parent.name === "<-" && parent.right === expr) return { kind: "matched", pattern: parent.left ?? parent };
      return { kind: "part", of: parent };
    case "call":
      if (parent.isCall("case", "if", "unless", "with", "cond") && parent.args.includes(expr)) return { kind: "subject", of: parent };
      return { kind: "argument", call: parent };
    default:
      return { kind: "part", of: parent };
  }
}

function ofClause(clause: Expr): Usage {
  const holder = clause.parent;
  if (holder?.kind === "fn") return { kind: "returned" };
  return holder?.kind === "section" ? ofSection(holder) : { kind: "returned" };
}

const passesOn = new Set(["case", "cond", "if", "unless", "with", "try", "receive"]);

function ofSection(section: Expr): Usage {
  const call = section.parent;
  if (call === undefined) return { kind: "dropped" };
  if (/^(def|defp|defmacro|defmacrop|test|setup|setup_all)$/.test(call.name)) return section.name === "after" ? { kind: "dropped" } : { kind: "returned" };
  if (call.name === "for") return { kind: "part", of: call };
  if (section.name === "after" && call.name === "try") return { kind: "dropped" };
  return passesOn.has(call.name) ? usageOf(call) : { kind: "part", of: call };
}

/** Whether the value is the last word of the clause it stands in, also through `case`, `if` and the like. */
export const isReturned = (expr: Expr): boolean => usageOf(expr).kind === "returned";
export const isDropped = (expr: Expr): boolean => usageOf(expr).kind === "dropped";

/** Last expressions of every branch of a value: what the code can actually evaluate to. */
export function* outcomesOf(expr: Expr | undefined): Generator<Expr> {
  if (expr === undefined) return;
  if (expr.kind === "block") {
    yield* outcomesOf(expr.result);
  } else if (expr.kind === "call" && passesOn.has(expr.name)) {
    for (const section of expr.children) if (section.kind === "section" && !(section.name === "after" && expr.name === "try")) yield* outcomesOfSection(section);
  } else yield expr;
}
function* outcomesOfSection(section: Expr): Generator<Expr> {
  const { clauses } = section;
  if (clauses.length === 0) yield* outcomesOf(section.result);
  for (const clause of clauses) yield* outcomesOf(clause.result);
}

/** The statement (direct child of a block or section) that holds the expression. */
export function statementOf(expr: Expr): Expr {
  let statement = expr;
  for (const above of expr.ancestors()) {
    if (above.kind === "block" || above.kind === "section") return statement;
    statement = above;
  }
  return statement;
}

/** Statements after the one that holds `expr`, in the same block. */
export function statementsAfter(expr: Expr): readonly Expr[] {
  const statement = statementOf(expr);
  const siblings = statement.parent?.body ?? [];
  return siblings.slice(siblings.indexOf(statement) + 1);
}

export const wasPiped = (expr: Expr): boolean => expr.has(flag.piped);

/** `{:stop, …}`: the answer of a callback that ends its process. */
export const isStop = (outcome: Expr | undefined): boolean => outcome?.kind === "tuple" && outcome.children[0]?.isAtom("stop") === true;
