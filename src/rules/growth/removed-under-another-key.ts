import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { operationsIn, operationsOn } from "../../model/ets.ts";
import { fieldBinding, valuesOf } from "../../model/fields.ts";
import { matchesOn } from "../../model/flow.ts";
import { boundIn, partOf, quoted } from "../../model/literals.ts";
import { canMatch } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { tagOf } from "../../model/server.ts";
import type { Expr } from "../../syntax/tree.ts";
import { isReset } from "../shared/growth.ts";

const adding = ["Map.put", "Map.put_new", "Map.put_new_lazy", "Map.update", "MapSet.put", "put_in"] as const;
const removing = ["Map.delete", "Map.pop", "Map.pop!", "MapSet.delete", "pop_in"] as const;

export default defineRule({
  id: "removed-under-another-key",
  family: "growth",
  title: "Added under one shape of key and removed under another",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Remove under the key that was added" },
  source: "https://hexdocs.pm/elixir/Map.html#delete/2",
  doc: {
    what: "Every entry of a field or a table goes in under a tuple of one shape, and a removal names a tuple of another shape, or no tuple at all.",
    why: "`Map.delete/2` and `:ets.delete/2` say nothing when there is no such key. The entry stays, and with it the monitor or timer it holds; the field grows with each request, though the code says it cleans up.",
    instead: "The same key in both places, best made by one function; or a removal by pattern: `Map.reject/2`, `:ets.match_delete/2`.",
    fine: ["A key that is a variable of which nothing is known.", "A field that gets entries from elsewhere, too."],
    sure: "Likely: both keys are written out, or one of them is seen to be a pid, a reference or another plain value.",
  },
  bad: [
    elixir`
      defmodule Board do
        use GenServer
        def init(_), do: {:ok, %{guests: %{}}}
        def handle_cast({:join, pid, table}, s) do
          {:noreply, %{s | guests: Map.put(s.guests, {pid, table}, Process.monitor(pid))}}
        end
        def handle_info({:DOWN, _, _, pid, _}, s) do
          {:noreply, %{s | guests: Map.delete(s.guests, pid)}} #! finds nothing
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Board do
        use GenServer
        def init(_), do: {:ok, %{guests: %{}}}
        def handle_cast({:join, pid, table}, s) do
          {:noreply, %{s | guests: Map.put(s.guests, {pid, table}, Process.monitor(pid))}}
        end
        def handle_info({:DOWN, _, _, pid, _}, s) do
          {:noreply, %{s | guests: Map.reject(s.guests, fn {{guest, _}, _} -> guest == pid end)}}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    if (module.isServer && module.calls(...removing).length > 0) yield* judge(module, fieldEntries(module, adding), fieldEntries(module, removing), (field) => isOnlyAddedTo(module, field));
    const rows = operationsIn(module).flatMap(({ site, action, tableName, key }): Entry[] => (tableName === undefined || key === undefined ? [] : [{ site, key, into: tableName, isRemoval: action === "delete" || action === "take", isAdding: /^(write|insert-new|counter)$/.test(action) }]));
    if (rows.some(({ isRemoval }) => isRemoval)) yield* judge(module, rows.filter(({ isAdding }) => isAdding), rows.filter(({ isRemoval }) => isRemoval), (name) => isOwnTable(module, name));
  },
});

/** A place that names the key of one entry. `into` is the field or the table. */
type Entry = { readonly site: CallSite; readonly key: Expr; readonly into: string; readonly isRemoval?: boolean; readonly isAdding?: boolean };

function fieldEntries(module: Module, names: readonly string[]): Entry[] {
  return module.calls(...names).flatMap((site): Entry[] => {
    if (site.node.kind !== "call") return [];
    const [first, second] = site.args;
    const place = first?.isCall("Access.get") === true && site.name.endsWith("_in") ? first.args : [first, second];
    const into = fieldOf(place[0], site.clause);
    return place[1] === undefined || into === undefined || (site.name.endsWith("_in") && place[0] === first) ? [] : [{ site, key: place[1], into }];
  });
}

/** The field of the state that an expression is, or that a pattern of the head binds it to. */
function fieldOf(expr: Expr | undefined, clause: Clause): string | undefined {
  if (expr?.kind === "field") return expr.name;
  if (expr?.kind !== "var") return undefined;
  for (const param of clause.params) if (boundIn(param).has(expr.name)) return fieldBinding(param, expr.name);
  const [only, more] = matchesOn(clause.node, expr.name);
  return more === undefined && only?.right?.kind === "field" ? only.right.name : undefined;
}

function* judge(module: Module, added: readonly Entry[], removed: readonly Entry[], isKnown: (into: string) => boolean): Generator<Report> {
  for (const removal of removed) {
    const puts = added.filter(({ into }) => into === removal.into);
    const keys = puts.map(({ key, site }) => tupleIn(key, site.clause));
    const [put] = puts;
    if (put === undefined || keys.some((key) => key === undefined) || !isKnown(removal.into)) continue;
    const tuple = tupleIn(removal.key, removal.site.clause);
    const misses = tuple === undefined ? isNoTuple(removal.key, removal.site.clause) : keys.every((key) => key !== undefined && !canMatch(key, tuple));
    if (misses)
      yield {
        at: removal.site.node,
        confidence: "likely",
        message: `\`${quoted(removal.site.node, 50)}\` finds nothing: entries of \`${removal.into}\` are put under \`${quoted(keys[0] ?? put.key, 40)}\`, so this one stays. Remove it under the same key.`,
        related: puts.slice(0, 3).map(({ site }) => ({ at: site.node, message: "adds an entry" })),
        searched: [`another way to add to \`${removal.into}\` in ${module.shortName} (none)`],
      };
  }
}

