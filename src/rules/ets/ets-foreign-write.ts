import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { entriesAt, type Entry, nameOf, stepsOf } from "../../model/context.ts";
import { operationsIn, type Table, type TableOperation, tableFor } from "../../model/ets.ts";
import { handlersAround, rescuedNames } from "../../model/handlers.ts";
import { quoted } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";

const writing: ReadonlySet<string> = new Set(["write", "insert-new", "delete", "take", "counter", "replace", "clear"]);

export default defineRule({
  id: "ets-foreign-write",
  family: "ets",
  title: "A protected ETS table is written by another process than its owner",
  severity: "critical",
  set: "default",
  fix: { kind: "guided", title: "Send the write to the owner, or create the table as :public" },
  source: "https://www.erlang.org/doc/apps/stdlib/ets.html#new/2",
  doc: {
    what: "A function that runs in its callers writes to a table that a server created as `:protected` (the default), or reads a `:private` one.",
    why: "Only the process that created a table may write to it, or touch it at all when it is private. Everybody else gets an ArgumentError each time, which looks as if the table did not exist.",
    instead: "Let the owner write on request. Or create the table as `:public`; then think of the races between writers.",
    fine: ["The table is public.", "Its options are computed.", "It is handed over with `give_away` or has an heir.", "The function runs only in the owner's callbacks.", "A protected table is read by anybody."],
    never: "A `rescue` around the write: it hides that no write ever happens.",
    sure: "Proven when table, options and owner are in one module and its public function writes; likely when the creation or the write stands elsewhere, or a rescue takes the error.",
  },
  bad: [
    elixir`
      defmodule Menu do
        use GenServer
        def init(_), do: {:ok, :ets.new(:menu, [:named_table])}
        def put(dish, price), do: :ets.insert(:menu, {dish, price}) #! raises ArgumentError
      end`,
  ],
  good: [
    elixir`
      defmodule Menu do
        use GenServer
        def init(_), do: {:ok, :ets.new(:menu, [:named_table])}
        def put(dish, price), do: GenServer.call(__MODULE__, {:put, dish, price})
        def price(dish), do: :ets.lookup(:menu, dish)
        def handle_call({:put, dish, price}, _from, s) do
          {:reply, :ets.insert(:menu, {dish, price}), s}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const operation of operationsIn(module)) {
      const table = operation.tableName === undefined ? undefined : tableFor(operation);
      if (table === undefined || !table.site.module.isLib || table.hasHeir || (table.access !== "private" && (table.access !== "protected" || !writing.has(operation.action)))) continue;
      const owner = ownerOf(table);
      if (owner === undefined || isHandedOver(table)) continue;
      const report = judge(operation, table, owner);
      if (report !== undefined) yield report;
    }
  },
});

/** The server in whose start-up or callbacks the table is created, and nowhere else. */
function ownerOf(table: Table): Module | undefined {
  const entries = entriesAt(table.site);
  const owner = entries[0]?.module;
  return owner !== undefined && (owner.isServer || owner.is("Agent", "Supervisor", "DynamicSupervisor")) && entries.every((entry) => entry.kind === "callback" && entry.module === owner) ? owner : undefined;
}

const isHandedOver = (table: Table): boolean => table.site.module.workspace.calls(":ets.give_away", ":ets.setopts").some((site) => site.module.isLib);

/** A way to the place that surely runs outside of the owner. */
function foreign(entry: Entry, owner: Module): boolean {
  if (entry.kind === "callback") return entry.module !== owner && entry.module.isServer;
  if (entry.kind === "closure") return entry.closure?.kind === "task" || entry.closure?.kind === "spawn";
  return entry.kind === "client" && entry.module === owner && entry.fn.isPublic;
}

function judge(operation: TableOperation, table: Table, owner: Module): Report | undefined {
  const { site } = operation;
  const entry = entriesAt(site).find((candidate) => foreign(candidate, owner));
  if (entry === undefined || createsFirst(operation, table)) return undefined;
  const isOneModule = table.site.module === site.module && owner === site.module;
    const isRescued = handlersAround(site).some((handler) => handler.section === "rescue" && (rescuedNames(handler).length === 0 || rescuedNames(handler).includes("ArgumentError")));
  const name = quoted(operation.table, 30);
  const runs = entry.kind === "closure" ? `the ${entry.closure?.kind === "task" ? "task" : "process"} started in \`${site.fn.id}\`` : `\`${entry.module === site.module ? nameOf(entry.fn) : `${entry.module.shortName}.${nameOf(entry.fn)}`}\``;
  const verb = operation.action === "read" || operation.action === "check" ? "reads" : "writes";
  return {
    at: site.node,
    confidence: isOneModule && !isRescued ? "proven" : "likely",
    message: `\`${name}\` belongs to ${owner.shortName} and is ${table.access}: ${runs} ${verb} it from another process and ${isRescued ? "gets an ArgumentError each time, which the rescue hides" : "raises ArgumentError each time"}.`,
    related: [...stepsOf(entry), { at: table.site.node, message: `${owner.shortName} creates the table here (${table.access})` }],
    evidence: [`Only ${owner.shortName} may ${verb === "reads" ? "touch" : "write to"} the table.`],
    searched: ["`:public` at the creation (no)", "`give_away` or an heir (none)"],
  };
}

/** The same clause creates the table: then this process is its owner. */
const createsFirst = (operation: TableOperation, table: Table): boolean => table.site.clause === operation.site.clause;
