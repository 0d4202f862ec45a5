import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { stepsOf } from "../../model/context.ts";
import { integerOf } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { armsItself } from "../../model/protocol.ts";
import { isOneJob, servesClients } from "../../model/role.ts";
import { tagOf } from "../../model/server.ts";
import type { Expr } from "../../syntax/tree.ts";
import { inHandler, type Inside, insideOf, isUnasked, wayIn } from "../shared/in-server.ts";
import { isSelf } from "../../model/flow.ts";

const awaits = ["Task.await", "Task.await_many", "Task.yield", "Task.yield_many"] as const;
const streams = ["Task.async_stream", "Task.Supervisor.async_stream", "Task.Supervisor.async_stream_nolink"] as const;

export default defineRule({
  id: "wait-in-callback",
  family: "blocking",
  title: "A server waits for a message or a task in a callback",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Keep the reference, return, and go on in the clause for the answer" },
  source: "https://hexdocs.pm/elixir/Task.html",
  doc: {
    what: "A `receive`, `Task.await`, `Task.yield` or the consumption of a task stream runs inside a server.",
    why: "The server stands still until the answer comes, and a `receive` searches the mailbox past messages that are meant for its other clauses. Without `after` it can stand still for good.",
    instead: "Keep the reference of the task or request in the state, return `{:noreply, state}`, and go on in the `handle_info/2` clause for the answer.",
    fine: ["`receive … after 0`, and the message of a timer that `cancel_timer` reports as fired.", "A bounded wait in `handle_continue/2`, before the first message.", "A `receive` for the `:DOWN` of a monitor just taken, with an `after`.", "A stream that is returned and consumed in the client.", "A process started for this one job."],
    never: "A longer timeout: it only lengthens the standstill.",
    sure: "Proven for a `receive` that only callbacks reach, likely when clients reach it, too, and for a task that is awaited without a bound; review for a bounded await and for streams. High without `after` and without a `:DOWN` clause, and for a task with `:infinity`; low for waits with a bound, for requests that nothing in an application sends, for tasks side by side, for streams, and after the start.",
  },
  spokenOf: /on purpose|deliberate|intention|by design|back[ -]?off|rate[ -]limit|throttl|garbage|must (?:block|wait)|so that (?:only|no)/i,
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:bread, _from, s) do
          task = Task.Supervisor.async_nolink(Tasks, fn -> Dough.knead(s) end)
          {:reply, Task.await(task), s} #! Oven waits
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:bread, from, s) do
          task = Task.Supervisor.async_nolink(Tasks, fn -> Dough.knead(s) end)
          {:noreply, Map.put(s, task.ref, from)}
        end
        def handle_info({ref, bread}, s) do
          Process.demonitor(ref, [:flush])
          {from, s} = Map.pop(s, ref)
          GenServer.reply(from, bread)
          {:noreply, s}
        end
        def handle_info({:DOWN, ref, :process, _, _}, s), do: {:noreply, Map.delete(s, ref)}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.isServer || isOneJob(module)) return;
    for (const site of module.calls("receive")) yield* inside(module, site, ofReceive);
    for (const site of module.calls(...awaits)) yield* inside(module, site, ofAwait);
    for (const site of module.calls(...streams)) if (isConsumedBeforeReturn(site)) yield* inside(module, site, ofStream);
  },
});

function* inside(module: Module, site: CallSite, judge: (inside: Inside, server: string) => Report | undefined): Generator<Report> {
  if (site.node.kind !== "call") return;
  const found = insideOf(module, site, inHandler);
  const report = found === undefined ? undefined : judge(found, module.shortName);
  if (report !== undefined && found !== undefined) yield { ...report, related: stepsOf(found.entry), evidence: [...(report.evidence ?? []), wayIn(found.entry)] };
}

function ofReceive({ site, entry, isOnly }: Inside, server: string): Report | undefined {
  const after = site.node.section("after");
  const limit = after?.clauses[0]?.params[0];
  if (limit !== undefined && integerOf(limit, site.module) === 0) return undefined;
  const clauses = site.node.section("do")?.clauses ?? [];
  if (clauses.length === 0 || isTimerFlush(site.node)) return undefined;
  const watches = clauses.some((clause) => isDown(clause.params[0]));
  const isBounded = limit !== undefined && !limit.isAtom("infinity");
  if (watches && (isBounded || clauses.length > 1)) return undefined;
  if (isBounded && entry.fn.name === "handle_continue") return undefined;
  if ((watches && isAfterExit(site)) || isSentHere(site) || endsByTimer(site, clauses)) return undefined;
  const isEndless = !isBounded && !watches;
  const without = isBounded ? "" : watches ? "No `after` bounds the wait; " : "Without `after` and without a `:DOWN` clause it can stand still for good; ";
  return {
    at: site.node,
    firstLineOnly: true,
    message: `${server} waits in a \`receive\` inside \`${entry.fn.id}\`: all other messages stand behind it. ${without}keep the reference and go on in a \`handle_info/2\` clause.`,
    searched: [isBounded ? "a :DOWN clause for the awaited process (none)" : "an after section (none)"],
    severity: isUnasked(entry) ? "low" : isEndless && entry.fn.name !== "handle_continue" ? "high" : isBounded || entry.fn.name === "handle_continue" ? "low" : "medium",
    confidence: isOnly ? "proven" : "likely",
  };
}
/** One of the awaited messages is a timer's that the module arms for itself: that is the bound. */
const endsByTimer = ({ module }: CallSite, clauses: readonly Expr[]): boolean => clauses.some((clause) => armsItself(module, tagOf(clause.params[0])?.tag ?? ""));

