import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import { callbackEntries, entriesAt } from "../../model/context.ts";
import { operationsOn, operationsUsuallyOn, type Table, type TableOperation, tableFor, usualNameOf } from "../../model/ets.ts";
import { inOneRun, isOwnRow, sameRow, sameTable, type TableStep, tableStepsIn } from "../../model/ets-steps.ts";
import { runsAfter, runsAlways } from "../../model/flow.ts";
import { quoted } from "../../model/literals.ts";
import { statementOf, statementsAfter } from "../../model/usage.ts";
import { lineRemoved } from "../shared/edits.ts";

export default defineRule({
  id: "ets-delete-then-insert",
  family: "ets",
  title: "ETS row replaced by a delete and an insert",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Insert alone: it replaces the row of a set", ready: "where the insert of one row into a set follows in the same block, and rows are deleted in another place, too" },
  source: "https://www.erlang.org/doc/apps/stdlib/ets.html",
  doc: {
    what: "A row is deleted and then inserted again under the same key, or a whole table is cleared and filled again, while other processes read it.",
    why: "A reader that comes between the two steps finds nothing: a menu without the dish, a cache that misses, a permission that is gone. It happens even if one server does all the writing, since readers do not ask it.",
    instead: "`:ets.insert/2` alone replaces the row of a `:set`; `:ets.update_element/3` changes a part of it. To renew a whole table, insert first and then delete what is left over, or fill a second table and let readers switch to it.",
    fine: ["No other process reads the table.", "The new row has another key.", "Bags, where an insert does not replace.", "The delete and the insert stand in branches that exclude each other."],
    sure: "Proven for a named set whose readers run in other processes; likely through helper functions, for cleared tables, or when the kind of table is unknown. Low: the gap is short, and who finds nothing mostly asks again (of eight read in code nobody had looked at, four were worth an issue).",
  },
  bad: [
    elixir`
      defmodule Bakery.Menu do
        use GenServer
        def init(_), do: {:ok, :ets.new(:menu, [:named_table])}
        def dish(id), do: :ets.lookup(:menu, id)
        def handle_cast({:rename, id, dish}, s) do
          :ets.delete(:menu, id) #! can find nothing
          :ets.insert(:menu, {id, dish})
          {:noreply, s}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery.Menu do
        use GenServer
        def init(_), do: {:ok, :ets.new(:menu, [:named_table])}
        def dish(id), do: :ets.lookup(:menu, id)
        def handle_cast({:rename, id, dish}, s) do
          :ets.insert(:menu, {id, dish})
          {:noreply, s}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const steps of tableStepsIn(module).values())
      for (const removal of steps) {
        const isClear = removal.operation.site.name === ":ets.delete_all_objects";
        if ((!isClear && removal.action !== "delete") || usualNameOf(removal.operation) === undefined || isOwnRow(removal) || !isCertain(removal) || isExpired(removal, steps)) continue;
        const insert = steps.find((step) => (step.action === "write" || step.action === "insert-new") && step.operation.site.name !== ":ets.update_element" && inOneRun(removal, step) && isCertain(step) && (isClear ? sameTable(removal, step) : sameRow(removal, step)) && runsAfter(removal.at.node, step.at.node));
        const report = insert === undefined ? undefined : judge(removal, insert, isClear);
        if (report !== undefined) yield report;
      }
  },
});

/** A row that was read and judged in the same function, as an expired one of a cache: whoever finds nothing computes it anew. */
const isExpired = (removal: TableStep, steps: readonly TableStep[]): boolean => steps.some((step) => (step.action === "read" || step.action === "check") && step.at.id < removal.at.id && sameRow(step, removal) && [...removal.at.node.ancestors()].some((above) => above.isCall("case", "if", "cond", "unless", "with") && (above.contains(step.at.node) || above.id > step.at.id)));

/** A step through a call is one that each such call takes: it stands in the only clause, in no branch and in no loop. */
const isCertain = ({ at, operation: { site } }: TableStep): boolean => at === site || (site.fn.clauses.length === 1 && runsAlways(site));

function judge(removal: TableStep, insert: TableStep, isClear: boolean): Report | undefined {
  const table = tableFor(removal.operation);
  if (table?.type === "bag" || table?.type === "duplicate_bag" || table?.access === "private") return undefined;
  const reader = readerElsewhere(removal, table);
  if (reader === undefined) return undefined;
  const isHere = removal.at === removal.operation.site && insert.at === insert.operation.site;
  const name = quoted(removal.operation.table, 30);
  const key = removal.key?.[0];
  const what = isClear ? `Readers of \`${name}\` can find it empty while \`${removal.at.fn.id}\` fills it again` : `A reader of \`${name}\` can find nothing under \`${quoted(key ?? removal.operation.table, 30)}\` while \`${removal.at.fn.id}\` runs`;
  return {
    at: removal.at.node,
    confidence: isHere && !isClear && table !== undefined ? "proven" : "likely",
    message: `${what}: the delete and the insert are two steps. ${isClear ? "Insert first, then delete what is left over." : "The insert alone replaces the row."}`,
    related: [{ at: insert.at.node, message: "inserted again here" }, { at: reader.site.node, message: `read by ${reader.site.fn.id}` }, ...(table === undefined ? [] : [{ at: table.site.node, message: `table created here (${table.type})` }])],
    evidence: [`\`${reader.site.fn.id}\` reads the table from another process.`],
    searched: ["a read only by the process that writes (there are others)"],
    ready: () => (isHere && !isClear && table !== undefined ? insertAlone(removal, insert) : []),
  };
}

/**
 * Takes the delete out when the insert that follows runs in any case, replaces the row whatever it holds, and nothing asks the table
 * in between. A table without any other delete only grows, which is the first thing to think about then.
 */
function* insertAlone(removal: TableStep, insert: TableStep): Generator<FixDraft> {
  const { node } = removal.at;
  const later = statementsAfter(node);
  const at = later.indexOf(insert.at.node);
  const between = removal.at.clause.sites.filter((site) => site.id > removal.at.id && site.id < insert.at.id && !node.contains(site.node));
  if (statementOf(node) !== node || at < 0 || insert.at.name !== ":ets.insert" || insert.at.args[1]?.kind !== "tuple" || between.some((site) => site.callee !== undefined || site.name.startsWith(":ets."))) return;
  const isOnlyDelete = !operationsOn(removal.at.module.workspace, removal.tableName ?? "").some(({ action, site }) => (action === "delete" || action === "take") && site !== removal.at);
  if (isOnlyDelete) return;
  const edit = lineRemoved(node);
  if (edit !== undefined) yield { title: "Remove the delete: the insert replaces the row", safe: true, edits: [edit] };
}

/** A read of the table that can run in another process than the one that deletes. */
function readerElsewhere(removal: TableStep, table: Table | undefined): TableOperation | undefined {
  const writers = entriesAt(removal.at);
  const owner = writers.every((entry) => entry.kind === "callback" && entry.module === writers[0]?.module) ? writers[0]?.module : undefined;
  const atBoot = owner !== undefined && callbackEntries(removal.at).every((entry) => entry.fn.name === "init");
  if (atBoot && table !== undefined && owner === table.site.module) return undefined;
  return operationsUsuallyOn(removal.at.module.workspace, usualNameOf(removal.operation) ?? "").find((operation) => {
    if ((operation.action !== "read" && operation.action !== "check") || !operation.site.module.isLib) return false;
    return owner === undefined || entriesAt(operation.site).some((entry) => entry.kind === "client" || entry.kind === "closure" || (entry.kind === "callback" && entry.module !== owner));
  });
}
