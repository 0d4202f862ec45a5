import { ByName } from "../text/by-name.ts";
import type { CallSite } from "./call-site.ts";
import { effectOf } from "./effects.ts";
import type { Fn, Module } from "./module.ts";
import { codeLines } from "./size.ts";
import type { Workspace } from "./workspace.ts";
import { indexed } from "./indexes.ts";
import { remembered } from "./reading.ts";

const MAX_DEPTH = 4;
/** One for each depth: what lies deeper is judged as such, whoever asks first. */
const emittingAt = Array.from({ length: MAX_DEPTH + 1 }, (_, depth) => remembered((fn: Fn): boolean => fnEmits(fn, depth)));
const fnEmits = (fn: Fn, depth: number): boolean => fn.sites.some((site) => !site.around.quoted && siteEmits(site, depth));

/** Whether a function emits a telemetry event, itself or through workspace functions it calls (up to four calls deep). */
export const emits = (fn: Fn, depth = 0): boolean => emittingAt[depth]?.(fn) === true;

/** Whether a call emits: `:telemetry.execute`/`span`, a metrics library, a name that says so, or a workspace function that does. */
export function siteEmits(site: CallSite, depth = 0): boolean {
  if (emitters.of(site.name)) return true;
  return site.callee !== undefined && site.callee !== site.fn && emits(site.callee, depth + 1);
}

const emitters = new ByName((name) => effectOf(name) === "telemetry" || /(^|\.)(emit_telemetry|emit_event|execute_telemetry|(Telemetry|Metrics)\.\w+)$/.test(name));

const moduleEmits = (module: Module): boolean => module.functions.some((fn) => !fn.isMacro && fnEmits(fn, 0));

/** Names of the servers with callbacks and a size that asks for observation, and of those that emit. */
export type TelemetryHabit = { readonly servers: readonly string[]; readonly emitting: readonly string[]; readonly share: number };

const MIN_LINES = 50;

const isWorthObserving = remembered((module: Module): boolean => module.functions.some((fn) => fn.isCallback && fn.name.startsWith("handle_")) && codeLines(module.file, module.node) >= MIN_LINES);
/** Whether a server that asks for observation emits; undefined for all other modules. */
const observed = remembered((module: Module): boolean | undefined => (module.is("GenServer", "gen_statem", "GenStage") && isWorthObserving(module) ? moduleEmits(module) : undefined));

/** What share of a project's servers emit telemetry: the measure that one server is held against. */
export function telemetryHabit(workspace: Workspace): TelemetryHabit {
  const observing = observedServers(workspace).get("");
  const servers = observing.map(({ name }) => name);
  const emitting = observing.flatMap(({ name, isEmitting }) => (isEmitting ? [name] : []));
  return { servers, emitting, share: servers.length === 0 ? 0 : emitting.length / servers.length };
}
// By name: nothing of a server but this answer is part of the habit.
const observedServers = indexed("observed servers", (module) => {
  const isEmitting = module.isLib ? observed(module) : undefined;
  return isEmitting === undefined ? [] : [["", { name: module.name, isEmitting }] as const];
});
