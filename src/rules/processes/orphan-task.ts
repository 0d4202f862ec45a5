import { defineRule, type Dismissal, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, onlyByTools, stepsOf } from "../../model/context.ts";
import { matchesOn } from "../../model/flow.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { handlesTaskResult } from "../../model/role.ts";
import { isCatchAll } from "../../model/server.ts";
import { fateOf, isFallback, isTrivial, type ProcessStart, processStarts, watchesStarter } from "../../model/tasks.ts";
import { outcomesOf, usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "orphan-task",
  family: "processes",
  title: "A task has no owner",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Start it with Task.Supervisor.start_child/2" },
  source: "https://hexdocs.pm/elixir/Task.html",
  doc: {
    what: "`Task.start` starts work that nobody owns, or a `Task.async` is started and never awaited, stored or returned to somebody who does, also where only its pid is used; or `Task.yield/2` gives up waiting for a task, and nobody stops it.",
    why: "Nobody hears of a failure, a shutdown does not wait for the work, and nothing bounds how many run. An async task without await also dies with a crashing starter. A task that is still running when `Task.yield/2` answers `nil` goes on, and its result arrives later as a message that nobody takes.",
    instead: "`Task.Supervisor.start_child/2` where nobody waits for the result, `async_nolink/2` with clauses for result and `:DOWN` where somebody does; `Task.yield(task, timeout) || Task.shutdown(task)` where the time is up.",
    fine: ["A task struct kept in the state of a server with a `{ref, result}` clause.", "Mix tasks and scripts.", "Bodies that only log, emit or send.", "A task that monitors its starter and settles what it leaves behind.", "A start whose pid is monitored.", "The branch for a node on which the Task.Supervisor is not there.", "Work that stops the tree the starter stands in: it has to outlive it.", "A wait that raises when the time is up, or that comes again."],
    never: "`spawn/1`, or a rescue around the body: the work stays without an owner.",
    sure: "Proven for a dropped struct and for a `Task.start` that only callbacks reach; likely when clients reach it, too; review outside of servers. Low: a best effort may be meant, and only its author knows.",
  },
  bad: [
    elixir`
      defmodule Till do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_cast({:sold, order}, s) do
          Task.start(fn -> Receipt.mail(order) end) #! has no owner
          {:noreply, s}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Till do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_cast({:sold, order}, s) do
          Task.Supervisor.start_child(Bakery.Tasks, Receipt, :mail, [order])
          {:noreply, s}
        end
      end`,
  ],
  yieldsTo: ["arranged-message-unhandled"],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const start of processStarts(module)) {
      const report = judge(module, start);
      if (report !== undefined) yield report;
    }
    for (const site of module.calls("Task.yield")) {
      const report = leftRunning(module, site);
      if (report !== undefined) yield report;
    }
  },
});

const ends = new Set(["Task.shutdown", "Task.await", "Task.ignore", "Process.exit", "Task.Supervisor.terminate_child", "DynamicSupervisor.terminate_child"]);
const asyncs = ["Task.async", "Task.Supervisor.async", "Task.Supervisor.async_nolink"] as const;

/** A task that the function starts, waits for with a limit, and forgets when the time is up. */
function leftRunning(module: Module, site: CallSite): Report | undefined {
  const { node, clause, args: [task, timeout] } = site;
  if (node.kind !== "call" || task === undefined || timeout?.isAtom("infinity") === true || clause.sites.some((other) => ends.has(other.name) || (other !== site && other.name === site.name && other.args[0]?.text === task.text) || other.callee === site.fn)) return undefined;
  const start = task.kind === "var" ? onlyUse(task, clause) : task;
  if (start === undefined || !isAsync(start, clause) || handlesTaskResult(module) || module.callback("handle_info/2").some(({ params, guard }) => isCatchAll(params[0], guard))) return undefined;
  if (branchesAfter(node).some((branch) => [...outcomesOf(branch.result)].some((outcome) => outcome.isCall("raise", "exit", "throw", "reraise"))) || onlyByTools(entriesAt(site))) return undefined;
  return {
    at: node,
    firstLineOnly: true,
    message: `When the time is up, nobody owns the task that \`${site.fn.id}\` waits for: it goes on, and its result arrives later as a message that nobody takes. Write \`Task.yield(…) || Task.shutdown(…)\`.`,
    related: start === task ? [] : [{ at: start, message: "starts the task" }],
    evidence: ["`Task.yield/2` answers `nil` and leaves the task running."],
    searched: ["`Task.shutdown/2` or another wait for the task in the function (none)"],
    confidence: "likely",
  };
}

