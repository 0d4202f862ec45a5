import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { type Arming, armingsIn } from "../../model/arming.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, type Entry, stepsOf } from "../../model/context.ts";
import { fieldsWrittenIn, valuesOf } from "../../model/fields.ts";
import { boundIn } from "../../model/literals.ts";
import { bodiesOf, infoClausesFor } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { tagOf } from "../../model/server.ts";
import { timerCancels, timerOrigins } from "../../model/timers.ts";
import { isDropped, isStop, outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "stale-timer",
  family: "resources",
  title: "A timer outlives what it was armed for",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Put a reference into the message, and let its clause ask for it" },
  source: "https://hexdocs.pm/elixir/Process.html#cancel_timer/2",
  doc: {
    what: "A timer is armed when some work begins, nothing cancels it when the work ends, and the clause of its message acts on whatever work runs when it comes. Or the timer is cancelled, and its clause ends the server even so when the message was in the mailbox already.",
    why: "A timer knows nothing of the state that armed it. The one of a finished job fires into the next one and ends it too early. `Process.cancel_timer/1` stops a timer that still runs; a message it has sent already stays in the mailbox, behind whatever made the code cancel it.",
    instead: "Arm with `ref = make_ref()` in the message, keep `ref` in the state, and let the clause match it: `handle_info({:late, ref}, %{late: ref} = s)`; a second clause drops the others. Or `:erlang.start_timer/3`, which puts its own reference into the message. Cancelling as well is fine.",
    fine: ["The message carries what tells it from older ones, and its clause compares.", "The clause asks the state whether it is still wanted.", "The cancel is followed by a `receive` that takes the message out, or by a look at its answer.", "Loops and intervals."],
    never: "The cancel alone: it narrows the window and does not close it.",
    sure: "Likely when the end of the work clears what the arming has put there, and the module cancels nothing. Low: what else sets the field in time is not followed.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, %{tray: nil}}
        def handle_call({:bake, tray}, _from, s) do
          Process.send_after(self(), :burnt, 60_000) #! nothing cancels this timer
          {:reply, :ok, %{s | tray: tray}}
        end
        def handle_call(:take_out, _from, s), do: {:reply, s.tray, %{s | tray: nil}}
        def handle_info(:burnt, s) do
          Bin.throw(s.tray)
          {:noreply, %{s | tray: nil}}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, %{tray: nil, alarm: nil}}
        def handle_call({:bake, tray}, _from, s) do
          alarm = make_ref()
          Process.send_after(self(), {:burnt, alarm}, 60_000)
          {:reply, :ok, %{s | tray: tray, alarm: alarm}}
        end
        def handle_call(:take_out, _from, s), do: {:reply, s.tray, %{s | tray: nil, alarm: nil}}
        def handle_info({:burnt, alarm}, %{alarm: alarm} = s) do
          Bin.throw(s.tray)
          {:noreply, %{s | tray: nil, alarm: nil}}
        end
        def handle_info({:burnt, _older}, s), do: {:noreply, s}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const arming of armingsIn(module)) {
      if (arming.kind !== "once" || tagOf(arming.message) === undefined) continue;
      const report = stopsThoughCancelled(module, arming) ?? firesIntoNext(module, arming);
      if (report !== undefined) yield report;
    }
  },
});

const label = (message: Expr): string => (message.kind === "tuple" ? `{:${message.children[0]?.name ?? ""}, …}` : `:${message.name}`);
const cancelsIn = (module: Module): readonly CallSite[] => module.calls(...timerCancels).filter(({ node }) => node.kind === "call");

/** The work for which the timer was armed ends elsewhere, and the clause of the timer does not see that. */
function firesIntoNext(module: Module, arming: Arming): Report | undefined {
  const { site, message } = arming;
  if (message.kind !== "atom" || cancelsIn(module).length > 0) return undefined;
  const entry = entriesAt(site).find((candidate) => candidate.kind === "callback" && /^handle_(call|cast|info|event|in)$/.test(candidate.fn.name) && infoClausesFor(candidate.module, message).length > 0);
  if (entry === undefined || (entry.module !== module && cancelsIn(entry.module).length > 0)) return undefined;
  const own = infoClausesFor(entry.module, message);
  if (entry.clause !== undefined && own.includes(entry.clause)) return undefined;
  for (const { field, value } of fieldsWrittenIn(site.clause)) {
    if (!isWork(value)) continue;
    const end = endOf(module, field, site.clause, own);
    const acting = end === undefined ? undefined : own.find((clause) => actsOn(clause, field));
    if (end !== undefined && acting !== undefined) return intoNext(arming, entry, field, end, acting);
  }
  return undefined;
}

/** A value that stands for one piece of work: computed or given, and no literal. */
const isWork = (value: Expr): boolean => !/^(atom|number|string|list|map|struct|fn|funref|attribute|alias)$/.test(value.kind) && !value.isCall("self");

/** Where other code than the timer's own clauses clears the field. */
function endOf(module: Module, field: string, arms: Clause, own: readonly Clause[]): Expr | undefined {
  return valuesOf(module, field).find(({ value, clause }) => value.isAtom("nil") && clause !== arms && clause.fn.name !== "init" && !own.includes(clause) && entersElsewhere(clause, own))?.at;
}
function entersElsewhere(clause: Clause, own: readonly Clause[]): boolean {
  if (clause.fn.isCallback) return clause.fn.name !== "terminate";
  return clause.fn.callers.some(({ clause: above }) => !own.includes(above) && (above.fn.isCallback ? above.fn.name !== "init" : above !== clause && (above.fn.isPublic || entersElsewhere(above, own))));
}

