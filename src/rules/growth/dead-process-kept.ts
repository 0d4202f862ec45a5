import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { entriesAt } from "../../model/context.ts";
import { boundIn, partOf } from "../../model/literals.ts";
import { bodiesOf } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { tagOf } from "../../model/server.ts";
import { type FieldWrite, fieldWritesIn } from "../../model/state.ts";
import { type Growth, growthOf, isReset } from "../shared/growth.ts";
import type { Expr } from "../../syntax/tree.ts";

const enlists = /^(subscribe|register|join|listen|add_\w*(listener|subscriber|client|watcher|observer|member)|attach|watch|follow|enlist|track)/;
/** Calls by which a server hears of the end of a process, or asks whether it lives. */
const watches = ["Process.link", ":erlang.link", "Process.alive?", ":pg.monitor", "Process.info", ":rpc.call", ":erpc.call"] as const;
/** Calls by which whoever runs them enters itself, and leaves when it dies. */
const entersItself = ["Registry.register", ":pg.join"] as const;
const monitors = ["Process.monitor", ":erlang.monitor"] as const;

export default defineRule({
  id: "dead-process-kept",
  family: "growth",
  title: "A process that dies stays in a server's state",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Monitor the process and remove it on its :DOWN" },
  source: "https://hexdocs.pm/elixir/Process.html#monitor/1",
  doc: {
    what: "A server keeps the processes that subscribe to it or join it, and removes one on its own request only, or not at all: no clause handles `:DOWN`.",
    why: "A subscriber that crashes or simply ends sends no farewell. Its pid stays, the state grows with each one, and every broadcast goes to the dead as well. A monitor whose `:DOWN` falls into a catch-all changes nothing.",
    instead: "`Process.monitor/1` when it is taken in, and a `handle_info({:DOWN, _ref, :process, pid, _reason}, state)` that removes it; or a `Registry`, which does both.",
    fine: ["A `:DOWN` or `:EXIT` clause.", "A link, a Registry, `:pg`.", "A sweep that tests `Process.alive?/1`, or a timer that removes entries.", "Callers that are answered and removed: `GenServer.reply/2`.", "Servers that end with the process they serve."],
    never: "A `Process.alive?/1` before each send: the entry stays.",
    sure: "Likely when the pid is the caller's or is monitored; review, and low, when only its name says that it is a process.",
  },
  bad: [
    elixir`
      defmodule Bell do
        use GenServer
        def init(_), do: {:ok, %{waiters: MapSet.new()}}
        def handle_call(:subscribe, {pid, _}, s), do: {:reply, :ok, %{s | waiters: MapSet.put(s.waiters, pid)}} #! stays in
        def handle_call(:unsubscribe, {pid, _}, s), do: {:reply, :ok, %{s | waiters: MapSet.delete(s.waiters, pid)}}
      end`,
  ],
  good: [
    elixir`
      defmodule Bell do
        use GenServer
        def init(_), do: {:ok, %{waiters: MapSet.new()}}
        def handle_call(:subscribe, {pid, _}, s) do
          Process.monitor(pid)
          {:reply, :ok, %{s | waiters: MapSet.put(s.waiters, pid)}}
        end
        def handle_info({:DOWN, _, :process, pid, _}, s), do: {:noreply, %{s | waiters: MapSet.delete(s.waiters, pid)}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer") || module.unknownUses.length > 0) return;
    const said = new Set<string>();
    for (const write of fieldWritesIn(module)) {
      if (!/^handle_(call|cast)$/.test(write.clause.fn.name) || said.has(write.field)) continue;
      const growth = growthOf(write);
      const process = growth === undefined ? undefined : processIn(growth, write.clause);
      if (growth === undefined || process === undefined) continue;
      if (hearsOfEnds(module)) return;
      if (isSwept(module, write.field)) continue;
      said.add(write.field);
      yield report(module, write, growth, process);
    }
  },
});

/** The module has a clause for the end of a process, or another way to learn of it. */
const hearsOfEnds = (module: Module): boolean =>
  module.calls(...watches).length > 0 ||
  module.calls(...entersItself).some((site) => !site.fn.isCallback && entriesAt(site).some((entry) => entry.kind === "client")) ||
  module.functions.some((fn) => fn.clauses.some((clause) => clause.params.some((param) => param.descendantsOf("atom").some(({ name }) => name === "DOWN" || name === "EXIT"))));

type Kept = { readonly name: string; readonly how: "caller" | "monitored" | "named" };

/** The process that a write takes in: the caller of a request, a monitored one, or one that a request to join names. */
function processIn(growth: Growth, clause: Clause): Kept | undefined {
  const [message, from] = clause.params;
  if (message === undefined) return undefined;
  const candidate = growth.kind === "map" ? growth.key : growth.element;
  if (candidate?.kind !== "var") return undefined;
  const { name } = candidate;
  if (clause.fn.name === "handle_call" && callerIn(from)?.isVar(name) === true) return { name, how: "caller" };
  if (clause.sites.some((site) => site.is(...monitors) && site.args.at(-1)?.isVar(name) === true)) return { name, how: "monitored" };
  const tag = tagOf(message)?.tag ?? "";
  return enlists.test(tag) && /^(pid|listener|subscriber|client|caller|watcher|observer|\w+_pid)$/.test(name) && boundIn(message).has(name) ? { name, how: "named" } : undefined;
}
/** The pid in `{pid, _tag}` or `{pid, _tag} = from`. */
const callerIn = (from: Expr | undefined): Expr | undefined => partOf(from, "tuple")?.children[0];

/** A message of its own, a timer or the reply to the waiting writes the field again: it is emptied without a request. */
const isSwept = (module: Module, field: string): boolean =>
  [...module.callback("handle_info/2"), ...module.callback("handle_continue/2")].some((clause) => bodiesOf(clause).some((body) => fieldWritesIn(module).some((write) => write.clause === body && write.field === field))) || fieldWritesIn(module).some((write) => write.field === field && isReset(write.value));

function report(module: Module, write: FieldWrite, growth: Growth, { name, how }: Kept): Report {
  const { clause, field } = write;
  const tag = tagOf(clause.params[0])?.tag ?? clause.fn.name;
  const isMonitored = clause.sites.some((site) => site.is(...monitors));
  const removal = fieldWritesIn(module).find((other) => other.field === field && other.clause !== clause && growthOf(other) === undefined);
  const catchAll = module.callback("handle_info/2").find((other) => other.params[0]?.kind === "var");
  const onlyWay = removal === undefined ? "nothing removes it" : `only \`${tagOf(removal.clause.params[0])?.tag ?? removal.clause.fn.name}\` removes it`;
  return {
    at: write.at.updated === undefined ? write.at : growth.at,
    ...(how === "named" ? { severity: "low" as const } : {}),
    confidence: how === "named" ? "review" : "likely",
    message: `When the process that \`${tag}\` took in dies, \`${name}\` stays in \`${field}\`: ${onlyWay}${isMonitored ? ", and no clause takes the `:DOWN` of its monitor" : ""}. ${isMonitored ? "Remove" : "Monitor it, and remove"} it on its \`:DOWN\`.`,
    related: [...(removal === undefined ? [] : [{ at: removal.at, message: "removed here, on request" }]), ...(isMonitored && catchAll !== undefined ? [{ at: catchAll.head, message: "takes the `:DOWN` and forgets it" }] : [])],
    evidence: [how === "caller" ? "The pid is that of the caller." : how === "monitored" ? "It is monitored." : "Its name says that it is a process."],
    searched: ["a `:DOWN` or `:EXIT` clause (none)", "a link, a Registry, `Process.alive?/1` (none)", `a message or timer that clears \`${field}\` (none)`],
  };
}
