import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite, Closure } from "../../model/call-site.ts";
import { concurrencyAt } from "../../model/concurrent.ts";
import { isSerialised } from "../../model/ets.ts";
import { conditionsAround, matchesOn, mentionsAny, namesFrom, runsAfter } from "../../model/flow.ts";
import { bindsAll, mentions, partOf, quoted, sameExpr } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { answererOf, type Request, requestAt } from "../../model/request.ts";
import { requestsIn, tagOf } from "../../model/server.ts";
import { pidBoundBy } from "../../model/started.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

const agentWrites = ["Agent.update", "Agent.cast", "Agent.get_and_update"] as const;

export default defineRule({
  id: "split-read-write",
  family: "races",
  title: "A value is read from a process, changed, and sent back",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "One message that reads and writes: Agent.update, Agent.get_and_update, one call" },
  source: "https://hexdocs.pm/elixir/Agent.html",
  doc: {
    what: "A client asks a server or Agent for a value, computes a new one from it, and writes that back with a second message.",
    why: "Each message is handled alone, the pair is not: a write of another client in between is overwritten. Of 4,000 increments by eight processes 722 survived.",
    instead: "Send the change, not the result: `Agent.update(Stock, &(&1 - 1))`, `Agent.get_and_update/2`, or one call whose handler reads and writes.",
    fine: ["What is written does not depend on what was read.", "The second message carries a version or the old value, which the server compares.", "The code runs only inside one server.", "The first message changes the state itself, such as a checkout."],
    never: "A second read before the write.",
    sure: "Proven for `Agent.get` and `Agent.update` on one Agent with the value flowing from one to the other; likely through client functions of a server. Low: most such code turns out to have one writer (of thirteen read in code nobody had looked at, three were worth an issue); the evidence says who is seen to run it in several processes at once.",
  },
  spokenOf: /\brac(?:e|es|y)\b|concurren|not atomic|approximat|best[ -]effort|last[ -]write/i,
  bad: [
    elixir`
      defmodule Till do
        def sell do
          n = Agent.get(Stock, & &1)
          Agent.update(Stock, fn _ -> n - 1 end) #! its change is lost
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Till do
        def sell, do: Agent.update(Stock, &(&1 - 1))
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    yield* ofAgents(module);
    yield* ofServers(module);
  },
});

function* ofAgents(module: Module): Generator<Report> {
  const reads = module.calls("Agent.get");
  if (reads.length === 0) return;
  for (const write of module.calls(...agentWrites)) {
    const read = reads.filter((site) => site.clause === write.clause && site.closure === write.closure && sameExpr(site.args[0], write.args[0]) && runsAfter(site.node, write.node)).at(-1);
    const change = write.args[1];
    if (read === undefined || change === undefined || isSerialised(write) || isOwnAgent(write)) continue;
    const names = namesFrom(read.node, write.node);
    for (const variable of namesIn(write.args[0])) names.delete(variable);
    const carries = change.kind === "fn" ? mentionsAny(change, names) : write.args.slice(1).some((arg) => mentionsAny(arg, names));
    const decided = !carries && [...conditionsAround(write.node)].some((condition) => mentionsAny(condition, names) || condition.contains(read.node));
    if (!carries && !decided) continue;
    if (carries && usesCurrent(change)) continue;
    yield report(read, write, quoted(write.args[0] ?? write.node, 30), "Agent", decided ? "likely" : "proven", "`Agent.update/2` or `Agent.get_and_update/2` does both in one message.", write.args[0]);
  }
}
const namesIn = (expr: Expr | undefined): string[] => [...(expr?.descendants() ?? [])].filter((part) => part.kind === "var").map((part) => part.name);

/** An agent that this function has just started, without a name, and that no task of it shares: nobody else knows it yet. */
const isOwnAgent = (site: CallSite): boolean => site.closure === undefined && isStartedHere(site.args[0], site);

/** The variable was bound to the agent in this clause, or in those of all that call the function with it, none of which stands in another module. */
function isStartedHere(agent: Expr | undefined, { clause, fn, id }: CallSite, depth = 0): boolean {
  if (agent?.kind !== "var") return false;
  if (clause.sites.some((start) => start.id < id && start.is("Agent.start_link", "Agent.start") && start.args.at(-1)?.get("name") === undefined && pidBoundBy(start) === agent.name)) return true;
  const at = clause.params.findIndex((param) => param.isVar(agent.name));
  const callers = fn.callers.filter((site) => site.fn !== fn);
  return at >= 0 && depth < 4 && callers.length > 0 && (!fn.isPublic || callers.every((site) => site.module === fn.module)) && callers.every((site) => (site.closure === undefined || site.closure.kind === "kept" || isConsumedHere(site.closure)) && isStartedHere(site.args[at], site, depth + 1));
}

/** A stream's function runs in whoever takes from the stream: here the expression that makes it. */
const isConsumedHere = ({ kind, call }: Closure): boolean => kind === "stream" && [...call.ancestors()].some(({ name }) => /^(Stream\.run|Enum\.\w+)$/.test(name));

/** The change tests the state it finds against what it was given, `if current == old`, or decides by it: `case Map.get(state, key)`. */
const usesCurrent = (change: Expr): boolean => {
  const param = change.kind === "fn" ? change.clauses[0]?.params[0] : undefined;
  const isParam = (side: Expr): boolean => side.kind === "var" && side.name === (param?.name ?? "&1");
  const decides = (part: Expr): boolean => part.isCall("case", "if", "unless", "cond", "with") && [...(part.isCall("cond") ? part : (part.args[0] ?? part)).descendants()].some(isParam);
  return (change.kind === "fn" && change.clauses.length > 1) || [...change.descendants()].some((part) => part.isOp("==", "===", "!=", ">", "<", ">=", "<=") && part.children.some(isParam)) || [...change.descendants()].some(decides);
};

/** Two client functions (or calls) of one server: the first only reads, the second puts a value made from the answer. */
function* ofServers(module: Module): Generator<Report> {
  if (!clientCalls(module)) return;
  for (const fn of module.functions) {
    if (fn.isMacro || fn.kind === "block") continue;
    for (const clause of fn.clauses) if (clause.sites.length > 1) yield* ofClause(clause);
  }
}

/** Whether the module has a call that can be a request at all; asked first because the search below is dear. */
const clientCalls = (module: Module): boolean => module.functions.some((fn) => fn.clauses.some((clause) => clause.sites.some((site) => isRequesting(site))));
const isRequesting = (site: CallSite): boolean => /^(GenServer|:gen_server|GenStage)\.(call|cast)$/.test(site.name) || (site.callee?.isPublic === true && !site.callee.isCallback && site.callee.module.isServer);

type Exchange = { readonly site: CallSite; readonly server: Module; readonly message: Expr; readonly target: Expr | undefined };

function* ofClause(clause: Clause): Generator<Report> {
  const requesting = clause.sites.filter((site) => isRequesting(site) && !site.around.quoted && site.node.kind === "call");
  if (requesting.length < 2) return;
  const asked: Exchange[] = [];
  for (const site of requesting) {
    for (const read of asked) {
      const value = valueSent(site, read);
      if (value === undefined || read.site.closure !== site.closure || !runsAfter(read.site.node, site.node) || isSerialised(site)) continue;
      yield report(read.site, site, quoted(value, 30), read.server.shortName, "likely", `One message to ${read.server.shortName} that reads and writes keeps both.`, read.target);
      break;
    }
    const exchange = exchangeAt(site);
    if (exchange !== undefined && onlyReads(exchange)) asked.push(exchange);
  }
}

function exchangeAt(site: CallSite): Exchange | undefined {
  const request = requestAt(site);
  if (request?.message === undefined || request.isStop) return undefined;
  const answerer = answererOf(request);
  return answerer === undefined ? undefined : { site, server: answerer.server, message: request.message, target: targetOf(request) };
}
const targetOf = (request: Request): Expr | undefined => request.target;

/** Every clause that answers the message replies and leaves the state as it is. */
function onlyReads({ server, message }: Exchange): boolean {
  const clauses = clausesOf(server, "handle_call/3", message);
  return clauses.length > 0 && clauses.every((clause) => {
    const state = clause.lastParam(0);
    return state !== undefined && [...outcomesOf(clause.result)].every((outcome) => outcome.kind === "tuple" && outcome.children[0]?.isAtom("reply") && outcome.children[2]?.kind === "var" && bindsAll(state, outcome.children[2].name)) && !clause.sites.some((site) => /^:ets\.(insert|delete|update)/.test(site.name));
  });
}
const clausesOf = (server: Module, id: string, message: Expr): readonly Clause[] => {
  const tag = tagOf(message);
  return tag === undefined ? [] : server.callback(id).filter((clause) => tagOf(clause.params[0])?.tag === tag.tag && tagOf(clause.params[0])?.size === tag.size);
};

/** The argument of a second exchange that is computed from the first one's answer and that the server stores as it comes. */
function valueSent(site: CallSite, read: Exchange): Expr | undefined {
  const sent = sentTo(site);
  if (sent === undefined || sent.server !== read.server) return undefined;
  const names = namesFrom(read.site.node, site.node);
  if (names.size === 0) return undefined;
  const args = site.callee === undefined ? (site.args[1]?.kind === "tuple" ? site.args[1].children : []) : site.args;
  const value = args.find((arg) => isComputed(arg, names, site));
  if (value === undefined || args.some((arg) => arg !== value && arg.kind === "var" && names.has(arg.name) && /^(old|expected|version|rev|previous|current)/.test(arg.name))) return undefined;
  return isStored(site, value, sent) ? value : undefined;
}

type Sent = { readonly server: Module; readonly kind: "call" | "cast"; readonly message: Expr; readonly client: CallSite };

/** What a client function, or the call itself, sends to which server. */
function sentTo(site: CallSite): Sent | undefined {
  const holder = site.callee?.module ?? site.module;
  const client = site.callee === undefined ? requestsIn(holder).find((request) => request.site === site) : requestsIn(holder).find((request) => request.fn === site.callee);
  if (client?.message === undefined || client.kind === "send") return undefined;
  const exchange = exchangeAt(site);
  const server = exchange?.server ?? (holder.isServer ? holder : undefined);
  return server === undefined ? undefined : { server, kind: client.kind, message: client.message, client: client.site };
}

const operators = ["+", "-", "*", "/", "++", "--", "<>", "|"] as const;
/** `n - 1`, `[x | xs]`, `%{old | f: v}`, `Map.put(old, k, v)`; or a variable bound to one of these. */
function isComputed(arg: Expr, names: ReadonlySet<string>, site: CallSite, depth = 0): boolean {
  if (arg.kind === "var" && depth < 3) {
    const binding = matchesOn(site.clause.node, arg.name).findLast(({ id }) => id < site.id);
    return binding?.right !== undefined && isComputed(binding.right, names, site, depth + 1);
  }
  const touches = (expr: Expr | undefined): boolean => expr !== undefined && [...names].some((name) => mentions(expr, name));
  if (arg.isOp(...operators)) return touches(arg);
  if (arg.kind === "list") return arg.children.some((child) => child.isOp("|") && touches(child.right));
  if (arg.updated !== undefined) return touches(arg.updated);
  return arg.kind === "call" && /^(Map|MapSet|Enum|List|Keyword|:queue)\.(put|put_new|update!?|delete|drop|merge|put_in|reject|filter|map|concat|insert_at|replace_at|append|union|difference|in|pop|keystore)$/.test(arg.name) && touches(arg.args[0]);
}

/** The handler binds the value to a variable and puts it into the state as it is. */
function isStored(site: CallSite, value: Expr, sent: Sent): boolean {
  const clauses = clausesOf(sent.server, sent.kind === "call" ? "handle_call/3" : "handle_cast/2", sent.message);
  const position = positionOf(site, value, sent);
  return position !== undefined && clauses.length > 0 && clauses.some((clause) => {
    const bound = partOf(clause.params[0], "tuple")?.children[position];
    return bound?.kind === "var" && [...clause.node.descendants()].some((part) => part.isVar(bound.name) && part.id > clause.head.next - 1 && isPut(part));
  });
}
/** Where the value stands in the message. */
function positionOf(site: CallSite, value: Expr, sent: Sent): number | undefined {
  if (sent.message.kind !== "tuple") return undefined;
  if (site.callee === undefined) return sent.message.children.indexOf(value);
  const at = site.args.indexOf(value);
  const param = sent.client.clause.params[at];
  const index = param?.kind === "var" ? sent.message.children.findIndex((part) => part.isVar(param.name)) : -1;
  return index < 0 ? undefined : index;
}
const isPut = (value: Expr): boolean => {
  const { parent } = value;
  if (parent?.kind === "pair") return parent.value === value && parent.parent?.updated !== undefined;
  if (parent?.isCall("Map.put", "put_in")) return parent.args.at(-1) === value;
  return parent?.kind === "tuple" && /^(noreply|reply)$/.test(parent.children[0]?.name ?? "") && parent.children.at(-1) === value;
};

function report(read: CallSite, write: CallSite, what: string, whose: string, confidence: Report["confidence"], instead: string, target: Expr | undefined): Report {
  const concurrency = concurrencyAt(write, target);
  return {
    at: write.node,
    confidence,
    message: `Between reading at line ${read.node.nameLine} and this write another process can change \`${what}\`${whose === "Agent" ? "" : ` of ${whose}`}; its change is lost. ${instead}`,
    related: [{ at: read.node, message: "read here" }],
    evidence: [`What \`${write.fn.id}\` writes depends on what it read; the two are separate messages${concurrency === undefined ? "" : `, and ${concurrency.words}`}.`],
    searched: ["one message that does both (no)", "a version or old value that is compared (none)", "a single process that all paths run in (no)", ...(concurrency === undefined ? ["a way in that many processes take at once (none is seen)"] : [])],
  };
}
