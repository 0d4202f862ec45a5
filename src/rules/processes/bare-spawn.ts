import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { entriesAt, onlyByTools, stepsOf } from "../../model/context.ts";
import type { Module } from "../../model/module.ts";
import { trapsExits } from "../../model/server.ts";
import { bodyCalls, bodyOf, catchesAll, fateOf, isFallback, isTrivial, isWatchdog, type ProcessStart, processStarts, watchesStarter } from "../../model/tasks.ts";

export default defineRule({
  id: "bare-spawn",
  family: "processes",
  title: "Work runs in a bare spawned process",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Start it with Task.Supervisor.start_child/2" },
  source: "https://hexdocs.pm/elixir/process-anti-patterns.html",
  doc: {
    what: "Product code starts work with `spawn`, `spawn_link` or `Process.spawn`.",
    why: "Such a process stands under no supervisor, so a shutdown does not wait for it and nobody restarts it; it carries no `$callers` and leaves no OTP crash report. Without a link nobody learns that it failed.",
    instead: "Start the work below a `Task.Supervisor` in the tree.",
    fine: ["`spawn_monitor`, or a monitor on the result.", "A watchdog that has to outlive the process it watches.", "A process that only stops the system, logs or sends.", "Scripts, Mix tasks and release code.", "A go-between whose pid goes to the caller and that watches whom it serves.", "A linked helper whose pid is kept by a server that handles its exit, or handed on by a plain function: it shares the fate of whoever asked for it."],
    never: "`Task.start/1`: as unsupervised as before.",
    sure: "Proven when the result is dropped and the body is written there; review when the pid goes to the caller, or is kept of a linked process; likely otherwise. Medium when a server drops the pid of a process without link that answers a client or calls a server. Low, and often right as it is: any other work, a linked process, a pid that is kept or handed to the caller, a place outside of any server, the branch for a node without the Task.Supervisor.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_cast({:bake, loaf}, s) do
          spawn(fn -> Dough.bake(loaf) end) #! nobody sees it fail
          {:noreply, s}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_cast({:bake, loaf}, s) do
          Task.Supervisor.start_child(Bakery.Tasks, fn -> Dough.bake(loaf) end)
          {:noreply, s}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || /(^|\.)Release(Tasks)?$/.test(module.name)) return;
    for (const start of processStarts(module)) {
      if (start.kind !== "spawn" || start.site.around.quoted) continue;
      const report = judge(module, start);
      if (report !== undefined) yield report;
    }
  },
});

function judge(module: Module, start: ProcessStart): Report | undefined {
  const { site, isLinked } = start;
  const fate = fateOf(start);
  if (isTrivial(start) || isWatchdog(start) || parks(start) || isHandshake(start)) return undefined;
  if (isLinked && fate === "kept" && trapsExits(module)) return undefined;
  if (fate === "monitored" && !(isLinked && runsForeignCode(start))) return undefined;
  const entries = entriesAt(site);
  if (onlyByTools(entries)) return undefined;
  const entry = entries.find((candidate) => candidate.kind === "callback") ?? entries[0];
  if (isLinked && (fate === "kept" || fate === "returned") && entries.length > 0 && entries.every((candidate) => candidate.kind === "client")) return undefined;
  const owner = entry?.kind === "callback" ? entry.module.shortName : undefined;
  if (fate === "returned" && watchesStarter(start)) return undefined;
  const isServing = entry?.kind === "callback" && entry.module.isServer;
  const isLow = fate !== "dropped" || isLinked || !isServing || bodyOf(start) === undefined || isFallback(site);
  const where = `\`${site.name}\` in \`${site.fn.id}\` starts work under no supervisor`;
  const fateText = isLinked ? `it dies with ${owner ?? "its starter"}, or takes ${owner ?? "its starter"} along, without an OTP report` : `${catchesAll(start) ? "nobody waits for it at a shutdown" : "nobody sees it fail"}, and it outlives ${owner ?? "its starter"}`;
  return {
    at: site.node,
    firstLineOnly: true,
    message: `${where}: ${fateText}. Start it with \`Task.Supervisor.start_child/2\`.`,
    related: entry?.kind === "callback" ? stepsOf(entry) : [],
    evidence: [`The result of \`${site.name}\` is ${fate}.`],
    searched: ["a monitor on the process (none)", "a supervisor that starts it (none)"],
    severity: isLow || !answersSomebody(start) ? "low" : "medium",
    confidence: fate === "monitored" || fate === "returned" || (isLinked && fate !== "dropped") ? "review" : fate === "dropped" && bodyOf(start) !== undefined ? "proven" : "likely",
  };
}

/** Others wait for what the process does: a client that gets its reply from it, or a server that it asks. */
const answersSomebody = (start: ProcessStart): boolean => bodyCalls(start, "GenServer.reply", ":gen_server.reply", "GenServer.call").length > 0;

/** A body that waits for messages and does nothing else, or a captured function that may be such a loop. */
function parks(start: ProcessStart): boolean {
  return start.site.args.some((arg) => arg.kind === "fn" && [...arg.descendants()].filter((expr) => expr.kind === "call").every((call) => call.isCall("receive", "Process.sleep", ":timer.sleep", "hibernate", "Process.hibernate")));
}

/** A `proc_lib` or hand-written start that reports back to a starter who waits for it. */
function isHandshake({ site }: ProcessStart): boolean {
  return site.clause.sites.some((other) => other.id > site.id && other.closure === undefined && other.name === "receive");
}

/** Whether the body applies a function or module that its author cannot see. */
const runsForeignCode = (start: ProcessStart): boolean => [...(bodyOf(start)?.descendants() ?? [])].some((expr) => expr.isCall("apply", ".") || (expr.kind === "call" && expr.target !== undefined));
