import { dynamicStartsOf } from "./dynamic-children.ts";
import type { Expr } from "../syntax/tree.ts";
import type { Module } from "./module.ts";
import { remembered } from "./reading.ts";
import { isCatchAll, registrationOf } from "./server.ts";
import { isStop, outcomesOf } from "./usage.ts";
import { partOf } from "./literals.ts";

const requests = ["handle_call/3", "handle_cast/2"] as const;

/** Whether other processes wait for this one or feed it: it has clauses for requests, or is a page, channel, stage or machine. */
export function servesClients(module: Module): boolean {
  if (module.is("LiveView", "LiveComponent", "Channel", "GenStage", "gen_statem")) return true;
  return requests.some((id) => module.callback(id).some((clause) => !isCatchAll(clause.params[0], clause.guard)));
}

/** Whether clients wait for its answers: nobody stands behind the messages that a process sends to itself. */
export const answersCalls = (module: Module): boolean => module.callback("handle_call/3").length > 0 || module.functions.some((fn) => fn.isCallback && fn.clauses.some(({ params: [event] }) => event?.kind === "tuple" && event.children[0]?.isAtom("call") === true));

/** Whether a message handler ends the process on its own account. */
export function endsItself(module: Module): boolean {
  return module.functions.some((fn) => (fn.isCallback || !fn.isPublic) && fn.name !== "init" && fn.clauses.some((clause) => [...outcomesOf(clause.result)].some(isStop)));
}

/** A process started for one piece of work: nobody asks it anything, and it ends with its work. */
export const isOneJob = remembered((module: Module): boolean => !servesClients(module) && endsItself(module));

/** A page or a channel: each visitor has a process of its own. */
export const isPage = (module: Module): boolean => module.is("LiveView", "LiveComponent", "Channel");

/** Whether many instances of the server can live at once, each with its own clients. */
export function isPerInstance(module: Module): boolean {
  if (isPage(module)) return true;
  const registration = registrationOf(module);
  return registration.kind === "none" || registration.kind === "per-instance";
}

/** Whether the project itself starts instances while it runs: each is named after what it is started with, or is a dynamic child. */
export const isStartedMany = (module: Module): boolean => registrationOf(module).kind === "per-instance" || dynamicStartsOf(module).length > 0;

/**
 * Patterns of the plain messages a process has clauses for: the first parameter of `handle_info/2`, and in a `:gen_statem` the
 * second of `handle_event(:info, …)` and of state functions.
 */
export function infoPatterns(module: Module): readonly Expr[] {
  const plain = module.callback("handle_info/2").flatMap(({ params }) => params[0] ?? []);
  if (!module.is("gen_statem")) return plain;
  const events = module.functions.filter(({ arity }) => arity === 3 || arity === 4).flatMap(({ clauses }) => clauses.flatMap(({ params }) => (params[0]?.isAtom("info") ? (params[1] ?? []) : [])));
  return [...plain, ...events];
}

/** Whether the process has a clause of its own for messages that begin with `tag` in a tuple of `size`. */
export const handlesInfo = (module: Module, tag: string, size: number): boolean =>
  infoPatterns(module).some((pattern) => {
    const tuple = partOf(pattern, "tuple");
    return tuple?.children.length === size && tuple.children[0]?.isAtom(tag) === true;
  });

/** Whether the process has a clause that takes the `{ref, result}` of a task. */
export const handlesTaskResult = (module: Module): boolean =>
  infoPatterns(module).some((pattern) => {
    const tuple = partOf(pattern, "tuple");
    return tuple?.children.length === 2 && tuple.children[0]?.kind !== "atom";
  });
