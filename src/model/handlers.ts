import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import type { Clause, Module } from "./module.ts";
import { remembered } from "./reading.ts";

/** A clause of `rescue` or `catch` around a place. */
export type Handler = {
  readonly section: "rescue" | "catch";
  readonly clause: Expr;
  /** The `try`, or the function clause whose own `rescue`/`catch` it is. */
  readonly holder: Expr;
};

/** Handlers around a place, innermost first; those of its own function clause last. */
export function handlersAround(site: CallSite): Handler[] {
  const found = site.around.tries.flatMap((holder) => handlersOf(holder));
  return site.closure === undefined ? [...found, ...handlersOfClause(site.clause)] : found;
}

export function handlersOf(holder: Expr): Handler[] {
  return (["rescue", "catch"] as const).flatMap((name) => (holder.section(name)?.clauses ?? []).map((clause) => ({ section: name, clause, holder })));
}
/** Per clause of a module what has handlers: the clause itself first, then each `try` outside of quoted code. Clauses without are left out. */
export const guardedIn = remembered((module: Module): ReadonlyMap<Clause, readonly Expr[]> => {
  const found = new Map<Clause, readonly Expr[]>();
  for (const fn of module.functions)
    for (const clause of fn.clauses) {
      const guarded = hasHandlers(clause.node) ? [clause.node] : [];
      for (const site of clause.sites) if (site.is("try") && !site.around.quoted && hasHandlers(site.node)) guarded.push(site.node);
      if (guarded.length > 0) found.set(clause, guarded);
    }
  return found;
});
const hasHandlers = (holder: Expr): boolean => holder.section("rescue") !== undefined || holder.section("catch") !== undefined;
export const handlersOfClause = (clause: Clause): Handler[] => handlersOf(clause.node);

/** Whether a `catch` clause takes exits: `:exit, _`, `kind, _`, `_, _`. A single pattern takes throws only. */
export function takesExits(handler: Handler): boolean {
  if (handler.section !== "catch" || handler.clause.count !== 2) return false;
  const kind = handler.clause.params[0];
  return kind?.kind === "var" || kind?.isAtom("exit") === true;
}

export const catchesExits = (site: CallSite): boolean => handlersAround(site).some(takesExits);

/** Whether a handler takes every error (or exit) there is: `rescue _`, `rescue e`, `catch _, _`, `catch :exit, _`. */
export function takesEverything(handler: Handler): boolean {
  const [first, second] = handler.clause.params;
  if (handler.clause.guard !== undefined) return false;
  if (handler.section === "rescue") return first?.kind === "var";
  return handler.clause.count === 2 ? second?.kind === "var" : first?.kind === "var";
}

/** Exceptions a `rescue` clause names; empty when it takes all. */
export function rescuedNames(handler: Handler): readonly string[] {
  const [pattern] = handler.clause.params;
  const named = pattern?.kind === "op" && pattern.name === "in" ? pattern.right : pattern;
  if (named?.kind === "alias") return [named.name];
  return named?.kind === "list" ? named.children.filter((child) => child.kind === "alias").map((child) => child.name) : [];
}
