import { defineRule, type Dismissal, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { type Entry, entriesAt, stepsOf } from "../../model/context.ts";
import { partOf } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { runsWhere } from "../../model/place.ts";
import { handlesInfo, isOneJob } from "../../model/role.ts";
import { isCatchAll, tagOf, trapsExits } from "../../model/server.ts";
import { bodyCalls, bodyOf, catchesAll, fateOf, isTrivial, type ProcessStart, processStarts } from "../../model/tasks.ts";

export default defineRule({
  id: "linked-task-in-server",
  family: "processes",
  title: "A task is linked to the server that starts it",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Use Task.Supervisor.async_nolink/2 with clauses for result and :DOWN" },
  source: "https://hexdocs.pm/elixir/Task.Supervisor.html",
  doc: {
    what: "A server starts a linked task (`Task.async`, `Task.start_link`, `Task.Supervisor.async`) and goes on while it runs.",
    why: "A crash of the task takes the server and its state along: the exit signal of the link ends the server before any `:DOWN` clause or `rescue` can help. Whoever waits for the server fails, too.",
    instead: "`Task.Supervisor.async_nolink/2`, its reference in the state, and clauses for `{ref, result}` and `:DOWN`.",
    fine: ["The server traps exits and has a clause for `:EXIT`.", "A process whose only purpose is the task.", "A body that catches every error and exit itself.", "A task that is awaited in the same callback: the code could as well stand there.", "`start_async`, `assign_async`, and closures that run in the client."],
    never: "`trap_exit` alone: without a clause for `:EXIT` the server stops on that message.",
    sure: "Proven when only callbacks reach the start; likely when clients do, too. High where `trap_exit`, a `try` in the task, or a `:DOWN` clause in a server that monitors nothing else shows that the server was meant to survive the crash, medium in pages and channels; low where nothing shows it, since both may be meant to fail together, where the server waits for the task with a `receive` of its own, and for a task that rescues all it does, and for one that `init/1` starts with `Task.start_link`, which may be the engine of the server.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:bake, from, s) do
          job = Task.async(fn -> Dough.bake(s.dough) end) #! A crash of this task stops Oven
          {:noreply, %{s | job: job, from: from}}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:bake, from, s) do
          job = Task.Supervisor.async_nolink(Bakery.Tasks, fn -> Dough.bake(s.dough) end)
          {:noreply, %{s | job: job, from: from}}
        end
        def handle_info({ref, bread}, s) when is_reference(ref) do
          Process.demonitor(ref, [:flush])
          GenServer.reply(s.from, bread)
          {:noreply, s}
        end
        def handle_info({:DOWN, _, :process, _, reason}, s), do: {:noreply, %{s | job: {:failed, reason}}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.isServer || isOneJob(module)) return;
    const handlesEnds = trapsExits(module) && (handlesInfo(module, "EXIT", 3) || module.callback("handle_info/2").some((clause) => isCatchAll(clause.params[0], clause.guard)));
    for (const start of processStarts(module)) {
      if (!start.isLinked || (start.kind !== "async" && start.kind !== "start")) continue;
      yield handlesEnds ? { at: start.site.node, because: () => `${module.shortName} traps exits and has a clause for \`:EXIT\`` } : judge(module, start);
    }
  },
});

function judge(module: Module, start: ProcessStart): Report | Dismissal {
  const { site } = start;
  if (isTrivial(start) || catchesAll(start)) return { at: site.node, because: () => "its body only logs, sends or catches everything, so it cannot crash the server" };
  if (endsOnPurpose(start)) return { at: site.node, because: () => "its body exits by itself when it fails: the link is there to end the server with it" };
  if (fateOf(start) === "awaited") return { at: site.node, because: () => "the task is awaited where it is started: both share one fate by design" };
  const entries = entriesAt(site);
  const inside = entries.find((entry) => entry.kind === "callback" && entry.module === module && entry.fn.name !== "terminate");
  if (inside === undefined) return { at: site.node, because: () => `it runs ${runsWhere(site)}, so the task is not linked to ${module.shortName}` };
  const down = fateOf(start) === "monitored" || (start.kind === "async" && !watchesOthers(module)) ? module.callback("handle_info/2").find(takesCrash) : undefined;
  // What was written for the crash shows that its author meant to survive it.
  const isMeantToGoOn = down !== undefined || trapsExits(module) || bodyCalls(start, "try").length > 0;
  return {
    at: site.node,
    firstLineOnly: true,
    message: `A crash of this task stops ${module.shortName}: the link works before any \`:DOWN\` clause or \`rescue\`. Use \`Task.Supervisor.async_nolink/2\` and handle result and \`:DOWN\`.`,
    related: [...stepsOf(inside), ...(down === undefined ? [] : [{ at: down.head, message: "this :DOWN clause never runs for a crash of the task" }])],
    evidence: [`\`${site.name}\` links the task to ${module.shortName}, which goes on while it runs.`],
    searched: ["trap_exit with an :EXIT clause (none)", "an await in the same function (none)"],
    severity: isEngine(start, inside) || !isMeantToGoOn || rescuesItself(start) || isWaitedFor(site) ? "low" : module.is("LiveView", "Channel") ? "medium" : "high",
    confidence: entries.every((entry) => entry.kind === "callback") ? "proven" : "likely",
  };
}

/** All that the task does stands in a `try` that rescues: an exit or a throw is left. */
const rescuesItself = (start: ProcessStart): boolean => {
  const work = bodyOf(start)?.clauses[0];
  return work?.body.length === 1 && work.result?.isCall("try") === true;
};

/** The module monitors processes itself, or has tasks without a link: its `:DOWN` clauses are for those, and say nothing of a linked task. */
const watchesOthers = (module: Module): boolean => module.calls("Process.monitor", ":erlang.monitor", "spawn_monitor", "Task.Supervisor.async_nolink").length > 0;

/** A `:DOWN` clause that is there for crashes: its reason is not the one of a process that has done its work. */
function takesCrash({ params: [pattern] }: Clause): boolean {
  const message = partOf(pattern, "tuple");
  return tagOf(pattern)?.tag === "DOWN" && message?.children[4]?.isAtom("normal") !== true;
}

/** Started with the server, for as long as it lives, as an acceptor's loop is: that both end together may well be the plan. */
const isEngine = (start: ProcessStart, entry: Entry): boolean => start.kind === "start" && entry.fn.name === "init";

/** A `receive` after the start, here or in a helper: the server does nothing else until it hears of the task, and shares its fate. */
const isWaitedFor = ({ clause, id }: CallSite): boolean => clause.sites.some((other) => other.id > id && other.closure === undefined && (other.name === "receive" || other.callee?.sites.some((inner) => inner.name === "receive" && inner.closure === undefined) === true));

/** The body says `exit(reason)`: that the server ends, too, is what the link is for. */
const endsOnPurpose = (start: ProcessStart): boolean => bodyCalls(start, "exit", "Kernel.exit", ":erlang.exit").some(({ args }) => args.length === 1);
