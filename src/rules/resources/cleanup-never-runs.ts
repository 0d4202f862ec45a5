import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { dynamicStartsIn, dynamicStartsOf } from "../../model/dynamic-children.ts";
import { effectsAt } from "../../model/effects.ts";
import { literalName } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { trapsExits } from "../../model/server.ts";
import { startsOf } from "../../model/started.ts";
import { parentsOf } from "../../model/supervision.ts";

/** Releases of something that outlives the process, by call. Own tables, ports, sockets and timers die with it. */
const external: ReadonlyMap<string, string> = new Map([
  [":telemetry.detach", "a telemetry handler stays attached"],
  ["File.rm", "a file stays"], ["File.rm!", "a file stays"], ["File.rm_rf", "files stay"], ["File.rm_rf!", "files stay"], [":file.delete", "a file stays"],
  ["File.write", "nothing is persisted"], ["File.write!", "nothing is persisted"],
  ["System.cmd", "the outside command does not run"], [":os.cmd", "the outside command does not run"],
  [":persistent_term.erase", "a persistent term stays"], ["Application.delete_env", "an application setting stays"], ["Application.put_env", "an application setting is not restored"],
  ["Logger.remove_backend", "a logger backend stays"], [":logger.remove_handler", "a logger handler stays"], ["LoggerBackends.remove", "a logger backend stays"],
  [":global.unregister_name", "nothing unregisters the name elsewhere"],
]);
const effects: ReadonlyMap<string, string> = new Map([["database", "the database is not updated"], ["http", "the other system is not told"], ["os", "the outside command does not run"]]);
/** A file that stays costs disk; work and locks that others wait for cost more. */
const files = /^(File\.rm|:file\.delete)/;
/** What matters only on this node, and not beyond it. */
const nodeLocal = new Set([":telemetry.detach", ":persistent_term.erase", "Application.delete_env", "Application.put_env", "Logger.remove_backend", ":logger.remove_handler", "LoggerBackends.remove"]);

