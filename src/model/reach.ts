import { flag } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import type { Fn, Module } from "./module.ts";
import { remembered } from "./reading.ts";

/** What the code of a module calls, itself and through functions of the project. */
export type Reach = {
  /** Names of all callees. */
  readonly names: ReadonlySet<string>;
  /** Whether some call leaves the project for a library that is not part of Elixir or OTP, or is computed. */
  readonly isOpen: boolean;
};

const elixirModules = "Access|Agent|Application|Atom|Base|Behaviour|Bitwise|Calendar|Code|Config|Date|DateTime|DynamicSupervisor|Enum|Exception|File|Float|Function|GenServer|IO|Inspect|Integer|JSON|Kernel|Keyword|List|Logger|Macro|Map|MapSet|Module|NaiveDateTime|Node|OptionParser|PartitionSupervisor|Path|Port|Process|Range|Record|Regex|Registry|Stream|String|StringIO|Supervisor|System|Task|Time|Tuple|URI|Version|GenStage|Jason|Phoenix.PubSub|Phoenix.Endpoint";
const erlangModules = "atomics|binary|calendar|code|counters|crypto|dets|digraph|erlang|ets|file|filename|gb_sets|gb_trees|gen_server|gen_tcp|gen_udp|global|inet|init|io|io_lib|lists|maps|math|net_adm|net_kernel|orddict|ordsets|os|persistent_term|proc_lib|queue|rand|re|rpc|erpc|sets|ssl|string|sys|telemetry|timer|unicode|zlib";
const platform = new RegExp(`^(?:(?:${elixirModules.replaceAll(".", "\\.")})(?:\\.|$)|:(?:${erlangModules})$)`);

/** Whether a module is part of Elixir or OTP (or as well known), so that what it does to a process is known. */
export const isPlatform = (module: string): boolean => platform.test(module);

const MAX_DEPTH = 6;
/** All callees of a module's functions, followed through the project up to six calls deep; quoted code left out. */
export const reachOf = remembered((module: Module): Reach => search(module));

function search(module: Module): Reach {
  const names = new Set<string>();
  let isOpen = module.imports.some((use) => !isPlatform(use.name) && module.workspace.module(use.name, module) === undefined);
  const seen = new Set<Fn>(module.functions);
  let level: readonly Fn[] = module.functions.filter((fn) => !fn.isMacro);
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const next: Fn[] = [];
    for (const fn of level)
      for (const site of fn.sites) {
        if (site.around.quoted) continue;
        names.add(site.name);
        const { callee } = site;
        if (callee === undefined) isOpen ||= leavesSight(site);
        else if (!seen.has(callee)) {
          seen.add(callee);
          next.push(callee);
        }
      }
    level = next;
  }
  return { names, isOpen };
}

/** A call on a computed module, or on a library nobody described. A function value that is applied stays in the code around. */
function leavesSight(site: CallSite): boolean {
  const { node } = site;
  if (node.name === "apply" || node.name === "Kernel.apply") return true;
  if (node.has(flag.dynamic)) return node.name !== "." && node.kind === "call" && node.target?.kind !== "fn" && node.args.length > 0;
  return node.module !== "" && !isPlatform(node.module);
}
