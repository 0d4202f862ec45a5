import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { argumentFor } from "../../model/arguments.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, type Entry, stepsOf } from "../../model/context.ts";
import { isUnshared, operationsIn } from "../../model/ets.ts";
import { matchesOn } from "../../model/flow.ts";
import { handlersAround, rescuedNames } from "../../model/handlers.ts";
import { boundIn, quoted, sameExpr } from "../../model/literals.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { originOf } from "../../model/origin.ts";
import { isOneJob, isPage, isPerInstance } from "../../model/role.ts";
import { tagOf } from "../../model/server.ts";
import { usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { indexed } from "../../model/indexes.ts";
import { remembered } from "../../model/reading.ts";
import { implementedIn } from "../../model/implemented.ts";

/** Calls on a socket that fail as soon as the peer has closed it, with what they then return. */
const socketCalls: ReadonlyMap<string, string> = new Map([
  ...[":gen_tcp.send", ":ssl.send", ":gen_tcp.controlling_process", ":ssl.controlling_process", ":gen_tcp.recv", ":ssl.recv"].map((name) => [name, "{:error, :closed}"] as const),
  ...[":inet.peername", ":ssl.peername"].map((name) => [name, "{:error, :enotconn}"] as const),
]);
const opens = /^:(gen_tcp|ssl)\.(connect|accept|listen|handshake|transport_accept)$/;

export default defineRule({
  id: "asserted-outcome",
  family: "errors",
  title: "A match that a healthy system breaks",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Take the other outcome, too" },
  source: "https://www.erlang.org/doc/apps/kernel/gen_tcp.html#send/2",
  doc: {
    what: "`:ok =` before a send on a socket, `{:ok, response} =` before an HTTP request of a server, `:ok =` before `DynamicSupervisor.terminate_child/2`, `true =` before `:ets.insert_new/2`, and `[{_, row}] =` or `{key, value} =` before a lookup, an `Enum.find/2`, `Map.get/2` or `Map.pop/2` by what comes with the request.",
    why: "A peer may close its connection at any time, a child may have ended, another process may have written first, and a row may be missing: none of it is a bug, yet the MatchError stops the process, with all who wait for it.",
    instead: "A `case` with the other branch: `{:error, _} -> {:stop, :normal, s}` for a socket, `[] -> {:error, :not_found}` for a row.",
    fine: ["`init/1` and tests.", "A socket that the same function opened.", "A lookup after an insert of the same key, by a literal key, or in a function whose name ends in `!`.", "A rescue of the MatchError.", "An entry that besides only the `:DOWN` or `:EXIT` of its process removes: that comes last.", "A search of a `:DOWN` for what the server itself has entered, and one of a page: only the client that asks wrongly loses it.", "`:ets.insert_new/2` where one server alone writes, or under a key made on the spot.", "A process that exists for that one connection: there its end is the connection's end, and the finding is low."],
    sure: "Likely for sockets in the callbacks of a shared server, in client functions, for races, and for lookups by a key from the request; review where the process serves one connection, or where nobody is seen to call the function. Low: to crash may be meant (of five read in code nobody had looked at, none was worth an issue).",
  },
  bad: [
    elixir`
      defmodule Till do
        use GenServer
        def start_link(sock), do: GenServer.start_link(__MODULE__, sock, name: __MODULE__)
        def init(sock), do: {:ok, %{sock: sock}}
        def handle_cast({:print, line}, s) do
          :ok = :gen_tcp.send(s.sock, line) #! peer that has closed
          {:noreply, s}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Till do
        use GenServer
        def start_link(sock), do: GenServer.start_link(__MODULE__, sock, name: __MODULE__)
        def init(sock), do: {:ok, %{sock: sock}}
        def handle_cast({:print, line}, s) do
          case :gen_tcp.send(s.sock, line) do
            :ok -> {:noreply, s}
            {:error, _closed} -> {:stop, :normal, s}
          end
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of socketSites(module)) {
      const report = judgeSocket(site);
      if (report !== undefined) yield report;
    }
    for (const site of module.calls(":ets.lookup")) {
      const report = judgeLookup(site);
      if (report !== undefined) yield report;
    }
    for (const site of module.calls(...races.keys())) {
      const report = judgeRace(site);
      if (report !== undefined) yield report;
    }
    for (const site of module.isServer ? module.callsMatching(requesting) : []) {
      const report = judgeRequest(site);
      if (report !== undefined) yield report;
    }
    for (const site of module.calls("Enum.find", "List.keyfind")) {
      const report = judgeSearch(site);
      if (report !== undefined) yield report;
    }
    for (const site of module.isServer ? module.calls("Map.pop", "Map.get") : []) {
      const report = judgeEntry(site);
      if (report !== undefined) yield report;
    }
  },
});

/** Name of the call on a socket that an expression is; `transport.send(sock, data)` is one of the transport at hand. */
function socketCall(expr: Expr | undefined): string | undefined {
  if (expr?.kind !== "call") return undefined;
  if (expr.target !== undefined) return expr.name === "send" && expr.target.kind === "var" && expr.args.length === 2 ? ":gen_tcp.send" : undefined;
  return socketCalls.has(expr.name) ? expr.name : undefined;
}

/** Calls on sockets, and calls of functions that do nothing after one: their value is its value. */
function socketSites(module: Module): readonly CallSite[] {
  return [...module.calls(...socketCalls.keys()), ...module.calls("send").filter((site) => socketCall(site.node) !== undefined), ...wrappedCalls(module.workspace).get(module.name).filter((site) => site.module === module)];
}

/** The name of the call on a socket in which every clause of a function ends. */
const wrappedCall = remembered((fn: Fn): string | undefined => {
  const last = fn.calls(...socketCalls.keys(), "send").findLast(({ node }) => socketCall(node) !== undefined);
  return last !== undefined && fn.kind !== "block" && !fn.isMacro && fn.clauses.every(({ result }) => socketCall(result) !== undefined) ? socketCall(last.node) : undefined;
});
/** Calls of such functions, by the module that calls. */
const wrappedCalls = indexed("calls of socket wrappers", (module) => {
  const wrappers = new Set(module.calls(...socketCalls.keys(), "send").map(({ fn }) => fn));
  return [...wrappers].flatMap((fn) => (wrappedCall(fn) === undefined ? [] : fn.callers.filter(({ node }) => node.kind === "call").map((site) => [site.module.name, site] as const)));
});

/** The pattern of a plain `=` that only success fits. */
function assertedPattern(site: CallSite, fits: (pattern: Expr) => boolean): Expr | undefined {
  const usage = usageOf(site.node);
  if (usage.kind !== "matched" || site.node.parent?.kind !== "match" || site.around.quoted) return undefined;
  return fits(usage.pattern) && !rescuesMatch(site) ? usage.pattern : undefined;
}
const isSuccess = (pattern: Expr): boolean => pattern.isAtom("ok") || (pattern.kind === "tuple" && pattern.children[0]?.isAtom("ok") === true);
const rescuesMatch = (site: CallSite): boolean => handlersAround(site).some((handler) => (handler.section === "rescue" ? rescuedNames(handler).length === 0 || rescuedNames(handler).includes("MatchError") : handler.clause.count === 2));

/** Where the place runs in a message handler or for a client; start-up, tests and what is unknown left out. */
const servingEntry = (site: CallSite): Entry | undefined => entriesAt(site).find((entry) => (entry.kind === "callback" && entry.module.isServer && !/^(init|terminate)$/.test(entry.fn.name)) || entry.kind === "client");

function judgeSocket(site: CallSite): Report | undefined {
  if (assertedPattern(site, isSuccess) === undefined || site.clause.sites.some((other) => opens.test(other.name))) return undefined;
  const entry = servingEntry(site);
  if (entry === undefined || site.fn.name.endsWith("!")) return undefined;
  const name = socketCall(site.node) ?? (site.callee === undefined ? undefined : wrappedCall(site.callee));
  const error = socketCalls.get(name ?? "");
  if (error === undefined) return undefined;
  const isServer = entry.kind === "callback";
  const servesOne = isServer ? isPerInstance(entry.module) || isOneJob(entry.module) : connectionCallbacks.test(entry.fn.id) || site.clause.sites.some((other) => other.is(...takesOver));
  return {
    at: site.node.parent ?? site.node,
    firstLineOnly: true,
    // To stop with the connection is as often what is wanted, unless others lose by it.
    confidence: servesOne ? "review" : "likely",
    message: `A peer that has closed makes this match fail: \`${site.node.target === undefined ? site.name : `${site.node.target.text}.send`}\` returns \`${error}\`, and ${isServer || servesOne ? `${entry.module.shortName} stops with a MatchError${servesOne ? " where its connection only ended" : ", with all its clients"}` : `the caller of \`${site.fn.id}\` gets a MatchError`}.`,
    related: [...stepsOf(entry), ...(site.callee === undefined ? [] : [{ at: site.callee.node, message: `ends in \`${name}\`` }])],
    searched: ["a rescue of the MatchError (none)", "an open of the socket in the same function (none)"],
  };
}