/** The clause of the timer reads or ends what the field holds, and compares nothing that would tell one piece of work from the next. */
function actsOn(clause: Clause, field: string): boolean {
  const bodies = bodiesOfAll(clause);
  if (bodies.some(({ node }) => node.descendantsOf("call", "op").some((expr) => (expr.isOp("==", "!=", "===", "!==", "<", ">", "<=", ">=") && !expr.children.some((side) => side.isAtom("nil"))) || /(monotonic_time|system_time|utc_now|DateTime\.|cancel_timer|read_timer)/.test(expr.name)))) return false;
  const asksNil = (param: Expr): boolean => param.descendantsOf("pair").some(({ key, value }) => key?.isAtom(field) === true && value?.isAtom("nil") === true);
  if (clause.params.some(asksNil)) return false;
  return bodies.some((body) => !body.params.some(asksNil) && body.node.descendantsOf("field", "pair").some((part) => (part.kind === "field" ? part.name === field : part.key?.isAtom(field) === true && part.value?.kind === "var" && body.params.some((param) => param.contains(part)))));
}
/** What handling a message does, in the module of the handler and in those whose functions it calls. */
const bodiesOfAll = (clause: Clause): readonly Clause[] => [...new Set([...bodiesOf(clause), ...clause.sites.flatMap(({ callee, closure }) => (closure !== undefined || callee === undefined || callee.isMacro ? [] : callee.clauses))])];

function intoNext({ site, message }: Arming, entry: Entry, field: string, end: Expr, acting: Clause): Report {
  return {
    at: site.node,
    message: `${label(message)} still comes when \`${field}\` has ended: nothing cancels this timer, and its clause then acts on the next one. Put a reference into the message and compare it, and cancel the timer when \`${field}\` ends.`,
    related: [...stepsOf(entry), { at: end, message: `\`${field}\` ends here, and the timer goes on` }, { at: acting.head, message: `acts on \`${field}\`, whichever it is` }],
    searched: [`a cancel of a timer in ${entry.module.shortName} (none)`, `a comparison in the clause of ${label(message)} (none)`],
    confidence: "likely",
  };
}

/** Code cancels the timer because it is not wanted any more; a message that is on the way ends the server nevertheless. */
function stopsThoughCancelled(module: Module, { site, message }: Arming): Report | undefined {
  const own = infoClausesFor(module, message);
  const [clause, other] = own;
  if (clause === undefined || other !== undefined || asks(clause) || !stopsAlways(clause)) return undefined;
  const cancel = cancelsIn(module).find((candidate) => candidate.clause !== clause && candidate.fn.name !== "terminate" && isDropped(candidate.node) && cancels(candidate, site) && !endsHere(candidate) && !takesOut(candidate.clause, message));
  if (cancel === undefined) return undefined;
  return {
    at: clause.head,
    message: `${label(message)} ends ${module.shortName} whenever it comes, also when the timer was cancelled and the message was in the mailbox already. Put a reference into the message and compare it with the one in the state.`,
    related: [{ at: site.node, message: "the timer is armed here" }, { at: cancel.node, message: "and cancelled here, which takes no message back" }],
    searched: [`a test in the clause of ${label(message)} (none)`, "a `receive` after the cancel that takes it out (none)"],
    confidence: "likely",
  };
}

/** The cancel gets this timer; where its reference cannot be followed, the only one of the module that is kept. */
function cancels({ args: [subject], clause, name }: CallSite, arming: CallSite): boolean {
  if (subject === undefined) return false;
  const origins = timerOrigins(subject, clause).filter(({ kind }) => kind !== "none");
  if (origins.length === 0 || origins.some(({ kind }) => kind !== "unknown")) return origins.some(({ at }) => at === arming.node);
  const isKept = ({ site, kind }: Arming): boolean => kind !== "send" && !isDropped(site.node) && site.name.startsWith(":timer") === name.startsWith(":timer");
  const kept = armingsIn(arming.module).filter(isKept);
  return kept.length === 1 && kept[0]?.site === arming;
}
/** The state decides whether the clause runs, or a part of the message is compared with it. */
function asks(clause: Clause): boolean {
  if (clause.guard !== undefined) return true;
  const [message, ...states] = clause.params;
  const given = message === undefined ? new Set<string>() : boundIn(message);
  return states.some((param) => [...boundIn(param)].some((name) => given.has(name)) || param.descendantsOf("pair").some(({ value }) => value !== undefined && /^(atom|number|string|pin)$/.test(value.kind)));
}
/** Every way through the clause ends the server, and no branch decides. */
const stopsAlways = (clause: Clause): boolean => isStop(clause.result) && !clause.sites.some(({ name }) => /^(if|unless|case|cond|with|receive)$/.test(name)) && [...outcomesOf(clause.result)].every(isStop);
/** The cancel belongs to the end of the server. */
const endsHere = ({ clause }: CallSite): boolean => { const outcomes = [...outcomesOf(clause.result)]; return outcomes.length > 0 && outcomes.every(isStop); };
const takesOut = (clause: Clause, message: Expr): boolean => clause.sites.some((site) => site.is("receive") && site.node.clauses.some(({ params: [pattern] }) => tagOf(pattern)?.tag === tagOf(message)?.tag));
