import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { operationsIn, type TableOperation } from "../../model/ets.ts";
import { partOf } from "../../model/literals.ts";
import { bodiesOf } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { fieldWritesIn } from "../../model/state.ts";
import { isStop, outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { namesDown } from "../../model/mailbox.ts";

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
    const said = new Set<string>();
    for (const clause of module.callback("handle_info/2")) {
      if (!namesDown(clause.params[0]) || stops(clause)) continue;
      const pid = deadProcess(clause);
      if (pid !== undefined) yield* forgottenFields(module, clause, pid, said);
      yield* markedDead(module, clause);
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
    if (marksRows(module, clause)) {
      yield { at: clause.head, confidence: "likely", severity: "high", message: `\`${fn.id}\` of ${module.shortName} marks rows and deletes none: what is marked stays in the table for ever.`, related: fn.callers.slice(0, 3).map((site) => ({ at: site.node, message: `called from ${site.fn.id}` })), searched: ["`:ets.delete`, `select_delete` or the like on that table (none)"] };
      continue;
    }
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
/** A clean-up that writes rows back, of a table that nothing in the module deletes from. */
function marksRows(module: Module, clause: Clause): boolean {
  const own = operationsIn(module).filter((operation) => operation.site.clause === clause);
  const written = own.find((operation) => operation.action === "write");
  if (written === undefined || own.some((operation) => operation.action === "delete" || operation.action === "clear" || operation.action === "take")) return false;
  const name = nameOfTable(written);
  return !operationsIn(module).some((operation) => ["delete", "clear", "take"].includes(operation.action) && nameOfTable(operation) === name);
}
const nameOfTable = ({ table, tableName }: TableOperation): string => tableName ?? table.name;

const removing = /(\.(delete|delete_all|drop|pop|pop!|reject|filter|take|split|split_with|delete_object|select_delete|match_delete|delete_all_objects|terminate_child|demonitor|cancel_timer|rm|rm_rf|erase|reduce|flat_map|difference|unregister|truncate)$|pop_in$|^Map\.new$|^:queue\.|delete|remove|unregister|evict|purge)/;
const marks = (clause: Clause, state: string): boolean => [...outcomesOf(clause.result)].every((outcome) => outcome.updated?.isVar(state) === true) && clause.sites.some((site) => /^(Enum|Map)\.(map|map_reduce|new|update)$/.test(site.name)) && [...clause.node.descendants()].some((part) => part.kind === "pair" && /^(status|state|active|expired|alive)$/.test(part.key?.name ?? ""));

/** The pid that a `:DOWN` clause binds. */
function deadProcess(clause: Clause): Expr | undefined {
  const tuple = partOf(clause.params[0], "tuple");
  const pid = tuple?.children[0]?.isAtom("DOWN") === true ? tuple.children[3] : undefined;
  return pid?.kind === "var" && !pid.name.startsWith("_") ? pid : undefined;
}
const stops = (clause: Clause): boolean => [...outcomesOf(clause.result)].some(isStop);

/** A field that gets an entry under a key, here or in a helper that is given the field and the key. */
type Put = { readonly at: Expr; readonly field: string; readonly key: Expr };

function putsIn(module: Module): Put[] {
  const direct = fieldWritesIn(module).flatMap((write): Put[] => {
    const { value, field } = write;
    const key = value?.isCall("Map.put", "Map.put_new", "MapSet.put", "Map.update") === true && value.args[0]?.kind === "field" && value.args[0].name === field ? value.args[1] : undefined;
    if (key !== undefined) return [{ at: write.at, field, key }];
    const path = write.at.isCall("put_in") ? write.at.args[0] : undefined;
    return path?.isCall("Access.get") === true && path.args[0]?.kind === "field" && path.args[1] !== undefined ? [{ at: write.at, field, key: path.args[1] }] : [];
  });
  const helped = module.calls().flatMap((site): Put[] => {
    const { callee } = site;
    const index = site.args.findIndex((arg) => arg.kind === "field");
    const given = site.args[index];
    if (callee === undefined || callee.module !== module || given === undefined) return [];
    return callee.sites.flatMap((inner): Put[] => {
      if (!inner.is("Map.put", "Map.update", "Map.put_new") || !inner.args[0]?.isVar(inner.clause.params[index]?.name ?? "")) return [];
      const keyIndex = inner.clause.params.findIndex((param) => param.kind === "var" && inner.args[1]?.isVar(param.name) === true);
      const key = site.args[keyIndex];
      return key === undefined ? [] : [{ at: site.node, field: given.name, key }];
    });
  });
  return [...direct, ...helped];
}

/** Two keys that mean the same kind of thing: the same words, or both called a pid. */
const isSameKind = (a: Expr, b: Expr): boolean => a.text === b.text || (/(^|_)pid$/.test(a.name) && /(^|_)pid$/.test(b.name));

/** A clause in which the dead pid has this name: the `:DOWN` clause, or a function of the module that it hands the pid to. */
type Body = { readonly clause: Clause; readonly pid: string };

function bodiesWith(clause: Clause, pid: string, depth = 0): readonly Body[] {
  const inner = depth > 1 ? [] : clause.sites.flatMap((site) => {
    const index = site.args.findIndex((arg) => arg.isVar(pid));
    if (index < 0 || site.callee?.module !== clause.fn.module || site.callee === clause.fn || site.closure !== undefined) return [];
    return site.callee.clauses.flatMap((next) => (next.params[index]?.kind === "var" ? bodiesWith(next, next.params[index].name, depth + 1) : []));
  });
  return [{ clause, pid }, ...inner];
}

/** A field that loses the entry of the dead pid: `Map.delete(s.f, pid)`, `pop_in(s.f[pid])`, `update_in(s.f, &MapSet.delete(&1, pid))`. */
function deletedBy({ node, name, args: [first, second] }: CallSite, pid: string): string | undefined {
  if (/^(Map\.(delete|pop|pop!)|MapSet\.delete|List\.delete)$/.test(name)) return second?.isVar(pid) !== true ? undefined : first?.kind === "field" ? first.name : fieldUpdatedAround(node);
  return name === "pop_in" && first?.isCall("Access.get") === true && first.args[0]?.kind === "field" && first.args[1]?.isVar(pid) === true ? first.args[0].name : undefined;
}
/** The field that `update_in(s.f, fun)` or `Map.update!(s, :f, fun)` gives to the function around a place. */
function fieldUpdatedAround(node: Expr): string | undefined {
  const update = [...node.ancestors()].find((above) => above.isCall("update_in", "Map.update!"));
  const [path, key] = update?.args ?? [];
  return path?.kind === "field" ? path.name : key?.kind === "atom" ? key.name : undefined;
}

/** Fields keyed by a pid, some of which a `:DOWN` clause deletes from by the dead pid, and others not. */
function* forgottenFields(module: Module, clause: Clause, pid: Expr, said: Set<string>): Generator<Report> {
  const bodies = bodiesWith(clause, pid.name);
  const deletions = bodies.flatMap((body) => body.clause.sites.flatMap((site) => {
    const field = deletedBy(site, body.pid);
    return field === undefined ? [] : [{ field, at: site.node, isHere: body.clause === clause }];
  }));
  const [first] = deletions;
  const deleted = new Set(deletions.map(({ field }) => field));
  const own = new Set<Clause>([...bodiesOf(clause), ...bodies.map((body) => body.clause)]);
  // Code of another module that is given the state, or that this walk does not reach, may delete.
  if (first === undefined || [...own].some((body) => body.sites.some((site) => site.callee !== undefined && !site.callee.clauses.every((next) => own.has(next)) && site.args.some((arg) => arg.kind === "var" && /^(state|s|data)$/.test(arg.name))))) return;
  const mentioned = (field: string): boolean => [...own].some((body) => [...body.node.descendants()].some((part) => part.isAtom(field) || (part.kind === "field" && part.name === field && !isGuardOf(part, body))));
  const left = putsIn(module).filter((put) => !deleted.has(put.field) && isSameKind(put.key, pid) && !said.has(put.field) && !prunedElsewhere(module, put.field) && !mentioned(put.field));
  const fields = [...new Set(left.map((put) => put.field))];
  if (fields.length === 0) return;
  for (const field of fields) said.add(field);
  const update = [...clause.node.descendants()].find((part) => part.updated !== undefined && part.pairs.some((pair) => deleted.has(pair.key?.name ?? "")));
  yield {
    at: first.isHere ? (update ?? clause.head) : first.at,
    confidence: "likely",
    message: `\`:DOWN\` in ${module.shortName} removes ${[...deleted].map((field) => `\`${field}\``).join(" and ")} but not ${fields.map((field) => `\`${field}\``).join(" and ")}, also keyed by \`${left[0]?.key.text ?? pid.name}\`.`,
    related: [{ at: clause.head, message: "the :DOWN clause" }, ...left.slice(0, 4).map((put) => ({ at: put.at, message: `adds to ${put.field}` }))],
    searched: fields.map((field) => `a delete from \`${field}\` in the module (none)`),
  };
}
/** Only read, as in `if s.f[pid] == :manual`: that removes nothing. */
const isGuardOf = (part: Expr, body: Clause): boolean => part.parent?.isCall("Access.get") === true && !writesTo(body, part.name);
const writesTo = (body: Clause, field: string): boolean => body.sites.some((site) => site.is("pop_in", "put_in", "update_in") && [...site.node.descendants()].some((part) => part.kind === "field" && part.name === field));

