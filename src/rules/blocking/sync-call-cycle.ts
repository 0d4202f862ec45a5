import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { type Entry, entriesAt, stepsOf } from "../../model/context.ts";
import type { Module } from "../../model/module.ts";
import { originOf } from "../../model/origin.ts";
import { type Answerer, answererOf, type Request, requestAt } from "../../model/request.ts";
import { tagOf } from "../../model/server.ts";
import type { Workspace } from "../../model/workspace.ts";
import { indexed } from "../../model/indexes.ts";
import { addTo } from "../../text/groups.ts";
import { callsInside } from "../shared/in-server.ts";

export default defineRule({
  id: "sync-call-cycle",
  family: "blocking",
  title: "Servers call each other in a circle",
  severity: "critical",
  set: "default",
  fix: { kind: "none", title: "Make the edge that only informs a cast" },
  source: "https://hexdocs.pm/elixir/GenServer.html",
  doc: {
    what: "Callbacks of one server call a second one synchronously, whose callbacks call the first.",
    why: "When both happen at once each waits for the other: both stand until a timeout, then the callers exit, and with `:infinity` they stand for good.",
    instead: "Make the edge that only informs a cast, or send what the other needs along with the request.",
    fine: ["One edge is a cast, a send, or sits in a task.", "The processes are different instances, addressed by a pid from the message.", "The client was answered with `GenServer.reply/2` before the call back."],
    never: "A longer timeout: the servers only stand longer.",
    sure: "Proven when each edge names its server literally; likely when one goes to a pid that only one server can answer; review above three servers.",
  },
  bad: [
    elixir`
      defmodule Till do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)
        def init(s), do: {:ok, s}
        def queue, do: GenServer.call(__MODULE__, :queue) #! can wait for each other
        def handle_call(:pay, _from, s), do: {:reply, Oven.eta(), s}
        def handle_call(:queue, _from, s), do: {:reply, s, s}
      end
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)
        def init(s), do: {:ok, s}
        def eta, do: GenServer.call(__MODULE__, :eta)
        def handle_call(:eta, _from, s), do: {:reply, Till.queue() * 3, s}
      end`,
  ],
  good: [
    elixir`
      defmodule Till do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)
        def init(s), do: {:ok, s}
        def handle_call(:pay, _from, s) do
          Oven.queue(s)
          {:reply, Oven.eta(), s}
        end
      end
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, 0, name: __MODULE__)
        def init(s), do: {:ok, s}
        def eta, do: GenServer.call(__MODULE__, :eta)
        def queue(length), do: GenServer.cast(__MODULE__, {:queue, length})
        def handle_call(:eta, _from, s), do: {:reply, s * 3, s}
        def handle_cast({:queue, length}, _s), do: {:noreply, length}
      end`,
  ],

  *checkWorkspace(workspace) {
    const edges = edgesOf(workspace);
    const seen = new Set<string>();
    for (const first of edges.keys())
      for (const cycle of cyclesFrom(first, edges)) {
        const key = [...cycle.map((edge) => edge.from.name)].sort().join(" ");
        if (seen.has(key)) continue;
        seen.add(key);
        yield reportOf(cycle);
      }
  },
});

/** A callback of one server that waits for another. */
type Edge = { readonly from: Module; readonly to: Module; readonly by: Answerer["by"]; readonly request: Request; readonly entry: Entry; readonly site: CallSite };
const MAX_SERVERS = 4;

function edgesOf(workspace: Workspace): ReadonlyMap<Module, readonly Edge[]> {
  const edges = new Map<Module, Edge[]>();
  for (const [, edge] of waits(workspace).all()) addTo(edges, edge.from, edge);
  return edges;
}
const waits = indexed("waits of servers", (module) => (module.isLib && module.is("GenServer", "gen_statem", "GenStage") ? edgesFrom(module) : []).map((edge) => [edge.from.name, edge] as const));

