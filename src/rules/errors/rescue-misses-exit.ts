import { defineRule, type Dismissal, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries, isMessageCallback, stepsOf, isUnused } from "../../model/context.ts";
import { effectsAt } from "../../model/effects.ts";
import { guardedIn, type Handler, handlersAround, handlersOf, rescuedNames, takesExits } from "../../model/handlers.ts";
import { literalName, quoted } from "../../model/literals.ts";
import type { Clause } from "../../model/module.ts";
import { requestAt } from "../../model/request.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "rescue-misses-exit",
  family: "errors",
  title: "rescue around a call whose failure is an exit",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Catch the exits that are expected" },
  source: "https://hexdocs.pm/elixir/try-catch-and-rescue.html",
  doc: {
    what: "`rescue` or `catch :error` without `catch :exit` stands around a call to another process, or, in a server, around a function that the server was given to run.",
    why: "A timeout or a dead server is an exit, not an exception: it passes through `rescue`, and whoever ran this code dies with it.",
    instead: "`catch :exit, {:noproc, _}` and `catch :exit, {:timeout, _}` with an error value, or no `try` at all.",
    fine: ["The handler cleans up and raises again.", "`catch :exit` or `catch _, _` is there, too.", "A `try` with only `after`.", "The `rescue` names the exceptions it expects.", "The body does several other things that can raise: the `rescue` is for those.", "A given function that runs in its caller or in a task."],
    never: "`catch _, _`: it hides every bug, too.",
    sure: "Proven when the call is the only thing in the body that can fail; likely beside one other, for which the `rescue` may be meant. High in a server's process; elsewhere medium, and low for a call that waits without bound, so that only the end of the other can break it, such as that of a supervisor by its name, which is gone only with much else, for a process that was found just before, for a function of an application that nothing calls, beside one other, in a job, and where more than one function lies between. Likely, and low, for a given function: whoever gave it may want the crash.",
  },
  bad: [
    elixir`
      defmodule Till do
        def total do
          GenServer.call(Oven, :heat)
        rescue
          _ -> {:error, :cold} #! cannot catch the exit
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Till do
        def total do
          GenServer.call(Oven, :heat)
        catch
          :exit, {:noproc, _} -> {:error, :cold}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const [clause, holders] of guardedIn(module)) for (const holder of holders) yield* judge(clause, holder, sitesIn(clause, holder));
  },
});

/** What the `do` of a `try` or of the clause itself does, outside of each `try` below it. */
const sitesIn = (clause: Clause, holder: Expr): readonly CallSite[] =>
  clause.sites.filter((site) => (holder === clause.node ? site.around.tries.length === 0 && site.closure === undefined && holder.section("do")?.contains(site.node) === true : site.around.tries[0] === holder));

function* judge(clause: Clause, holder: Expr, inside: readonly CallSite[]): Generator<Report | Dismissal> {
  const handlers = handlersOf(holder);
  const rescue = handlers.find((handler) => handler.section === "rescue" || takesErrors(handler));
  if (rescue === undefined) return;
  const exit = handlers.find(takesExits);
  if (exit !== undefined) return yield { at: rescue.clause, because: () => `the \`catch\` at line ${exit.clause.line} beside it takes exits` };
  if ([...rescue.clause.descendants()].some((expr) => expr.isCall("reraise", "Kernel.reraise", ":erlang.raise"))) return yield { at: rescue.clause, because: () => "the handler cleans up and raises again; it promises nobody an answer" };
  const exits = inside.filter((site) => site.closure === undefined && !site.around.loose && exitOf(site) !== undefined);
  const [first] = exits;
  const end = first === undefined ? undefined : exitOf(first);
  if (first === undefined || end === undefined) return yield* ofGivenFunction(clause, rescue, handlers, inside);
  if (handlersAround(first).some(takesExits)) return;
  if (handlers.flatMap(rescuedNames).length > 0) return yield { at: rescue.clause, because: () => "the `rescue` names the exceptions it expects" };
  const others = inside.filter((site) => site.node.kind === "call" && !exits.includes(site) && !harmless.test(site.name));
  if (others.length > 1 || others.some((site) => site.name === "." || site.name === "apply")) return yield { at: rescue.clause, because: () => `the body also calls ${others.slice(0, 3).map((site) => `\`${site.name}\``).join(", ")}, which can raise: the \`rescue\` may be for those` };
  const server = callbackEntries(first).find((entry) => entry.module.is("GenServer", "gen_statem", "GenStage"))?.module;
  yield {
    at: rescue.clause,
    firstLineOnly: true,
    confidence: others.length === 0 ? "proven" : "likely",
    // Oban takes what a job exits with for its failure; what is more than one function away does other things besides, which may raise.
    severity: isUnused(clause.fn) || exits.every((site) => isWaitedOut(site) || isFoundFirst(site)) ? "low" : server !== undefined ? "high" : others.length > 0 || end.isFar || callbackEntries(first).some(({ module }) => module.is("ObanWorker")) ? "low" : "medium",
    message: `This \`${rescue.section === "rescue" ? "rescue" : "catch :error"}\` in \`${clause.fn.id}\` cannot catch the exit of \`${first.name}\`: ${server === undefined ? "the caller dies with it" : `${server.shortName} dies with it`} on a timeout or when the process is gone.`,
    related: [{ at: first.node, message: `exits when the process is gone or does not answer (${end.name})` }],
    evidence: [`${exits.length} ${exits.length === 1 ? "call" : "calls"} in the body fail by exit.`],
    searched: ["`catch :exit` or `catch _, _` beside or around it (none)"],
  };
}

