import type { Expr } from "../syntax/tree.ts";
import { argumentFor } from "./arguments.ts";
import type { CallSite } from "./call-site.ts";
import { effectAt, type EffectKind } from "./effects.ts";
import { catchesExits } from "./handlers.ts";
import { bindsAll, integerOf, literalName } from "./literals.ts";
import type { Clause, Fn, Module } from "./module.ts";
import { remembered } from "./reading.ts";
import { tagOf } from "./server.ts";
import { keyOf, serversByName, takersOfTag } from "./takers.ts";

/** A synchronous request that a place makes to another process, itself or through a client function. */
export type Request = {
  /** The `GenServer.call` or the like that waits. */
  readonly call: CallSite;
  /** Calls from the place to it, both included. */
  readonly path: readonly CallSite[];
  /** Who is addressed, and the clause in which that expression stands. */
  readonly target: Expr | undefined;
  readonly targetIn: Clause;
  readonly message: Expr | undefined;
  /** Milliseconds; undefined when it is computed. */
  readonly timeout: number | "infinity" | undefined;
  readonly isStop: boolean;
};

const DEFAULT_CALL_MS = 5000;
const requests = new Set(["GenServer.call", ":gen_server.call", "GenStage.call", "GenStateMachine.call", "Connection.call", ":gen_statem.call"]);
const stops = new Set(["GenServer.stop", "Supervisor.stop", "DynamicSupervisor.stop", "Agent.stop", ":gen_statem.stop", ":gen_server.stop"]);

const MAX_DEPTH = 3;

/** The request a place makes; through functions of other modules up to three calls deep. */
export function requestAt(site: CallSite): Request | undefined {
  return site.node.kind === "call" ? search(site, 0) : undefined;
}

function search(site: CallSite, depth: number): Request | undefined {
  const isStop = stops.has(site.name);
  if (site.callee === undefined && (isStop || requests.has(site.name))) return { call: site, path: [site], target: site.args[0], targetIn: site.clause, message: isStop ? undefined : site.args[1], timeout: ownTimeout(site, isStop), isStop };
  const { callee } = site;
  if (callee === undefined || callee.isMacro || callee.isCallback || depth >= MAX_DEPTH) return undefined;
  const inner = requestAtDepth[depth]?.(callee);
  return inner === undefined ? undefined : carried(site, callee, inner);
}

/** Timeout written at the call, or its default: five seconds for a call, none for a stop or a state machine. */
function ownTimeout(site: CallSite, isStop: boolean): Request["timeout"] {
  if (site.args[2] !== undefined) return timeoutOf(site.args[2], site.module);
  return isStop || site.name === ":gen_statem.call" ? "infinity" : DEFAULT_CALL_MS;
}

/** The first request that every call of the function may meet; one for each depth, so that it matters not who asks first. */
const requestAtDepth = Array.from({ length: MAX_DEPTH }, (_, depth) =>
  remembered((fn: Fn): Request | undefined => {
    for (const site of fn.sites) {
      if (site.closure !== undefined || site.around.loose || site.around.quoted || site.node.kind !== "call" || site.callee === fn) continue;
      const found = search(site, depth + 1);
      if (found !== undefined) return found;
    }
    return undefined;
  }),
);

/** The request seen from the caller: a target or timeout that is a parameter becomes the caller's argument. */
function carried(site: CallSite, callee: Fn, inner: Request): Request {
  const path = [site, ...inner.path];
  let { target, targetIn, timeout } = inner;
  if (targetIn.fn === callee) {
    const at = parameterOf(target, targetIn);
    const given = at < 0 ? undefined : argumentFor(site, callee, at);
    if (given?.value !== undefined) {
      target = given.value;
      targetIn = given.isDefault ? targetIn : site.clause;
    }
    const limit = inner.call.clause === inner.targetIn ? inner.call.args[2] : undefined;
    const limitAt = parameterOf(limit, inner.targetIn);
    const limitGiven = limitAt < 0 ? undefined : argumentFor(site, callee, limitAt);
    if (limitGiven?.value !== undefined) timeout = timeoutOf(limitGiven.value, limitGiven.isDefault ? callee.module : site.module);
  }
  return { ...inner, path, target, targetIn, timeout };
}

