import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { entriesAt, type Entry } from "../../model/context.ts";
import { operationsIn, operationsOn, type Table, type TableOperation, tableAt, tablesNamed } from "../../model/ets.ts";
import { literalName, quoted, sameExpr } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import type { Workspace } from "../../model/workspace.ts";
import { matchesOn } from "../../model/flow.ts";
import type { Expr } from "../../syntax/tree.ts";
import { isBoundedKey, isEntityKey } from "../shared/keys.ts";
import { indexedAbout } from "../../model/indexes.ts";

const adding: ReadonlySet<string> = new Set(["write", "insert-new", "counter"]);
const removing: ReadonlySet<string> = new Set(["delete", "take", "clear"]);

export default defineRule({
  id: "grow-only-table",
  family: "growth",
  title: "An ETS table only grows",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Delete with the entity, or sweep rows by age" },
  source: "https://www.erlang.org/doc/apps/stdlib/ets.html",
  doc: {
    what: "Rows go into a named ETS table under keys that keep coming (ids, pids, references, times, values that users give), and no code of the workspace deletes from that table.",
    why: "Rows of a table are not garbage collected: each stays until it is deleted or its owner dies. Memory grows with every new key, for as long as the node runs.",
    instead: "Delete the row where the entity ends, or keep a time in it and sweep: `:ets.select_delete(:receipts, [{{:_, :_, :\"$1\"}, [{:<, :\"$1\", cutoff}], [true]}])` on a timer.",
    fine: ["Any kind of delete on the table, `:ets.take`, or a table that is deleted or created anew.", "Keys of a closed set: literals, modules, types.", "Rows that are loaded at start-up.", "A table whose name or reference is handed to code that cannot be seen."],
    sure: "Likely when the key is seen to be an id, a pid, a reference or a time; review when it is any argument.",
  },
  bad: [
    elixir`
      defmodule Receipts do
        use GenServer
        def init(_), do: {:ok, :ets.new(:receipts, [:named_table, :public])}
        def keep(order_id, pdf), do: :ets.insert(:receipts, {order_id, pdf}) #! never deleted
      end`,
  ],
  good: [
    elixir`
      defmodule Receipts do
        use GenServer
        def init(_), do: {:ok, :ets.new(:receipts, [:named_table, :public])}
        def keep(order_id, pdf), do: :ets.insert(:receipts, {order_id, pdf})
        def drop(order_id), do: :ets.delete(:receipts, order_id)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(":ets.new")) {
      const table = tableAt(module, site);
      if (table.name === undefined || !table.isNamed || isShared(module.workspace, table)) continue;
      const operations = operationsOn(module.workspace, table.name).filter((operation) => operation.site.module.isLib);
      if (operations.some((operation) => removing.has(operation.action)) || isLetGo(module.workspace, table)) continue;
      const report = operations.filter((operation) => adding.has(operation.action)).map((operation) => judge(operation, table)).find((found) => found !== undefined);
      if (report !== undefined) yield report;
    }
  },
});

/** Created at several places: a table per instance or a table that is made anew. */
const isShared = (workspace: Workspace, table: Table): boolean => tablesNamed(workspace, table.name ?? "").filter((other) => other.site.module.isLib).length > 1;

/** Whether code that the rule cannot follow may delete: a delete on a table in a variable where this one is known, or its name or reference handed on. */
function isLetGo(workspace: Workspace, table: Table): boolean {
  const touching = new Set<Module>([table.site.module, ...operationsOn(workspace, table.name ?? "").map((operation) => operation.site.module)]);
  for (const module of touching) {
    if (operationsIn(module).some((operation) => operation.tableName === undefined && removing.has(operation.action))) return true;
    if (module.calls(":ets.delete").some((site) => site.args.length === 1)) return true;
  }
  return givenAway(workspace, table.name ?? "").has("");
}
/** Whether the name of a table is given to a call that is not one on tables. */
const givenAway = indexedAbout("tables given away", (module, name) => {
  const isGiven = module.isLib && mentionsName(module, name) && module.calls().some((site) => site.node.kind === "call" && !/^:ets\.|^Logger\.|^GenServer\.|^(raise|inspect|def|defp|use)$/.test(site.name) && site.args.some((arg) => isName(arg, name, module) || (arg.kind === "tuple" && arg.children.some((part) => isName(part, name, module)))));
  return isGiven ? [["", true] as const] : [];
});
const isName = (expr: Expr, name: string, module: Module): boolean => (expr.kind === "atom" || expr.kind === "attribute") && literalName(expr, module) === name;
const mentionsName = (module: Module, name: string): boolean => module.file.tree.source.includes(name.replace(/^:/, ""));

function judge(operation: TableOperation, table: Table): Report | undefined {
  const { site, key } = operation;
  if (key === undefined || (operation.action === "counter" && site.args[3] === undefined) || site.name === ":ets.update_element") return undefined;
  const parts = key.kind === "tuple" ? key.children : [key];
  const guard = site.clause.guard;
  const isAtomic = (part: Expr): boolean => guard !== undefined && [...guard.descendants()].some((test) => test.isCall("is_atom", "is_boolean") && sameExpr(test.args[0], part));
  const open = parts.filter((part) => !isAtomic(part) && !isBoundedKey(part) && !/_(type|kind|level|status|name|module|mod|node|version)$/.test(part.kind === "var" ? part.name : ""));
  if (open.length === 0) return undefined;
  const entries = entriesAt(site).filter((entry) => !isStartUp(entry));
  if (entries.length === 0) return undefined;
  const coming = open.find((part) => isEntityKey(part) || isTime(part)) ?? open.find((part) => isGiven(part, operation));
  if (coming === undefined) return undefined;
  const isSure = isEntityKey(coming) || isTime(coming);
  const name = quoted(operation.table, 30);
  return {
    at: site.node,
    confidence: isSure ? "likely" : "review",
    message: `Rows of \`${name}\` are keyed by \`${quoted(coming, 30)}\` and never deleted: the table grows with each new one. Delete the row where it ends, or sweep rows by age.`,
    related: [{ at: table.site.node, message: "table created here" }],
    evidence: [`\`${site.fn.id}\` adds a row for each new key.`],
    searched: [`\`delete\`, \`take\`, \`select_delete\` or another delete on \`${name}\` in the workspace (none)`, "the table's name handed to other code (no)"],
  };
}

const isStartUp = (entry: Entry): boolean => entry.kind === "callback" && (entry.fn.name === "init" || entry.fn.name === "handle_continue" || entry.module.is("Application", "Supervisor"));
const isTime = (key: Expr): boolean => key.kind === "call" && /(_time|utc_now|now|unique_integer|uuid\w*)$/.test(key.fun);

/** A plain argument of the function, or a part of what it matched. */
function isGiven(key: Expr, operation: TableOperation): boolean {
  if (key.kind !== "var") return false;
  const { clause, fn } = operation.site;
  const at = clause.params.findIndex((param) => param.isVar(key.name));
  const callers = fn.callers.filter((caller) => caller.module.isLib && caller.node.kind === "call");
  if (at >= 0 && callers.length > 0 && callers.every((caller) => caller.args[at] === undefined || isBoundedKey(caller.args[at]))) return false;
  const isParam = (name: string): boolean => clause.params.some((param) => [...param.descendants()].some((part) => part.isVar(name)));
  const [made, ...others] = matchesOn(clause.node, key.name);
  const hashed = made?.right !== undefined && others.length === 0 && isHash(made.right) ? made.right.descendantsOf("var") : [];
  return isParam(key.name) || hashed.some(({ name }) => isParam(name));
}
/** As many keys as there are values to hash; `:erlang.phash2/2` has a bound. */
const isHash = (value: Expr): boolean => value.isCall(":crypto.hash", ":crypto.mac", ":erlang.md5") || (value.isCall("Base.encode16", "Base.encode64", "Base.url_encode64") && value.args[0]?.isCall(":crypto.hash", ":crypto.mac", ":erlang.md5") === true);