/** A `:DOWN` clause that writes "dead" beside the entry instead of removing it, into a field nothing is deleted from. */
function* markedDead(module: Module, clause: Clause): Generator<Report> {
  for (const site of clause.sites) {
    const [field, , value] = site.args;
    if (!site.is("Map.put") || field?.kind !== "field" || value?.kind !== "map") continue;
    const status = value.pairs.find((pair) => /^(status|state|health)$/.test(pair.key?.name ?? ""))?.value;
    if (status?.kind !== "atom" || !/^(dead|down|terminated|offline|gone|crashed|exited)$/.test(status.name) || deletesFrom(module, field.name)) continue;
    yield { at: site.node, confidence: "likely", message: `\`:DOWN\` in ${module.shortName} marks the entry in \`${field.name}\` as \`:${status.name}\` and nothing deletes it: one entry stays for each process that ends.`, related: [{ at: clause.head, message: "the :DOWN clause" }], searched: [`a delete from \`${field.name}\` that a dead process can reach (none)`] };
  }
}
/** A delete that also runs for processes that ended by themselves: not only on their own request. */
const deletesFrom = (module: Module, field: string): boolean => module.calls("Map.delete", "Map.drop", "Map.pop", "Map.filter", "Map.reject", "Enum.reject", "Enum.filter").some((site) => site.args.some((arg) => arg.kind === "field" && arg.name === field) && site.fn.name !== "handle_call");
const prunedElsewhere = (module: Module, field: string): boolean => module.calls("Map.delete", "Map.drop", "Map.pop", "Map.pop!", "MapSet.delete", "Map.filter", "Map.reject", "Enum.reject", "Enum.filter", "pop_in", "Map.split", "Map.split_with", "Map.take", "Map.new", "for", "Enum.reduce").some((site) => site.args.some((arg) => [...arg.descendants()].some((part) => (part.kind === "field" && part.name === field) || part.isAtom(field)))) || module.calls("update_in", "Map.update!").some((site) => [...site.node.descendants()].some((part) => (part.kind === "field" && part.name === field) || part.isAtom(field)) && /delete|drop|pop|reject|filter|take|split/.test(site.node.text)) || fieldWritesIn(module).some((write) => write.field === field && write.value?.kind === "map" && write.value.children.length === 0 && write.clause.fn.name !== "init");
