import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { valuesOf } from "../../model/fields.ts";
import { boundIn, mentions } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { tagOf } from "../../model/server.ts";
import { cancelsTimer } from "../../model/timers.ts";
import type { Expr } from "../../syntax/tree.ts";

const holding = ["holder", "owner", "locked_by", "held_by", "leased_to", "lease", "borrower", "checked_out_by", "taken_by", "lock_holder"] as const;
const kept = /^(locks?|holders?|owners?|leases?|leased|checked_out|borrowed|taken|in_use|busy|claims?|reservations?|held)$/;
const frees = /^(release|unlock|free|return|give_back|checkin|check_in|put_back|unclaim|relinquish|drop_lock|leave)/;
const takes = /^(acquire|lock|take|checkout|check_out|claim|lease|borrow|reserve|obtain|grab|get_lock|try_lock)/;
const watching = ["Process.monitor", "Process.link", ":erlang.monitor", ":erlang.link", "Registry.register", "Process.alive?"] as const;

export default defineRule({
  id: "unmonitored-holder",
  family: "resources",
  title: "What a process holds is never freed when it dies",
  severity: "high",
  set: "extended",
  fix: { kind: "guided", title: "Monitor the holder and free on its :DOWN" },
  source: "https://hexdocs.pm/elixir/Process.html#monitor/1",
  doc: {
    what: "A server records who holds a lock, lease or other resource, frees it on the holder's own message, and takes no monitor or link.",
    why: "A holder that crashes sends no message. What it held stays taken until the server is restarted, and everybody else waits.",
    instead: "`Process.monitor/1` when the resource is given, the reference kept beside it, and the release on `:DOWN`.",
    fine: ["A monitor or link anywhere in the module.", "A lease that ends by itself.", "A Registry, which is linked to those who register.", "Owners that are ids, not processes."],
    sure: "Likely: one request takes what only another one frees.",
  },
  bad: [
    elixir`
      defmodule Ovens do
        use GenServer
        def init(_), do: {:ok, %{locks: %{}}}
        def handle_call({:lock, oven}, {pid, _}, s), do: {:reply, :ok, %{s | locks: Map.put(s.locks, oven, pid)}} #! stays taken
        def handle_cast({:unlock, oven}, s), do: {:noreply, %{s | locks: Map.delete(s.locks, oven)}}
      end`,
  ],
  good: [
    elixir`
      defmodule Ovens do
        use GenServer
        def init(_), do: {:ok, %{locks: %{}}}
        def handle_call({:lock, oven}, {pid, _}, s) do
          ref = Process.monitor(pid)
          {:reply, :ok, %{s | locks: Map.put(s.locks, oven, {pid, ref})}}
        end
        def handle_cast({:unlock, oven}, s) do
          {{_pid, ref}, locks} = Map.pop(s.locks, oven)
          Process.demonitor(ref, [:flush])
          {:noreply, %{s | locks: locks}}
        end
        def handle_info({:DOWN, ref, _, _, _}, s), do: {:noreply, %{s | locks: Map.reject(s.locks, fn {_, {_, r}} -> r == ref end)}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "gen_statem") || module.unknownUses.length > 0 || module.calls(...watching).length > 0) return;
    const requests = ["handle_call/3", "handle_cast/2"].flatMap((id) => module.callback(id));
    const release = requests.find((clause) => frees.test(tagOf(clause.params[0])?.tag ?? ""));
    if (release === undefined) return;
    for (const clause of requests) {
      const report = takes.test(tagOf(clause.params[0])?.tag ?? "") ? judge(module, clause, release) : undefined;
      if (report !== undefined) yield report;
    }
  },
});

function judge(module: Module, clause: Clause, release: Clause): Report | undefined {
  const pids = holdersIn(clause);
  if (pids.size === 0 || expires(module, clause)) return undefined;
  const at = storing(module, clause, pids);
  if (at === undefined) return undefined;
  const tag = tagOf(clause.params[0])?.tag ?? clause.fn.name;
  return {
    at,
    firstLineOnly: true,
    message: `If the process that \`${tag}\` gave it to dies, what it holds stays taken: ${module.shortName} frees it on \`${tagOf(release.params[0])?.tag ?? release.fn.name}\` only. Monitor the holder and free on its \`:DOWN\`.`,
    related: [{ at: clause.head, message: "gives it away" }, { at: release.head, message: "the only place that frees it" }],
    searched: [`\`Process.monitor/1\` or a link in ${module.shortName} (none)`, "a time limit (none)"],
    confidence: "likely",
  };
}

/** Variables that hold the caller's pid, or a process that the message names. */
function holdersIn(clause: Clause): Set<string> {
  const found = new Set<string>();
  const [message, from] = clause.params;
  if (clause.fn.name === "handle_call" && from?.kind === "tuple" && from.children[0]?.kind === "var") found.add(from.children[0].name);
  if (clause.fn.name === "handle_call" && from?.kind === "var" && !from.name.startsWith("_")) found.add(from.name);
  for (const name of message === undefined ? [] : boundIn(message)) if (/^(pid|holder|owner|caller|client|process|who|worker)(_pid)?$/.test(name)) found.add(name);
  return found;
}

function storing(module: Module, clause: Clause, pids: ReadonlySet<string>): Expr | undefined {
  const names = [...pids];
  for (const field of holding) for (const write of valuesOf(module, field)) if (write.clause === clause && names.some((name) => mentions(write.value, name))) return write.at.parent ?? write.at;
  return [...clause.node.descendants()].find((expr) => {
    const field = expr.args[0]?.kind === "field" ? expr.args[0].name : expr.args[0]?.kind === "var" ? expr.args[0].name : undefined;
    const value = expr.args.at(-1);
    return expr.isCall("Map.put", "MapSet.put", "Keyword.put") && field !== undefined && kept.test(field) && value !== undefined && names.some((name) => mentions(value, name));
  });
}

/** A time limit: a timer armed in the clause whose message frees, or an expiry kept beside the holder. */
const expires = (module: Module, clause: Clause): boolean =>
  [...clause.node.descendants()].some((part) => part.kind === "pair" && part.key?.kind === "atom" && /expire|ttl|until|deadline|lease_time/.test(part.key.name)) || module.functions.some((fn) => fn.sites.some((site) => cancelsTimer(site))) || module.callback("handle_info/2").some((other) => /expire|lease|(lock|hold)_timeout$/.test(tagOf(other.params[0])?.tag ?? ""));
