import type { Expr } from "../syntax/tree.ts";
import type { CallSite, Closure } from "./call-site.ts";
import { type ClosureKind, closureKindOf } from "./known.ts";
import type { Clause, Fn } from "./module.ts";
import { remembered } from "./reading.ts";

/** A function value written as an argument of a call that is no known one. */
export type Handed = { readonly fn: Expr; readonly call: Expr; readonly outer: Handed | undefined; given: Given | undefined; closure: Closure | undefined };
/** The site of the call that takes it, and its place among the arguments. */
type Given = { readonly site: CallSite | undefined; readonly index: number };

/** The closure that a function value becomes when the project function it is given to runs it in another process. */
export function carriedElsewhere(handed: Handed, clause: Clause): Closure | undefined {
  for (let one: Handed | undefined = handed; one !== undefined; one = one.outer) {
    const { call, fn } = one;
    // The place stays; whom the call leads to, and what that does with the value, can change with any edit.
    const { site, index } = (one.given ??= { site: clause.siteAt(call), index: call.args.findIndex((arg) => arg.id === fn.id) });
    const callee = site?.callee;
    const kind = index < 0 ? undefined : callee === undefined ? (queues.test(call.fun) ? "task" : undefined) : carries(callee).get(index);
    if (kind === undefined) continue;
    if (one.closure?.kind !== kind) one.closure = { kind, fn, call, outer: undefined };
    return one.closure;
  }
  return undefined;
}

/** Functions of libraries that take work for a process of theirs, by the names such have. */
const queues = /^(enqueue|defer|run_async|perform_async|run_later|in_background)$/;

const MAX_DEPTH = 3;
/** Parameters of a function, by index, that hold a function value which it has run in another process, or only puts away, and never runs itself. */
const carries = remembered((fn: Fn): ReadonlyMap<number, ClosureKind> => {
  const found = new Map<number, ClosureKind>();
  for (let index = 0; index < fn.arity; index++) {
    const fate = fateOf(fn, index, 0);
    if (fate !== undefined && fate !== "here") found.set(index, fate);
  }
  return found;
});

function fateOf(fn: Fn, index: number, depth: number): ClosureKind | "here" | undefined {
  let fate: ClosureKind | undefined;
  if (fn.clauses.every((clause) => isOnlyKept(clause, index))) return "kept";
  for (const clause of fn.clauses) {
    const name = clause.params[index]?.kind === "var" ? clause.params[index]?.name : undefined;
    if (name === undefined) continue;
    for (const site of clause.sites) {
      const one = useOf(site, name, depth);
      if (one === "here") return "here";
      fate ??= one;
    }
  }
  return fate;
}

/** What one call does with the function value in the variable. */
function useOf(site: CallSite, name: string, depth: number): ClosureKind | "here" | undefined {
  const { node } = site;
  if (node.kind !== "call") return undefined;
  if (node.name === "." && node.target?.isVar(name) === true) return site.around.closure?.kind ?? (site.around.loose ? undefined : "here");
  const at = site.args.findIndex((arg) => arg.isVar(name));
  // `Task.start(:jobs, :run, [queue, fun])`: whatever the named function does with the value, it does it there.
  if (at < 0) return site.args.at(-1)?.kind === "list" && site.args.at(-1)?.children.some((arg) => arg.isVar(name)) === true ? closureKindOf.get(site.name) : undefined;
  return site.around.closure?.kind ?? closureKindOf.get(site.name) ?? (site.callee === undefined || site.callee === site.fn || depth >= MAX_DEPTH ? undefined : fateOf(site.callee, at, depth + 1));
}

/** The clause names the value, and all it does is to put it into a struct, map, tuple or list. */
function isOnlyKept(clause: Clause, index: number): boolean {
  const param = clause.params[index];
  if (param?.kind !== "var") return false;
  const uses = clause.node.descendantsOf("var").filter((expr) => expr.name === param.name && !clause.head.contains(expr));
  return uses.length > 0 && uses.every((use) => /^(pair|tuple|list|map|struct)$/.test(use.parent?.kind ?? "") && !(use.parent?.kind === "list" && use.parent.parent?.kind === "call"));
}
