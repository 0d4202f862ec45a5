import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { type Entry, entriesAt, entriesOf } from "./context.ts";
import { isLoop } from "./known.ts";
import type { Fn, Module } from "./module.ts";
import { isStartedMany } from "./role.ts";

/** Who runs a place in several processes at once, as a clause for the evidence; `isBusy` when they come with each request, page, job or event. */
export type Concurrency = { readonly words: string; readonly isBusy: boolean };

/**
 * Who runs a place in several processes at once: one process for each request, page or job, a task for each element, or two servers.
 * Undefined when nothing shows it: one server, a start, a script, or a function whose callers are not in the project. `key` is the
 * row or name that is touched there: what instances of one server, or tasks for the elements of a list, touch under a key that differs
 * is not shared.
 */
export function concurrencyAt(site: CallSite, key?: Expr): Concurrency | undefined {
  return concurrencyOf(entriesAt(site), key === undefined || isLiteral(key));
}

const isLiteral = (key: Expr): boolean => ![...key.descendants()].some((part) => part.kind === "var" || part.kind === "field");

function concurrencyOf(entries: readonly Entry[], isSameRow: boolean, depth = 0): Concurrency | undefined {
  const servers = new Map<Module, Entry>();
  for (const entry of entries) {
    const many = manyOf(entry, isSameRow, depth);
    if (many !== undefined) return many;
    if (entry.kind === "callback" && entry.module.isServer && !entry.module.is("Application", "Supervisor", "DynamicSupervisor")) servers.set(entry.module, entry);
  }
  const [one, other] = servers.values();
  return one === undefined || other === undefined ? undefined : { words: `${one.module.shortName} and ${other.module.shortName} both run it`, isBusy: false };
}

function manyOf(entry: Entry, isSameRow: boolean, depth: number): Concurrency | undefined {
  const { kind, module, fn, closure } = entry;
  const name = `\`${module.shortName}.${fn.id}\``;
  const each = (words: string): Concurrency => ({ words, isBusy: true });
  if (kind === "client") return takesRequest(fn) ? each(`each request runs ${name} in a process of its own`) : undefined;
  if (kind === "closure" && closure !== undefined) {
    if (closure.kind === "telemetry") return each("a handler runs in whoever emits the event");
    if (isSameRow && (/async_stream/.test(closure.call.name) || [...closure.call.ancestors()].some(isManyTimes))) return { words: `\`${fn.id}\` starts a process for each element`, isBusy: false };
    return depth < 3 && closure.kind !== "server-start" && closure.kind !== "agent" ? concurrencyOf(entriesOf(fn), isSameRow, depth + 1) : undefined;
  }
  if (kind !== "callback") return undefined;
  if (module.is("LiveView", "LiveComponent", "Channel", "Socket")) return each(`each visitor has a process that runs ${name}`);
  if (module.is("Plug")) return fn.name === "call" ? each(`each request runs ${name} in a process of its own`) : undefined;
  if (module.is("ObanWorker")) return each(`each job runs ${name} in a process of its own`);
  if (module.is("Broadway")) return each(`several processors run ${name}`);
  return isSameRow && module.isServer && isStartedMany(module) ? { words: `each instance of ${module.shortName} runs \`${fn.id}\``, isBusy: false } : undefined;
}

/** An action of a controller, a function plug, or a resolver of GraphQL: it gets the connection, or what the request was resolved with. */
const takesRequest = (fn: Fn): boolean =>
  fn.isPublic &&
  fn.clauses.some(({ params: [first, , third] }) => {
    const isConnection = first !== undefined && [...first.descendants()].some((part) => part.isVar("conn") || (part.kind === "alias" && /^(Plug\.)?Conn$/.test(part.name)));
    return isConnection || (fn.arity === 3 && third !== undefined && [...third.descendants()].some((part) => (part.kind === "var" && /^_?(info|resolution|res)$/.test(part.name)) || (part.kind === "alias" && part.name === "Absinthe.Resolution")));
  });

const isManyTimes = (above: Expr): boolean => above.isCall("for") || (above.kind === "call" && isLoop(above.name));
