import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { moduleOf, restartOf } from "../../model/child-spec.ts";
import { callbackEntries, stepsOf } from "../../model/context.ts";
import { startedChild } from "../../model/dynamic-children.ts";
import { patternsOf } from "../../model/flow.ts";
import { downIn } from "../../model/mailbox.ts";
import type { Clause, Module } from "../../model/module.ts";
import { registrationOf } from "../../model/server.ts";

export default defineRule({
  id: "replaced-twice",
  family: "supervision",
  title: "A dead child is replaced by its supervisor and by its owner",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Give the child restart: :temporary" },
  source: "https://hexdocs.pm/elixir/DynamicSupervisor.html",
  doc: {
    what: "A server starts children under a DynamicSupervisor, monitors them, and starts another in the clause for the `:DOWN`, while the restart type of the children has the supervisor start them again as well.",
    why: "After a crash there are two in the place of one: the server's own, and the supervisor's, whose pid nobody knows. It is never used, never stopped, and when it dies it is started again. Each crash adds one, and three within five seconds end the supervisor with all its children.",
    instead: "`restart: :temporary` in the child's specification: the server decides alone.",
    fine: ["Children that are temporary.", "A name of its own: the second start is answered with `:already_started`.", "A clause for the normal end of a transient child."],
    sure: "Likely: which deaths the clause starts another for is read from its pattern.",
  },
  bad: [
    elixir`
      defmodule Ovens do
        use GenServer
        def init(n), do: {:ok, for(_ <- 1..n, do: light())}
        def handle_info({:DOWN, _ref, :process, pid, _reason}, lit), do: {:noreply, [light() | List.delete(lit, pid)]}
        defp light do
          {:ok, pid} = DynamicSupervisor.start_child(Ovens.Supervisor, {Oven, []}) #! two in the place of one
          Process.monitor(pid)
          pid
        end
      end
      defmodule Oven do
        use GenServer
        def start_link(opts), do: GenServer.start_link(__MODULE__, opts)
        def init(s), do: {:ok, s}
      end`,
  ],
  good: [
    elixir`
      defmodule Ovens do
        use GenServer
        def init(n), do: {:ok, for(_ <- 1..n, do: light())}
        def handle_info({:DOWN, _ref, :process, pid, _reason}, lit), do: {:noreply, [light() | List.delete(lit, pid)]}
        defp light do
          {:ok, pid} = DynamicSupervisor.start_child(Ovens.Supervisor, {Oven, []})
          Process.monitor(pid)
          pid
        end
      end
      defmodule Oven do
        use GenServer, restart: :temporary
        def start_link(opts), do: GenServer.start_link(__MODULE__, opts)
        def init(s), do: {:ok, s}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage")) return;
    for (const site of module.calls("DynamicSupervisor.start_child")) {
      const report = judge(module, site);
      if (report !== undefined) yield report;
    }
  },
});

function judge(module: Module, site: CallSite): Report | undefined {
  const restart = site.node.kind === "call" ? restartUnder(site) : undefined;
  if (restart === undefined) return undefined;
  const entry = callbackEntries(site).find((candidate) => candidate.module === module && candidate.clause !== undefined && isDeath(candidate.clause, restart));
  if (entry?.clause === undefined || !isWatched(site)) return undefined;
  return {
    at: site.node,
    firstLineOnly: true,
    message: `When a child that \`${site.fn.id}\` starts crashes, there are two in the place of one: ${module.shortName} starts another in its \`:DOWN\` clause, and so does the supervisor, for the child is :${restart}. Nobody knows that one. Use \`restart: :temporary\`.`,
    related: [...stepsOf(entry), { at: entry.clause.head, message: "starts another when one is down" }],
    evidence: ["A supervisor starts a permanent or transient child again after a crash, under a new pid."],
    searched: ["`restart: :temporary` in the child's specification (none)", "a name that only one of them can have (none)"],
    confidence: "likely",
  };
}

/** The restart type of what is started, where the supervisor starts it again and under no name; undefined when it cannot be told. */
function restartUnder(site: CallSite): "permanent" | "transient" | undefined {
  const child = startedChild(site);
  if (child === undefined) return undefined;
  const target = moduleOf(child);
  if (target !== undefined ? registrationOf(target).kind !== "none" : child.module !== undefined) return undefined;
  if (child.node.descendantsOf("atom").some((part) => part.isAtom("name") || part.isAtom("via") || part.isAtom("global"))) return undefined;
  // A process started without a link ends unseen by its supervisor.
  if (child.node.get("start")?.children[1]?.isAtom("start") === true || (target !== undefined && target.calls("GenServer.start", "Agent.start").length > 0 && target.calls("GenServer.start_link", "Agent.start_link").length === 0)) return undefined;
  const isMap = child.node.kind === "map" && child.start !== undefined;
  const value = isMap && child.restart === undefined ? "permanent" : restartOf(child)?.value;
  return value === "permanent" || value === "transient" ? value : undefined;
}

/** A clause for the `:DOWN` of a process, whatever it ended with; of a transient child the normal end is nobody's concern. */
function isDeath({ fn, params }: Clause, restart: string): boolean {
  const down = fn.id === "handle_info/2" ? downIn(params[0]) : undefined;
  const reason = down?.children[4];
  return down !== undefined && !(restart === "transient" && (reason?.isAtom("normal") === true || reason?.isAtom("shutdown") === true));
}

const monitors = ["Process.monitor", ":erlang.monitor"] as const;

/** Whether the pid that the start gives is monitored: where it is started, or by who calls that function. */
const isWatched = (site: CallSite): boolean => [site, ...site.fn.callers].some((start) => monitorsPid(start));

function monitorsPid(start: CallSite): boolean {
  const found = patternsOf(start.node).find((pattern) => pattern.kind === "tuple" && pattern.children[0]?.isAtom("ok") === true)?.children[1];
  const pid = found?.kind === "var" ? found.name : undefined;
  return pid !== undefined && start.clause.sites.some((other) => other.args.some((arg) => arg.isVar(pid)) && (other.is(...monitors) || other.callee?.sites.some((inner) => inner.is(...monitors)) === true));
}
