import type { Expr } from "../syntax/tree.ts";
import { boundIn, mentions } from "./literals.ts";
import { usageOf } from "./usage.ts";
import type { CallSite } from "./call-site.ts";

const definitions = ["def", "defp", "defmacro", "defmacrop"] as const;
const branching = ["case", "if", "unless", "cond", "with"] as const;
const MAX_ROUNDS = 3;

/** The function clause or anonymous function in whose body the expression is evaluated. */
const bodyAround = (expr: Expr): Expr | undefined => {
  for (const above of expr.ancestors()) if (above.kind === "fn" || above.isCall(...definitions)) return above;
  return undefined;
};

/** The matches that bind a variable as a whole, `name = value`, in source order. */
export const matchesOn = (within: Expr, name: string): readonly Expr[] => within.descendantsOf("match").filter(({ left }) => left?.isVar(name) === true);

/** Whether an expression is `self()`, or a variable that code binds to it. */
export const isSelf = (expr: Expr, within: Expr): boolean => expr.isCall("self") || (expr.kind === "var" && matchesOn(within, expr.name).some(({ right }) => right?.isCall("self") === true));

/** Patterns that take a value apart right where it is computed: `[{_, n}] = value`, the clauses of `case value do`, `with {:ok, x} <- value`. */
export function patternsOf(value: Expr): readonly Expr[] {
  const usage = usageOf(value);
  if (usage.kind === "matched") return [usage.pattern];
  if (usage.kind === "subject" && usage.of.isCall("case")) return usage.of.clauses.flatMap((clause) => clause.params);
  if (usage.kind !== "argument" && usage.kind !== "part") return [];
  const outer = usage.kind === "argument" ? usage.call : usage.of;
  return outer.kind === "block" || outer.kind === "section" || outer.kind === "fn" ? [] : patternsOf(outer);
}

/** Names of variables that hold a value or something computed from it, at `place` in the same body. */
export function namesFrom(value: Expr, place: Expr): Set<string> {
  const names = new Set(patternsOf(value).flatMap((pattern) => [...boundIn(pattern)]));
  const body = bodyAround(value);
  if (body === undefined || names.size === 0) return names;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = names.size;
    for (const expr of body.descendantsOf("match", "op")) {
      const isBinding = expr.kind === "match" || expr.isOp("<-");
      if (!isBinding || expr.id < value.id || expr.id > place.id || expr.left === undefined || expr.right === undefined) continue;
      if (mentionsAny(expr.right, names)) for (const bound of boundIn(expr.left)) names.add(bound);
    }
    if (names.size === before) break;
  }
  return names;
}

/** What a loop calls its elements: the left sides of a comprehension, and the parameters of the functions it is given. */
export const elementPatterns = (loop: Expr): readonly Expr[] => loop.args.flatMap((arg) => (arg.kind === "fn" ? arg.clauses.flatMap((clause) => clause.params) : arg.isOp("<-") && arg.left !== undefined ? [arg.left] : []));

export const mentionsAny = (expr: Expr | undefined, names: ReadonlySet<string>): boolean => expr !== undefined && [...names].some((name) => mentions(expr, name));

/** Whether the second place can run after the first in one run of the body: they stand in no two branches that exclude each other. */
export function runsAfter(first: Expr, second: Expr): boolean {
  if (second.id <= first.id) return false;
  for (const above of second.ancestors()) {
    if (!above.contains(first)) continue;
    if (above.kind === "section" && above.clauses.length > 0) return false; // two clauses of one section
    if (!above.isCall(...branching, "try", "receive")) return above.kind !== "fn" || above.clauses.length < 2 || above.clauses.some((clause) => clause.contains(first) && clause.contains(second));
    const sections = above.children.filter((child) => child.kind === "section");
    const place = (expr: Expr): Expr | undefined => sections.flatMap((section) => (section.clauses.length > 0 ? section.clauses : [section])).find((part) => part.contains(expr));
    const [of, to] = [place(first), place(second)];
    return of === undefined || to === undefined || of === to || to.kind === "section" && to.name === "after";
  }
  return true;
}

/** Whether each run of its clause comes to a place, unless something before it raises: it stands in no branch, loop or closure. */
export function runsAlways(site: CallSite): boolean {
  for (const above of site.node.ancestors()) {
    if (above === site.clause.node) return true;
    if (above.kind === "fn" || above.isCall(...branching, "for", "try", "receive") || above.isOp("&&", "||", "and", "or")) return false;
  }
  return true;
}

/** Conditions that decide whether `place` runs and that stand between it and the whole body: subjects, guards, `with` steps. */
export function* conditionsAround(place: Expr): Generator<Expr> {
  for (const above of place.ancestors()) {
    if (above.isCall(...definitions)) return;
    if (above.isCall("if", "unless", "case") && above.args[0] !== undefined && !above.args[0].contains(place)) yield above.args[0];
    if (above.isCall("with")) for (const step of above.args) if (step.id < place.id && !step.contains(place)) yield step.isOp("<-") ? (step.right ?? step) : step;
    if (above.kind === "clause") {
      if (above.guard !== undefined) yield above.guard;
      if (above.parent?.parent?.isCall("cond") && above.params[0] !== undefined) yield above.params[0];
    }
  }
}