/** What a variable was bound to, when the wait is the only use of it. */
function onlyUse(task: Expr, clause: Clause): Expr | undefined {
  const uses = clause.node.descendantsOf("var").filter(({ name }) => name === task.name);
  const bound = matchesOn(clause.node, task.name);
  return bound.length === 1 && uses.length === 2 ? bound[0]?.right : undefined;
}

/** A start of a task that sends its result to the caller, written there or in a function of the project. */
function isAsync(start: Expr, clause: Clause): boolean {
  if (start.isCall(...asyncs)) return true;
  const callee = start.kind === "call" ? clause.siteAt(start)?.callee : undefined;
  return callee?.clauses.every((inner) => inner.result?.isCall(...asyncs) === true) === true;
}

/** Clauses of the `case` or `with` that takes the answer apart. */
function branchesAfter(wait: Expr): readonly Expr[] {
  for (const above of wait.ancestors()) if (above.isCall("case", "with")) return above.children.flatMap((section) => (section.kind === "section" ? section.clauses : []));
  return [];
}

const MAX_STEPS = 4;
/** Whether everybody who calls a function lets its value fall, or hands it up to somebody who does. */
function isLostAbove(fn: Fn, depth = 0): boolean {
  return depth < MAX_STEPS && fn.callers.length > 0 && fn.callers.every((caller) => {
    if (caller.node.kind !== "call" || caller.closure !== undefined || caller.around.quoted) return false;
    const usage = usageOf(caller.node);
    return usage.kind === "dropped" || (usage.kind === "returned" && !caller.fn.isCallback && isLostAbove(caller.fn, depth + 1));
  });
}

function judge(module: Module, start: ProcessStart): Report | Dismissal | undefined {
  const { site, kind } = start;
  if (site.around.quoted || module.is("LiveComponent") || start.kind === "spawn") return undefined;
  if (isTrivial(start) || watchesStarter(start)) return { at: site.node, because: () => "its body only logs, emits or sends, or looks after its starter itself: nothing is lost with it" };
  const isStart = site.name === "Task.start";
  const fate = fateOf(start);
  if (isStart && (fate === "monitored" || isFallback(site))) return { at: site.node, because: () => (fate === "monitored" ? "its pid is monitored, so its end is seen" : "it is the branch for a node whose Task.Supervisor is not there") };
  const isForgotten = kind === "async" && (fate === "dropped" || (fate === "returned" && isLostAbove(site.fn)));
  if (!isStart && !isForgotten) return kind === "async" ? { at: site.node, because: () => `the task is ${fate}` } : undefined;
  if (isForgotten && (handlesTaskResult(module) || (start.isSupervised && module.callback("handle_info/2").some((clause) => isCatchAll(clause.params[0], clause.guard))) || site.closure?.kind === "stream")) return undefined;
  const entries = entriesAt(site);
  if (onlyByTools(entries)) return undefined;
  const inside = entries.find((entry) => entry.kind === "callback" && entry.module.isServer);
  return {
    at: site.node,
    firstLineOnly: true,
    message: isStart
      ? `The task started in \`${site.fn.id}\` has no owner: if it fails, a line in the log is all that is left of its work, and a shutdown does not wait for it. Start it with \`Task.Supervisor.start_child/2\`.`
      : `The task started in \`${site.fn.id}\` is never awaited: its result is lost, ${start.isLinked ? `and it dies with ${inside?.module.shortName ?? "a starter that crashes"}` : "and its messages meet no clause"}. Start it with \`Task.Supervisor.start_child/2\`, or await it.`,
    related: inside === undefined ? [] : stepsOf(inside),
    evidence: [isStart ? "`Task.start` links to nobody." : "Nothing reads the task struct after it is made."],
    searched: ["an await, yield or shutdown of the task (none)", "a clause for its result (none)"],
    confidence: isForgotten ? "proven" : inside === undefined ? "review" : entries.every((entry) => entry.kind === "callback") ? "proven" : "likely",
  };
}
