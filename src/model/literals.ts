import { type Expr, flag, type Kind } from "../syntax/tree.ts";
import type { Module } from "./module.ts";

/** What `@name` stands for, when it is set once in the module; other expressions stand for themselves. */
export function constantOf(expr: Expr | undefined, module: Module): Expr | undefined {
  if (expr?.kind !== "attribute" || expr.value !== undefined) return expr;
  return constantOf(module.constant(expr.name), module) ?? expr;
}

/** Name of a process, table or event as a literal: `Oven`, `:hits`; undefined when it is computed. */
export function literalName(expr: Expr | undefined, module: Module): string | undefined {
  const value = constantOf(expr, module);
  if (value?.kind === "alias") return value.name;
  if (value?.kind === "atom" && !value.has(flag.interpolated) && !["nil", "true", "false"].includes(value.name)) return `:${value.name}`;
  return undefined;
}

/** Whole number of a literal such as `5_000` or an attribute that holds one; `:timer.seconds(n)`, `to_timeout(minute: n)` and the like counted in milliseconds. */
export function integerOf(expr: Expr | undefined, module: Module): number | undefined {
  const value = constantOf(expr, module);
  if (value?.kind === "number") {
    const plain = Number(value.name.replaceAll("_", ""));
    return Number.isFinite(plain) ? plain : undefined;
  }
  if (value?.kind === "op" && value.name === "*") {
    const left = integerOf(value.left, module);
    const right = integerOf(value.right, module);
    return left === undefined || right === undefined ? undefined : left * right;
  }
  if (value?.isCall("to_timeout", "Kernel.to_timeout")) return millisecondsOf(value.args[0], module);
  const factor = value?.kind === "call" ? { ":timer.seconds": 1000, ":timer.minutes": 60_000, ":timer.hours": 3_600_000 }[value.name] : undefined;
  const amount = factor === undefined ? undefined : integerOf(value?.args[0], module);
  return factor === undefined || amount === undefined ? undefined : factor * amount;
}

const units: ReadonlyMap<string, number> = new Map([["week", 604_800_000], ["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000], ["second", 1000], ["millisecond", 1]]);

/** Sum of `hour: 1, minute: 30`; undefined when a part of it is no literal. */
function millisecondsOf(duration: Expr | undefined, module: Module): number | undefined {
  if (!isKeyword(duration)) return integerOf(duration, module);
  let sum = 0;
  for (const { key, value } of duration.children) {
    const unit = units.get(key?.name ?? "");
    const amount = integerOf(value, module);
    if (unit === undefined || amount === undefined) return undefined;
    sum += unit * amount;
  }
  return sum;
}

/** Whether two expressions are written alike after alias expansion: same shape, names and literals. */
export function sameExpr(a: Expr | undefined, b: Expr | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a === b) return true;
  if (a.kind !== b.kind || a.name !== b.name || a.count !== b.count) return false;
  if (a.kind === "string" && a.name === "" && a.text !== b.text) return false;
  return a.children.length === b.children.length && a.children.every((child, i) => sameExpr(child, b.children[i]));
}

/** Names of the variables a pattern binds; pinned ones are not bound. */
export function boundIn(pattern: Expr): Set<string> {
  const names = new Set<string>();
  const visit = (expr: Expr): void => {
    if (expr.kind === "pin") return;
    if (expr.kind === "var" && expr.name !== "_") names.add(expr.name);
    if (expr.kind === "op" && expr.name === "::") {
      if (expr.left !== undefined) visit(expr.left);
      return;
    }
    const parts = expr.kind === "pair" ? expr.children.slice(1) : expr.kind === "call" ? [] : expr.children;
    for (const child of parts) visit(child);
  };
  visit(pattern);
  return names;
}

/** The part of a kind that a pattern is, with or without a name for the whole: the tuple of `{:ok, x}` and of `{:ok, x} = answer`. */
export const partOf = (pattern: Expr | undefined, kind: Kind): Expr | undefined => (pattern?.kind === "match" ? pattern.children.find((part) => part.kind === kind) : pattern?.kind === kind ? pattern : undefined);

/** Whether a pattern binds a variable to all of what it takes: `s` and `%{} = s` do for `s`. */
export const bindsAll = (pattern: Expr, variable: string): boolean => pattern.isVar(variable) || (pattern.kind === "match" && pattern.children.some((side) => side.isVar(variable)));

/** Whether a variable of that name is read anywhere below. */
export function mentions(expr: Expr, variable: string): boolean {
  for (const inner of expr.descendants()) if (inner.kind === "var" && inner.name === variable) return true;
  return false;
}

/** Short one-line text of an expression for messages. */
export function quoted(expr: Expr, longest = 60): string {
  const line = expr.text.replace(/\s+/g, " ");
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

/** Whether the expression is a keyword list or map literal, bracketed or trailing in a call. */
export const isKeyword = (expr: Expr | undefined): expr is Expr => expr?.kind === "list" && (expr.has(flag.keyword) || expr.pairs.length > 0);
