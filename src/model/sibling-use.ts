import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { type Child, moduleOf, nameOf } from "./child-spec.ts";
import { callbackEntries, entriesAt, type Entry } from "./context.ts";
import { dynamicStartsIn, dynamicStartsUnder } from "./dynamic-children.ts";
import { catchesExits, handlersAround } from "./handlers.ts";
import { literalName } from "./literals.ts";
import type { Module } from "./module.ts";
import { answererOf, requestAt } from "./request.ts";
import { registrationOf } from "./server.ts";
import { isSupervisor, supervisorsIn } from "./supervision.ts";
import { indexed } from "./indexes.ts";
import { remembered } from "./reading.ts";

/** One way in which a process needs another one that it names. */
export type SiblingUse = {
  readonly kind: "call" | "start" | "task" | "register" | "subscribe";
  /** `init`: while its supervisor waits for it; `continue`: right after; `run`: when a message comes. */
  readonly when: "init" | "continue" | "run";
  /** Literal name or module of the process that is needed. */
  readonly needs: string;
  readonly at: Expr;
  readonly entry: Entry | undefined;
};

export type Use = { readonly server: Module; readonly use: SiblingUse };
const startsIn = remembered((module: Module): readonly Use[] => dynamicStartsIn(module).flatMap(({ site, supervisor, isTask }) => waysInto(site).map((entry): Use => ({ server: entry.module, use: { kind: isTask ? "task" : "start", when: momentOf(entry), needs: supervisor, at: site.node, entry } }))));
const needsIn = remembered((module: Module): readonly Use[] => {
  if (!module.isLib) return [];
  const own = module.isServer ? [...ownUses(module)].map((use): Use => ({ server: module, use })) : [];
  return [...registrations(module), ...own];
});
const startsByServer = indexed("starts by server", (module) => startsIn(module).map((use): readonly [string, Use] => [use.server.name, use]));
const needsByServer = indexed("needs by server", (module) => needsIn(module).map((use): readonly [string, Use] => [use.server.name, use]));
const namesNeeded = indexed("names needed by server", (module) => [...startsIn(module), ...needsIn(module)].map(({ server, use }) => [server.name, use.needs] as const));

/** What requests to a Phoenix endpoint need: they run in its plugs, controllers, pages and channels from the moment it is up until it is gone. */
export function usesOfRequests(endpoint: Module): readonly Use[] {
  if (!endpoint.uses.some(({ name }) => name === "Phoenix.Endpoint")) return [];
  return startsByRequests(endpoint.workspace).get(spaceOf(endpoint));
}
const startsByRequests = indexed("starts by requests", (module) =>
  dynamicStartsIn(module).flatMap(({ site, supervisor, isTask }) =>
    catchesExit(site) ? [] : entriesAt(site).filter((entry) => servesRequests(entry) && !entry.path.some(catchesExit)).map((entry): readonly [string, Use] => [spaceOf(entry.module), { server: entry.module, use: { kind: isTask ? "task" : "start", when: "run", needs: supervisor, at: site.node, entry } }]),
  ),
);
/** `BakeryWeb` of `BakeryWeb.Endpoint` and of `BakeryWeb.Shop.OvenController`. */
const spaceOf = ({ name }: Module): string => /^[^.]+/.exec(name)?.[0] ?? "";
export const isController = (module: Module): boolean => module.uses.some((use) => use.name === "Phoenix.Controller" || use.node.args[1]?.isAtom("controller") === true);
const servesRequests = ({ kind, module, fn }: Entry): boolean => (kind === "callback" ? module.is("Plug", "LiveView", "LiveComponent", "Channel", "Socket") && fn.name !== "init" : kind === "client" && fn.arity === 2 && isController(module));

/** Registrations and subscriptions while a server starts. */
function* registrations(module: Module): Generator<Use> {
  for (const site of module.calls("Registry.register", "Phoenix.PubSub.subscribe")) {
    const needs = literalName(site.args[0], module);
    if (needs === undefined || site.node.kind !== "call") continue;
    for (const entry of waysInto(site, rescues)) if (momentOf(entry) !== "run") yield { server: entry.module, use: { kind: site.name === "Registry.register" ? "register" : "subscribe", when: momentOf(entry), needs, at: site.node, entry } };
  }
}

/** What a server needs of processes it names, told by its own callbacks and the functions they call. */
export const usesOf = (server: Module): readonly SiblingUse[] => [...startsByServer(server.workspace).get(server.name), ...needsByServer(server.workspace).get(server.name)].flatMap(({ server: user, use }) => (user === server ? [use] : []));

