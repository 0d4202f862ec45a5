import { isUnused } from "../../model/context.ts";
import { nearest } from "../../engine/nearest.ts";
import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { quoted } from "../../model/literals.ts";
import { canMatch } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { clausesOfKind, hasHiddenClauses, receiverOf, type Sending, sendingsIn, takerOfOtherKind } from "../../model/protocol.ts";
import { tagOf } from "../../model/server.ts";

export default defineRule({
  id: "unhandled-message",
  family: "messages",
  title: "A message for which the server has no clause",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Add the clause, or correct the message to the nearest" },
  source: "https://hexdocs.pm/elixir/GenServer.html#c:handle_call/3",
  doc: {
    what: "A call, cast, send or timer with a message that is written out goes to a server of the project whose clauses cannot match it.",
    why: "The server stops with a FunctionClauseError and its state is gone; a caller exits along with it.",
    instead: "Add the clause, or correct the message: a different atom and one element more or less are the usual causes.",
    fine: ["A clause that takes anything.", "Clauses that a macro may add.", "A message or server that is computed.", "A plain message to a server without `handle_info/2` of its own: it is logged and dropped."],
    sure: "Proven when the server is known by its literal name, by its start, or sends to itself; likely when a public function of the server's module sends to a process it was given. Medium for plain messages and timers, and in a function that nothing in the project of an application calls.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, 200, name: __MODULE__)
        def init(s), do: {:ok, s}
        def temperature, do: GenServer.call(__MODULE__, :temprature) #! no clause for
        def handle_call(:temperature, _from, s), do: {:reply, s, s}
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, 200, name: __MODULE__)
        def init(s), do: {:ok, s}
        def temperature, do: GenServer.call(__MODULE__, :temperature)
        def handle_call(:temperature, _from, s), do: {:reply, s, s}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const sending of sendingsIn(module)) {
      const report = tagOf(sending.message) === undefined ? undefined : unhandled(module, sending);
      if (report !== undefined) yield report;
    }
  },
});

function unhandled(module: Module, sending: Sending): Report | undefined {
  const { site, kind, message } = sending;
  const elsewhere = sending.target === undefined ? undefined : takerOfOtherKind(sending);
  const receiver = receiverOf(sending) ?? ownClient(module, sending) ?? (elsewhere === undefined ? undefined : { server: elsewhere, by: "client" as const });
  if (message === undefined || receiver === undefined || receiver.by === "only") return undefined;
  const { server, by } = receiver;
  if (!server.is("GenServer", "GenStage") || server.kinds.length > 1 || hasHiddenClauses(server)) return undefined;
  const clauses = clausesOfKind(server, kind);
  const isInfo = kind === "send" || kind === "timer";
  if ((isInfo && clauses.length === 0) || clauses.some(({ params: [pattern] }) => pattern === undefined || canMatch(pattern, message))) return undefined;
  const near = nearestTo(message, clauses);
  const text = quoted(message, 50);
  return {
    at: site.node,
    severity: isInfo || isUnused(site.fn) ? "medium" : "high",
    confidence: by === "client" ? "likely" : "proven",
    message: `${server.shortName} has no clause for \`${text}\`${isInfo ? "" : ` in \`${kind === "call" ? "handle_call/3" : "handle_cast/2"}\``}: it stops with an error${kind === "call" ? ", and so does the caller" : ""}.${near === undefined ? "" : ` Nearest is \`${quoted(near.params[0] ?? near.head, 50)}\`.`}`,
    related: near === undefined ? clauses.slice(0, 3).map((clause) => ({ at: clause.head, message: "takes another message" })) : [{ at: near.head, message: "the nearest clause" }],
    evidence: [clauses.length === 0 ? "The server has no clause of its own for this kind of message; the default raises." : `${clauses.length} ${clauses.length === 1 ? "clause" : "clauses"}, each for a message of its own.`],
    searched: ["a clause that takes anything (none)", "macros that add clauses (none)"],
  };
}

/** A server's public function that calls or casts to a process it was given: its module's own, unless no clause is near. */
function ownClient(module: Module, { site, kind, target, message }: Sending): ReturnType<typeof receiverOf> {
  if ((kind !== "call" && kind !== "cast") || !module.isServer || site.fn.isCallback || !site.fn.isPublic || target?.kind !== "var") return undefined;
  const isFirst = site.clause.params[0]?.isVar(target.name) === true && /^(pid|server|name|process|ref)$/.test(target.name);
  return isFirst && message !== undefined && nearestTo(message, clausesOfKind(module, kind)) !== undefined ? { server: module, by: "client" } : undefined;
}

/** The clause that names the same tag with another number of elements, else the one whose tag is spelled most alike. */
function nearestTo(message: NonNullable<Sending["message"]>, clauses: readonly Clause[]): Clause | undefined {
  const tag = tagOf(message);
  if (tag === undefined) return undefined;
  const tagged = clauses.filter((clause) => tagOf(clause.params[0]) !== undefined);
  const alike = tagged.filter((clause) => tagOf(clause.params[0])?.size === tag.size);
  const [closest] = nearest(tag.tag, new Set(alike.map((clause) => tagOf(clause.params[0])?.tag ?? "")));
  return tagged.find((clause) => tagOf(clause.params[0])?.tag === (tagged.some((other) => tagOf(other.params[0])?.tag === tag.tag) ? tag.tag : closest));
}
