import type { Expr } from "../syntax/tree.ts";
import { argumentFor } from "./arguments.ts";
import type { CallSite } from "./call-site.ts";
import { fieldBinding, fieldRead, valuesOf } from "./fields.ts";
import { boundIn } from "./literals.ts";
import type { Clause, Fn, Module } from "./module.ts";
import { remembered } from "./reading.ts";
import { outcomesOf } from "./usage.ts";

/**
 * What a timer call answers: `ref` for `Process.cancel_timer/1`; `tref` for `:timer.cancel/1`; `tuple` for the
 * `{:ok, tref}` of the `:timer` module before it is taken apart. `none`: no timer is running.
 */
export type TimerKind = "ref" | "tref" | "tuple" | "none" | "unknown";
export type TimerOrigin = { readonly kind: TimerKind; readonly at: Expr };

const refMakers = ["Process.send_after", ":erlang.send_after", ":erlang.start_timer"] as const;
const timerMakers = [":timer.send_after", ":timer.send_interval", ":timer.apply_after", ":timer.apply_interval", ":timer.apply_repeatedly", ":timer.exit_after", ":timer.kill_after"] as const;
/** Calls that start a timer. */
export const timerStarts: readonly string[] = [...refMakers, ...timerMakers];
/** Calls that stop one. */
export const timerCancels: readonly string[] = ["Process.cancel_timer", ":erlang.cancel_timer", ":timer.cancel"];

const MAX_DEPTH = 8;

/** Every call that a value in a clause may come from, when it is a timer; `unknown` as soon as one source cannot be seen. */
export function timerOrigins(expr: Expr, clause: Clause): readonly TimerOrigin[] {
  return [...search(expr, clause, new Set(), 0)];
}

function* search(expr: Expr, clause: Clause, seen: Set<string>, depth: number): Generator<TimerOrigin> {
  if (depth > MAX_DEPTH) return yield { kind: "unknown", at: expr };
  if (expr.isCall(...refMakers)) return yield { kind: "ref", at: expr };
  if (expr.isCall(...timerMakers)) return yield { kind: "tuple", at: expr };
  if (expr.isAtom("nil") || expr.isAtom("undefined")) return yield { kind: "none", at: expr };
  const { module } = clause.fn;
  const read = fieldRead(expr);
  if (read !== undefined) return yield* ofField(module, read, expr, seen, depth);
  if (expr.kind === "match" && expr.right !== undefined) return yield* search(expr.right, clause, seen, depth + 1);
  const outcomes = [...outcomesOf(expr)];
  if (outcomes.length > 0 && outcomes[0] !== expr) {
    for (const outcome of outcomes) yield* search(outcome, clause, seen, depth + 1);
    return;
  }
  if (expr.isOp("&&") && expr.right !== undefined) return yield* search(expr.right, clause, seen, depth + 1);
  if (expr.isCall("elem") && expr.args[0] !== undefined) return yield* unpacked(search(expr.args[0], clause, seen, depth + 1));
  if (expr.kind === "call") return yield* ofCall(expr, clause, seen, depth);
  if (expr.kind === "var") return yield* ofVariable(expr, clause, seen, depth);
  yield { kind: "unknown", at: expr };
}

function* unpacked(origins: Iterable<TimerOrigin>): Generator<TimerOrigin> {
  for (const origin of origins) yield origin.kind === "tuple" ? { ...origin, kind: "tref" } : origin.kind === "none" ? origin : { ...origin, kind: "unknown" };
}

function* ofField(module: Module, field: string, at: Expr, seen: Set<string>, depth: number): Generator<TimerOrigin> {
  if (seen.has(`.${field}`)) return;
  seen.add(`.${field}`);
  const values = valuesOf(module, field);
  if (values.length === 0) yield { kind: "unknown", at };
  for (const { value, clause } of values) yield* search(value, clause, seen, depth + 1);
}

