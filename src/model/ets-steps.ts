import { argumentFor } from "./arguments.ts";
import type { CallSite } from "./call-site.ts";
import { operationsIn, type TableAction, type TableOperation } from "./ets.ts";
import { boundIn, sameExpr } from "./literals.ts";
import type { Clause, Fn, Module } from "./module.ts";
import { indexed } from "./indexes.ts";
import { remembered } from "./reading.ts";
import { type Expr, flag } from "../syntax/tree.ts";
import { addTo } from "../text/groups.ts";

/** An operation on a table as one clause does it: written there, or in a function that the clause calls. */
export type TableStep = {
  /** The place in the clause: the `:ets` call, or the call of the function that makes it. */
  readonly at: CallSite;
  readonly action: TableAction;
  readonly operation: TableOperation;
  readonly tableName: string | undefined;
  /** The parts of the table's expression and of the key, in the words of the clause; undefined when they cannot be told. */
  readonly table: readonly Expr[] | undefined;
  readonly key: readonly Expr[] | undefined;
};

/** Steps of clauses that touch a table, itself or through one call, by the module of the clause. */
const steps = indexed("table steps", (module) => {
  const found: (readonly [string, TableStep])[] = [];
  const add = (step: TableStep): void => void found.push([step.at.module.name, step]);
  for (const operation of module.isLib ? operationsIn(module) : []) {
    const { site, table, key, action, tableName } = operation;
    add({ at: site, action, operation, tableName, table: leavesOf(table), key: key === undefined ? undefined : leavesOf(key) });
    if (site.closure === undefined && !site.fn.isMacro && !site.fn.isCallback) for (const caller of callersOf(site.fn)) add(throughCall(caller, operation));
  }
  return found;
});

const callersOf = (fn: Fn): readonly CallSite[] => fn.callers.filter((site) => site.module.isLib && site.fn !== fn && site.node.kind === "call" && site.callee === fn);

function throughCall(caller: CallSite, operation: TableOperation): TableStep {
  const { site, table, key, action, tableName } = operation;
  const carried = (expr: Expr | undefined): readonly Expr[] | undefined => (expr === undefined ? undefined : inWordsOf(caller, site.clause, expr));
  return { at: caller, action, operation, tableName, table: carried(table), key: carried(key) };
}

/** The parts of a tuple, of tuples in it, and of anything else the expression itself. */
const leavesOf = (expr: Expr): readonly Expr[] => (expr.kind === "tuple" ? expr.children.flatMap(leavesOf) : [expr]);

/** The leaves with parameters of the called clause replaced by what the caller gives; undefined when one is neither literal nor a parameter. */
function inWordsOf(caller: CallSite, clause: Clause, expr: Expr): readonly Expr[] | undefined {
  const parts: Expr[] = [];
  for (const leaf of leavesOf(expr)) {
    if (["atom", "alias", "attribute", "number", "string"].includes(leaf.kind) || leaf.isCall("self")) parts.push(leaf);
    else {
      const at = leaf.kind === "var" ? clause.params.findIndex((param) => param.isVar(leaf.name) || (param.kind === "op" && param.left?.isVar(leaf.name) === true)) : -1;
      const { value } = at < 0 ? { value: undefined } : argumentFor(caller, clause.fn, at);
      if (value === undefined) return undefined;
      parts.push(...leavesOf(value));
    }
  }
  return parts;
}

/** Table steps of each clause of a module, in source order. */
export const tableStepsIn = remembered((module: Module): ReadonlyMap<Clause, readonly TableStep[]> => {
  const found = new Map<Clause, TableStep[]>();
  for (const step of steps(module.workspace).get(module.name)) if (step.at.module === module) addTo(found, step.at.clause, step);
  for (const inClause of found.values()) inClause.sort((a, b) => a.at.id - b.at.id);
  return found;
});

const sameParts = (a: readonly Expr[] | undefined, b: readonly Expr[] | undefined): boolean => a !== undefined && b !== undefined && a.length === b.length && a.every((part, i) => sameExpr(part, b[i]));

/** Whether two steps are on one table. */
export const sameTable = (a: TableStep, b: TableStep): boolean => (a.tableName !== undefined && a.tableName === b.tableName) || (a.tableName === b.tableName && sameParts(a.table, b.table));

/** Whether two steps are on one row: same table, same key. */
export const sameRow = (a: TableStep, b: TableStep): boolean => sameTable(a, b) && sameParts(a.key, b.key) && a.key?.every((part, i) => areBoundAlike(part, b.key?.[i])) === true;

/** Whether what two equal expressions name was bound in one place: `&1` of one function and of the next are two things. */
function areBoundAlike(a: Expr, b: Expr | undefined): boolean {
  return b !== undefined && a.descendantsOf("var").every(({ name }) => binderOf(a, name) === binderOf(b, name));
}
/** The anonymous function around a place that takes a parameter of the name. */
const binderOf = (place: Expr, name: string): Expr | undefined =>
  [...place.ancestors()].find((above) => above.kind === "fn" && (above.has(flag.capture) ? name.startsWith("&") : above.clauses.some((clause) => clause.contains(place) && clause.params.some((param) => boundIn(param).has(name)))));

/** A row under the running process's own pid: no other process writes it. */
export const isOwnRow = (step: TableStep): boolean => step.key?.some((part) => part.isCall("self")) === true;

/** Whether something else may run between two steps of one clause: they are in the same process and the second can follow the first. */
export const inOneRun = (a: TableStep, b: TableStep): boolean => a.at !== b.at && a.at.closure === b.at.closure && !a.at.around.quoted;