/** The tuple that a key is, also through a variable that is bound once. */
function tupleIn(key: Expr, clause: Clause): Expr | undefined {
  if (key.kind === "tuple") return key;
  if (key.kind !== "var" || clause.params.some((param) => boundIn(param).has(key.name))) return undefined;
  const [only, more] = matchesOn(clause.node, key.name);
  return more === undefined && only?.right?.kind === "tuple" ? only.right : undefined;
}

const plainGuards = /^is_(pid|binary|atom|reference|integer|list|map|port)$/;
/** Whether a key is seen to be something else than a tuple. */
function isNoTuple(key: Expr, clause: Clause): boolean {
  if (/^(atom|number|string|alias)$/.test(key.kind) || key.isCall("self")) return true;
  if (key.kind !== "var") return false;
  if (clause.guard?.descendantsOf("call").some((call) => plainGuards.test(call.name) && call.args[0]?.isVar(key.name)) === true) return true;
  const down = partOf(clause.params[0], "tuple");
  if (tagOf(clause.params[0])?.tag === "DOWN" && (down?.children[1]?.isVar(key.name) === true || down?.children[3]?.isVar(key.name) === true)) return true;
  return matchesOn(clause.node, key.name).some(({ right }) => right?.isCall("self", "make_ref", "Process.monitor") === true);
}

/** Whether all that code puts into the field is an entry more, an entry less, or nothing. */
const isOnlyAddedTo = (module: Module, field: string): boolean =>
  valuesOf(module, field).every(({ value, clause }) => {
    const made = value.kind === "var" ? clause.node.descendantsOf("match").filter(({ left }) => left !== undefined && boundIn(left).has(value.name)).flatMap(({ right }) => right ?? []) : [value];
    return made.length > 0 && made.every((from) => isReset(from) || from.isCall(...adding, ...removing, "Map.reject", "Map.filter", "Map.drop", "MapSet.reject", "MapSet.filter"));
  });

/** Whether no other module adds rows to the table. */
const isOwnTable = (module: Module, name: string): boolean => operationsOn(module.workspace, name).every(({ site, action }) => site.module === module || !/^(write|insert-new|counter)$/.test(action));