function* ofCall(expr: Expr, clause: Clause, seen: Set<string>, depth: number): Generator<TimerOrigin> {
  const callee = clause.siteAt(expr)?.callee;
  if (callee === undefined || callee.isMacro) return yield { kind: "unknown", at: expr };
  if (seen.has(callee.id)) return;
  seen.add(callee.id);
  for (const inner of callee.clauses) if (inner.result !== undefined) yield* search(inner.result, inner, seen, depth + 1);
}

/** The nearest match before the use, a parameter that takes a field apart, or what callers of a helper give. */
function* ofVariable(expr: Expr, clause: Clause, seen: Set<string>, depth: number): Generator<TimerOrigin> {
  const found = bindingOf(expr, clause);
  if (found === undefined) return yield { kind: "unknown", at: expr };
  const { pattern, value } = found;
  const field = fieldBinding(pattern, expr.name);
  if (field !== undefined) return yield* ofField(clause.fn.module, field, expr, seen, depth);
  if (value !== undefined) {
    if (pattern.isVar(expr.name)) return yield* search(value, clause, seen, depth + 1);
    const isOkTuple = pattern.kind === "tuple" && pattern.children[0]?.isAtom("ok") && pattern.children[1]?.isVar(expr.name);
    return yield* isOkTuple ? unpacked(search(value, clause, seen, depth + 1)) : [{ kind: "unknown" as const, at: expr }];
  }
  yield* ofParameter(expr, pattern, clause.fn, clause, seen, depth);
}

function* ofParameter(expr: Expr, pattern: Expr, fn: Fn, clause: Clause, seen: Set<string>, depth: number): Generator<TimerOrigin> {
  const index = clause.params.indexOf(pattern);
  const key = `${fn.id}#${index}`;
  if (!pattern.isVar(expr.name) || fn.isPublic || fn.callers.length === 0) return yield { kind: "unknown", at: expr };
  if (seen.has(key)) return;
  seen.add(key);
  for (const site of fn.callers) {
    const { value } = argumentFor(site, fn, index);
    if (value === undefined) yield { kind: "unknown", at: site.node };
    else yield* search(value, site.clause, seen, depth + 1);
  }
}

function bindingOf(use: Expr, clause: Clause): { readonly pattern: Expr; readonly value: Expr | undefined } | undefined {
  let found: { readonly pattern: Expr; readonly value: Expr | undefined } | undefined;
  for (const expr of clause.node.descendantsOf("match", "op", "clause")) {
    if (expr.id >= use.id) break;
    if ((expr.kind === "match" || expr.isOp("<-")) && !expr.contains(use) && expr.left !== undefined && boundIn(expr.left).has(use.name)) found = { pattern: expr.left, value: expr.right };
    if (expr.kind === "clause" && expr.contains(use) && expr.params.some((param) => boundIn(param).has(use.name))) found = ofStab(expr, use);
  }
  if (found !== undefined) return found;
  const param = clause.params.find((candidate) => boundIn(candidate).has(use.name));
  return param === undefined ? undefined : { pattern: param, value: undefined };
}

/** A clause of `case value do`: its pattern takes the value apart. Parameters of other functions are unknown. */
function ofStab(stab: Expr, use: Expr): { readonly pattern: Expr; readonly value: Expr | undefined } | undefined {
  const pattern = stab.params.find((param) => boundIn(param).has(use.name));
  const call = stab.parent?.kind === "section" ? stab.parent.parent : undefined;
  return pattern !== undefined && call?.isCall("case") ? { pattern, value: call.args[0] } : undefined;
}

const CANCEL_DEPTH = 3;
/** One for each depth: what lies deeper is judged as such, whoever asks first. */
const cancellingAt = Array.from({ length: CANCEL_DEPTH }, (_, depth) => remembered((fn: Fn): boolean => fn.sites.some((site) => cancelsTimer(site, depth + 1))));

/** Whether a call stops a timer, itself or in functions it calls, three calls deep. */
export function cancelsTimer(site: CallSite, depth = 0): boolean {
  if (timerCancels.includes(site.name)) return true;
  return depth < CANCEL_DEPTH && site.callee !== undefined && !site.callee.isMacro && cancellingAt[depth]?.(site.callee) === true;
}
