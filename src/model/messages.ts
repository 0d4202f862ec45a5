import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import type { Clause, Module } from "./module.ts";
import { isCatchAll, tagOf } from "./server.ts";
import { remembered } from "./reading.ts";

/** A timer that sends a message to the process that arms it. */
export type Timer = { readonly site: CallSite; readonly kind: "once" | "interval"; readonly message: Expr; readonly delay: Expr | undefined };

const timerCalls = ["Process.send_after", ":erlang.send_after", ":erlang.start_timer", ":timer.send_after", ":timer.send_interval"] as const;
/** Timers a module arms for itself, in source order. */
export const timersIn = remembered((module: Module): readonly Timer[] => module.calls(...timerCalls).flatMap((site) => timerAt(site) ?? []));

function timerAt(site: CallSite): Timer | undefined {
  const { args } = site;
  if (site.node.kind !== "call") return undefined;
  const isErlang = site.name.startsWith(":");
  const [target, message, delay] = site.name === "Process.send_after" ? [args[0], args[1], args[2]] : args.length > 2 ? [args[1], args[2], args[0]] : [undefined, args[1], args[0]];
  if (message === undefined || (target !== undefined && !isOwnPid(target, site))) return undefined;
  return { site, kind: isErlang && site.name.endsWith("interval") ? "interval" : "once", message, delay };
}

/** `self()`, or a parameter of a private function that each of its callers gives `self()`. */
function isOwnPid(target: Expr, { clause, fn }: CallSite): boolean {
  if (target.isCall("self")) return true;
  const index = target.kind === "var" && !fn.isPublic ? clause.params.findIndex((param) => param.isVar(target.name)) : -1;
  return index >= 0 && fn.callers.length > 0 && fn.callers.every((caller) => caller.args[index]?.isCall("self") === true);
}

/**
 * Whether a term written as `term` can match `pattern`. Variables and calls on either side can be anything; only what is
 * written out on both sides decides.
 */
export function canMatch(pattern: Expr, term: Expr): boolean {
  if (pattern.kind === "match") return pattern.children.every((part) => canMatch(part, term));
  if (term.kind === "match") return term.children.some((part) => part.kind !== "var" && canMatch(pattern, part));
  if (!isWritten(pattern) || !isWritten(term)) return true;
  if (pattern.kind !== term.kind) return (pattern.kind === "map" && term.kind === "struct") || (isText(pattern) && isText(term));
  if (pattern.kind === "tuple") return pattern.children.length === term.children.length && pattern.children.every((part, i) => canMatch(part, term.children[i] ?? part));
  return pattern.kind === "atom" || pattern.kind === "number" ? pattern.name === term.name : true;
}
const isWritten = (expr: Expr): boolean => ["atom", "number", "string", "tuple", "map", "struct", "list", "fn"].includes(expr.kind);
const isText = (expr: Expr): boolean => expr.kind === "string" || expr.kind === "bitstring";

/** Clauses written for a message: `handle_info` or another function whose first parameter names its tag. */
export function clausesFor(module: Module, message: Expr): readonly Clause[] {
  const tag = tagOf(message);
  if (tag === undefined) return [];
  return module.functions.filter((fn) => /info|event|handle/.test(fn.name) && !/^handle_(call|cast|continue)$/.test(fn.name)).flatMap((fn) => fn.clauses.filter((clause) => clause.params.some((param) => tagOf(param)?.tag === tag.tag && canMatch(param, message))));
}

/** Clauses of `handle_info/2` that name this message rather than take anything. */
export const infoClausesFor = (module: Module, message: Expr): readonly Clause[] => {
  const tag = tagOf(message);
  return tag === undefined ? [] : module.callback("handle_info/2").filter((clause) => clause.params[0] !== undefined && tagOf(clause.params[0])?.tag === tag.tag && canMatch(clause.params[0], message));
};

/** Whether a callback has a clause that takes any message. */
export const takesAnything = (module: Module, id: string): boolean => module.callback(id).some((clause) => isCatchAll(clause.params[0], clause.guard));

/** A clause and the functions of its module it calls, two calls deep: what handling a message does. */
export function bodiesOf(clause: Clause): readonly Clause[] {
  const found = new Set<Clause>([clause]);
  for (let round = 0; round < 2; round++)
    for (const inner of [...found]) for (const site of inner.sites) if (site.closure === undefined && site.callee?.module === clause.fn.module) for (const next of site.callee.clauses) found.add(next);
  return [...found];
}
