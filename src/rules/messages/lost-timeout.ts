import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { armingsIn } from "../../model/arming.ts";
import { quoted } from "../../model/literals.ts";
import { infoClausesFor } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { isCatchAll } from "../../model/server.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { matchesOn } from "../../model/flow.ts";

export default defineRule({
  id: "lost-timeout",
  family: "messages",
  title: "Any message cancels the timeout that the work hangs on",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Send the message with Process.send_after/3" },
  source: "https://hexdocs.pm/elixir/GenServer.html#module-timeouts",
  doc: {
    what: "A server does regular work, or its first work, in `handle_info(:timeout, state)`, and has clauses for other messages that return no timeout.",
    why: "The timeout in `{:noreply, state, 5_000}` is no timer: the next message of any kind ends it. If its clause returns no new one, `:timeout` never comes again, and polling, flushing or connecting stops without a word.",
    instead: "`Process.send_after(self(), :poll, 5_000)`, armed again by its own clause: other messages do not touch it. A first step belongs into `{:continue, …}`.",
    fine: ["An idle timeout: the clause stops or hibernates the server.", "A timeout of 0, also one by which other messages bring the work about.", "Every other clause returns a timeout, too.", "A clause for one kind of state, such as a paused one.", "A server that takes no other message.", "The answer that is waited for ends the timeout on purpose."],
    never: "A timeout in every return: then each message puts the work off, and a busy server never comes to it.",
    sure: "Proven for a clause that answers a call or takes any message and leaves the state as it is; likely for another timer of the server. Low when the clause of `:timeout` only writes to the log.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(t), do: {:ok, t, 1_000} #! ends this timeout
        def handle_info(:timeout, _t), do: {:noreply, Oven.Sensor.read(), 1_000}
        def handle_call(:temperature, _from, t), do: {:reply, t, t}
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(t) do
          Process.send_after(self(), :read, 1_000)
          {:ok, t}
        end
        def handle_info(:read, _t) do
          Process.send_after(self(), :read, 1_000)
          {:noreply, Oven.Sensor.read()}
        end
        def handle_call(:temperature, _from, t), do: {:reply, t, t}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.uses.some((use) => use.name === "GenServer") || module.kinds.length > 1) return;
    const clauses = module.callback("handle_info/2").filter((clause) => clause.params[0]?.isAtom("timeout") === true);
    const ends = clauses.flatMap((clause) => [...outcomesOf(clause.result)]);
    if (clauses.length === 0 || ends.some(isIdle) || sends(module) || isPoked(module)) return;
    const again = ends.find(timeoutOf);
    const first = module.callback("init/1").flatMap((clause) => [...outcomesOf(clause.result)]).find(timeoutOf);
    const at = first ?? again;
    const canceller = cancellersIn(module).find(({ clause }) => !clauses.includes(clause));
    if (at !== undefined && canceller !== undefined && (again !== undefined || canceller.isTimer)) yield report(module, at, clauses, canceller, again !== undefined);
  },
});

type Canceller = { readonly clause: Clause; readonly end: Expr; readonly isTimer: boolean };

function report(module: Module, at: Expr, clauses: readonly Clause[], { clause, end, isTimer }: Canceller, isTick: boolean): Report {
  return {
    at,
    message: `${module.shortName} ${isTick ? "works on" : "begins its work with"} \`:timeout\`, but any message ends this timeout, and \`${quoted(clause.params[0] ?? clause.head, 30)}\` sets no new one: \`:timeout\` then never comes${isTick ? " again" : ""}. Use \`Process.send_after/3\`.`,
    related: [{ at: clause.head, message: "takes another message" }, { at: end, message: "returns no timeout" }, ...clauses.slice(0, 1).map((own) => ({ at: own.head, message: "the work" }))],
    evidence: ["A timeout of a GenServer holds until the next message."],
    searched: ["a stop or a hibernation on :timeout (none)", "`:timeout` sent by a timer (none)"],
    ...(clauses.every(onlyLogs) ? { severity: "low" as const } : {}),
    confidence: isTimer ? "likely" : "proven",
  };
}

