import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, isUnused } from "../../model/context.ts";
import { isSerialised, operationsUsuallyOn, type Table, type TableOperation, tablesNamed, usualNameOf } from "../../model/ets.ts";
import { literalName } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";

const steps = [":ets.next", ":ets.prev", ":ets.next_lookup", ":ets.prev_lookup"] as const;
const goingOn = [":ets.select", ":ets.match", ":ets.match_object"] as const;
const removals: ReadonlySet<TableOperation["action"]> = new Set(["delete", "clear", "take"]);

export default defineRule({
  id: "unfixed-table-walk",
  family: "ets",
  title: "A walk over a table that others change",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Fix the table for the walk" },
  source: "https://www.erlang.org/doc/apps/stdlib/ets.html#safe_fixtable/2",
  doc: {
    what: "`:ets.next/2` steps from key to key, or `:ets.select/1` goes on with a continuation, over a table that is no `:ordered_set` and from which another process can delete meanwhile, and nothing fixes the table.",
    why: "`:ets.next/2` of a key that has just been deleted raises ArgumentError. A continuation does not raise, but a table that grows or shrinks under it moves its rows: some are met twice and others never.",
    instead: "`:ets.safe_fixtable(table, true)` before the walk and `false` in an `after`; or one call that does the whole: `:ets.foldl/3`, `:ets.select/2`, `:ets.tab2list/1`.",
    fine: ["An `:ordered_set`: it knows the next key also of one that is gone.", "A rescue of the ArgumentError.", "The walk and every deletion run in the same server, one after the other."],
    sure: "Likely when creation, walk and deletion are in the workspace. A continuation is low: nothing raises; and so is a deletion that nothing of an application calls.",
  },
  bad: [
    elixir`
      defmodule Menu do
        def open, do: :ets.new(:menu, [:named_table, :public])
        def drop(dish), do: :ets.delete(:menu, dish)
        def print, do: print(:ets.first(:menu))
        defp print(:"$end_of_table"), do: :ok
        defp print(dish) do
          IO.puts(dish)
          print(:ets.next(:menu, dish)) #! raises when
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Menu do
        def open, do: :ets.new(:menu, [:named_table, :public])
        def drop(dish), do: :ets.delete(:menu, dish)
        def print, do: :ets.foldl(fn {dish}, _ -> IO.puts(dish) end, :ok, :menu)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || module.calls(":ets.safe_fixtable").length > 0) return;
    for (const site of module.calls(...steps, ...goingOn)) {
      const isStep = (steps as readonly string[]).includes(site.name);
      if (site.node.kind !== "call" || (!isStep && site.args.length !== 1) || site.around.tries.length > 0 || site.clause.node.section("rescue") !== undefined) continue;
      const table = isStep ? tableOf(site, site.args[0]) : continuedTable(site);
      const removal = table === undefined ? undefined : removalBeside(site, table);
      if (table !== undefined && removal !== undefined) yield report(module, site, table, removal, isStep);
    }
  },
});

/** The one table of a name, when it is known to be no ordered one. */
function tableOf(site: CallSite, written: CallSite["node"] | undefined): (Table & { readonly name: string }) | undefined {
  const { module } = site;
  const name = written === undefined ? undefined : (literalName(written, module) ?? usualNameOf({ site, action: "read", table: written, tableName: undefined, key: undefined }) ?? namedByCallers(site, written));
  if (name === undefined) return undefined;
  const found = tablesNamed(module.workspace, name).filter((table) => table.site.module.isLib);
  const [table] = found;
  return table !== undefined && found.length === 1 && table.access !== undefined && table.access !== "private" && table.type !== "ordered_set" ? { ...table, name } : undefined;
}

/** The name that every caller writes for a parameter; a function that hands its own parameter on to itself does not count. */
function namedByCallers({ clause, fn, module }: CallSite, written: CallSite["node"]): string | undefined {
  const index = written.kind === "var" ? clause.params.findIndex((param) => param.isVar(written.name)) : -1;
  const names = new Set(index < 0 ? [] : fn.callers.filter((caller) => caller.fn !== fn).map((caller) => literalName(caller.args[index], module)));
  return names.size === 1 ? [...names][0] : undefined;
}

/** The table of the only read with a limit in the module: a continuation does not name its own. */
function continuedTable(site: CallSite): (Table & { readonly name: string }) | undefined {
  const begun = site.module.calls(site.name).filter(({ args }) => args.length === 3);
  return begun.length === 1 && begun[0] !== undefined ? tableOf(begun[0], begun[0].args[0]) : undefined;
}

/** A removal of rows that can come between two steps of the walk. */
function removalBeside(site: CallSite, { name }: { readonly name: string }): TableOperation | undefined {
  const walker = isSerialised(site) ? entriesAt(site)[0]?.module : undefined;
  return operationsUsuallyOn(site.module.workspace, name).find((operation) => {
    if (!removals.has(operation.action) || !operation.site.module.isLib || operation.site.args.length < 2) return false;
    const remover = isSerialised(operation.site) ? entriesAt(operation.site)[0]?.module : undefined;
    return walker === undefined || remover !== walker;
  });
}

function report(module: Module, site: CallSite, { name, site: creation }: Table, removal: TableOperation, isStep: boolean): Report {
  return {
    at: site.node,
    severity: isStep && !isUnused(removal.site.fn) ? "medium" : "low",
    confidence: "likely",
    message: isStep
      ? `\`${site.name}\` raises when \`${removal.site.fn.id}\` has just deleted the key it goes on from in \`${name ?? ""}\`. Fix the table for the walk, or read it in one call.`
      : `Rows that \`${removal.site.fn.id}\` deletes from \`${name ?? ""}\` between two parts of this walk move others: some are met twice, and some never. Fix the table for the walk.`,
    related: [{ at: removal.site.node, message: "deletes" }, { at: creation.node, message: "the table" }],
    searched: [`\`:ets.safe_fixtable\` in ${module.shortName} (none)`, "a rescue around the step (none)"],
  };
}
