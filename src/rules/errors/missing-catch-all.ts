import { defineRule, elixir, type FixDraft } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries } from "../../model/context.ts";
import type { EffectKind } from "../../model/effects.ts";
import { handlersAround, takesExits } from "../../model/handlers.ts";
import { partOf, quoted } from "../../model/literals.ts";
import { mayInject } from "../../model/mailbox.ts";
import { canMatch } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { allowsLateReplies } from "../../model/project.ts";
import { broadcastsOn, subscriptionAt } from "../../model/pubsub.ts";
import { handlesInfo, handlesTaskResult, infoPatterns } from "../../model/role.ts";
import { isCatchAll, trapsExits } from "../../model/server.ts";
import { fateOf, processStarts } from "../../model/tasks.ts";
import type { Expr } from "../../syntax/tree.ts";
import { clauseAfter, loggerFor } from "../shared/clause-edits.ts";
import { isRenamed } from "../shared/edits.ts";
import { harmsIn } from "../shared/in-server.ts";

export default defineRule({
  id: "missing-catch-all",
  family: "errors",
  title: "A message without a clause ends the server",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Add a last clause that logs and keeps the state", ready: "unless exits are trapped or tasks answer here: those messages need clauses of their own" },
  source: "https://hexdocs.pm/elixir/GenServer.html#module-receiving-regular-messages",
  doc: {
    what: "A server defines `handle_info/2` without a clause that takes anything, and messages it does not expect can reach it.",
    why: "`use GenServer` brings a `handle_info/2` that logs and drops whatever comes, but a module that defines its own replaces it. From then on one unexpected message raises a FunctionClauseError, and the state is gone.",
    instead: "A last clause that logs at debug level and returns the state.",
    fine: ["No `handle_info/2` at all: the default takes the message.", "A clause with a plain variable, also one that a known `use` adds.", "A server that only its own clients address, registered or not.", "A topic on which only messages with a clause are broadcast.", "A subscription, port or call in a client function: its messages go to the caller.", "Sockets and tasks that send only messages with a clause.", "A client of HTTP that keeps its sockets to itself, and hackney in a server with a clause for `{:ssl_closed, _}`."],
    never: "A silent catch-all where exits are trapped: it hides crashes.",
    sure: "Likely when a message without a clause is seen to be broadcast on the topic, for tasks, and for handlers of an event manager; review for calls whose timeout is caught in a project that allows OTP 23, for other subscriptions, for ports, and for requests by hackney, some versions of which leave the close of a connection to the process that asked. Low for these and for event managers: projects disagree on whether an unexpected message should end a server.",
  },
  bad: [
    elixir`
      defmodule Till do
        use GenServer
        def init(s) do
          Phoenix.PubSub.subscribe(Bakery.PubSub, "prices")
          {:ok, s}
        end
        def handle_info({:price, p}, s), do: {:noreply, [p | s]} #! without clause stops
      end`,
  ],
  good: [
    elixir`
      defmodule Till do
        use GenServer
        require Logger
        def init(s) do
          Phoenix.PubSub.subscribe(Bakery.PubSub, "prices")
          {:ok, s}
        end
        def handle_info({:price, p}, s), do: {:noreply, [p | s]}
        def handle_info(other, s) do
          Logger.debug(inspect(other))
          {:noreply, s}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage", "LiveView", "Channel", "GenEvent") || mayInject(module, "handle_info")) return;
    const clauses = module.callback("handle_info/2");
    const first = clauses[0];
    if (first === undefined || clauses.some((clause) => isCatchAll(clause.params[0], clause.guard))) return;
    const way = wayIn(module);
    if (way === undefined) return;
    yield {
      at: first.head,
      message: `A message without clause ${module.is("GenEvent") ? `takes ${module.shortName} off its event manager` : `stops ${module.shortName}`}: it ${way.words}. Add a last \`handle_info\` clause that logs and keeps the state.`,
      related: way.site === undefined ? [] : [{ at: way.site.node, message: "what lets messages in" }],
      evidence: [`${clauses.length} handle_info ${clauses.length === 1 ? "clause" : "clauses"}, each for a message of its own.`],
      searched: ["a clause that takes anything (none)"],
      // The way is open, and nobody is seen to send what has no clause; of a task whose result has none, `arranged-message-unhandled` speaks.
      ...(way.confidence === "review" || module.is("GenEvent") || (way.isTask === true && !handlesTaskResult(module)) ? { severity: "low" as const } : {}),
      confidence: way.confidence,
      ready: () => (trapsExits(module) || way.isTask === true ? [] : withLastClause(module, clauses)),
    };
  },
});