const parameterOf = (expr: Expr | undefined, clause: Clause): number => (expr?.kind === "var" ? clause.params.findIndex((param) => bindsAll(param, expr.name)) : -1);

function timeoutOf(expr: Expr | undefined, module: Module): number | "infinity" | undefined {
  if (expr?.isAtom("infinity")) return "infinity";
  if (expr?.kind === "attribute" && module.constant(expr.name)?.isAtom("infinity")) return "infinity";
  return integerOf(expr, module);
}

/** How a request was resolved to the server that answers it. */
export type Answerer = { readonly server: Module; readonly by: "name" | "client" | "message" };

/** The workspace server that answers a request: by its registered name, as the owner of the client function, or as the only one with a clause for the message. */
export function answererOf(request: Request): Answerer | undefined {
  const { module } = request.call;
  const name = literalName(request.target, request.targetIn.fn.module);
  if (name !== undefined) {
    const named = serversByName(module.workspace).get(name).findLast((server) => server.isServer);
    return named === undefined ? undefined : { server: named, by: "name" };
  }
  const key = keyOf({ kind: "call", message: request.message });
  if (key === undefined) return undefined;
  const answering = takersOfTag(module.workspace).get(key);
  if (answering.includes(module) && !isOwnCallback(request.call)) return { server: module, by: "client" };
  return answering.length === 1 && answering[0] !== undefined ? { server: answering[0], by: "message" } : undefined;
}
const isOwnCallback = (site: CallSite): boolean => site.fn.isCallback || !site.fn.isPublic;

const slow: ReadonlySet<EffectKind> = new Set<EffectKind>(["http", "os", "socket", "rpc", "sleep", "await", "file", "database"]);

/** Whether the clause that answers a request is seen to do slow work. */
export function isSlow(server: Module, request: Request): boolean {
  const tag = tagOf(request.message);
  return server.callback("handle_call/3").some((clause) => {
    const own = tagOf(clause.params[0]);
    return tag !== undefined && own?.tag === tag.tag && own.size === tag.size && clause.sites.some((site) => site.closure === undefined && !site.around.loose && (effectAt(site, slow) !== undefined || runsTasks(site, 0)));
  });
}

/** Whether a place runs a stream of tasks, itself or through functions of its module. */
const runsTasks = (site: CallSite, depth: number): boolean => /^Task\.(Supervisor\.)?async_stream(_nolink)?$/.test(site.name) || (depth < 3 && site.callee !== undefined && site.callee.module === site.module && site.callee !== site.fn && site.callee.sites.some((inner) => inner.closure === undefined && runsTasks(inner, depth + 1)));

/** Whether all who call a server have thought of its waiting: each call of its module's functions has a bound of its own, and its exit is caught. */
export const isPreparedFor = remembered((server: Module): boolean => {
  const calls = server.calls("GenServer.call", ":gen_server.call").filter(({ fn, node }) => !fn.isCallback && node.kind === "call");
  const prepared = calls.filter((site) => site.args[2] !== undefined && catchesExits(site)).map(({ args }) => tagOf(args[1])?.tag);
  const clauses = server.callback("handle_call/3");
  return calls.length === prepared.length && clauses.length > 0 && clauses.every(({ params }) => prepared.includes(tagOf(params[0])?.tag ?? ""));
});

/** What the client of a callback clause waits at most; five seconds unless its own client function says otherwise, or asks through code of another module. */
export function patienceOf(clause: Clause): number | "infinity" {
  const tag = tagOf(clause.params[0]);
  const { module } = clause.fn;
  const isSent = (message: Expr | undefined): boolean => tag !== undefined && tagOf(message)?.tag === tag.tag && tagOf(message)?.size === tag.size;
  for (const site of module.calls("GenServer.call", ":gen_server.call", "GenStage.call")) {
    if (!isSent(site.args[1]) || site.fn.isCallback) continue;
    if (site.args[2] === undefined) return DEFAULT_CALL_MS;
    return timeoutOf(site.args[2], module) ?? "infinity";
  }
  const asksThrough = (site: CallSite): boolean => !site.fn.isCallback && site.callee !== undefined && site.callee.module !== module && site.args.some(isSent);
  return module.calls().some(asksThrough) ? "infinity" : DEFAULT_CALL_MS;
}
