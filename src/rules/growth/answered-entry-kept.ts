import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { fieldBinding } from "../../model/fields.ts";
import { matchesOn } from "../../model/flow.ts";
import { boundIn, mentions, quoted } from "../../model/literals.ts";
import { bodiesOf } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { fieldWritesIn } from "../../model/state.ts";
import { cancelsTimer } from "../../model/timers.ts";
import { usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { growthOf } from "../shared/growth.ts";

const fetches = ["Map.get", "Map.fetch", "Map.fetch!", "Access.get"] as const;
const removals = ["Map.delete", "Map.pop", "Map.pop!", "Map.drop", "Map.take", "Map.split", "Map.reject", "Map.filter", "pop_in", "Enum.reject", "Enum.filter", "Enum.split_with", "Map.split_with"] as const;

export default defineRule({
  id: "answered-entry-kept",
  family: "growth",
  title: "A pending entry stays after its answer",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Take the entry out where it is answered: Map.pop/2" },
  source: "https://hexdocs.pm/elixir/Map.html#pop/3",
  doc: {
    what: "A process keeps what it waits for in a map, and the clause for the answer looks the entry up, replies to its caller or cancels its timeout, and goes on with the same state.",
    why: "The entry is settled and still there. With its timer cancelled, the timeout that would have removed it never comes: one entry stays for each request that was answered. A second answer under the same key replies again, to a caller that may have gone on.",
    instead: "`{entry, pending} = Map.pop(state.pending, id)`, and go on with `%{state | pending: pending}`.",
    fine: ["The entry is removed or replaced in the clause, in what it calls, or by its caller.", "The timer or caller is a field of a longer-lived entry, as `session.timer`.", "The process stops there.", "The whole state goes to code of another module.", "A function that other modules call, and that has one for the removal beside it."],
    never: "A periodic sweep over entries that are known to be done.",
    sure: "Likely, and low: that another clause removes such entries is what tells a pending entry from a lasting one.",
  },
  bad: [
    elixir`
      defmodule Till do
        use GenServer
        def init(_), do: {:ok, %{pending: %{}}}
        def handle_call({:pay, id}, from, s), do: {:noreply, put_in(s.pending[id], from)}
        def handle_info({:paid, id}, s) do
          case Map.get(s.pending, id) do
            nil -> :ok
            from -> GenServer.reply(from, :ok) #! stays
          end
          {:noreply, s}
        end
        def handle_info({:refused, id}, s), do: {:noreply, %{s | pending: Map.delete(s.pending, id)}}
      end`,
  ],
  good: [
    elixir`
      defmodule Till do
        use GenServer
        def init(_), do: {:ok, %{pending: %{}}}
        def handle_call({:pay, id}, from, s), do: {:noreply, put_in(s.pending[id], from)}
        def handle_info({:paid, id}, s) do
          {from, pending} = Map.pop(s.pending, id)
          if from, do: GenServer.reply(from, :ok)
          {:noreply, %{s | pending: pending}}
        end
        def handle_info({:refused, id}, s), do: {:noreply, %{s | pending: Map.delete(s.pending, id)}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || module.calls("GenServer.reply", ":gen_statem.reply", "Process.cancel_timer", ":erlang.cancel_timer", ":timer.cancel").length === 0) return;
    for (const site of module.calls(...fetches)) {
      const report = judge(module, site);
      if (report !== undefined) yield report;
    }
  },
});

function judge(module: Module, site: CallSite): Report | undefined {
  const field = fieldOf(site);
  const key = site.args[1];
  if (field === undefined || key === undefined || key.kind === "atom" || key.kind === "string" || site.closure !== undefined) return undefined;
  const { clause } = site;
  // A function for others: they may take the entry out in a second step.
  if (!clause.fn.isCallback && !/^(handle|websocket)_/.test(clause.fn.name) && (clause.fn.callers.length === 0 || clause.fn.callers.some((caller) => caller.module !== module))) return undefined;
  const settled = clause.sites.find((other) => other.id > site.id && settles(other) && entriesOf(site).some((name) => other.args[0]?.isVar(name) === true));
  const removal = removalIn(module, field);
  if (settled === undefined || removal === undefined || removal.clause === clause) return undefined;
  const callers = clause.fn.callers.filter((caller) => caller.module === module).map((caller) => caller.clause);
  if ([clause, ...callers].some((around) => bodiesOf(around).some((body) => changes(module, body, field, key.text)) || givesStateAway(around))) return undefined;
  if (stops(clause)) return undefined;
  const isTimer = cancelsTimer(settled);
  return {
    at: settled.node,
    confidence: "likely",
    message: `The entry of \`${field}\` under \`${quoted(key, 30)}\` is ${isTimer ? "done with, its timer is cancelled" : "answered"}, and it stays: only \`${removal.fn.id}\` removes such entries${isTimer ? ", which the cancelled timer no longer calls" : ""}. Take it out here: \`Map.pop/2\`.`,
    related: [{ at: site.node, message: "looked up here" }, { at: removal.node, message: "removed here, on another way" }],
    searched: [`a removal from \`${field}\` in this clause, in what it calls, in what calls it (none)`],
  };
}

/** The field of a map in which the entry is looked up: `s.pending`, or a variable that a pattern took from there. */
function fieldOf({ args: [map], clause }: CallSite): string | undefined {
  if (map?.kind === "field") return map.target?.kind === "var" ? map.name : undefined;
  if (map?.kind !== "var") return undefined;
  for (const param of clause.params) {
    const field = fieldBinding(param, map.name);
    if (field !== undefined) return field;
  }
  return undefined;
}

/** The names that the entry, or the parts of an entry that is a tuple, have below the lookup. */
function entriesOf({ node }: CallSite): readonly string[] {
  const usage = usageOf(node);
  const patterns = usage.kind === "matched" ? [usage.pattern] : usage.kind === "subject" && usage.of.isCall("case", "with") ? usage.of.clauses.flatMap(({ params }) => params) : [];
  return patterns.filter(({ kind }) => kind === "var" || kind === "tuple").flatMap((pattern) => [...boundIn(pattern)].filter((name) => !pattern.descendantsOf("pair").some((pair) => pair.value?.isVar(name) === true)));
}
const settles = (site: CallSite): boolean => site.node.kind === "call" && (site.is("GenServer.reply", ":gen_statem.reply", ":gen_server.reply") || cancelsTimer(site));

/** A place of the module that takes entries out of the field. */
const removalIn = (module: Module, field: string): CallSite | undefined => module.calls(...removals).find((site) => site.args[0] !== undefined && namesField(site.args[0], field, site.clause));
const namesField = (expr: Expr, field: string, clause: Clause): boolean => [...expr.descendants()].some((part) => (part.kind === "field" && part.name === field) || part.isAtom(field) || (part.kind === "var" && clause.params.some((param) => fieldBinding(param, part.name) === field)));

/** The clause removes from the field, or gives it or this entry another value; one entry more is no removal. */
function changes(module: Module, clause: Clause, field: string, key: string): boolean {
  const isAnother = (added: Expr | undefined): boolean => added !== undefined && (added.text !== key || matchesOn(clause.node, added.name).length > 0);
  if (fieldWritesIn(module).some((write) => write.clause === clause && write.field === field && !isAnother(growthOf(write)?.key))) return true;
  return clause.sites.some((site) => site.is(...removals) && site.args.some((arg) => mentions(arg, field) || namesField(arg, field, clause)));
}

/** The state goes to a function of another module, which may take the entry out. */
const givesStateAway = (clause: Clause): boolean => clause.sites.some((site) => site.node.kind === "call" && site.node.module !== "" && site.callee?.module !== clause.fn.module && !/^(Map|Logger|GenServer|Access|Enum|Process|Kernel|:erlang|:telemetry)\b/.test(site.name) && site.args.some((arg) => arg.kind === "var" && /^(state|s|data|acc|socket)$/.test(arg.name)));
const stops = (clause: Clause): boolean => clause.node.descendantsOf("tuple").some((tuple) => tuple.children[0]?.isAtom("stop") === true && tuple.parent?.kind !== "match") && !clause.node.descendantsOf("tuple").some((tuple) => /^(noreply|reply|ok|keep_state|next_state|push)$/.test(tuple.children[0]?.kind === "atom" ? tuple.children[0].name : ""));
