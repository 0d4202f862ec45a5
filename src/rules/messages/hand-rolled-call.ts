import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { mentions } from "../../model/literals.ts";
import { outcomesOf, usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { isSelf } from "../../model/flow.ts";

export default defineRule({
  id: "hand-rolled-call",
  family: "messages",
  title: "A call is written by hand with send and receive",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Let GenServer.call do it, or use a monitor's reference" },
  source: "https://hexdocs.pm/elixir/GenServer.html#call/3",
  doc: {
    what: "A function sends its own pid along with a request and receives the answer itself, without one of the three things that `GenServer.call/3` does: a unique reference in the answer, a monitor on the receiver, an end to the waiting.",
    why: "Without a reference the late answer to one request is taken for the answer to the next. Without a monitor and `after`, a dead receiver leaves the caller waiting for good. Where only `after` ends the waiting, the answer that comes later stays in the mailbox of whoever called.",
    instead: "`GenServer.call/3` in a client function; for a process that is no server, a monitor whose reference is in the request and the answer, `:DOWN`, `after`, and a demonitor with `:flush`.",
    fine: ["A monitor with its `:DOWN` clause and a reference in the answer.", "Ports, sockets and io servers, whose protocols are made of messages.", "A process that runs this function as its life.", "A process that is linked to the one it asks and started here.", "A monitored process that is killed when it does not answer in time."],
    sure: "Proven: request, receive and what is missing are in one function. Low: the other mostly answers or ends with the one who waits (of five read in code nobody had looked at, two were worth an issue).",
  },
  bad: [
    elixir`
      defmodule Baker do
        def eta(baker) do
          send(baker, {:eta, self()}) #! by hand
          receive do
            {:eta, minutes} -> minutes
          end
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Baker do
        use GenServer
        def init(_), do: {:ok, 20}
        def eta(baker), do: GenServer.call(baker, :eta)
        def handle_call(:eta, _from, minutes), do: {:reply, minutes, minutes}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || module.calls("receive").length === 0) return;
    for (const site of module.calls("send", "Kernel.send", "Process.send", ":erlang.send", "GenServer.cast", ":gen_server.cast")) {
      if (site.node.kind !== "call" || site.closure !== undefined || site.callee !== undefined || !asksForAnswer(site)) continue;
      const receive = receiveAfter(site);
      if (receive === undefined || isLoop(site) || isOwnedHere(site)) continue;
      const report = reportOf(site, receive);
      if (report !== undefined) yield report;
    }
  },
});

/** The message carries the sender's own pid, and goes to another process. */
function asksForAnswer(site: CallSite): boolean {
  const [target, message] = site.args;
  if (message?.kind !== "tuple" || target === undefined || target.isCall("self") || isForeignProtocol(message)) return false;
  return message.descendantsOf("call", "var").some((part) => part.isVar("self") || isSelf(part, site.clause.node));
}

/** Ports are commanded with `{self(), {:command, data}}`, io servers with `{:io_request, …}`. */
function isForeignProtocol({ children: [first, second] }: Expr): boolean {
  if (first?.kind === "atom") return /^(io_request|get_chars|system|DOWN|EXIT|\$gen_.*)$/.test(first.name);
  const command = second?.kind === "tuple" ? second.children[0] : second;
  return command?.kind === "atom" && /^(command|connect|close)$/.test(command.name);
}

type Receive = { readonly node: Expr; readonly answers: readonly Expr[]; readonly after: Expr | undefined };

/** The receive that follows the send, in the same clause or in a private function called after it. */
function receiveAfter(site: CallSite): Receive | undefined {
  for (const other of site.clause.sites) {
    if (other.id < site.id || other.closure !== undefined) continue;
    if (other.name === "receive") return receiveOf(other.node);
    const inner = other.callee?.kind === "defp" && other.callee !== site.fn && other.callee.module === site.module ? other.callee.sites.find((deeper) => deeper.name === "receive" && deeper.closure === undefined) : undefined;
    if (inner !== undefined) return receiveOf(inner.node);
  }
  return undefined;
}

function receiveOf(node: Expr): Receive | undefined {
  const answers = node.clauses.filter((clause) => !isDown(clause) && !startsWith(clause, "EXIT"));
  const after = node.section("after")?.clauses[0];
  if (answers.length === 0 || after?.params[0]?.name === "0") return undefined;
  return { node, answers, after: after?.params[0]?.isAtom("infinity") === true ? undefined : after };
}
const isDown = (clause: Expr): boolean => startsWith(clause, "DOWN");
const startsWith = (clause: Expr, tag: string): boolean => [...(clause.params[0]?.descendants() ?? [])].some((part) => part.isAtom(tag));

/** A function that comes back to itself is the life of a process, not a request. */
const isLoop = (site: CallSite): boolean => site.clause.sites.some((other) => other.callee === site.fn && other.node.kind === "call");

/** The receiver was started and linked in this function: its crash ends the caller too. */
function isOwnedHere(site: CallSite): boolean {
  const target = site.args[0];
  if (target?.kind !== "var") return false;
  return site.clause.sites.some((other) => {
    if (other.id > site.id || !/(^|\.)(spawn_link|spawn_monitor|start_link|open|Port\.open|open_port)$/.test(other.name)) return false;
    const usage = usageOf(other.node);
    return usage.kind === "matched" && mentions(usage.pattern, target.name);
  });
}

function reportOf(site: CallSite, { node, answers, after }: Receive): Report | undefined {
  const hasReference = answers.every((clause) => isTiedTo(clause, site));
  const watches = node.clauses.some(isDown);
  const hasAlias = site.clause.sites.some((other) => /^(:erlang|Process)\.(alias|monitor)$/.test(other.name) && other.args.some((arg) => arg.get("alias") !== undefined || [...arg.descendants()].some((part) => part.isAtom("alias"))));
  // Who waits until the answer or the end of the other leaves no answer behind that could come late.
  if ((hasReference && (watches || hasAlias || isFatal(after))) || (watches && (after === undefined || kills(after)))) return undefined;
  const hangs = after === undefined && !watches;
  const missing = [
    // Who waits without end has no next request before the answer.
    ...(hasReference || after === undefined ? [] : ["no reference, so a late answer fits the next request"]),
    ...(hangs ? ["no monitor and no `after`, so a dead receiver is waited for without end"] : []),
    ...(hasReference && after !== undefined && !watches ? ["no monitor, so a dead receiver costs the whole timeout, and an answer after it stays in the caller's mailbox"] : []),
  ];
  if (missing.length === 0) return undefined;
  return {
    at: site.node,
    confidence: "proven",
    message: `\`${site.fn.id}\` calls \`${site.args[0]?.text ?? "a process"}\` by hand: ${missing.join("; ")}.`,
    related: [{ at: node, message: "waits for the answer here" }],
    searched: ["a reference pinned in the answer", "a `:DOWN` clause", "`after`"].map((item, i) => `${item} (${[hasReference, watches, after !== undefined][i] === true ? "there" : "none"})`),
  };
}

/** The answer carries what went along with the request to tell it apart: a variable of the message, pinned or compared. */
function isTiedTo(clause: Expr, site: CallSite): boolean {
  const [target, message] = site.args;
  for (const part of [...(clause.params[0]?.descendants() ?? []), ...(clause.guard?.descendants() ?? [])]) {
    const name = part.kind === "pin" ? part.children[0]?.name : part.parent?.isOp("==", "===") === true && part.kind === "var" ? part.name : undefined;
    if (name !== undefined && message !== undefined && target?.name !== name && mentions(message, name)) return true;
  }
  return false;
}

/** The end of the waiting ends one of the two: the caller with its mailbox, or the process it asked, which then answers no more. */
const isFatal = (after: Expr | undefined): boolean => kills(after) || [...outcomesOf(after?.result)].some((outcome) => outcome.isCall("exit", "raise", "throw", ":erlang.exit"));
const kills = (after: Expr | undefined): boolean => [...(after?.descendants() ?? [])].some((part) => part.isCall("Process.exit", ":erlang.exit") && part.args[1]?.isAtom("kill") === true);