export default defineRule({
  id: "cleanup-never-runs",
  family: "resources",
  title: "Clean-up in terminate/2 that a shutdown skips",
  severity: "high",
  set: "default",
  fix: { kind: "automatic", title: "Trap exits in init/1" },
  source: "https://hexdocs.pm/elixir/GenServer.html#c:terminate/2",
  doc: {
    what: "`terminate/2` releases something outside the process, and the process does not trap exits.",
    why: "A supervisor stops a child with an exit signal. A process that does not trap exits dies of it at once, and `terminate/2` never runs. It does run after `{:stop, …}`, after `GenServer.stop/1` and after an error in a callback.",
    instead: "`Process.flag(:trap_exit, true)` in `init/1`, with an `:EXIT` clause if the module links other processes; or a separate process that monitors this one and cleans up after it.",
    fine: ["`terminate/2` only logs, cancels timers, or deletes the process's own tables, ports or sockets: they die with it. A dets table is closed when its last user ends.", "A process that only functions start and link, under no supervisor.", "The process traps exits.", "A child of another supervisor that is linked to this process, or monitors others itself.", "LiveViews and channels, whose `terminate` follows rules of their framework."],
    never: "Relying on it for a brutal kill: `:kill` skips it all the same.",
    sure: "Proven when the clean-up call is known and external; likely when it lies behind a function of another module; review when a `use` that cannot be resolved may set the flag. Low for a telemetry handler, which goes with the node or is attached again under its id (of five read in code nobody had looked at, one was worth an issue); medium for files, for children of other supervisors and broker connections, and for what matters on this node only.",
  },
  bad: [
    elixir`
      defmodule Ledger do
        use GenServer
        def init(id) do
          :telemetry.attach(id, [:bakery, :sale], &Ledger.on/4, nil)
          {:ok, %{id: id}}
        end
        def terminate(_reason, s), do: :telemetry.detach(s.id) #! a telemetry handler stays attached
      end`,
  ],
  good: [
    elixir`
      defmodule Ledger do
        use GenServer
        def init(id) do
          Process.flag(:trap_exit, true)
          {:ok, %{id: id}}
        end
        def terminate(_reason, s), do: :telemetry.detach(s.id)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage", "gen_statem") || module.is("LiveView", "Channel", "Supervisor") || trapsExits(module) || isStartedByHand(module)) return;
    const clauses = module.callback(module.is("gen_statem") && !module.is("GenServer") ? "terminate/3" : "terminate/2");
    const report = judge(module, clauses);
    if (report !== undefined) yield report;
  },
});

/** Every start that the workspace shows is a plain call: no supervisor ends such a process, and with `trap_exit` it would end with its starter. */
function isStartedByHand(module: Module): boolean {
  const starts = startsOf(module).filter((site) => site.module !== module);
  return starts.length > 0 && parentsOf(module).length === 0 && dynamicStartsOf(module).length === 0 && starts.every((site) => site.node.kind === "call" && !isStart(site));
}
/** Calls of functions that a supervisor calls in turn. */
const isStart = ({ fn, module }: CallSite): boolean => /^(start_link|init|start_child|child_spec)$/.test(fn.name) || module.is("Application");

type Release = { readonly site: CallSite; readonly loss: string; readonly isKnown: boolean; readonly callee: string };

function judge(module: Module, clauses: readonly Clause[]): Report | undefined {
  const releases = clauses.flatMap((clause) => clause.sites.flatMap(releaseAt));
  const [first] = releases;
  if (first === undefined) return undefined;
  const at = first.site.clause.head;
  const init = module.callback("init/1")[0];
  const unknown = module.unknownUses.length > 0;
  return {
    at,
    severity: releases.every(({ callee }) => callee === ":telemetry.detach") ? "low" : releases.every((release) => nodeLocal.has(release.callee) || files.test(release.callee) || stopsChild.test(release.callee) || closesBroker.test(release.callee)) ? "medium" : "high",
    confidence: unknown ? "review" : first.isKnown ? "proven" : "likely",
    message: `On shutdown by its supervisor \`terminate/${first.site.fn.arity}\` of ${module.shortName} never runs, because the process does not trap exits: ${first.loss}. It does run after a crash in a callback and on \`{:stop, …}\`.`,
    related: [...releases.slice(0, 4).map((release) => ({ at: release.site.node, message: "the clean-up" })), ...(init === undefined ? [] : [{ at: init.head, message: "no trap_exit here" }])],
    evidence: releases.map((release) => `\`${release.callee}\`: without it, ${release.loss}.`),
    searched: ["`Process.flag(:trap_exit, true)` anywhere in the module (none)", ...(unknown ? [`what \`use ${module.unknownUses[0]}\` adds (unknown)`] : [])],
  };
}

function releaseAt(site: CallSite): Release[] {
  if (site.closure !== undefined || site.node.kind !== "call") return [];
  const loss = external.get(site.name) ?? leftRunning(site);
  if (loss !== undefined) return [{ site, loss, isKnown: true, callee: site.name }];
  for (const reached of effectsAt(site)) {
    const name = reached.site.name;
    const known = external.get(name) ?? effects.get(reached.kind);
    if (known !== undefined) return [{ site, loss: known, isKnown: reached.path.length <= 2, callee: name }];
  }
  return deepReleases(site);
}

const stopsChild = /^(Task\.|Dynamic)?Supervisor\.terminate_child$/;
const closesBroker = /^AMQP\.(Connection|Channel)\.close$/;

/** A process that stands under somebody else's supervisor, and lives on when nobody stops it. */
function leftRunning(site: CallSite): string | undefined {
  const { module } = site;
  if (module.calls("Process.link", ":erlang.link").length > 0) return undefined;
  if (closesBroker.test(site.name)) return "the connection to the broker, which is linked to nobody here, stays open";
  const supervisor = stopsChild.test(site.name) ? literalName(site.args[0], module) : undefined;
  if (supervisor === undefined) return undefined;
  const starts = dynamicStartsIn(module).filter((start) => start.supervisor === supervisor);
  return starts.length > 0 && starts.every((start) => start.site.name !== "Task.Supervisor.async" && !watchesSomebody(start.child, module)) ? `what it started under ${supervisor.slice(supervisor.lastIndexOf(".") + 1)} runs on` : undefined;
}

/** A child that monitors others may end itself with its owner. */
const watchesSomebody = (name: string | undefined, { workspace }: Module): boolean => name !== undefined && (workspace.module(name)?.calls("Process.monitor", "Process.link").length ?? 0) > 0;

/** A helper of the same module that does the release. */
function deepReleases(site: CallSite): Release[] {
  const inner = site.callee?.module === site.module ? site.callee.sites.find((candidate) => candidate.closure === undefined && (external.has(candidate.name) || leftRunning(candidate) !== undefined)) : undefined;
  const loss = inner === undefined ? undefined : (external.get(inner.name) ?? leftRunning(inner));
  return inner === undefined || loss === undefined ? [] : [{ site, loss, isKnown: true, callee: inner.name }];
}