/**
 * A server runs a function that somebody else wrote and turns what it raises into an error value. A throw or an exit of that
 * function, such as the timeout of a call, ends the server all the same.
 */
function* ofGivenFunction(clause: Clause, rescue: Handler, handlers: readonly Handler[], inside: readonly CallSite[]): Generator<Report> {
  const applied = inside.find((site) => site.node.kind === "call" && site.closure === undefined && !site.around.loose && isGiven(site));
  if (applied === undefined || handlers.some((handler) => handler.section === "catch") || handlers.flatMap(rescuedNames).length > 0 || handlersAround(applied).some(takesExits) || isWrapper(clause, applied)) return;
  const entries = callbackEntries(applied).filter((entry) => entry.module.is("GenServer", "gen_statem", "GenStage") && entry.module === clause.fn.module && isMessageCallback(entry));
  const [entry] = entries;
  if (entry === undefined || rescue.clause.result === undefined) return;
  yield {
    at: rescue.clause,
    firstLineOnly: true,
    severity: "low",
    confidence: "likely",
    message: `\`${clause.fn.id}\` answers with an error when \`${quoted(applied.node, 40)}\` raises, but a throw or an exit of it, such as the timeout of a call, ends ${entry.module.shortName}. Catch them, too, or run it in a task.`,
    related: [...stepsOf(entry), { at: applied.node, message: "runs a function that was given" }],
    evidence: ["`rescue` takes errors; throws and exits pass through it."],
    searched: ["`catch` beside or around it (none)"],
  };
}

/** A function that runs what its callers write out for it, as `safely(fn -> … end)`: nothing is given from elsewhere. */
const isWrapper = ({ fn, params }: Clause, { node }: CallSite): boolean => node.target?.kind === "var" && params.some((param) => param.isVar(node.target?.name)) && fn.callers.some((caller) => caller.args.some((arg) => arg.kind === "fn" || arg.kind === "funref"));

/** `apply(module, fun, args)` and `fun.(…)` with what the server was given, in a message or when it started. */
const isGiven = (site: CallSite): boolean => (site.name === "apply" || site.name === "Kernel.apply" ? site.args[0]?.kind === "var" || site.args[0]?.kind === "field" : site.name === "." && (site.node.target?.kind === "var" || site.node.target?.kind === "field"));

/** The function that calls looks for the process before: when it is gone, there is another answer. */
const isFoundFirst = (site: CallSite): boolean => {
  const call = exitOf(site)?.site ?? site;
  return call.clause.sites.some((other) => other.id < call.id && /(^|\.)(whereis|alive\?|Registry\.lookup)$/.test(other.name));
};
/** Waited for without bound, so that only the end of the other breaks it; that of a supervisor is as a rule the end of the application. */
const isWaitedOut = (site: CallSite): boolean => (supervisorCall.test(site.name) && (asks.test(site.name) || literalName(site.args[0], site.module) !== undefined)) || requestAt(site)?.timeout === "infinity";
const asks = /\.(which|count)_children$/;
const supervisorCall = /^(Dynamic)?Supervisor\.(?!stop)/;

/** `catch :error, _` takes what `rescue` takes. */
const takesErrors = (handler: Handler): boolean => handler.section === "catch" && handler.clause.count === 2 && handler.clause.params[0]?.isAtom("error") === true;
const harmless = /^(Logger\.|:telemetry\.|Process\.(whereis|alive\?|info|monitor|demonitor)$|GenServer\.whereis$|System\.|length$|hd$|elem$|inspect$|to_string$|is_|Map\.|Enum\.|Keyword\.|String\.|\{|case$|if$|with$|cond$|unless$|self$|fn$|Access\.get$|@|Kernel\.|List\.)/;
const exitCalls = new Set(["GenServer.call", "GenServer.stop", ":gen_server.call", ":gen_statem.call", "GenStateMachine.call", "Agent.get", "Agent.update", "Agent.get_and_update", "Agent.stop", "Task.await", "Task.await_many", "Supervisor.which_children", "Supervisor.count_children", "Supervisor.start_child", "Supervisor.terminate_child", "Supervisor.delete_child", "Supervisor.stop", "DynamicSupervisor.start_child", "DynamicSupervisor.terminate_child", "DynamicSupervisor.which_children", "DynamicSupervisor.count_children", ":sys.get_state", ":poolboy.checkout", ":poolboy.transaction", "GenStage.call"]);

/** The call that exits: this one, or the one a workspace function ends in without catching it. */
function exitOf(site: CallSite): { readonly site: CallSite; readonly name: string; readonly isFar: boolean } | undefined {
  if (site.node.kind !== "call") return undefined;
  if (site.callee === undefined) return exitCalls.has(site.name) ? { site, name: site.name, isFar: false } : undefined;
  for (const reached of effectsAt(site)) {
    if ((reached.kind !== "call" && reached.kind !== "await") || reached.path.length > 3 || !exitCalls.has(reached.site.name)) continue;
    if (!reached.path.slice(1).some((step) => handlersAround(step).some(takesExits))) return { site: reached.site, name: reached.site.name, isFar: reached.path.length > 2 };
  }
  return undefined;
}
