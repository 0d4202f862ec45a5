import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { type Handler, handlersOf, handlersOfClause, takesEverything, takesExits } from "./handlers.ts";
import { boundIn } from "./literals.ts";
import type { Fn, Module } from "./module.ts";
import { outcomesOf, usageOf } from "./usage.ts";

/** A call that runs code in a process of its own, outside of a supervisor's child list. */
export type ProcessStart = {
  readonly site: CallSite;
  /**
   * `spawn`: without OTP; `start`: a task nobody waits for; `async`: a task with a result; `stream`: one task per element.
   */
  readonly kind: "spawn" | "start" | "async" | "stream";
  readonly isLinked: boolean;
  /** Below a `Task.Supervisor`. */
  readonly isSupervised: boolean;
};

const facts = new Map<string, Omit<ProcessStart, "site">>();
const add = (kind: ProcessStart["kind"], isLinked: boolean, isSupervised: boolean, ...names: readonly string[]): void => {
  for (const name of names) facts.set(name, { kind, isLinked, isSupervised });
};
add("spawn", false, false, "spawn", "Kernel.spawn", "Process.spawn", ":erlang.spawn", ":proc_lib.spawn");
add("spawn", true, false, "spawn_link", "Kernel.spawn_link", ":erlang.spawn_link", ":proc_lib.spawn_link");
add("start", false, false, "Task.start");
add("start", true, false, "Task.start_link");
add("async", true, false, "Task.async");
add("async", true, true, "Task.Supervisor.async");
add("async", false, true, "Task.Supervisor.async_nolink");
add("stream", true, false, "Task.async_stream");
add("stream", true, true, "Task.Supervisor.async_stream");
add("stream", false, true, "Task.Supervisor.async_stream_nolink");

const startCalls = [...facts.keys()];

/** Every start of a process or task in a module, in source order; `Process.spawn` with its options read. */
export function processStarts(module: Module): ProcessStart[] {
  return module.calls(...startCalls).flatMap((site) => {
    const fact = facts.get(site.name);
    if (fact === undefined || site.node.kind !== "call" || site.callee !== undefined) return [];
    const options = site.name === "Process.spawn" ? site.args.at(-1) : undefined;
    if (options?.children.some((option) => option.isAtom("monitor"))) return [];
    return [{ ...fact, isLinked: fact.isLinked || (options?.children.some((option) => option.isAtom("link")) ?? false), site }];
  });
}

/** What becomes of the pid or task struct of a start. */
export type Fate = "dropped" | "returned" | "awaited" | "monitored" | "kept" | "stopped";

const waits = new Set(["Task.await", "Task.yield", "Task.await_many", "Task.yield_many", "Task.shutdown", "Task.ignore"]);

/** What the code around a start does with its result; for one in a collecting loop, with the collection. */
export function fateOf(start: ProcessStart): Fate {
  return fateOfValue(start.site.node, start.site);
}

function fateOfValue(value: Expr, site: CallSite): Fate {
  const usage = usageOf(value);
  switch (usage.kind) {
    case "dropped":
      return "dropped";
    case "returned":
      return ofReturned(value, site);
    case "matched":
      return ofBound(usage.pattern, site);
    case "argument":
      return ofArgument(usage.call, value, site);
    case "subject":
      return "kept";
    case "part":
      if (usage.of.isCall("for")) return fateOfValue(usage.of, site);
      // A pid alone takes no result: whatever becomes of it, nobody can await the task.
      if (usage.of.kind === "field" && usage.of.name === "pid") return ofPid(site);
      return /^(list|tuple)$/.test(usage.of.kind) ? fateOfValue(usage.of, site) : "kept";
  }
}

const ofPid = (site: CallSite): Fate => (facts.get(site.name)?.kind === "async" ? "dropped" : "kept");

function ofReturned(value: Expr, site: CallSite): Fate {
  for (const above of value.ancestors()) {
    if (above === site.clause.node) return "returned";
    if (above.kind !== "fn") continue;
    const loop = above.parent;
    if (loop?.kind !== "call") return "kept";
    if (/^(Enum|Map|List|Keyword)\.(each|foreach)$/.test(loop.name)) return "dropped";
    return /^(Enum|Map|List|Keyword|Stream)\.(map|flat_map|into|new|zip_with)$/.test(loop.name) || loop.isCall("then") ? fateOfValue(loop, site) : "kept";
  }
  return "returned";
}

function ofArgument(call: Expr, value: Expr, site: CallSite): Fate {
  if (waits.has(call.name)) return "awaited";
  if (call.name === "Process.monitor") return "monitored";
  if (call.name === "Process.exit") return "stopped";
  if (call.isCall("then") && call.args[0] === value && call.args.some(waitsForIt)) return "awaited";
  if (call.isCall("Map.get", "Map.fetch!") && call.args[0] === value && call.args[1]?.isAtom("pid") === true) return ofPid(site);
  if (/^(Enum|Stream)\./.test(call.name) && call.args[0] === value) {
    if (call.args.some(waitsForIt)) return "awaited";
    return fateOfValue(call, site);
  }
  return "kept";
}

/** A function value that waits for what it is given. */
const waitsForIt = (arg: Expr): boolean => (arg.kind === "funref" || arg.kind === "fn") && [...arg.descendants()].some((inner) => waits.has(inner.name));

function ofBound(pattern: Expr, site: CallSite): Fate {
  const names = [...boundIn(pattern)].filter((name) => !name.startsWith("_"));
  if (names.length === 0) return "dropped";
  const order: readonly Fate[] = ["awaited", "monitored", "kept", "returned", "stopped"];
  const fates = new Set<Fate>();
  for (const expr of site.clause.node.descendants()) {
    if (expr.kind !== "var" || expr.id <= pattern.next || !names.includes(expr.name) || site.node.contains(expr)) continue;
    const holder = holderOf(expr);
    fates.add(holder === undefined ? "kept" : ofUse(holder, expr, site));
  }
  return order.find((fate) => fates.has(fate)) ?? "dropped";
}

