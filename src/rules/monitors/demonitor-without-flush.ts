import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries, stepsOf } from "../../model/context.ts";
import { boundIn, mentions } from "../../model/literals.ts";
import { downIn, forms, infoClausesOf, mayInject } from "../../model/mailbox.ts";
import type { Clause, Module } from "../../model/module.ts";
import { takesAnything } from "../../model/messages.ts";
import { isStop } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "demonitor-without-flush",
  family: "monitors",
  title: "A :DOWN that is on the way outlives its monitor",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Process.demonitor(ref, [:flush])" },
  source: "https://hexdocs.pm/elixir/Process.html#demonitor/2",
  doc: {
    what: "A server calls `Process.demonitor(ref)` without `:flush`, forgets what the reference stood for, and its `:DOWN` clause cannot take a reference that it does not know.",
    why: "The process may have died just before: its `:DOWN` is in the mailbox then, and `Process.demonitor/1` leaves it there. The clause looks the reference up, finds nothing, and the match raises.",
    instead: "`Process.demonitor(ref, [:flush])`, which takes the message out as well.",
    fine: ["`[:flush]`, or a `receive` after the demonitor that takes the message out.", "A `:DOWN` clause, or a later one, that takes references it does not know.", "A reference that the clause compares by pattern, with a catch-all behind it."],
    never: "A `rescue` in the `:DOWN` clause.",
    sure: "Likely: the process has to die between its last request and the demonitor.",
  },
  bad: [
    elixir`
      defmodule Club do
        use GenServer
        def init(_), do: {:ok, %{guests: %{}}}
        def handle_call({:join, pid}, _from, s), do: {:reply, :ok, put_in(s.guests[Process.monitor(pid)], pid)}
        def handle_call({:leave, ref}, _from, s) do
          Process.demonitor(ref) #! is in the mailbox already
          {:reply, :ok, %{s | guests: Map.delete(s.guests, ref)}}
        end
        def handle_info({:DOWN, ref, :process, _pid, _reason}, s) do
          {guest, guests} = Map.pop!(s.guests, ref)
          Door.goodbye(guest)
          {:noreply, %{s | guests: guests}}
        end
      end`.replaceAll("\\`", "`"),
  ],
  good: [
    elixir`
      defmodule Club do
        use GenServer
        def init(_), do: {:ok, %{guests: %{}}}
        def handle_call({:join, pid}, _from, s), do: {:reply, :ok, put_in(s.guests[Process.monitor(pid)], pid)}
        def handle_call({:leave, ref}, _from, s) do
          Process.demonitor(ref, [:flush])
          {:reply, :ok, %{s | guests: Map.delete(s.guests, ref)}}
        end
        def handle_info({:DOWN, ref, :process, _pid, _reason}, s) do
          {guest, guests} = Map.pop!(s.guests, ref)
          Door.goodbye(guest)
          {:noreply, %{s | guests: guests}}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.isServer || mayInject(module, "handle_info")) return;
    for (const site of module.calls("Process.demonitor", ":erlang.demonitor")) {
      if (site.node.kind !== "call" || site.closure !== undefined || !isBare(site) || takesOut(site.clause)) continue;
      const report = judge(module, site);
      if (report !== undefined) yield report;
    }
  },
});

/** No options, or options written out without `:flush`. */
const isBare = ({ args }: CallSite): boolean => args.length === 1 || (args[1]?.kind === "list" && !args[1].children.some((option) => option.isAtom("flush") || option.kind === "var"));
const takesOut = (clause: Clause): boolean => clause.sites.some((site) => site.is("receive") && site.node.descendantsOf("atom").some((atom) => atom.isAtom("DOWN")));

function judge(module: Module, site: CallSite): Report | undefined {
  const entry = callbackEntries(site).find((candidate) => candidate.module === module && /^handle_/.test(candidate.fn.name) && downIn(candidate.clause?.params[0]) === undefined);
  if (entry === undefined) return undefined;
  const clauses = infoClausesOf(module, forms.down);
  const failing = clauses.length === 0 ? undefined : failsIn(clauses[0] as Clause);
  const isUnexpected = clauses.length === 0 && module.callback("handle_info/2").length > 0 && !takesAnything(module, "handle_info/2");
  if (failing === undefined && !isUnexpected) return undefined;
  return {
    at: site.node,
    message: `A \`:DOWN\` that is in the mailbox already stays there, and ${failing === undefined ? `no clause of ${module.shortName} takes it` : "its clause then raises, since the entry is gone"}. Give \`[:flush]\` as the second argument.`,
    related: [...stepsOf(entry), ...(failing === undefined ? [] : [{ at: failing, message: "this match fails for a reference that is not known" }])],
    searched: ["`:flush` (none)", "a `:DOWN` clause for other references (none)"],
    confidence: "likely",
  };
}

/** Where the clause, the only one for its message, expects to find what the reference or the pid stands for. */
function failsIn(clause: Clause): Expr | undefined {
  const message = clause.params[0];
  if (message === undefined || clause.guard !== undefined || isStop(clause.result)) return undefined;
  const named = boundIn(message);
  const isAsked = (expr: Expr | undefined): boolean => expr !== undefined && [...named].some((name) => mentions(expr, name));
  if (clause.params.slice(1).some((param) => [...boundIn(param)].some((name) => named.has(name)))) return undefined;
  for (const statement of clause.body) {
    const value = statement.kind === "match" ? statement.right : statement;
    const fetch = statement.descendantsOf("call").find((call) => call.isCall("Map.pop!", "Map.fetch!", "Keyword.fetch!") && isAsked(call.args[1]));
    if (fetch !== undefined && !isInBranch(fetch, clause)) return fetch;
    if (statement.kind !== "match" || !isAsked(value) || statement.left === undefined || value?.kind !== "call") continue;
    if (isRefutable(statement.left, value)) return statement;
  }
  return undefined;
}
const isInBranch = (expr: Expr, clause: Clause): boolean => [...expr.ancestors()].some((above) => clause.node.contains(above) && (above.isCall("if", "unless", "case", "cond", "with", "try") || above.kind === "fn"));
/** A pattern that the answer of a lookup for something unknown does not fit. */
const isRefutable = (pattern: Expr, value: Expr): boolean =>
  (pattern.kind === "list" && pattern.children.length > 0 && /^(:ets\.(lookup|select|match|take|match_object)|Enum\.filter|Registry\.lookup)$/.test(value.name)) ||
  (pattern.kind === "tuple" && value.isCall("Enum.find", "List.keyfind", "List.keytake")) ||
  (pattern.kind === "tuple" && pattern.children[0]?.isAtom("ok") === true && value.isCall("Map.fetch", "Keyword.fetch"));