/** One edge for each server that this one waits for. */
function edgesFrom(server: Module): readonly Edge[] {
  const edges: Edge[] = [];
  for (const site of callsInside(server)) {
    if (site.closure !== undefined || site.around.loose || site.callee?.module === server) continue;
    const request = requestAt(site);
    const edge = request === undefined || request.isStop ? undefined : edgeOf(server, site, request);
    if (edge !== undefined && !edges.some((other) => other.to === edge.to)) edges.push(edge);
  }
  return edges;
}

function edgeOf(server: Module, site: CallSite, request: Request): Edge | undefined {
  const answering = answererOf(request);
  if (answering === undefined || answering.server === server) return undefined;
  const entry = entriesAt(site).find((candidate) => candidate.kind === "callback" && candidate.module === server && !/^(init|terminate|code_change)$/.test(candidate.fn.name));
  if (entry === undefined || repliedBefore(site, entry)) return undefined;
  if (answering.by !== "name" && request.targetIn === site.clause && originOf(request.target, site.clause, entry.path).kind === "message") return undefined;
  return { from: server, to: answering.server, by: answering.by, request, entry, site };
}

const repliedBefore = (site: CallSite, entry: Entry): boolean => [site, ...entry.path].some((step) => step.clause.sites.some((other) => other.id < step.id && other.name === "GenServer.reply"));

function* cyclesFrom(start: Module, edges: ReadonlyMap<Module, readonly Edge[]>): Generator<readonly Edge[]> {
  const stack: { at: Module; path: readonly Edge[] }[] = [{ at: start, path: [] }];
  for (let step = stack.pop(); step !== undefined; step = stack.pop()) {
    for (const edge of edges.get(step.at) ?? []) {
      const path = [...step.path, edge];
      if (edge.to === start) yield path;
      else if (path.length < MAX_SERVERS && !path.some((earlier) => earlier.from === edge.to)) stack.push({ at: edge.to, path });
    }
  }
}

function reportOf(cycle: readonly Edge[]): Report {
  const closing = closingOf(cycle);
  const others = cycle.filter((edge) => edge !== closing);
  const names = cycle.map((edge) => edge.from.shortName);
  const back = others[0] ?? closing;
  return {
    at: closing.request.call.node,
    message: `${closing.from.shortName} and ${closing.to.shortName} can wait for each other: \`${closing.entry.fn.id}\` of ${closing.from.shortName} calls ${closing.to.shortName} here, while \`${back.entry.fn.id}\` of ${back.from.shortName} waits for ${back.to.shortName}. Both stand until a timeout. Make the edge that only informs a cast.`,
    related: [...stepsOf(closing.entry), { at: closing.site.node, message: `${closing.from.shortName} waits for ${closing.to.shortName}` }, ...others.flatMap((edge) => [...stepsOf(edge.entry), { at: edge.site.node, message: `${edge.from.shortName} waits for ${edge.to.shortName}` }])],
    evidence: [`The circle is ${[...names, names[0]].join(" → ")}.`],
    searched: ["a cast, a task or a reply before the call on one of the edges (none)"],
    confidence: cycle.length > 3 ? "review" : cycle.every((edge) => edge.by === "name") ? "proven" : "likely",
  };
}

/** The edge to change: one that goes up to whoever starts this server, or only informs; else the last. */
function closingOf(cycle: readonly Edge[]): Edge {
  const upward = cycle.find((edge) => startsOther(edge.to, edge.from));
  return upward ?? cycle.find(onlyInforms) ?? cycle.at(-1) ?? (cycle[0] as Edge);
}
const startsOther = (owner: Module, other: Module): boolean => owner.calls().some((site) => /^start/.test(site.node.fun) && (site.node.module === other.name || site.args.some((arg) => (arg.kind === "alias" ? arg : arg.children[0])?.name === other.name)));

/** Whether the handler of the request answers a bare `:ok`. */
function onlyInforms({ request, to }: Edge): boolean {
  const tag = tagOf(request.message);
  return to.callback("handle_call/3").some((clause) => {
    const own = tagOf(clause.params[0]);
    return own?.tag === tag?.tag && own?.size === tag?.size && clause.result?.kind === "tuple" && clause.result.children[1]?.isAtom("ok") === true;
  });
}
