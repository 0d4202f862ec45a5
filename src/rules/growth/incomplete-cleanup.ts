import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { sameExpr } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { fieldWritesIn } from "../../model/state.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "incomplete-cleanup",
  family: "growth",
  title: "Clean-up that leaves something behind",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Add the missing delete" },
  source: "https://hexdocs.pm/elixir/GenServer.html",
  doc: {
    what: "A function named after cleaning returns its argument or only marks rows, or a `:DOWN` clause drops some fields keyed by the dead process and leaves others keyed by the same.",
    why: "What is left is never looked at again and grows with each process that ends.",
    instead: "Delete every field keyed by what has ended, in one place.",
    fine: ["The left field is pruned elsewhere.", "History kept on purpose and bounded.", "The clause stops the server."],
    sure: "Proven for a function that returns its argument; likely for sibling fields with the same key; review for marks.",
  },
  bad: [
    elixir`
      defmodule Dispatch do
        use GenServer
        def init(_), do: {:ok, %{routes: %{}, breakers: %{}}}
        def handle_cast({:add, pid, route}, s) do
          {:noreply, %{s | routes: Map.put(s.routes, pid, route), breakers: Map.put(s.breakers, pid, :closed)}}
        end
        def handle_info({:DOWN, _, _, pid, _}, s), do: {:noreply, %{s | routes: Map.delete(s.routes, pid)}} #! but not
      end`,
  ],
  good: [
    elixir`
      defmodule Dispatch do
        use GenServer
        def init(_), do: {:ok, %{routes: %{}, breakers: %{}}}
        def handle_cast({:add, pid, route}, s) do
          {:noreply, %{s | routes: Map.put(s.routes, pid, route), breakers: Map.put(s.breakers, pid, :closed)}}
        end
        def handle_info({:DOWN, _, _, pid, _}, s) do
          {:noreply, %{s | routes: Map.delete(s.routes, pid), breakers: Map.delete(s.breakers, pid)}}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage", "gen_statem")) return;
    yield* emptyCleanups(module);
    for (const clause of module.callback("handle_info/2")) {
      const pid = deadProcess(clause);
      if (pid !== undefined && !stops(clause)) yield* forgottenFields(module, clause, pid);
    }
  },
});

const cleanName = /^(do_|perform_|run_|maybe_)?(cleanup|clean_up|prune|expire|sweep|evict|purge|gc|garbage_collect|remove_expired|remove_old|trim|compact)(_|$)/;

/** Functions whose name promises a clean-up, and which give back what they got, or mark and never delete. */
function* emptyCleanups(module: Module): Generator<Report> {
  for (const fn of module.functions) {
    if (!cleanName.test(fn.name) || fn.isMacro || fn.arity === 0 || fn.callers.length === 0 || fn.clauses.length > 1) continue;
    const [clause] = fn.clauses;
    if (clause === undefined) continue;
    const state = clause.params.find((param) => param.kind === "var" && /state|^s$|data/.test(param.name));
    if (state === undefined) continue;
    const outcomes = [...outcomesOf(clause.result)];
    const removes = clause.sites.some((site) => removing.test(site.name) || (site.callee !== undefined && site.callee !== fn && site.callee.sites.some((inner) => removing.test(inner.name))));
    if (removes) continue;
    if (outcomes.length > 0 && outcomes.every((outcome) => outcome.isVar(state.name)) && clause.sites.every((site) => /^Logger\./.test(site.name) || site.node.kind !== "call" || site.callee === undefined)) {
      if (clause.sites.some((site) => !/^Logger\./.test(site.name))) continue;
      yield { at: clause.head, confidence: "proven", message: `\`${fn.id}\` of ${module.shortName} says it cleans up and returns \`${state.name}\` as it came.`, related: fn.callers.slice(0, 3).map((site) => ({ at: site.node, message: `called from ${site.fn.id}` })), searched: ["a delete, drop, filter or reset in the function (none)"] };
    } else if (marks(clause, state.name)) {
      yield { at: clause.head, severity: "high", confidence: "review", message: `\`${fn.id}\` of ${module.shortName} marks entries and deletes none: what is marked stays for ever.`, related: fn.callers.slice(0, 3).map((site) => ({ at: site.node, message: `called from ${site.fn.id}` })), searched: ["a delete, drop, filter or reset in the function (none)"] };
    }
  }
}
const removing = /(\.(delete|delete_all|drop|pop|pop!|reject|filter|take|split|split_with|delete_object|select_delete|match_delete|delete_all_objects|terminate_child|demonitor|cancel_timer|rm|rm_rf|erase|reduce|flat_map|difference|unregister|truncate)$|pop_in$|^Map\.new$|^:queue\.|delete|remove|unregister|evict|purge)/;
const marks = (clause: Clause, state: string): boolean => [...outcomesOf(clause.result)].every((outcome) => outcome.updated?.isVar(state) === true) && clause.sites.some((site) => /^(Enum|Map)\.(map|map_reduce|new|update)$/.test(site.name)) && [...clause.node.descendants()].some((part) => part.kind === "pair" && /^(status|state|active|expired|alive)$/.test(part.key?.name ?? ""));

