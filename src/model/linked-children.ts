import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { type Entry, entriesAt } from "./context.ts";
import { fieldsWrittenIn } from "./fields.ts";
import { boundIn, literalName } from "./literals.ts";
import type { Clause, Fn, Module } from "./module.ts";
import { patternsOf } from "./flow.ts";
import { requestAt } from "./request.ts";
import { startSites, trapsExits } from "./server.ts";
import { isSupervisor } from "./supervision.ts";
import { processStarts } from "./tasks.ts";
import { outcomesOf } from "./usage.ts";

/** A process that a server starts and links in its own process, and that nothing but a signal or a message of others ends. */
export type LinkedChild = {
  readonly site: CallSite;
  readonly entry: Entry;
  /** What it is called in a sentence: the short name of its module, "the agent", "the spawned process". */
  readonly what: string;
  /** The server of the workspace that it is, if any. */
  readonly server: Module | undefined;
  /** Fields of the owner's state that hold its pid. */
  readonly fields: ReadonlySet<string>;
  /** Its pid is in a reply or given to another process or table, which may stop it. */
  readonly isShared: boolean;
};

/** The linked processes that the callbacks of a server start and that live on when it ends with reason `:normal`. */
export function lastingChildrenOf(module: Module): LinkedChild[] {
  const spawned: Started[] = processStarts(module).filter(({ kind, isLinked, site }) => kind === "spawn" && isLinked && loopsForever(site)).map(({ site }) => ({ site, what: "the spawned process", server: undefined }));
  return [...spawned, ...startedServers(module)].flatMap(({ site, what, server }) => {
    if (site.node.kind !== "call" || site.closure !== undefined || site.around.loose || site.around.quoted) return [];
    const entry = entriesAt(site).find((candidate) => candidate.module === module && candidate.fn.name !== "terminate" && (candidate.kind === "callback" || answersServer(candidate)));
    if (entry === undefined) return [];
    const held = holdersOf(site.node, site.clause, 0);
    return [{ site, what, server, entry, ...held }];
  });
}

/** A function that answers `{:noreply, s}` or `{:ok, s, {:continue, …}}` is a callback for code that a `use` brings. */
const answersServer = ({ kind, fn }: Entry): boolean =>
  (kind === "client" || kind === "unknown") && fn.clauses.some(({ result }) => [...outcomesOf(result)].some((outcome) => outcome.kind === "tuple" && outcome.children[0]?.isAtom("noreply") === true));

type Started = Pick<LinkedChild, "site" | "what" | "server">;

function startedServers(module: Module): Started[] {
  return module.calls().flatMap((site): Started[] => {
    if (site.name === "Agent.start_link" && site.callee === undefined) return [{ site, what: "the agent", server: undefined }];
    const server = serverStartedAt(site);
    return server === undefined || server === module || !outlivesItsParent(server) ? [] : [{ site, what: server.shortName, server }];
  });
}

/** The server of the workspace that a call starts and links, by `GenServer.start_link(Oven, …)` or by a function of the server that does so. */
function serverStartedAt(site: CallSite): Module | undefined {
  const { callee, module } = site;
  if (/^(GenServer|:gen_server|:gen_statem|GenStateMachine)\.start_link$/.test(site.name)) return module.workspace.module(literalName(site.args.find((arg) => arg.kind === "alias"), module) ?? "", module);
  if (callee === undefined || callee.module === module || callee.isMacro) return undefined;
  return startSites(callee.module).some((start) => start.fn === callee && start.node.fun === "start_link" && start.closure === undefined) ? callee.module : undefined;
}

/** A process that traps exits ends with its parent, one that monitors may; one that stops by itself, or calls a process it was given, ends in time. */
function outlivesItsParent(server: Module): boolean {
  if (!server.isLib || !server.is("GenServer", "gen_statem", "Agent") || server.is("LiveView", "Channel", "GenStage") || isSupervisor(server) || trapsExits(server) || server.unknownUses.length > 0) return false;
  if (server.calls(...ends).some((site) => runsInside(site) && !(/exit$/.test(site.name) && isRequest(site.clause)))) return false;
  return !server.functions.some((fn) => !fn.isMacro && fn.name !== "init" && fn.name !== "terminate" && fn.clauses.some((clause) => endsIn(clause)));
}
const ends = ["Process.link", ":erlang.link", "exit", "Kernel.exit", ":erlang.exit", "Process.exit"] as const;
/** A place that may run in the process itself, and not only in its clients or in what it spawns. */
const runsInside = (site: CallSite): boolean => entriesAt(site).some((entry) => entry.module === site.module && (entry.kind === "callback" || entry.kind === "unknown"));

const endsIn = (clause: Clause): boolean =>
  (stopsIn(clause).length > 0 && !isRequest(clause)) || clause.node.descendantsOf("atom").some((atom) => atom.isAtom("stop_and_reply") || atom.isAtom("shutdown")) || clause.sites.some((site) => asksSomebody(site) && runsInside(site));

const isRequest = ({ fn }: Clause): boolean => fn.id === "handle_call/3" || fn.id === "handle_cast/2";

/** A call to a process that is known by its pid only fails when that process is gone. */
function asksSomebody(site: CallSite): boolean {
  const request = site.closure === undefined ? requestAt(site) : undefined;
  return request !== undefined && literalName(request.target, request.targetIn.fn.module) === undefined;
}

