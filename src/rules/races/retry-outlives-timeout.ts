import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { mentions } from "../../model/literals.ts";
import { bodiesOf, clausesFor, type Timer, timersIn } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { tagOf } from "../../model/server.ts";
import { usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "retry-outlives-timeout",
  family: "races",
  title: "A retry goes on after the timeout has answered",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Keep waiting callers in one map that both timers delete from" },
  source: "https://hexdocs.pm/elixir/Process.html#send_after/4",
  doc: {
    what: "A handler puts `from` into two timers, one that tries again and one that gives up. Each can reply, and neither stops the other.",
    why: "After the give-up has answered, the retry runs on: it can take a lock for a caller that left, replies a second time, and re-arms itself for ever.",
    instead: "One map of waiting callers, reference to `from`; whichever comes first takes the entry out, and the other finds nothing. Monitor the waiter.",
    fine: ["One path cancels the timer of the other.", "Both look the waiter up in the state and delete it.", "The retry carries a deadline or a count of tries and tests it."],
    sure: "Proven: both messages carry the same `from`, and the retry clause arms itself again without a deadline. Critical when the retry also takes or stores something.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, %{user: nil}}
        def handle_call({:take, who, ms}, from, s) do
          Process.send_after(self(), {:retry, who, from}, 100) #! keeps running
          Process.send_after(self(), {:give_up, from}, ms)
          {:noreply, s}
        end
        def handle_info({:retry, who, from}, %{user: nil} = s) do
          GenServer.reply(from, :ok)
          {:noreply, %{s | user: who}}
        end
        def handle_info({:retry, who, from}, s) do
          Process.send_after(self(), {:retry, who, from}, 100)
          {:noreply, s}
        end
        def handle_info({:give_up, from}, s) do
          GenServer.reply(from, {:error, :timeout})
          {:noreply, s}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, %{waiting: %{}}}
        def handle_call({:take, ms}, from, s) do
          ref = make_ref()
          Process.send_after(self(), {:give_up, ref}, ms)
          {:noreply, put_in(s.waiting[ref], from)}
        end
        def handle_info({:give_up, ref}, s) do
          {from, waiting} = Map.pop(s.waiting, ref)
          if from, do: GenServer.reply(from, {:error, :timeout})
          {:noreply, %{s | waiting: waiting}}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.isServer) return;
    const timers = timersIn(module).filter((timer) => timer.kind === "once");
    for (const retry of timers) {
      const from = waiterIn(retry);
      if (from === undefined || !replies(module, retry) || !rearms(module, retry) || endsByItself(module, retry)) continue;
      const giveUp = timers.find((other) => other !== retry && other.site.clause === retry.site.clause && mentions(other.message, from) && tagOf(other.message)?.tag !== tagOf(retry.message)?.tag && replies(module, other) && !endsByItself(module, other));
      if (giveUp !== undefined) yield report(module, retry, giveUp);
    }
  },
});

/** Name of the `from` of the surrounding `handle_call` that the message carries. */
function waiterIn({ site, message }: Timer): string | undefined {
  const from = site.fn.name === "handle_call" ? site.clause.params[1] : undefined;
  return from?.kind === "var" && mentions(message, from.name) ? from.name : undefined;
}

const handling = (module: Module, timer: Timer): readonly Clause[] => clausesFor(module, timer.message).flatMap(bodiesOf);
const replies = (module: Module, timer: Timer): boolean => handling(module, timer).some((clause) => clause.sites.some((site) => site.is("GenServer.reply", ":gen_server.reply")));
const rearms = (module: Module, timer: Timer): boolean => handling(module, timer).some((clause) => timersIn(module).some((other) => other.site.clause === clause && tagOf(other.message)?.tag === tagOf(timer.message)?.tag));

/** The handler cancels a timer, takes a waiter out of the state, or tests a deadline or the number of tries. */
function endsByItself(module: Module, timer: Timer): boolean {
  return handling(module, timer).some((clause) =>
    clause.sites.some((site) => /^(Process\.cancel_timer|:erlang\.cancel_timer|Map\.(pop|fetch|has_key\?|delete)|MapSet\.(member\?|delete)|pop_in|is_map_key|DateTime\.(compare|diff|before\?|after\?)|Process\.alive\?)$/.test(site.name) || testsTime(site)) || counts(module, clause, timer),
  );
}
/** A clock whose value is compared or subtracted. */
function testsTime(site: CallSite): boolean {
  if (!/^(System|:erlang|:os)\.\w*time$/.test(site.name)) return false;
  const decides = (part: Expr): boolean => part.isOp("<", ">", "<=", ">=", "-");
  if ([...site.node.ancestors()].some(decides)) return true;
  const usage = usageOf(site.node);
  return usage.kind === "matched" && usage.pattern.kind === "var" && [...site.clause.node.descendants()].some((part) => decides(part) && mentions(part, usage.pattern.name));
}
/** The message is armed again with a number that changes. */
const counts = (module: Module, clause: Clause, timer: Timer): boolean => timersIn(module).some((other) => other.site.clause === clause && tagOf(other.message)?.tag === tagOf(timer.message)?.tag && [...other.message.descendants()].some((part) => part.isOp("+", "-")));

function report(module: Module, retry: Timer, giveUp: Timer): Report {
  const takes = handling(module, retry).some((clause) => clause.sites.some((site) => /^(:ets\.(insert|insert_new)|Map\.put|put_in|GenServer\.(call|cast)|Registry\.register)$/.test(site.name)) || [...clause.node.descendants()].some((part) => part.updated !== undefined));
  const again = tagOf(retry.message)?.tag ?? "the retry";
  const end = tagOf(giveUp.message)?.tag ?? "the timeout";
  return {
    at: retry.site.node,
    confidence: "proven",
    severity: takes ? "critical" : "high",
    message: `After \`${end}\` has answered, \`${again}\` keeps running${takes ? " and may take what it waits for, for a caller that left" : " and replies to the same caller again"}.`,
    related: [{ at: giveUp.site.node, message: "gives up and replies" }, ...clausesFor(module, retry.message).slice(0, 2).map((clause) => ({ at: clause.head, message: "tries again and replies" })), ...clausesFor(module, giveUp.message).slice(0, 1).map((clause) => ({ at: clause.head, message: "answers the caller and leaves the retry" }))],
    evidence: ["Both messages carry the same `from`.", `\`${again}\` arms itself again.`],
    searched: ["a cancel of the other timer (none)", "a waiting entry both delete (none)", "a deadline in the retry (none)"],
  };
}