/** The pid that a `:DOWN` clause binds. */
function deadProcess(clause: Clause): Expr | undefined {
  const [message] = clause.params;
  const tuple = message?.kind === "match" ? (message.left?.kind === "tuple" ? message.left : message.right) : message;
  const pid = tuple?.kind === "tuple" && tuple.children[0]?.isAtom("DOWN") ? tuple.children[3] : undefined;
  return pid?.kind === "var" && !pid.name.startsWith("_") ? pid : undefined;
}
const stops = (clause: Clause): boolean => [...outcomesOf(clause.result)].some((outcome) => outcome.kind === "tuple" && outcome.children[0]?.isAtom("stop") === true);

/** Maps keyed by a pid elsewhere in the module, some of which this clause deletes from by the dead pid. */
function* forgottenFields(module: Module, clause: Clause, pid: Expr): Generator<Report> {
  const deleted = new Map<string, Expr>();
  for (const site of clause.sites) {
    const [first, second] = site.args;
    if (site.node.isCall("Map.delete", "Map.pop", "MapSet.delete", "List.delete") && first?.kind === "field" && sameExpr(second, pid)) deleted.set(first.name, first);
  }
  if (deleted.size === 0) return;
  const whole = clause.sites.some((site) => site.callee !== undefined && site.args.some((arg) => sameExpr(arg, pid) || (arg.kind === "var" && /state|^s$|data/.test(arg.name))));
  if (whole) return;
  const puts = fieldWritesIn(module).filter((write) => write.value?.isCall("Map.put", "Map.put_new", "MapSet.put") === true && write.value.args[0]?.kind === "field" && write.value.args[0].name === write.field);
  const keyNames = new Set(puts.filter((put) => deleted.has(put.field)).map((put) => put.value?.args[1]?.text ?? ""));
  const left = puts.filter((put) => !deleted.has(put.field) && keyNames.has(put.value?.args[1]?.text ?? "") && !prunedElsewhere(module, put.field) && ![...clause.node.descendants()].some((part) => part.isAtom(put.field) || (part.kind === "field" && part.name === put.field)));
  const fields = [...new Set(left.map((put) => put.field))];
  if (fields.length === 0) return;
  yield {
    at: clause.head,
    confidence: "likely",
    message: `\`:DOWN\` in ${module.shortName} removes ${[...deleted.keys()].map((field) => `\`${field}\``).join(" and ")} but not ${fields.map((field) => `\`${field}\``).join(" and ")}, also keyed by \`${left[0]?.value?.args[1]?.text ?? pid.name}\`.`,
    related: left.slice(0, 4).map((put) => ({ at: put.at, message: `adds to ${put.field}` })),
    searched: fields.map((field) => `a delete from \`${field}\` in the module (none)`),
  };
}
const prunedElsewhere = (module: Module, field: string): boolean => module.calls("Map.delete", "Map.drop", "Map.pop", "MapSet.delete", "Map.filter", "Map.reject", "Enum.reject", "Enum.filter").some((site) => site.args.some((arg) => [...arg.descendants()].some((part) => (part.kind === "field" && part.name === field) || part.isAtom(field)))) || fieldWritesIn(module).some((write) => write.field === field && write.value?.kind === "map" && write.value.children.length === 0 && write.clause.fn.name !== "init");