/** The answers of a clause that stop its process, whatever the reason: `{:stop, …}` outside of patterns. */
export const stopsIn = (clause: Clause): readonly Expr[] => clause.node.descendantsOf("tuple").filter((expr) => expr.children[0]?.isAtom("stop") === true && !clause.params.some((param) => param.contains(expr)));

const endsAlong = new Set(["Process.monitor", ":erlang.monitor", "Process.flag", ":erlang.process_flag", "exit", "Kernel.exit", ":erlang.exit", "Process.exit", "Process.alive?", "Port.open", "apply"]);
const waitsOutside = /^(:gen_tcp|:ssl|:gen_udp|:gen_sctp|:socket|IO|File|:file|:io|Port|Stream|Task|Plug\.Conn)\./;

/** Whether a spawned function waits for a message without a limit, or sleeps between endless rounds, and cannot learn of its starter's end. */
function loopsForever(site: CallSite): boolean {
  const bodies = bodiesOf(site);
  if (bodies.length === 0) return false;
  const calls = bodies.flatMap(({ node }) => node.descendantsOf("call"));
  if (calls.some(({ name }) => endsAlong.has(name) || waitsOutside.test(name))) return false;
  if (bodies.some(({ node }) => node.descendantsOf("atom").some(({ name }) => /^(DOWN|EXIT|tcp_closed|ssl_closed|exit_status)$/.test(name)))) return false;
  return calls.some((call) => call.isCall("receive") && call.section("after") === undefined) || bodies.some(({ fn }) => fn !== undefined && repeatsAlways(fn));
}

/** `def loop(s)` whose every end is a call of itself, with a sleep on the way. */
const repeatsAlways = (fn: Fn): boolean => !fn.sites.some(asksSomebody) && fn.sites.some((site) => site.is("Process.sleep", ":timer.sleep")) && fn.clauses.every(({ result, sites }) => sites.some((site) => site.callee === fn && site.node === result));

type Body = { readonly node: Expr; readonly sites: readonly CallSite[]; readonly fn: Fn | undefined };

/** What a spawn runs: its function, and those of the same module that this calls. */
function bodiesOf(site: CallSite): Body[] {
  const { args, clause, module } = site;
  const written = args.find((arg) => arg.kind === "fn");
  const inside = written === undefined ? [] : clause.sites.filter((inner) => written.contains(inner.node));
  const named = args.length === 3 ? module.fn(args[1]?.name ?? "", args[2]?.kind === "list" ? args[2].children.length : -1) : undefined;
  const first: Body[] = written === undefined ? [] : [{ node: written, sites: inside, fn: undefined }];
  const fns = new Set<Fn>(named === undefined ? [] : [named]);
  for (const inner of inside) if (inner.callee?.module === module) fns.add(inner.callee);
  for (const fn of fns) for (const inner of fn.sites) if (inner.callee?.module === module) fns.add(inner.callee);
  return [...first, ...[...fns].flatMap((fn) => fn.clauses.map((own) => ({ node: own.node, sites: own.sites, fn })))];
}

type Holders = { readonly fields: ReadonlySet<string>; readonly isShared: boolean };
const MAX_DEPTH = 3;
const giving = /^(GenServer\.(call|cast|reply)|send|Kernel\.send|Process\.send|:ets\.insert(_new)?|Registry\.\w+|Process\.(register|unlink)|:global\.register_name|DynamicSupervisor\.\w+|Agent\.\w+)$/;

/** Fields of the state that get a value, in the clause itself or in those that call it for the value. */
function holdersOf(value: Expr, clause: Clause, depth: number): Holders {
  const names = namesOf(value, clause);
  const holds = (expr: Expr | undefined): boolean => expr !== undefined && (expr.contains(value) || expr.descendantsOf("var").some(({ name }) => names.has(name)));
  const fields = new Set<string>();
  for (const found of fieldsWrittenIn(clause)) if (holds(found.value)) fields.add(found.field);
  let isShared = clause.node.descendantsOf("call").some((call) => giving.test(call.name) && call.args.slice(1).some(holds)) || clause.node.descendantsOf("tuple").some((tuple) => tuple.children[0]?.isAtom("reply") === true && holds(tuple.children[1]));
  if (clause.fn.isCallback || depth >= MAX_DEPTH || ![...outcomesOf(clause.result)].some(holds)) return { fields, isShared };
  for (const site of clause.fn.callers) {
    if (site.module !== clause.fn.module || site.fn === clause.fn) continue;
    const above = holdersOf(site.node, site.clause, depth + 1);
    for (const field of above.fields) fields.add(field);
    isShared ||= above.isShared;
  }
  return { fields, isShared };
}

/** The variables that hold a value in its clause, also as part of a list; a state that it is put into does not count. */
function namesOf(value: Expr, clause: Clause): ReadonlySet<string> {
  const names = new Set(patternsOf(value).flatMap((pattern) => [...boundIn(pattern)]));
  for (const { left, right } of clause.node.descendantsOf("match")) {
    if (left?.kind !== "var" || right === undefined || right.id < value.id || /^(map|struct)$/.test(right.kind) || /^(Map\.|struct|put_in|assign)/.test(right.name)) continue;
    if (right.descendantsOf("var").some(({ name }) => names.has(name))) names.add(left.name);
  }
  return names;
}
