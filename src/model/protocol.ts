import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { entriesAt, onlyServer } from "./context.ts";
import { literalName } from "./literals.ts";
import { canMatch, timersIn } from "./messages.ts";
import type { Clause, Module } from "./module.ts";
import { requestsIn, tagOf } from "./server.ts";
import { pidBoundBy } from "./started.ts";
import { callbackFor, keyOf, type MessageKind, serversByName, takersOfTag } from "./takers.ts";
import type { Workspace } from "./workspace.ts";
import { indexed } from "./indexes.ts";
import { remembered } from "./reading.ts";

/**
 * The message protocol of a workspace: who sends what to whom, and which clauses take it. A sending whose receiver cannot
 * be told has none; nothing is guessed from the words of a message alone.
 */

/** A message on its way to a process. */
export type Sending = { readonly site: CallSite; readonly kind: MessageKind; readonly target: Expr | undefined; readonly message: Expr | undefined };

/**
 * The server that a message reaches, and how that is known: `name`: it is registered under the literal; `start`: the pid
 * comes from its start function; `self`: the server's own code sends to itself; `client`: a public function of the
 * server's module sends it to a process it was given; `only`: no other server of the workspace has a clause for it.
 */
export type Receiver = { readonly server: Module; readonly by: "name" | "start" | "self" | "client" | "only" };

/** Every message a module sends, in source order; names of callees that the workspace defines itself do not count. */
export const sendingsIn = remembered((module: Module): readonly Sending[] => {
  const requests = requestsIn(module).filter(({ site }) => site.callee === undefined).map(({ site, kind, target, message }) => ({ site, kind, target, message }));
  const timers = timersIn(module).filter(({ site }) => site.name !== ":erlang.start_timer").map(({ site, message }) => ({ site, kind: "timer" as const, target: undefined, message }));
  return [...requests, ...timers].sort((a, b) => a.site.id - b.site.id);
});

/** The server of the workspace that a message reaches; undefined where source alone does not tell. */
export function receiverOf(sending: Sending): Receiver | undefined {
  const { site, kind, target } = sending;
  const { module } = site;
  if (kind === "timer" || target?.isCall("self") === true) return ownProcess(site);
  const name = nameAddressed(target, module) ?? nameLookedUp(target, site);
  if (name !== undefined) {
    const server = serverNamed(module.workspace, name);
    return server === undefined ? undefined : { server, by: "name" };
  }
  const started = startedHere(target, site);
  if (started !== undefined) return { server: started, by: "start" };
  if (module.isServer && isClientSide(site) && takersOf(module, sending).length > 0) return { server: module, by: "client" };
  const takers = takersOfTag(module.workspace).get(keyOf(sending) ?? "");
  const [only] = takers.filter((server) => takersOf(server, sending).length > 0);
  return takers.length === 1 && only !== undefined ? { server: only, by: "only" } : undefined;
}

/**
 * The one server of the workspace that has a clause for a call or cast of an unknown receiver, though for the other of the two,
 * and whose name begins with the sender's or the other way round; undefined when a server has one for this kind.
 */
export function takerOfOtherKind(sending: Sending): Module | undefined {
  const { site, kind, message } = sending;
  if ((kind !== "call" && kind !== "cast") || (tagOf(message)?.size ?? 0) < 2) return undefined;
  const takers = takersOfTag(site.module.workspace);
  const other = { ...sending, kind: kind === "call" ? ("cast" as const) : ("call" as const) };
  const [server, ...more] = takers.get(keyOf(other) ?? "");
  if (server === undefined || more.length > 0 || takers.get(keyOf(sending) ?? "").length > 0 || takersOf(server, other).length === 0) return undefined;
  return `${server.name}.`.startsWith(`${site.module.name}.`) || `${site.module.name}.`.startsWith(`${server.name}.`) ? server : undefined;
}

/** The clauses of a server written for messages of this kind. */
export const clausesOfKind = (server: Module, kind: MessageKind): readonly Clause[] => server.callback(callbackFor[kind]);

/** Clauses of a server that name the message rather than take anything, and can match it. */
export function takersOf(server: Module, { kind, message }: Sending): readonly Clause[] {
  const tag = tagOf(message);
  return tag === undefined || message === undefined ? [] : clausesOfKind(server, kind).filter(({ params: [pattern] }) => pattern !== undefined && tagOf(pattern)?.tag === tag.tag && canMatch(pattern, message));
}