/** Names of the processes that servers of a name need: all that `usesOf` speaks of, and told without reading code. */
export const neededBy = (server: Module): ReadonlySet<string> => new Set(namesNeeded(server.workspace).get(server.name));

/** Ways into a server's process on which a failure is not caught: an exit, or for registries an ArgumentError. */
const waysInto = (site: CallSite, isCaught = catchesExit): readonly Entry[] => (isCaught(site) ? [] : callbackEntries(site).filter((entry) => entry.fn.name !== "terminate" && !entry.path.some(isCaught)));
const looksFirst = (site: CallSite): boolean => site.clause.sites.some((other) => /^(Process|GenServer)\.whereis$/.test(other.name));
const catchesExit = (site: CallSite): boolean => catchesExits(site) || looksFirst(site);
const rescues = (site: CallSite): boolean => handlersAround(site).length > 0 || looksFirst(site);
const momentOf = ({ fn }: Entry): SiblingUse["when"] => (fn.name === "init" ? "init" : fn.name === "handle_continue" ? "continue" : "run");

/** Requests while it starts, and the registry of its own `:via` name. */
function* ownUses(module: Module): Generator<SiblingUse> {
  for (const id of ["init/1", "handle_continue/2"])
    for (const clause of module.callback(id))
      for (const site of clause.sites) yield* requestsFrom(site, id === "init/1" ? "init" : "continue", [], 0);
  const registration = registrationOf(module);
  const via = registration.kind === "per-instance" && registration.at.kind === "tuple" && registration.at.children[0]?.isAtom("via") && registration.at.children[1]?.name === "Registry" ? literalName(registration.at.children[2]?.children[0], module) : undefined;
  if (via !== undefined && registration.kind === "per-instance") yield { kind: "register", when: "init", needs: via, at: registration.at, entry: undefined };
}

function* requestsFrom(site: CallSite, when: "init" | "continue", path: readonly CallSite[], depth: number): Generator<SiblingUse> {
  if (site.closure !== undefined || site.around.loose || site.around.quoted || catchesExit(site)) return;
  const request = requestAt(site);
  if (request !== undefined && !request.path.some(catchesExit)) {
    const name = literalName(request.target, request.targetIn.fn.module);
    const needs = name ?? (answererOf(request)?.by === "name" ? answererOf(request)?.server.name : undefined);
    const fn = path[0]?.fn ?? site.fn;
    if (needs !== undefined) yield { kind: "call", when, needs, at: site.node, entry: { kind: "callback", module: fn.module, fn, clause: path[0]?.clause ?? site.clause, path } };
    return;
  }
  if (site.callee?.module === site.module && depth < 3 && !site.callee.isMacro && site.callee !== site.fn) for (const inner of site.callee.sites) yield* requestsFrom(inner, when, [...path, site], depth + 1);
}

/** Under which names and modules others can mean a child. */
export function keysOf(child: Child): ReadonlySet<string> {
  const keys = new Set<string>();
  const name = nameOf(child);
  if (name !== undefined) keys.add(name);
  const target = moduleOf(child);
  if (target !== undefined && (isSupervisor(target) || name === undefined)) keys.add(target.name);
  return keys;
}

/** Server modules that run below a child: itself, what it supervises, and what code starts under it at run time. */
export function serversBelow(child: Child): ReadonlyMap<Module, "static" | "dynamic"> {
  const found = new Map<Module, "static" | "dynamic">();
  visit(child, "static", found, 0);
  return found;
}

function visit(current: Child, how: "static" | "dynamic", found: Map<Module, "static" | "dynamic">, depth: number): void {
  const { workspace } = current.clause.fn.module;
  const module = moduleOf(current);
  if (depth > 4 || (module !== undefined && found.has(module))) return;
  if (module !== undefined) found.set(module, how);
  for (const supervisor of module !== undefined && isSupervisor(module) ? supervisorsIn(module) : []) {
    const inside = supervisor.strategy === "simple_one_for_one" ? "dynamic" : how;
    for (const inner of supervisor.children) if (!inner.conditional) visit(inner, inside, found, depth + 1);
  }
  for (const key of keysOf(current))
    for (const start of dynamicStartsUnder(workspace, key)) {
      const started = start.child === undefined ? undefined : workspace.module(start.child);
      if (started !== undefined && !found.has(started)) found.set(started, "dynamic");
    }
}
