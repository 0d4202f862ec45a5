import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { entriesAt, stepsOf } from "../../model/context.ts";
import { implementedIn } from "../../model/implemented.ts";
import { quoted } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { armsItself, nameAddressed, type Receiver, receiverOf, type Sending, sendingsIn, takersOf } from "../../model/protocol.ts";
import { tagOf } from "../../model/server.ts";
import type { Expr } from "../../syntax/tree.ts";
import { isUndoing } from "../shared/removal.ts";

export default defineRule({
  id: "send-to-server",
  family: "messages",
  title: "A request goes to a server by a raw send",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Cast if nobody needs to know, call if somebody does" },
  source: "https://hexdocs.pm/elixir/GenServer.html#module-receiving-regular-messages",
  doc: {
    what: "A request to a GenServer of the project is written with `send/2`, and the server takes it in `handle_info/2`.",
    why: "`handle_info/2` is where system messages, monitors and timers arrive, so requests are no longer told from them; and a send to a name that is not registered raises where the caller stands.",
    instead: "`GenServer.call/3` where the caller relies on the outcome, `GenServer.cast/2` where nobody needs to know, both in a client function of the server.",
    fine: ["`send(self(), …)`, timers and replies.", "Messages to subscribers and observers, whoever they are.", "A message that the server arms by a timer, too: the send only hastens it.", "A message for which the server has no clause of its own.", "A message that takes something back or stops the server: one that is gone has nothing left to take back.", "One function that offers both ways, to wait or not to wait."],
    never: "A call from a server's callback where a send was: one slow receiver then stops the sender.",
    sure: "Proven in the server's own client function; likely by registered name, by a pid from its start function, or where the same module asks the same process by a call.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, :dark}
        def light(oven), do: send(oven, :light) #! among timers and monitors
        def handle_info(:light, _), do: {:noreply, :lit}
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, :dark}
        def light(oven), do: GenServer.cast(oven, :light)
        def handle_cast(:light, _), do: {:noreply, :lit}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const sending of sendingsIn(module)) {
      const tag = tagOf(sending.message)?.tag;
      if (sending.kind !== "send" || tag === undefined || isUndoing(tag) || isAnswer(sending) || isSystem(sending.message) || asksForAnswer(sending)) continue;
      const receiver = receiverOf(sending);
      const report = twoWays(module, sending) ?? (receiver === undefined || receiver.by === "self" || receiver.by === "only" || !receiver.server.is("GenServer", "GenStage") ? undefined : toServer(module, sending, receiver));
      if (report !== undefined) yield report;
    }
  },
});

/** The module asks the same process for the same thing by a call elsewhere: one request, two ways. */
function twoWays(module: Module, { site, target, message }: Sending): Report | undefined {
  if (!isHeld(target)) return undefined;
  const tag = tagOf(message);
  const call = sendingsIn(module).find((other) => other.kind === "call" && other.target?.kind === target?.kind && other.target?.name === target?.name && tagOf(other.message)?.tag === tag?.tag && tagOf(other.message)?.size === tag?.size);
  if (call === undefined || call.site.fn === site.fn) return undefined;
  return {
    at: site.node,
    message: `\`${site.fn.id}\` sends \`:${tag?.tag}\` to \`${target?.text}\`, which \`${call.site.fn.id}\` asks by a call: here nobody learns whether it was taken, and the receiver needs a second clause for the same request.`,
    related: [{ at: call.site.node, message: "the same request as a call" }],
    searched: ["an answer to the sender (not seen)"],
    confidence: "likely",
  };
}

function toServer(module: Module, sending: Sending, { server, by }: Receiver): Report | undefined {
  const { site, message } = sending;
  const [clause] = takersOf(server, sending);
  if (clause === undefined || message === undefined || armsItself(server, tagOf(message)?.tag ?? "") || (by === "client" && implementedIn(module).has(site.fn))) return undefined;
  const name = by === "name" && sending.target?.kind !== "tuple" ? nameAddressed(sending.target, module) : undefined;
  const [entry] = entriesAt(site);
  if (by !== "client" && module === server && entry?.kind !== "client") return undefined;
  const isInside = entry?.kind === "callback";
  const raises = name === undefined ? undefined : `${isInside ? `ends ${module.shortName} with an error` : "raises"} while \`${name}\` is not registered`;
  const consequence = isInside ? (raises === undefined ? "" : `, which ${raises}`) : `, which takes it in \`handle_info/2\` among timers and monitors${raises === undefined ? "" : `; it ${raises}`}`;
  return {
    at: site.node,
    message: `\`${module === server ? "" : `${module.shortName}.`}${site.fn.id}\` sends \`${quoted(message, 40)}\` to ${server.shortName}${consequence}. ${isInside ? "Cast it." : "Cast it, or call if the caller relies on its outcome."}`,
    related: [...(entry === undefined || entry.path.length === 0 ? [] : stepsOf(entry)), { at: clause.head, message: `${server.shortName} takes it here, among timers and monitors` }],
    evidence: [evidenceFor[by] ?? ""],
    searched: ["a timer that sends the same message (none)", "an answer to the sender (not seen)"],
    confidence: by === "client" ? "proven" : "likely",
  };
}

const evidenceFor: Readonly<Partial<Record<Receiver["by"], string>>> = {
  client: "A public function of the server's own module sends it.",
  name: "The server is registered under this name.",
  start: "The pid comes from the server's start function.",
};

/** `{ref, result}` and its like answer somebody; so does what goes to a `from`, `caller`, `reply_to`. */
const isAnswer = ({ target }: Sending): boolean => /^(from|caller|client|reply_to|sender|parent|owner|subscriber|listener|observer|receiver|recipient|consumer|pids?)$/.test(target?.kind === "field" ? target.name : target?.kind === "var" && target.name !== "pid" ? target.name : "");

/** The sender's own pid goes along: an answer is awaited, which `hand-rolled-call` judges. */
const asksForAnswer = ({ message }: Sending): boolean => [...(message?.descendants() ?? [])].some((part) => part.isCall("self"));

const systemTags = new Set(["DOWN", "EXIT", "io_request", "io_reply", "nodeup", "nodedown", "tcp", "udp", "ssl", "tcp_closed", "ssl_closed", "system", "timeout", "$gen_call", "$gen_cast", "data"]);
const isSystem = (message: Expr | undefined): boolean => systemTags.has(tagOf(message)?.tag ?? "");

const isHeld = (target: Expr | undefined): boolean => target?.kind === "field" || target?.kind === "var";