/** The literal name a target is addressed by: `Oven`, `:oven`, `{Oven, node}`. */
export function nameAddressed(target: Expr | undefined, module: Module): string | undefined {
  const [first] = target?.kind === "tuple" && target.children.length === 2 ? target.children : [];
  return literalName(first ?? target, module);
}

const lookups = ["Process.whereis", "GenServer.whereis", ":erlang.whereis", ":global.whereis_name"] as const;

/** The literal name whose pid a target is: `Process.whereis(Oven)`, directly, bound by a match, or as the subject of a `case`. */
function nameLookedUp(target: Expr | undefined, site: CallSite): string | undefined {
  if (target?.isCall(...lookups)) return nameAddressed(target.args[0], site.module);
  if (target?.kind !== "var") return undefined;
  const lookup = site.module.calls(...lookups).find((other) => other.clause === site.clause && other.id < site.id && isBoundTo(target, other.node));
  return nameAddressed(lookup?.args[0], site.module);
}

function isBoundTo(variable: Expr, value: Expr): boolean {
  const { parent } = value;
  if (parent?.kind === "match") return parent.left?.isVar(variable.name) === true;
  return parent?.isCall("case") === true && parent.clauses.some((clause) => clause.params[0]?.isVar(variable.name) === true && clause.contains(variable));
}

/** The one server known under a literal name: registered under it, or a server module started by its children's `name:`. */
export function serverNamed(workspace: Workspace, name: string): Module | undefined {
  const named = serversByName(workspace).get(name);
  if (named.length > 0) return named.length === 1 ? named[0] : undefined;
  const module = workspace.module(name);
  return module?.isServer === true && module.isLib ? module : undefined;
}

const received = indexed("messages by receiver", (module) =>
  (module.isLib ? sendingsIn(module) : []).flatMap((sending) => {
    const receiver = receiverOf(sending);
    return receiver === undefined ? [] : [[receiver.server.name, { server: receiver.server, sending: { ...sending, by: receiver.by } }] as const];
  }),
);

/** Every message that is known to reach a server, from the whole workspace. */
export const sendingsTo = (server: Module): readonly (Sending & { readonly by: Receiver["by"] })[] => received(server.workspace).get(server.name).flatMap(({ server: receiver, sending }) => (receiver === server ? [sending] : []));

/** Whether a server sends itself the message with this tag, by a timer or at once: then it is a tick rather than a request. */
export const armsItself = (server: Module, tag: string): boolean => sendingsIn(server).some((sending) => (sending.kind === "timer" || sending.target?.isCall("self") === true) && tagOf(sending.message)?.tag === tag);

/** Whether clauses can come from where they cannot be seen: an unknown `use`, a macro of the workspace, code before compilation. */
export const hasHiddenClauses = remembered((server: Module): boolean => {
  const { workspace } = server;
  const isMade = server.attributes.has("before_compile") || server.others.some((expr) => expr.kind === "call" && !/^(require|alias|defstruct|defexception|defoverridable|defguardp?)$/.test(expr.name));
  return isMade || server.unknownUses.length > 0 || server.uses.some((use) => workspace.module(use.name, server) !== undefined);
});

/** Whether a place runs in whoever calls a public function of the module, and in no process of the module. */
export function isClientSide(site: CallSite): boolean {
  const entries = entriesAt(site);
  return entries.length > 0 && entries.every((entry) => entry.kind === "client" || (entry.module !== site.module && entry.kind !== "unknown"));
}

function ownProcess(site: CallSite): Receiver | undefined {
  const server = onlyServer(site);
  return server?.isServer === true ? { server, by: "self" } : undefined;
}

/** The server whose start function gave the pid in the same clause: `{:ok, pid} = Oven.start_link(opts)`. */
function startedHere(target: Expr | undefined, site: CallSite): Module | undefined {
  if (target?.kind !== "var") return undefined;
  for (const start of site.clause.sites) {
    if (start.id > site.id) return undefined;
    const { callee } = start;
    if (pidBoundBy(start) === target.name && callee?.module.isServer === true && /^start(_link)?$/.test(callee.name)) return callee.module;
  }
  return undefined;
}
