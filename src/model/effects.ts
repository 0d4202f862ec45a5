import { ByName } from "../text/by-name.ts";
import type { CallSite } from "./call-site.ts";
import { constantOf, isKeyword } from "./literals.ts";
import type { Fn } from "./module.ts";
import { remembered } from "./reading.ts";

/** What a known call outside the workspace does to the process that runs it. */
export type EffectKind = "http" | "database" | "file" | "os" | "socket" | "rpc" | "sleep" | "call" | "await" | "start" | "log" | "telemetry" | "scan" | "port";

const exact: readonly (readonly [EffectKind, readonly string[]])[] = [
  ["os", ["System.cmd", "System.shell", ":os.cmd", "MuonTrap.cmd", "Rambo.run"]],
  ["socket", [":gen_tcp.connect", ":gen_tcp.recv", ":gen_tcp.accept", ":ssl.connect", ":ssl.recv", ":ssl.handshake", ":gen_udp.recv", ":inet.getaddr", ":inet.gethostbyname", ":inet_res.lookup", ":inet_res.resolve", ":ssh.connect", ":ftp.open", ":eldap.open", "AMQP.Connection.open", ":amqp_connection.start", ":epgsql.connect", ":emqtt.connect"]],
  ["rpc", [":rpc.call", ":rpc.multicall", ":rpc.block_call", ":erpc.call", ":erpc.multicall", "Node.connect", ":net_adm.ping", ":net_kernel.connect_node", "Node.ping"]],
  ["sleep", ["Process.sleep", ":timer.sleep"]],
  ["call", ["GenServer.call", "GenServer.multi_call", "GenServer.stop", ":gen_server.call", ":gen_statem.call", ":gen_statem.stop", "GenStateMachine.call", "Agent.get", "Agent.update", "Agent.get_and_update", "Agent.stop", "Supervisor.stop", "Supervisor.which_children", "Supervisor.count_children", "Supervisor.start_child", "Supervisor.terminate_child", "DynamicSupervisor.which_children", "DynamicSupervisor.count_children", "DynamicSupervisor.stop", ":sys.get_state", ":sys.get_status", ":sys.replace_state", "GenStage.call", "Connection.call"]],
  ["await", ["Task.await", "Task.await_many", "Task.yield", "Task.yield_many"]],
  ["start", ["DynamicSupervisor.start_child", "Task.Supervisor.start_child"]],
  ["scan", ["Application.loaded_applications", ":application.loaded_applications", ":code.all_loaded", ":code.all_available"]],
  ["port", ["Port.open", ":erlang.open_port"]],
  ["telemetry", [":telemetry.execute", ":telemetry.span"]],
  ["file", ["File.cp_r", "File.cp_r!", "File.rm_rf", "File.rm_rf!", "File.ls", "File.ls!", "File.read", "File.read!", "File.write", "File.write!", "File.stream!", ":file.read_file", ":file.consult", "Path.wildcard"]],
];
const exactEffects: ReadonlyMap<string, EffectKind> = new Map(exact.flatMap(([kind, names]) => names.map((name) => [name, kind] as const)));
const httpModules = /^((Req|HTTPoison|Finch|Tesla|Mojito|:httpc|:hackney|:ibrowse|Neuron|ExAws|HTTPotion)\.(get|post|put|patch|delete|head|request|stream|run|options|query)!?|GoogleApi(\.\w+)+\.Api(\.\w+)+|Mint\.HTTP1?\.connect|:gun\.await(_body|_up)?)$/;
const databaseModules = /^(Postgrex|MyXQL|Tds|Exqlite|Xandra(\.Cluster)?|CQEx\.Query|Redix|Mongo|Bolt\.Sips|Ch)\.(query|query!|execute|execute!|prepare|prepare!|prepare_execute|prepare_execute!|transaction|transaction_pipeline|command|command!|pipeline|pipeline!|find|find_one|insert_one|insert_many|update_one|update_many|aggregate|run|call|call!)$/;

