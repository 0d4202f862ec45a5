import { defineRule, type Dismissal, elixir, type Report } from "../../engine/rule.ts";
import { entriesAt, onlyByTools, stepsOf } from "../../model/context.ts";
import type { Module } from "../../model/module.ts";
import { handlesTaskResult } from "../../model/role.ts";
import { isCatchAll } from "../../model/server.ts";
import { fateOf, isFallback, isTrivial, type ProcessStart, processStarts, watchesStarter } from "../../model/tasks.ts";

export default defineRule({
  id: "orphan-task",
  family: "processes",
  title: "A task has no owner",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Start it with Task.Supervisor.start_child/2" },
  source: "https://hexdocs.pm/elixir/Task.html",
  doc: {
    what: "`Task.start` starts work that nobody owns, or a `Task.async` is started and never awaited, stored or returned.",
    why: "Nobody hears of a failure, a shutdown does not wait for the work, and nothing bounds how many run. An async task without await also dies with a crashing starter.",
    instead: "`Task.Supervisor.start_child/2` where nobody waits for the result, `async_nolink/2` with clauses for result and `:DOWN` where somebody does.",
    fine: ["A task struct kept in the state of a server with a `{ref, result}` clause.", "Mix tasks and scripts.", "Bodies that only log, emit or send.", "A task that monitors its starter and settles what it leaves behind.", "A start whose pid is monitored.", "The branch for a node on which the Task.Supervisor is not there.", "Work that stops the tree the starter stands in: it has to outlive it."],
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
  },
});

function judge(module: Module, start: ProcessStart): Report | Dismissal | undefined {
  const { site, kind } = start;
  if (site.around.quoted || module.is("LiveComponent") || start.kind === "spawn") return undefined;
  if (isTrivial(start) || watchesStarter(start)) return { at: site.node, because: () => "its body only logs, emits or sends, or looks after its starter itself: nothing is lost with it" };
  const isStart = site.name === "Task.start";
  const fate = fateOf(start);
  if (isStart && (fate === "monitored" || isFallback(site))) return { at: site.node, because: () => (fate === "monitored" ? "its pid is monitored, so its end is seen" : "it is the branch for a node whose Task.Supervisor is not there") };
  const isForgotten = kind === "async" && fate === "dropped";
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