/** Callbacks of Cowboy, WebSock and Thousand Island: their process is one connection. */
const connectionCallbacks = /^(websocket_(handle|info|init)\/[12]|handle_(in|control|data|connection|info)\/[23])$/;

/** Calls by which a process that was started for one connection takes it over. */
const takesOver = [":ranch.accept_ack", ":ranch.handshake", ":proc_lib.init_ack", "ThousandIsland.Socket.handshake"] as const;

function judgeLookup(site: CallSite): Report | undefined {
  const [table, key] = site.args;
  if (key === undefined || table === undefined || site.fn.name.endsWith("!")) return undefined;
  if (assertedPattern(site, (pattern) => pattern.kind === "list" && pattern.children.length === 1 && !pattern.children[0]?.isOp("|")) === undefined) return undefined;
  const entry = servingEntry(site);
  if (entry === undefined || !isRequested(site, key, entry) || writtenBefore(site, key) || entry.path.some((step) => writesBefore(step, table))) return undefined;
  const isServer = entry.kind === "callback";
  const isContract = isServer || site.fn.callers.some((caller) => caller.module.isLib) || implementedIn(site.module).has(site.fn);
  return {
    at: site.node.parent ?? site.node,
    firstLineOnly: true,
    confidence: isContract ? "likely" : "review",
    message: `A row that is missing makes this match fail: for an unknown \`${quoted(key, 30)}\` the lookup is \`[]\`, and ${isServer ? `${entry.module.shortName} stops with a MatchError` : `the caller of \`${site.fn.id}\` gets a MatchError`}.`,
    related: stepsOf(entry),
    evidence: [`The key comes with the ${isServer ? "message" : "arguments"}.`],
    searched: ["an insert of the same key before it (none)", "a rescue of the MatchError (none)"],
  };
}

/** Whether the key comes from a message of others, or from an argument of the public function that not every caller writes out. */
function isRequested(site: CallSite, key: Expr, entry: Entry): boolean {
  if (entry.kind === "callback") return !isOwnMessage(entry) && originOf(key, site.clause, entry.path).kind === "message";
  const root = key.kind === "field" ? key.target : key;
  if (entry.path.length > 0 || root?.kind !== "var" || site.closure !== undefined || site.around.loop !== undefined) return false;
  const index = site.clause.params.findIndex((param) => param.isVar(root.name));
  if (index < 0) return false;
  const { callers } = site.fn;
  return callers.length === 0 || callers.some((caller) => !isLiteral(argumentFor(caller, site.fn, index).value));
}
const isLiteral = (expr: Expr | undefined): boolean => expr !== undefined && ["atom", "string", "number", "alias", "attribute"].includes(expr.kind);

/** `:DOWN` and `:EXIT` name processes that the server itself has entered before. */
const isOwnMessage = (entry: Entry): boolean => entry.clause !== undefined && takesEnd(entry.clause);
/** A clause for the end of a process; in a state machine the message is a later parameter. */
const takesEnd = ({ params }: Clause): boolean => params.some((param) => ["DOWN", "EXIT"].includes(tagOf(param)?.tag ?? ""));

const puts = /^:ets\.(insert|insert_new|update_counter)$/;

/** The function has written to the table, or seen a row under that key, before: it is there. */
function writtenBefore(site: CallSite, key: Expr): boolean {
  return site.clause.sites.some((other) => other.id < site.id && (puts.test(other.name) ? sameExpr(other.args[0], site.args[0]) : /^:ets\.(member|lookup|take)$/.test(other.name) && sameExpr(other.args[1], key)));
}

/** The function on the way here has written to the table before it called. */
const writesBefore = (step: CallSite, table: Expr): boolean => step.clause.sites.some((other) => other.id < step.id && puts.test(other.name) && sameExpr(other.args[0], table));

/** Calls whose other outcome only says that somebody else was first. */
const races: ReadonlyMap<string, { readonly other: string; readonly because: string }> = new Map([
  ["DynamicSupervisor.terminate_child", { other: "{:error, :not_found}", because: "A child that has just ended by itself" }],
  [":ets.insert_new", { other: "false", because: "A process that wrote the same key first" }],
]);

function judgeRace(site: CallSite): Report | undefined {
  const race = races.get(site.name);
  if (race === undefined || assertedPattern(site, (pattern) => pattern.isAtom("ok") || pattern.isAtom("true")) === undefined) return undefined;
  const entry = servingEntry(site);
  if (entry === undefined || site.fn.name.endsWith("!") || (site.name === ":ets.insert_new" && !isRaced(site))) return undefined;
  const isServer = entry.kind === "callback";
  return {
    at: site.node.parent ?? site.node,
    firstLineOnly: true,
    confidence: "likely",
    message: `${race.because} makes this match fail: \`${site.name}\` then returns \`${race.other}\`, and ${isServer ? `${entry.module.shortName} stops with a MatchError` : `the caller of \`${site.fn.id}\` gets a MatchError`}.`,
    related: stepsOf(entry),
    searched: ["a rescue of the MatchError (none)"],
  };
}

/** Whether another process can write a row under the key: it is not made here, and the table is not written by one server alone. */
function isRaced(site: CallSite): boolean {
  const operation = operationsIn(site.module).find((candidate) => candidate.site === site);
  if (operation?.key === undefined || isUnshared(operation)) return false;
  const parts = operation.key.descendantsOf("var").flatMap(({ name }) => matchesOn(site.clause.node, name).flatMap(({ right }) => right ?? []));
  return ![operation.key, ...parts].some((part) => part.descendantsOf("call").some(({ name }) => fresh.test(name)));
}
const fresh = /^(make_ref|self|spawn\w*|System\.unique_integer|:erlang\.(unique_integer|make_ref)|:crypto\.strong_rand_bytes)$|uuid|UUID/;

/** An element that a search by a part of the message must find, since only its parts are bound. */
function judgeSearch(site: CallSite): Report | undefined {
  if (assertedPattern(site, (pattern) => pattern.kind === "tuple" || pattern.kind === "map" || pattern.kind === "struct") === undefined || site.args.length > 3) return undefined;
  if (site.name === "Enum.find" && site.args.length !== 2) return undefined;
  const entry = servingEntry(site);
  if (entry?.kind !== "callback" || isPage(entry.module) || isOwnMessage(entry) || !isSearchedFor(site, entry)) return undefined;
  return {
    at: site.node.parent ?? site.node,
    firstLineOnly: true,
    // A plain message is as a rule the answer to what the server itself began, with an element that it knows.
    confidence: "likely",
    message: `An element that is not there makes this match fail: \`${site.name}\` then returns nil, and ${entry.module.shortName} stops with a MatchError.`,
    related: stepsOf(entry),
    evidence: ["What is searched for comes with the message."],
    searched: ["a rescue of the MatchError (none)"],
  };
}