/** Whether an unexpected message should end the server is for its authors to say. */
function* withLastClause(module: Module, clauses: readonly Clause[]): Generator<FixDraft> {
  const last = clauses.at(-1);
  const logger = loggerFor(module);
  if (last === undefined || logger === undefined || isRenamed(module.file.tree, "Logger")) return;
  const state = [last, ...clauses].map(({ params }) => nameIn(params[1])).find((name) => name !== undefined) ?? (module.is("LiveView", "Channel") ? "socket" : "state");
  const answer = module.is("GenEvent") ? `{:ok, ${state}}` : module.is("GenStage") ? `{:noreply, [], ${state}}` : `{:noreply, ${state}}`;
  const clause = clauseAfter(last, [`def handle_info(message, ${state}) do`, `  Logger.debug("#{inspect(__MODULE__)} got an unexpected message: #{inspect(message)}")`, `  ${answer}`, "end"]);
  if (clause !== undefined) yield { title: "Add a last clause that logs and keeps the state", safe: false, edits: [...logger, clause] };
}
/** What a clause calls its state: `state`, or the name in `%{} = state`. */
function nameIn(pattern: Expr | undefined): string | undefined {
  const named = partOf(pattern, "var");
  return named !== undefined && !named.name.startsWith("_") && named.name !== "message" ? named.name : undefined;
}

type WayIn = { readonly words: string; readonly site: CallSite | undefined; readonly confidence: "likely" | "review"; /** What comes is the result and the end of tasks. */ readonly isTask?: boolean };

const subscriptions = /(^|\.)(PubSub\.subscribe|Endpoint\.subscribe|subscribe|Notifier\.listen)$|^(Registry\.register|:pg\.join|:pg2\.join)$/;
/** Subscriptions of libraries, as a project's own function may wrap them. */
const outside = /(^|\.)(PubSub\.subscribe|Endpoint\.subscribe|Notifier\.listen)$|^(Registry\.register|:pg\.join|:pg2\.join)$/;
const ports = /^(Port\.open|:gen_tcp\.(connect|listen|accept)|:gen_udp\.open|:ssl\.connect)$/;
const tasks = /^Task\.(async|Supervisor\.async|Supervisor\.async_nolink)$/;
const calls = /^(GenServer|:gen_server|GenStage)\.call$/;
const arranging = new RegExp([subscriptions, ports, tasks, calls].map(({ source }) => source).join("|"));

/** By which way a message can come that the module does not expect, the surest first; only what the server itself does counts. */
function wayIn(module: Module): WayIn | undefined {
  if (module.is("GenEvent")) return { words: "gets every message that is sent to the manager, those for other handlers, too", site: undefined, confidence: "likely" };
  const sites = module.callsMatching(arranging).filter((site) => site.node.kind === "call" && callbackEntries(site).some((entry) => entry.module === module));
  for (const site of sites) {
    const way = subscriptions.test(site.name) ? bySubscription(module, site) : undefined;
    if (way !== undefined) return way;
  }
  const port = sites.find((site) => ports.test(site.name) && !takesAll(module, site));
  if (port !== undefined) return { words: `opens \`${port.name}\`, which sends more than there are clauses for`, site: port, confidence: "review" };
  const task = sites.find((site) => tasks.test(site.name) && !isAwaited(module, site));
  if (task !== undefined && !(handlesTaskResult(module) && (handlesInfo(module, "DOWN", 5) || module.calls("Process.demonitor").length > 0))) return { words: `starts tasks with \`${task.name}\`, whose results and ends are messages`, site: task, confidence: "likely", isTask: true };
  const late = allowsLateReplies(module) ? sites.find((site) => calls.test(site.name) && catchesTimeouts(site)) : undefined;
  if (late !== undefined) return { words: "catches the timeout of a call, and on OTP 23 and older, which mix.exs allows, the late reply is a message", site: late, confidence: "review" };
  if (handlesInfo(module, "ssl_closed", 2)) return undefined;
  const request = [...harmsIn(module, http, (entry) => entry.fn.name !== "terminate")].find(({ reached }) => leavesSocket(reached.site));
  return request === undefined ? undefined : { words: `makes a request with \`${request.reached.site.name}\`, whose client, hackney, can leave the close of a connection, \`{:ssl_closed, socket}\`, to the process that asked`, site: request.site, confidence: "review" };
}