const effects = new ByName(effectByPattern, exactEffects);

/** What a call does, told by its name alone; undefined for calls that are no known effect. */
export const effectOf = (callee: string): EffectKind | undefined => effects.of(callee);

function effectByPattern(callee: string): EffectKind | undefined {
  if (httpModules.test(callee)) return "http";
  if (databaseModules.test(callee)) return "database";
  if (/^Logger\.(debug|info|notice|warn|warning|error|critical|alert|emergency|log)$/.test(callee)) return "log";
  return /(^|\.)Repo\.(all|one|one!|get|get!|get_by|get_by!|insert|insert!|insert_all|update|update!|update_all|delete|delete!|delete_all|transaction|aggregate|exists\?|preload|query|query!|stream|reload|checkout)$/.test(callee) ? "database" : undefined;
}

/** What the call itself does, to the process that waits for it. */
const ownEffect = (site: CallSite): EffectKind | undefined => (site.callee !== undefined || (site.name === ":httpc.request" && isAsynchronous(site)) ? undefined : effectOf(site.name));

/** `:httpc` answers at once with an id, and the response comes as a message, when its options say `sync: false`: here, or in the function that gives them. */
const isAsynchronous = ({ args, clause, module }: CallSite): boolean =>
  args.some((arg) => [constantOf(arg, module), ...(clause.siteAt(arg)?.callee?.clauses ?? []).map(({ result }) => result)].some((options) => isKeyword(options) && options.get("sync")?.isAtom("false") === true));

/** An effect reached from a function, with the calls that lead to it. */
export type Reached = { readonly kind: EffectKind; readonly site: CallSite; readonly path: readonly CallSite[] };

const MAX_DEPTH = 6;
/**
 * Effects that run in the same process when `fn` is called, through workspace functions up to six calls deep.
 * One entry per kind: the shortest path. Closures that run elsewhere do not count.
 */
export const effectsOf = remembered((fn: Fn): readonly Reached[] => searchEffects(fn));

function searchEffects(start: Fn): Reached[] {
  const found = new Map<EffectKind, Reached>();
  const seen = new Set<Fn>([start]);
  let level: { fn: Fn; path: readonly CallSite[] }[] = [{ fn: start, path: [] }];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    const next: { fn: Fn; path: readonly CallSite[] }[] = [];
    for (const { fn, path } of level)
      for (const site of fn.sites) {
        if (site.closure !== undefined || site.around.loose || site.around.quoted || site.node.kind === "funref") continue;
        const kind = ownEffect(site);
        if (kind !== undefined && !found.has(kind)) found.set(kind, { kind, site, path: [...path, site] });
        if (site.callee !== undefined && !seen.has(site.callee) && !site.callee.isMacro) {
          seen.add(site.callee);
          next.push({ fn: site.callee, path: [...path, site] });
        }
      }
    level = next;
  }
  return [...found.values()];
}

/** The first effect of one of the kinds that a place has. */
export function effectAt(site: CallSite, kinds: ReadonlySet<EffectKind>): Reached | undefined {
  const { callee } = site;
  const own = ownEffect(site);
  if (own !== undefined) return kinds.has(own) ? { kind: own, site, path: [site] } : undefined;
  const reached = callee === undefined ? undefined : effectsOf(callee).find(({ kind }) => kinds.has(kind));
  return reached === undefined ? undefined : { ...reached, path: [site, ...reached.path] };
}

/** Effect of one place: of the call itself, or of what it leads to in the same process. */
export function effectsAt(site: CallSite): readonly Reached[] {
  const own = ownEffect(site);
  if (own !== undefined) return [{ kind: own, site, path: [site] }];
  return site.callee === undefined ? [] : effectsOf(site.callee).map((reached) => ({ ...reached, path: [site, ...reached.path] }));
}