/** `{{from, timer}, rest} = Map.pop(pending, id)`: where two ways lead to the end of an entry, the second finds nil. */
function judgeEntry(site: CallSite): Report | undefined {
  const [held] = site.args;
  const isPop = site.name === "Map.pop";
  if (site.args.length !== 2 || held === undefined || assertedPattern(site, (pattern) => isTakenApart(isPop && pattern.kind === "tuple" ? pattern.children[0] : isPop ? undefined : pattern)) === undefined) return undefined;
  const entry = servingEntry(site);
  if (entry?.kind !== "callback" || isPage(entry.module) || isOneJob(entry.module) || entriesAt(site).some(isOwnMessage) || asksBefore(site, entry)) return undefined;
  const removals = site.module.calls("Map.pop", "Map.delete").filter((removal) => removal.clause !== site.clause && isSameHolder(removal.args[0], held));
  // The end of a process comes after all that it has sent.
  const other = removals.find((removal) => !takesEnd(removal.clause));
  if (other === undefined && removals.length > 0) return undefined;
  if (!isSearchedFor(site, entry) && (other === undefined || !isGiven(site, entry))) return undefined;
  return {
    at: site.node.parent ?? site.node,
    firstLineOnly: true,
    confidence: other === undefined ? "review" : "likely",
    message: `An entry that is gone makes this match fail: \`${site.name}\` then gives nil for it, and ${entry.module.shortName} stops with a MatchError${other === undefined ? "" : `. \`${other.fn.id}\` removes entries, too: whichever comes second does not find it`}.`,
    related: [...stepsOf(entry), ...(other === undefined ? [] : [{ at: other.node, message: "removes it, too" }])],
    evidence: ["The key comes with the message."],
    searched: ["a question whether the key is there (none)", "a rescue of the MatchError (none)"],
  };
}

/** The key is part of an argument of the function, made of what came in the message, such as a decoded report. */
function isGiven(site: CallSite, entry: Entry): boolean {
  const key = site.args[1];
  return entry.path.length > 0 && key?.kind === "var" && site.clause.params.some((param) => boundIn(param).has(key.name)) && originOf(key, site.clause, entry.path).kind === "unknown";
}
/** A pattern that nil does not fit. */
const isTakenApart = (pattern: Expr | undefined): boolean => pattern !== undefined && ["tuple", "struct", "map", "list"].includes(pattern.kind);
/** `state.pending` here and there, or a variable of the same name. */
const isSameHolder = (a: Expr | undefined, b: Expr): boolean => (a?.kind === "field" || a?.kind === "var") && (b.kind === "field" || b.kind === "var") && a.name === b.name && !/^(acc|map|state|s|data)$/.test(a.name);
/** The code asks whether an entry is there, in a guard or before. */
const asksBefore = (site: CallSite, entry: Entry): boolean =>
  [site.clause, ...(entry.clause === undefined ? [] : [entry.clause])].some((clause) => (clause.guard?.descendantsOf("call").some((call) => call.isCall("is_map_key")) ?? false) || clause.sites.some((other) => other !== site && /^(Map\.(has_key\?|fetch|get)|is_map_key)$/.test(other.name)));

/** Whether the search compares with a value of the message. */
const isSearchedFor = (site: CallSite, entry: Entry): boolean =>
  site.args.slice(1).some((arg) => arg.descendantsOf("var").some((variable) => originOf(variable, site.clause, entry.path).kind === "message"));

/** Requests to another machine that answer an error when it cannot be reached. */
const requesting = /^((HTTPoison|Req|Tesla|Mojito|HTTPotion)\.(get|post|put|patch|delete|head|request)|Finch\.request|:httpc\.request|:hackney\.(get|post|put|request)|Mint\.HTTP\.connect)$/;

/** A request of a shared server that must succeed: while the other side is down, the server dies as often as its supervisor bears. */
function judgeRequest(site: CallSite): Report | undefined {
  if (assertedPattern(site, isSuccess) === undefined || site.closure !== undefined) return undefined;
  const entry = servingEntry(site);
  if (entry?.kind !== "callback" || isPage(entry.module) || isOneJob(entry.module)) return undefined;
  return {
    at: site.node.parent ?? site.node,
    firstLineOnly: true,
    confidence: "likely",
    message: `An outage of the other side makes this match fail: \`${site.name}\` then returns \`{:error, reason}\`, and ${entry.module.shortName} stops with a MatchError, again after each restart, until its supervisor gives up, too.`,
    related: stepsOf(entry),
    searched: ["a rescue of the MatchError (none)"],
  };
}