const http: ReadonlySet<EffectKind> = new Set<EffectKind>(["http"]);
/** Clients that ask through hackney, in the process that calls them. */
const viaHackney = /^(HTTPoison|:hackney|ExAws)\./;
function leavesSocket({ name, module }: CallSite): boolean {
  if (viaHackney.test(name)) return true;
  if (name.startsWith("Tesla.")) return module.node.descendantsOf("alias").some((alias) => alias.name === "Tesla.Adapter.Hackney");
  return module.workspace.module(name.slice(0, name.lastIndexOf(".")), module)?.uses.some((use) => use.name === "HTTPoison.Base") === true;
}

/** The function that starts the task also takes its result, and lets a timeout end the process: no message of it is left. */
const isAwaited = (module: Module, site: CallSite): boolean => processStarts(module).some((start) => start.site === site && fateOf(start) === "awaited" && !site.fn.sites.some((other) => /^Task\.(await|yield)/.test(other.name) && catchesTimeouts(other)));

/** The caller goes on after the timeout of a call. */
const catchesTimeouts = (site: CallSite): boolean => handlersAround(site).some((handler) => takesExits(handler) && takesTimeout(handler.clause.params[1]));
const takesTimeout = (reason: Expr | undefined): boolean => reason?.kind === "var" || (reason?.kind === "tuple" && (reason.children[0]?.kind === "var" || reason.children[0]?.isAtom("timeout") === true));

/** A topic on which only messages with clauses are broadcast lets nothing in; one message without a clause is a certain end. */
function bySubscription(module: Module, site: CallSite): WayIn | undefined {
  // `Redix.PubSub.subscribe(conn, channel, self())`: the client of an outside broker sends messages of its own few shapes.
  if (site.name.endsWith("PubSub.subscribe") && site.args.some((arg) => arg.isCall("self"))) return undefined;
  // A function of the project that only shares the name subscribes to nothing here.
  if (site.callee !== undefined && !site.callee.sites.some((inner) => outside.test(inner.name) || (inner.callee?.sites.some((deeper) => outside.test(deeper.name)) ?? false))) return undefined;
  const subscription = subscriptionAt(site);
  const { messages, isKnown } = subscription === undefined ? { messages: [], isKnown: false } : broadcastsOn(module.workspace, subscription);
  const patterns = infoPatterns(module);
  const unmatched = messages.find(({ message }) => message.kind !== "var" && !patterns.some((pattern) => canMatch(pattern, message)));
  if (unmatched !== undefined) return { words: `subscribes to "${subscription?.topic}", on which \`${quoted(unmatched.message, 40)}\` is broadcast, for which it has no clause`, site: unmatched.site, confidence: "likely" };
  return isKnown ? undefined : { words: `subscribes with \`${site.name}\`, where others publish, too`, site, confidence: "review" };
}

/** Whether the clauses take all that a port or socket in active mode sends: data, its close and its errors. */
function takesAll(module: Module, site: CallSite): boolean {
  const tag = /^:(gen_)?(tcp|ssl|udp)/.exec(site.name)?.[2];
  if (tag !== undefined) return handlesInfo(module, tag, tag === "udp" ? 5 : 3) && (tag === "udp" || (handlesInfo(module, `${tag}_closed`, 2) && handlesInfo(module, `${tag}_error`, 3)));
  return module.callback("handle_info/2").some(({ params: [pattern] }) => pattern?.kind === "tuple" && pattern.children.length === 2 && pattern.children.every((part) => part.kind === "var"));
}
