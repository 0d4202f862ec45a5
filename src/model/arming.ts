import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { fieldBinding, fieldRead, valuesOf } from "./fields.ts";
import { infoClausesFor } from "./messages.ts";
import type { Clause, Module } from "./module.ts";
import { tagOf } from "./server.ts";
import { cancelsTimer, timerOrigins } from "./timers.ts";
import { remembered } from "./reading.ts";
import { isStop, outcomesOf } from "./usage.ts";

/** A place at which a process sees to it that it gets a message later, or at once by `send(self(), …)`. */
export type Arming = { readonly site: CallSite; readonly message: Expr; readonly kind: "once" | "interval" | "send" };

const armingCalls = ["Process.send_after", ":erlang.send_after", ":erlang.start_timer", ":timer.send_after", ":timer.send_interval", "send", "Kernel.send", "Process.send"] as const;
/** Messages that the code of a module arranges for the process it runs in, in source order. */
export const armingsIn = remembered((module: Module): readonly Arming[] => module.calls(...armingCalls).flatMap((site) => armingAt(site) ?? []));

function armingAt(site: CallSite): Arming | undefined {
  const { args, name } = site;
  if (site.node.kind !== "call" || site.closure !== undefined || site.around.loose) return undefined;
  if (name === ":timer.send_interval" || name === ":timer.send_after") {
    const message = args.at(-1);
    if (message === undefined || (args.length > 2 && !args[1]?.isCall("self"))) return undefined;
    return { site, message, kind: name.endsWith("interval") ? "interval" : "once" };
  }
  const isErlang = name.startsWith(":erlang");
  const [target, message] = isErlang ? [args[1], args[2]] : [args[0], args[1]];
  if (target?.isCall("self") !== true || message === undefined) return undefined;
  // A timer of no time is a message to itself.
  const delay = isErlang ? args[0] : args[2];
  return { site, message, kind: /send$/.test(name) || (delay?.kind === "number" && delay.name === "0") ? "send" : "once" };
}

const sameTag = (a: Expr, b: Expr): boolean => {
  const [left, right] = [tagOf(a), tagOf(b)];
  return left !== undefined && right !== undefined && left.tag === right.tag && left.size === right.size;
};

const branches = ["if", "unless", "case", "cond", "with", "receive", "&&", "||"] as const;

/** Branches around a place inside its function, innermost first. */
export function branchesAround(site: CallSite): readonly Expr[] {
  const found: Expr[] = [];
  for (const above of site.node.ancestors()) {
    if (above === site.clause.node) break;
    if (above.isCall(...branches) || above.isOp("&&", "||", "and", "or")) found.push(above);
  }
  return found;
}

/** Whether every clause of the process for this message arms it again, on all paths that do not end the process: once started it goes on as long as that. */
export function isLoop(server: Module, message: Expr): boolean {
  const clauses = infoClausesFor(server, message);
  return clauses.length > 0 && clauses.every((clause) => rearms(clause, message, 0));
}

function rearms(clause: Clause, message: Expr, depth: number): boolean {
  const arms = clause.sites.filter((site) => {
    if (site.closure !== undefined || site.around.loose) return false;
    if (armingsIn(site.module).some((arming) => arming.site === site && sameTag(arming.message, message))) return true;
    return depth < 3 && site.callee !== undefined && !site.callee.isMacro && site.callee.clauses.every((inner) => rearms(inner, message, depth + 1));
  });
  if (arms.some((site) => branchesAround(site).length === 0)) return true;
  const goingOn = [...outcomesOf(clause.result)].filter((outcome) => !isStop(outcome) && !outcome.isCall("raise", "exit", "throw"));
  return depth === 0 && arms.length > 0 && goingOn.length > 0 && goingOn.every((outcome) => arms.some((site) => branchOf(site)?.contains(outcome) === true));
}
/** The clause or section of a `case`, `if` or the like in which a place stands. */
const branchOf = (site: CallSite): Expr | undefined => [...site.node.ancestors()].find((above) => above.kind === "clause" || above.kind === "section");

/** Fields of the process's state in which a timer started at this place is kept. */
export const fieldsOfTimer = (module: Module, site: CallSite, fields: Iterable<string>): string[] => [...fields].filter((field) => valuesOf(module, field).some(({ value, clause }) => timerOrigins(value, clause).some((origin) => origin.at === site.node)));

/** Fields of a module whose timer some code cancels. */
export function cancelledFields(module: Module): ReadonlySet<string> {
  const found = new Set<string>();
  for (const fn of module.functions)
    for (const clause of fn.clauses)
      for (const site of clause.sites) {
        if (site.node.kind !== "call" || !cancelsTimer(site)) continue;
        for (const arg of site.args) {
          const field = fieldRead(arg) ?? (arg.kind === "var" ? bindingField(clause, arg.name) : arg.kind === "atom" ? arg.name : undefined);
          if (field !== undefined) found.add(field);
        }
      }
  return found;
}

function bindingField(clause: Clause, variable: string): string | undefined {
  for (const param of clause.params) {
    const field = fieldBinding(param, variable);
    if (field !== undefined) return field;
  }
  for (const expr of clause.node.descendantsOf("match")) {
    if (expr.left === undefined) continue;
    const field = fieldBinding(expr.left, variable) ?? (expr.left.isVar(variable) && expr.right !== undefined ? fieldRead(expr.right) : undefined);
    if (field !== undefined) return field;
  }
  return undefined;
}
