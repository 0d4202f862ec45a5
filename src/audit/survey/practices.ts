import type { CallSite } from "../../model/call-site.ts";
import type { Clause, Module } from "../../model/module.ts";
import { isCatchAll } from "../../model/server.ts";
import { parentsOf } from "../../model/supervision.ts";
import { telemetryHabit } from "../../model/telemetry.ts";
import { usageOf } from "../../model/usage.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { Place, Practice } from "../../report/parts.ts";
import { namesDown } from "../../model/mailbox.ts";

const MOST_PLACES = 3;

/** Habits of good OTP code, each counted over the whole workspace with places that keep it and places that do not. */
export function practicesOf(workspace: Workspace): readonly Practice[] {
  const modules = workspace.libModules;
  const servers = modules.filter((module) => module.is("GenServer", "gen_statem", "GenStage"));
  const calls = (...names: readonly string[]): readonly CallSite[] => modules.flatMap((module) => module.calls(...names));
  const started = startedByName(modules);
  const habit = telemetryHabit(workspace);
  const listening = servers.filter((module) => module.callback("handle_info/2").length > 0);
  const monitoring = servers.filter((module) => module.calls("Process.monitor").length > 0);
  return [
    counted("Servers stand in a supervision tree", "servers are children of a supervisor", servers, (module) => parentsOf(module).length > 0 || started.has(module.name), placeOfModule),
    counted("Background work runs under a Task.Supervisor", "task starts are supervised", calls("Task.start", "Task.start_link", "Task.async", "Task.async_stream", "spawn", "spawn_link", ...supervisedStarts), (site) => site.name.startsWith("Task.Supervisor."), placeOfSite),
    counted("Monitors can be released", "monitor references are kept", calls("Process.monitor"), (site) => isKept(site), placeOfSite),
    counted("A watched process's end is handled", "servers that monitor have a :DOWN clause", monitoring, (module) => module.callback("handle_info/2").some(takesDown), placeOfModule),
    counted("Unexpected messages do no harm", "servers with handle_info clauses have one that takes anything", listening, (module) => module.callback("handle_info/2").some((clause) => isCatchAll(clause.params[0], clause.guard)), placeOfModule),
    counted("Calls have a bound", "synchronous calls have a timeout", calls("GenServer.call", ":gen_server.call"), (site) => site.args[2]?.isAtom("infinity") !== true, placeOfSite),
    counted("Servers can be observed", "servers of 50 code lines or more emit telemetry", modules.filter((module) => habit.servers.includes(module.name)), (module) => habit.emitting.includes(module.name), placeOfModule),
    counted("Tests wait for events", "waits in tests are for a message rather than for time", testWaits(workspace), (site) => !/sleep$/.test(site.name), placeOfSite),
  ].filter((practice) => practice.of > 0);
}

const supervisedStarts = ["start_child", "async", "async_nolink", "async_stream", "async_stream_nolink"].map((name) => `Task.Supervisor.${name}`);

function counted<T>(title: string, unit: string, all: readonly T[], holds: (item: T) => boolean, place: (item: T) => Place): Practice {
  const kept = all.filter(holds);
  const rest = all.filter((item) => !kept.includes(item));
  return { title, unit, holds: kept.length, of: all.length, for: kept.slice(0, MOST_PLACES).map(place), against: rest.slice(0, MOST_PLACES).map(place) };
}

const placeOfModule = (module: Module): Place => ({ file: module.file.path, line: module.node.line, note: module.name });
const placeOfSite = (site: CallSite): Place => ({ file: site.module.file.path, line: site.node.line, note: site.name });

/** Modules that some supervisor is told to start at run time. */
const startedByName = (modules: readonly Module[]): ReadonlySet<string> =>
  new Set(modules.flatMap((module) => module.calls("DynamicSupervisor.start_child", "Supervisor.start_child", "PartitionSupervisor.start_child").flatMap((site) => site.args.flatMap((arg) => [...arg.descendants()].filter((part) => part.kind === "alias").map((part) => part.name)))));

const isKept = ({ node }: CallSite): boolean => {
  const usage = usageOf(node);
  return usage.kind !== "dropped" && !(usage.kind === "matched" && usage.pattern.kind === "var" && usage.pattern.name.startsWith("_"));
};
const takesDown = (clause: Clause): boolean => isCatchAll(clause.params[0], clause.guard) || namesDown(clause.params[0]);

const testWaits = (workspace: Workspace): readonly CallSite[] => workspace.modules.filter(({ kind }) => kind === "test").flatMap((module) => module.calls("assert_receive", "refute_receive", "Process.sleep", ":timer.sleep"));
