import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, type Entry, onlyByTools, stepsOf } from "../../model/context.ts";
import type { Module } from "../../model/module.ts";
import { originOf } from "../../model/origin.ts";
import { endsItself } from "../../model/role.ts";
import { isDropped } from "../../model/usage.ts";

const starts = ["GenServer.start", "Agent.start", ":gen_server.start", ":gen_statem.start", "GenStateMachine.start", "GenStage.start"] as const;

export default defineRule({
  id: "unlinked-start",
  family: "processes",
  title: "A server is started without a link or supervisor",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Start it with start_link/1 under a DynamicSupervisor" },
  source: "https://hexdocs.pm/elixir/process-anti-patterns.html",
  doc: {
    what: "`GenServer.start`, `Agent.start` or a wrapper of one starts a server that nothing links or supervises.",
    why: "Nobody restarts it, a shutdown does not stop it, and it outlives a crash of whoever started it, with all that it holds.",
    instead: "Offer `start_link/1` and start it with `DynamicSupervisor.start_child/2`.",
    fine: ["Tests, scripts and Mix tasks.", "A start that is monitored, or stopped in the same function.", "A server that monitors whoever it serves and ends with them.", "A second, documented `start` beside `start_link` that no product code calls."],
    never: "`start_link` and then `Process.unlink`: the same server without an owner.",
    sure: "Proven when a callback reaches the start; likely when other modules of the project call the function, or its name begins with `start`; otherwise review. High where a server starts it and forgets it, low where it keeps the pid, and in functions.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def start(id), do: GenServer.start(__MODULE__, id) #! nothing links or supervises
        def init(id), do: {:ok, id}
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(id), do: GenServer.start_link(__MODULE__, id)
        def light(id), do: DynamicSupervisor.start_child(Ovens, {Oven, id})
        def init(id), do: {:ok, id}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(...starts)) {
      if (site.node.kind !== "call" || site.closure !== undefined || site.around.quoted || isStoppedHere(site) || isMonitored(site) || watchesItsOwner(module)) continue;
      yield* judge(module, site);
    }
    yield* wrappersCalled(module);
  },
});

function* judge(module: Module, site: CallSite): Generator<Report> {
  const { fn } = site;
  const entries = entriesAt(site);
  const inside = entries.find((entry) => entry.kind === "callback" && entry.fn.name !== "start");
  if (inside !== undefined && inside.module !== module) return;
  const callers = fn.callers.filter((caller) => caller.module.isLib && caller.module !== module);
  const hasLinkedTwin = module.fnsNamed("start_link").length > 0 && /^start/.test(fn.name);
  if (inside === undefined && (entries.length === 0 || onlyByTools(entries) || (hasLinkedTwin && callers.length === 0))) return;
  const caller = inside?.module.shortName ?? callers[0]?.module.shortName ?? "its caller";
  yield report(site, inside, `\`${fn.id}\` of ${module.shortName} starts a process that nothing links or supervises: it outlives a crash of ${caller}, and nobody restarts it.`, callers);
}

/** Calls, from inside a server, of another module's wrapper: the place that picks an owner. */
function* wrappersCalled(module: Module): Generator<Report> {
  if (!module.isServer) return;
  for (const site of module.calls()) {
    const { callee } = site;
    if (callee === undefined || callee.module === module || !/^start/.test(callee.name) || site.closure !== undefined) continue;
    const start = callee.sites.find((inner) => (starts as readonly string[]).includes(inner.name) && inner.closure === undefined);
    if (start === undefined || isMonitored(site) || isStoppedHere(site) || watchesItsOwner(callee.module)) continue;
    const inside = entriesAt(site).find((entry) => entry.kind === "callback" && entry.module === module);
    if (inside === undefined) continue;
    const base = report(site, inside, `${module.shortName} starts ${callee.module.shortName} with \`${callee.id}\`, which links and supervises nothing: it outlives a crash of ${module.shortName}, and nobody restarts it.`, []);
    yield { ...base, related: [...(base.related ?? []), { at: start.node, message: `\`${start.name}\` starts it without a link` }] };
  }
}

function report(site: CallSite, inside: Entry | undefined, message: string, callers: readonly CallSite[]): Report {
  return {
    at: site.node,
    firstLineOnly: true,
    message: `${message} Start it with \`start_link\` under a DynamicSupervisor.`,
    related: [...(inside === undefined ? [] : stepsOf(inside)), ...callers.slice(0, 3).map((caller) => ({ at: caller.node, message: `${caller.module.shortName} calls it here` }))],
    evidence: ["The process has neither link nor supervisor."],
    searched: ["a monitor on the process (none)", "a stop in the same function (none)"],
    severity: inside !== undefined && isDropped(site.node) ? "high" : "low",
    confidence: inside !== undefined ? "proven" : callers.length > 0 || /^start/.test(site.fn.name) ? "likely" : "review",
  };
}

const isStoppedHere = (site: CallSite): boolean => site.clause.sites.some((other) => other.id > site.id && (other.name === "Process.exit" || /^(stop|close|kill|terminate)$/.test(other.node.fun)));
/** A server that watches whoever it serves and ends with them needs no link to its starter. */
const watchesItsOwner = (server: Module): boolean => server.calls("Process.monitor", ":net_kernel.monitor_nodes", "Node.monitor").some((site) => !watchesOwnChildren(site)) && endsItself(server);
/** What is monitored where the server has just started its children, or at its end, is theirs, and says nothing of who uses the server. */
const watchesOwnChildren = (monitor: CallSite): boolean => {
  if (monitor.fn.name === "terminate") return true;
  const starts = monitor.clause.sites.some((other) => other.id < monitor.id && /(^|\.|_)(start_child|start_link|start_supervisor|start_children)$/.test(other.name));
  return starts && originOf(monitor.args[0], monitor.clause, []).kind === "unknown";
};
const isMonitored = (site: CallSite): boolean => site.clause.sites.some((other) => /(^|\.)(monitor|link)$/.test(other.name) && (other.id > site.id || other.node.contains(site.node)));