/** The message was sent to the process itself before, as by a function that a registry runs for each entry: it is there already. */
const isSentHere = ({ clause, id }: CallSite): boolean => clause.sites.some((site) => site.id < id && site.closure === undefined && site.is("send", "Kernel.send", "Process.send") && site.args[0] !== undefined && isSelf(site.args[0], clause.node));

/** In the clause for an `:EXIT` the process has ended: its `:DOWN` is there already. */
const isAfterExit = ({ node }: CallSite): boolean => [...node.ancestors()].some((above) => above.kind === "clause" && tagOf(above.params[0])?.tag === "EXIT");
const isDown = (pattern: Expr | undefined): boolean => /^(DOWN|EXIT)$/.test(tagOf(pattern)?.tag ?? "");

/** After `cancel_timer` said that the timer has fired, its message is in the mailbox already. */
const isTimerFlush = (receive: Expr): boolean => [...receive.ancestors()].some((above) => above.isCall("if", "unless", "case", "cond") && [...above.descendants()].some((inner) => inner.isCall("Process.cancel_timer", ":erlang.cancel_timer") && inner.id < receive.id));

function ofAwait({ site, entry }: Inside, server: string): Report | undefined {
  const limit = site.args[1];
  if (limit !== undefined && integerOf(limit, site.module) === 0) return undefined;
  const isBounded = isYieldOrShutdown(site.node);
  const isSideBySide = /many/.test(site.name) || site.around.loop !== undefined;
  // A limit of one's own is what the task is for: the work itself has none.
  const isTimed = site.name === "Task.yield" || (limit !== undefined && !limit.isAtom("infinity"));
  if (!servesClients(site.module) || (isBounded && entry.fn.name !== "handle_call")) return undefined;
  return {
    at: site.node,
    message: `${server} waits for a task inside \`${entry.fn.id}\`${isSideBySide ? ": the tasks run side by side, but" : isTimed ? ": the task bounds the work, but" : ": nothing is gained over doing the work itself, and"} every other message stands behind it. Keep the task's reference and reply from the clause for its result.`,
    searched: ["a clause that takes the task's result later (none needed while it is awaited here)"],
    severity: isBounded || isSideBySide || isTimed || isUnasked(entry) || entry.fn.name === "handle_continue" ? "low" : limit?.isAtom("infinity") ? "high" : "medium",
    confidence: isBounded ? "review" : "likely",
  };
}

/** `Task.yield(task, limit) || Task.shutdown(task)`: isolation with a bound, thought through. */
const isYieldOrShutdown = (yielded: Expr): boolean => yielded.name.startsWith("Task.yield") && yielded.parent?.isOp("||") === true;

function ofStream({ site, entry }: Inside, server: string): Report {
  return {
    at: site.node,
    firstLineOnly: true,
    message: `${server} runs a task stream to its end inside \`${entry.fn.id}\`: it answers nobody until the slowest task is done. Collect in a task under a Task.Supervisor and reply from the clause for its result.`,
    severity: "low",
    confidence: "review",
  };
}

/** Whether the stream is run where it is made; one that is returned as a stream runs in whoever consumes it. */
function isConsumedBeforeReturn(site: CallSite): boolean {
  if (site.node.kind !== "call") return false;
  for (const above of site.node.ancestors()) {
    if (above === site.clause.node) return false;
    if (above.isCall("for") || /^(Enum\.\w+|Stream\.run|Map\.new|MapSet\.new|List\.\w+)$/.test(above.name)) return true;
    if (above.kind === "match") return isRunLater(above.left, site);
  }
  return false;
}
function isRunLater(bound: Expr | undefined, site: CallSite): boolean {
  if (bound?.kind !== "var") return false;
  for (const expr of site.clause.node.descendants())
    if (expr.kind === "var" && expr.name === bound.name && expr.id > site.node.next && [...expr.ancestors()].some((above) => /^(Enum\.\w+|Stream\.run|for)$/.test(above.name) && above.id > site.node.id)) return true;
  return false;
}
