import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { type Child, moduleOf, nameOf, together } from "../../model/child-spec.ts";
import { callbackEntries, entriesAt, stepsOf } from "../../model/context.ts";
import { dynamicStartsUnder, restartOfStarted } from "../../model/dynamic-children.ts";
import { literalName, mentions } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { answererOf, requestAt } from "../../model/request.ts";
import { tagOf } from "../../model/server.ts";
import { keysOf, serversBelow } from "../../model/sibling-use.ts";
import { type Supervisor, supervisorsIn } from "../../model/supervision.ts";
import { usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { replaced } from "../shared/edits.ts";

export default defineRule({
  id: "strategy-mismatch",
  family: "supervision",
  title: "A child keeps what an earlier sibling gave it, and only one of them is restarted",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Use :rest_for_one", ready: "where the strategy is written in the options" },
  source: "https://hexdocs.pm/elixir/Supervisor.html#module-strategies",
  doc: {
    what: "Under `:one_for_one` a child takes a pid, a table or a subscription from an earlier sibling in its `init/1` and has no way to renew it; or it starts processes under an earlier DynamicSupervisor when it starts, and only then.",
    why: "When the earlier one crashes, only that one is restarted. The later child keeps a dead pid, or waits for messages of a subscription that nobody remembers, and nothing tells it. A DynamicSupervisor whose children use up its restarts comes back without any child: those that the later one started are gone for good.",
    instead: "`strategy: :rest_for_one`, with the giver before the taker; or look the name up at each use; or monitor the giver and take it again.",
    fine: ["Lookups by name at each use.", "A monitor or link on the sibling.", "A Registry: it is linked to those who registered, so they are restarted, too.", "A round that starts missing children again.", "Children that are `:temporary`: their crashes do not count.", "`:rest_for_one` and `:one_for_all`."],
    never: "A higher `max_restarts`: the restart is what makes the copy stale.",
    sure: "Likely when the flow from the sibling into the state is seen. A strategy alone is never reported.",
  },
  bad: [
    elixir`
      defmodule Bakery.Application do
        use Application
        def start(_type, _args) do
          Supervisor.start_link([Menu, Till], strategy: :one_for_one) #! Till keeps the old
        end
      end
      defmodule Menu do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, %{}}
        def handle_call(:prices, _from, s), do: {:reply, s, s}
      end
      defmodule Till do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, %{menu: Process.whereis(Menu)}}
        def handle_info(:open, s), do: {:noreply, Map.put(s, :prices, GenServer.call(s.menu, :prices))}
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery.Application do
        use Application
        def start(_type, _args), do: Supervisor.start_link([Menu, Till], strategy: :rest_for_one)
      end
      defmodule Menu do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, %{}}
      end
      defmodule Till do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, %{menu: Process.whereis(Menu)}}
      end`,
  ],

  *checkModule(module) {
    for (const supervisor of module.isLib ? supervisorsIn(module) : []) {
      if (supervisor.strategy !== "one_for_one") continue;
      for (const [i, child] of supervisor.children.entries()) {
        const report = judge(supervisor, child, supervisor.children.slice(0, i).filter((earlier) => together(earlier, child)));
        if (report === undefined) continue;
        yield { ...report, ready: () => restForOne(supervisor) };
        break;
      }
    }
  },
});

/** The taker stands behind the giver already, so that it is restarted with it; others behind the giver are, too. */
function* restForOne({ strategyNode }: Supervisor): Generator<FixDraft> {
  if (strategyNode?.isAtom("one_for_one")) yield { title: "Use :rest_for_one", safe: false, edits: [replaced(strategyNode, ":rest_for_one")] };
}

type Taken = { readonly what: string; readonly from: string; readonly site: CallSite };

function judge(supervisor: Supervisor, child: Child, earlier: readonly Child[]): Report | undefined {
  const lost = metaLost(supervisor, child, earlier) ?? leftEmpty(supervisor, child, earlier);
  if (lost !== undefined) return lost;
  const taker = moduleOf(child);
  if (taker === undefined || !taker.isServer || earlier.length === 0) return undefined;
  for (const taken of takenAtStart(taker)) {
    const giver = earlier.find((candidate) => keysOf(candidate).has(taken.from) || candidate.module === taken.from);
    if (giver === undefined || watches(taker, new Set([taken.from, ...keysOf(giver)]))) continue;
    const name = shortName(nameOf(giver) ?? giver.module ?? "the sibling");
    return {
      at: supervisor.strategyNode ?? supervisor.site.node,
      message: `After a restart of ${name}, ${taker.shortName} keeps the old ${taken.what}: under :one_for_one nothing renews it. Use :rest_for_one, or take it anew at each use.`,
      related: [{ at: taken.site.node, message: `${taker.shortName} takes it in its start only` }, { at: giver.node, message: "the one that gives" }, { at: child.node, message: "the one that keeps" }],
      searched: [`a monitor or link in ${taker.shortName} (none)`, "another place that takes it (none)"],
      confidence: "likely",
    };
  }
  return undefined;
}
/** `Registry.put_meta/3` links nobody: what a later child put there is gone with the registry, and the child does not learn of it. */
function metaLost(supervisor: Supervisor, child: Child, earlier: readonly Child[]): Report | undefined {
  const registries = earlier.filter((candidate) => candidate.module === "Registry");
  if (registries.length === 0) return undefined;
  const below = serversBelow(child);
  for (const site of supervisor.module.workspace.calls("Registry.put_meta")) {
    const name = literalName(site.args[0], site.module);
    const registry = registries.find((candidate) => name !== undefined && nameOf(candidate) === name);
    const entry = registry === undefined || ![...(site.args[2]?.descendants() ?? [])].some((part) => part.isCall("self")) ? undefined : callbackEntries(site).find((candidate) => below.has(candidate.module) && candidate.fn.name !== "init");
    if (registry === undefined || entry === undefined || name === undefined || watches(entry.module, new Set([name]))) continue;
    return {
      at: supervisor.strategyNode ?? supervisor.site.node,
      message: `After a restart of ${name} the pid that ${entry.module.shortName} put into it with put_meta is gone: under :one_for_one nothing renews it. Use :rest_for_one.`,
      related: [...stepsOf(entry), { at: site.node, message: "kept in the registry's own table" }, { at: registry.node, message: "the registry" }],
      evidence: ["`Registry.register/3` links the process to the registry; `Registry.put_meta/3` does not."],
      searched: [`a monitor or link in ${entry.module.shortName} (none)`],
      confidence: "likely",
    };
  }
  return undefined;
}

/** What a later child starts under a DynamicSupervisor in its own start is gone with that supervisor, which comes back empty. */
function leftEmpty(supervisor: Supervisor, child: Child, earlier: readonly Child[]): Report | undefined {
  const givers = earlier.filter(startsEmpty);
  const taker = givers.length === 0 ? undefined : moduleOf(child);
  if (taker === undefined || !taker.isServer) return undefined;
  for (const giver of givers) {
    const keys = keysOf(giver);
    const own = [...keys].flatMap((key) => dynamicStartsUnder(taker.workspace, key)).flatMap((start) => (start.isTask ? [] : callbackEntries(start.site).flatMap((entry) => (entry.module === taker ? [{ start, entry }] : []))));
    const filled = own.find(({ start, entry }) => /^(init|handle_continue)$/.test(entry.fn.name) && restartOfStarted(start) !== "temporary");
    if (filled === undefined || own.some(({ entry }) => entry.fn.name === "handle_info") || watches(taker, keys)) continue;
    const name = shortName(nameOf(giver) ?? giver.module ?? "the supervisor");
    return {
      at: supervisor.strategyNode ?? supervisor.site.node,
      message: `${name} comes back empty after a restart: what ${taker.shortName} starts under it in \`${filled.entry.fn.id}\` is gone, for under :one_for_one ${taker.shortName} does not start again with it. Use :rest_for_one.`,
      related: [...stepsOf(filled.entry), { at: filled.start.site.node, message: `starts a child of ${name}` }, { at: giver.node, message: "comes back without children" }],
      evidence: ["A DynamicSupervisor whose children use up its restarts stops; those children are no part of its own specification."],
      searched: [`a round of ${taker.shortName} that starts them again (none)`, `a monitor or link in ${taker.shortName} (none)`],
      confidence: "likely",
    };
  }
  return undefined;
}

/** A supervisor whose children all come at run time. */
function startsEmpty(child: Child): boolean {
  const own = moduleOf(child);
  if (own === undefined) return child.module === "DynamicSupervisor";
  return own.is("DynamicSupervisor") || supervisorsIn(own).some(({ strategy }) => strategy === "simple_one_for_one");
}

const shortName = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

/** A monitor or link on the sibling, by its name or by the pid that stands under it. */
function watches(server: Module, names: ReadonlySet<string>): boolean {
  const asksFor = server.calls("Process.whereis", "GenServer.whereis").some((site) => names.has(literalName(site.args[0], server) ?? ""));
  return server.calls("Process.monitor", "Process.link", ":erlang.monitor", ":erlang.link").some((site) => site.args.some((arg) => names.has(literalName(arg, server) ?? "") || (asksFor && arg.kind !== "alias" && arg.kind !== "atom")));
}

function* takenAtStart(taker: Module): Generator<Taken> {
  for (const site of taker.calls("Process.whereis", "GenServer.whereis", ":ets.whereis")) {
    const from = literalName(site.args[0], taker);
    if (from !== undefined && onlyAtStart(site) && isKept(site)) yield { what: site.name === ":ets.whereis" ? "table id" : "pid", from, site };
  }
  for (const clause of [...taker.callback("init/1"), ...taker.callback("handle_continue/2")])
    for (const site of clause.sites) {
      const taken = subscription(taker, site, clause);
      if (taken !== undefined) yield taken;
    }
}
const onlyAtStart = (site: CallSite): boolean => entriesAt(site).every((entry) => entry.kind === "callback" && /^(init|handle_continue)$/.test(entry.fn.name)) && callbackEntries(site).length > 0;

/** The value goes into the state: written there, or bound to a name that the answer of `init/1` mentions. */
function isKept(site: CallSite): boolean {
  const usage = usageOf(site.node);
  if (usage.kind === "part") return [...site.node.ancestors()].some((above) => above.kind === "pair" || above.kind === "map" || above.kind === "struct");
  const name = usage.kind === "matched" ? (usage.pattern.kind === "var" ? usage.pattern.name : undefined) : undefined;
  return name !== undefined && site.clause.result !== undefined && mentions(site.clause.result, name);
}

const joins = /^(subscribe|register|join|attach|watch|listen|add_(listener|subscriber|handler|watcher)|monitor_me|sign_up|enlist)/;

/** A request that has the sibling remember this process, made in `init/1` and nowhere else. */
function subscription(taker: Module, site: CallSite, clause: Clause): Taken | undefined {
  if (site.closure !== undefined || site.around.loose) return undefined;
  const request = requestAt(site);
  const tag = tagOf(request?.message);
  if (request === undefined || tag === undefined || !joins.test(tag.tag)) return undefined;
  const answerer = answererOf(request)?.server;
  if (answerer === undefined || answerer === taker || !remembers(answerer, tag.tag)) return undefined;
  const again = taker.functions.some((fn) => fn.clauses.some((other) => other !== clause && other.sites.some((candidate) => candidate.callee !== undefined && candidate.callee === site.callee)));
  return again ? undefined : { what: "subscription, which the new one does not know", from: answerer.name, site };
}

/** The handler keeps the caller's pid in its state, and the state starts empty. */
function remembers(server: Module, tag: string): boolean {
  const clauses = server.callback("handle_call/3").filter((clause) => tagOf(clause.params[0])?.tag === tag);
  return server.calls(":ets.new", ":dets.open_file", ":persistent_term.get").length === 0 && clauses.some((clause) => keepsPid(clause));
}
function keepsPid(clause: Clause): boolean {
  const pids = [clause.params[0], clause.params[1]].flatMap((param) => (param === undefined ? [] : [...param.descendants()].filter((part: Expr) => part.kind === "var" && /pid|from|subscriber|listener|client|watcher|handler/.test(part.name)).map((part) => part.name)));
  return [...clause.node.descendants()].some((expr) => (expr.isCall("Map.put", "MapSet.put", "put_in", "update_in", "Map.update") || expr.updated !== undefined) && pids.some((pid) => mentions(expr, pid)));
}
