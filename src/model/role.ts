import type { Expr } from "../syntax/tree.ts";
import type { Module } from "./module.ts";
import { isCatchAll, registrationOf } from "./server.ts";
import { outcomesOf } from "./usage.ts";

const requests = ["handle_call/3", "handle_cast/2"] as const;

/** Whether other processes wait for this one or feed it: it has clauses for requests, or is a page, channel, stage or machine. */
export function servesClients(module: Module): boolean {
  if (module.is("LiveView", "LiveComponent", "Channel", "GenStage", "gen_statem")) return true;
  return requests.some((id) => module.callback(id).some((clause) => !isCatchAll(clause.params[0], clause.guard)));
}

/** Whether a message handler ends the process on its own account. */
export function endsItself(module: Module): boolean {
  return module.functions.some((fn) => (fn.isCallback || !fn.isPublic) && fn.name !== "init" && fn.clauses.some((clause) => [...outcomesOf(clause.result)].some(isStop)));
}
const isStop = (outcome: Expr): boolean => outcome.kind === "tuple" && outcome.children[0]?.isAtom("stop") === true;

/** A process started for one piece of work: nobody asks it anything, and it ends with its work. */
export const isOneJob = (module: Module): boolean => !servesClients(module) && endsItself(module);

/** Whether many instances of the server can live at once, each with its own clients. */
export function isPerInstance(module: Module): boolean {
  if (module.is("LiveView", "LiveComponent", "Channel")) return true;
  const registration = registrationOf(module);
  return registration.kind === "none" || registration.kind === "per-instance";
}

/** Whether `handle_info/2` has a clause of its own whose pattern begins with `tag` in a tuple of `size`. */
export const handlesInfo = (module: Module, tag: string, size: number): boolean =>
  module.callback("handle_info/2").some((clause) => {
    const pattern = clause.params[0]?.kind === "match" ? (clause.params[0].left?.kind === "tuple" ? clause.params[0].left : clause.params[0].right) : clause.params[0];
    return pattern?.kind === "tuple" && pattern.children.length === size && pattern.children[0]?.isAtom(tag) === true;
  });

/** Whether `handle_info/2` takes the `{ref, result}` of a task. */
export const handlesTaskResult = (module: Module): boolean =>
  module.callback("handle_info/2").some((clause) => {
    const [pattern] = clause.params;
    const tuple = pattern?.kind === "match" ? (pattern.left?.kind === "tuple" ? pattern.left : pattern.right) : pattern;
    return tuple?.kind === "tuple" && tuple.children.length === 2 && tuple.children[0]?.kind !== "atom";
  });