/** The call that takes a variable, also through a list or `task.ref`. */
function holderOf(expr: Expr): Expr | undefined {
  let holder = expr.parent;
  while (holder?.kind === "field" || (holder?.kind === "list" && holder.parent?.kind === "call")) holder = holder.parent;
  return holder?.kind === "call" ? holder : undefined;
}

function ofUse(call: Expr, value: Expr, site: CallSite): Fate {
  if (/^(Logger\.|IO\.|inspect$|is_pid$)/.test(call.name)) return "dropped";
  return ofArgument(call, value, site);
}

/** The function that a start runs in its new process, when it is written there. */
export const bodyOf = (start: ProcessStart): Expr | undefined => start.site.args.find((arg) => arg.kind === "fn");

/** Calls of these that the function makes, as far as it is written at the start. */
export const bodyCalls = (start: ProcessStart, ...names: readonly string[]): readonly Expr[] => (bodyOf(start)?.descendantsOf("call") ?? []).filter(({ name }) => names.includes(name));

const trivial = /^(Logger\.\w+|:sys\.\w+|:telemetry\.(execute|span|detach)|IO\.\w+|send|Kernel\.send|Process\.send|GenServer\.cast|GenServer\.(reply|stop)|(Dynamic)?Supervisor\.stop|Agent\.stop|Process\.(alive\?|unlink)|inspect|self|Process\.sleep|:timer\.sleep|System\.(stop|halt|restart)|:init\.(stop|restart|reboot)|Application\.(stop|start)|Process\.exit|exit|Map\.\w+|Keyword\.\w+|String\.\w+|System\.\w*_time)$/;

/** Whether the body of a start can only log, emit, send, wait or end the system: nothing that failing could lose. */
export function isTrivial(start: ProcessStart): boolean {
  const body = bodyOf(start);
  if (body === undefined) return false;
  const calls = [...body.descendants()].filter((expr) => expr.kind === "call" && !isSyntax(expr));
  return calls.every((call) => trivial.test(call.name));
}
const isSyntax = (expr: Expr): boolean => /^(fn|case|cond|if|unless|with|try|receive|for|<<>>|&&|\|\|)$/.test(expr.name);

/** Whether the body only watches over another process or waits for a message: it has to outlive its starter. */
export function isWatchdog(start: ProcessStart): boolean {
  const body = bodyOf(start);
  if (body === undefined) return false;
  const names = new Set<string>();
  for (const expr of body.descendants()) if (expr.kind === "call") names.add(expr.name);
  return names.has("receive") && (names.has("Process.monitor") || names.has("Process.flag") || isTrivial(start));
}

/** Whether the body looks after its starter's death itself. */
export const watchesStarter = (start: ProcessStart): boolean => bodyCalls(start, "Process.monitor").length > 0;

/**
 * Whether the body is one `try` that turns errors and exits into values, so that the task cannot crash; for a function that a private
 * function is given to run, whether that holds of what each of its callers gives.
 */
export function catchesAll(start: ProcessStart): boolean {
  const body = bodyOf(start);
  if (body !== undefined) return isCaughtWhole(body, start.site);
  const { clause, args } = start.site;
  const index = clause.params.findIndex((param) => args.some((arg) => arg.kind === "var" && param.isVar(arg.name)));
  const callers = index < 0 || clause.fn.isPublic ? [] : clause.fn.localCallers;
  return callers.length > 0 && callers.every((caller) => caller.args[index]?.kind === "fn" && isCaughtWhole(caller.args[index], caller));
}
function isCaughtWhole(body: Expr, { clause }: CallSite): boolean {
  const only = body.clauses[0]?.body;
  const attempt = only?.at(-1);
  if (only?.length !== 1 || attempt === undefined) return false;
  if (attempt.isCall("try")) return takesAll(handlersOf(attempt));
  const called = clause.siteAt(attempt)?.callee;
  return called?.clauses.every((own) => takesAll(handlersOfClause(own))) === true;
}
function takesAll(handlers: readonly Handler[]): boolean {
  return handlers.some(takesExits) && handlers.some((handler) => takesEverything(handler) && (handler.section === "rescue" || handler.clause.params[0]?.kind === "var"));
}

/** Whether the work ends only by a crash: its last step calls itself again, at each end, here or in the function it calls. */
export function neverEnds(start: ProcessStart): boolean {
  const last = bodyOf(start)?.clauses.at(-1)?.body.at(-1);
  return last !== undefined && goesRound(start.site.clause.siteAt(last)?.callee, new Set());
}
const goesRound = (fn: Fn | undefined, seen: ReadonlySet<Fn>): boolean =>
  fn !== undefined && (seen.has(fn) || fn.clauses.every((clause) => {
    const ends = [...outcomesOf(clause.result)];
    return ends.length > 0 && ends.every((end) => goesRound(clause.siteAt(end)?.callee, new Set([...seen, fn])));
  }));

/** Whether another branch of the same choice starts the same work under a supervisor. */
export function isFallback(site: CallSite): boolean {
  for (const above of site.node.ancestors()) {
    if (above.kind === "fn" || above === site.clause.node) return false;
    if (above.isCall("case", "if", "unless", "cond", "with", "try")) return site.clause.sites.some((other) => above.contains(other.node) && /^Task\.Supervisor\./.test(other.name) && other.closure === undefined);
  }
  return false;
}