/** A line in the log, and the state as it was: what is lost is the line. */
const onlyLogs = (clause: Clause): boolean => givesBackState(clause) && clause.sites.some(({ name }) => name.startsWith("Logger.")) && clause.sites.every(({ name, callee }) => name.startsWith("Logger.") || (callee === undefined && !/^(:|[A-Z])/.test(name)));

/** The size of a return without a timeout, by its tag; one element more is a timeout, `:hibernate` or a continuation. */
const plainSize: ReadonlyMap<string, number> = new Map([["ok", 2], ["noreply", 2], ["reply", 3]]);
const tagIn = (outcome: Expr): string => (outcome.kind === "tuple" ? (outcome.children[0]?.name ?? "") : "");

/** The timeout of a return, if there is one that lasts: no zero, no `:infinity`, `:hibernate` or continuation. */
function timeoutOf(outcome: Expr): Expr | undefined {
  const size = plainSize.get(tagIn(outcome));
  const last = size !== undefined && outcome.children.length === size + 1 ? outcome.children[size] : undefined;
  return last === undefined || last.kind === "tuple" || last.kind === "atom" || last.text === "0" ? undefined : last;
}

/** Whether the work on `:timeout` is the end of it, a rest, or something that cannot be seen. */
const isIdle = (outcome: Expr): boolean => !plainSize.has(tagIn(outcome)) || outcome.children.at(-1)?.isAtom("hibernate") === true;

/** The message is also sent by a timer or by hand, and then comes however many others do. */
const sends = (module: Module): boolean => armingsIn(module).some(({ message }) => message.isAtom("timeout"));

/** Messages bring the work about themselves, by a timeout of 0: the longer one is a second thought. */
const isPoked = (module: Module): boolean => ["handle_call/3", "handle_cast/2", "handle_info/2"].some((id) => module.callback(id).some((clause) => [...outcomesOf(clause.result)].some((outcome) => outcome.children.length === (plainSize.get(tagIn(outcome)) ?? 0) + 1 && outcome.children.at(-1)?.text === "0")));

/**
 * Ends of clauses for messages that have nothing to do with what is waited for: a call that only asks, a message that is dropped,
 * another timer of the server.
 */
function cancellersIn(module: Module): Canceller[] {
  const timers = armingsIn(module).filter(({ kind }) => kind !== "send").flatMap(({ message }) => infoClausesFor(module, message));
  const asked = module.callback("handle_call/3").filter(keepsState);
  const dropped = module.callback("handle_info/2").filter((clause) => isCatchAll(clause.params[0], clause.guard) && keepsState(clause));
  return [...asked, ...dropped, ...timers].flatMap((clause) => {
    const ends = [...outcomesOf(clause.result)];
    const end = ends.find((outcome) => outcome.children.length === plainSize.get(tagIn(outcome)));
    return end === undefined || ends.some(timeoutOf) ? [] : [{ clause, end, isTimer: timers.includes(clause) }];
  });
}

/** In whatever state the server is, every end gives that back as it came. */
const keepsState = (clause: Clause): boolean => clause.lastParam(0)?.kind === "var" && clause.guard === undefined && givesBackState(clause);

/** Every end gives back the state that the clause was given. */
function givesBackState(clause: Clause): boolean {
  const last = clause.lastParam(0);
  const state = last?.kind === "match" ? last.right : last;
  const ends = [...outcomesOf(clause.result)];
  return state?.kind === "var" && ends.length > 0 && ends.every((end) => end.children[(plainSize.get(tagIn(end)) ?? 0) - 1]?.isVar(state.name) === true) && !matchesOn(clause.node, state.name).some(({ id }) => id > (clause.body[0]?.id ?? 0));
}
