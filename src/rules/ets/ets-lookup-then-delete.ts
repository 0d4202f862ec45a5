import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, onlyServer } from "../../model/context.ts";
import { inLock, isUnshared, operationsIn, operationsOn, type Table, tableAt, tableFor } from "../../model/ets.ts";
import { inOneRun, isOwnRow, sameRow, type TableStep, tableStepsIn } from "../../model/ets-steps.ts";
import { conditionsAround, mentionsAny, namesFrom, patternsOf, runsAfter } from "../../model/flow.ts";
import { literalName, mentions, quoted, sameExpr } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { isDropped, outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { calleeReplaced, lineRemoved } from "../shared/edits.ts";

export default defineRule({
  id: "ets-lookup-then-delete",
  family: "ets",
  title: "ETS row looked up, judged, then deleted by key",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Use :ets.take/2, :ets.select_delete/2 or :ets.delete_object/2", ready: "where the delete is the first thing that the branch with the row does: `take` then does both" },
  source: "https://www.erlang.org/doc/apps/stdlib/ets.html",
  doc: {
    what: "A function reads a row, decides by what it read, and then deletes whatever stands under the key, while other processes use the table. Or it reads all rows and then deletes all that are there by now.",
    why: "Between the two operations another process can write a fresh row, which is then deleted unseen; or two processes read the same row, and what should be used once is used twice.",
    instead: "`:ets.take/2` reads and removes in one step; `:ets.select_delete/2` puts the test into the delete; `:ets.delete_object/2` removes only the row that was read. To empty a table, take each row that was read, or delete up to a mark in the key.",
    fine: ["All paths start in callbacks of one server: it serialises them.", "The table is private, or protected and written by its owner.", "The row is deleted without a look at its contents.", "The key holds the pid of the running process.", "The whole sequence sits in a lock."],
    never: "A second lookup before the delete.",
    sure: "Proven when both operations stand in one function that callers run and the table is public; likely through a helper or when the access is unknown; review when the table is a parameter.",
  },
  bad: [
    elixir`
      defmodule Bakery.Coupons do
        def setup, do: :ets.new(:coupons, [:named_table, :public])
        def redeem(code) do
          case :ets.lookup(:coupons, code) do #! give one out twice
            [{_, discount}] ->
              :ets.delete(:coupons, code)
              {:ok, discount}
            [] ->
              :error
          end
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery.Coupons do
        def setup, do: :ets.new(:coupons, [:named_table, :public])
        def redeem(code) do
          case :ets.take(:coupons, code) do
            [{_, discount}] -> {:ok, discount}
            [] -> :error
          end
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const steps of tableStepsIn(module).values()) {
      const removals = steps.filter((step) => step.action === "delete");
      if (removals.length === 0) continue;
      for (const read of steps) {
        if (read.action !== "read" || isOwnRow(read) || read.operation.key === undefined) continue;
        const found = removals.map((removal) => ({ removal, reason: inOneRun(read, removal) && sameRow(read, removal) && runsAfter(read.at.node, removal.at.node) ? reasonFor(read, removal) : undefined })).find(({ reason }) => reason !== undefined);
        if (found?.reason === undefined) continue;
        const report = judge(read, found.removal, found.reason);
        if (report !== undefined) yield report;
        break;
      }
    }
    for (const clear of module.calls(...clears)) {
      const report = emptied(module, clear);
      if (report !== undefined) yield report;
    }
  },
});

const clears = [":ets.delete_all_objects", ":ets.match_delete"] as const;
const readsAll = [":ets.tab2list", ":ets.select", ":ets.match_object", ":ets.match", ":ets.foldl", ":ets.foldr"] as const;
const tableOf = (site: CallSite): Expr | undefined => (site.name.includes(":ets.fold") ? site.args[2] : site.args[0]);

/** All rows are read, and then all that the table holds by now is deleted: rows that others put in between are gone, and nobody has read them. */
function emptied(module: Module, clear: CallSite): Report | undefined {
  if (clear.node.kind !== "call" || (clear.name === ":ets.match_delete" && !matchesAll(clear.args[1]))) return undefined;
  const read = clear.clause.sites.find((site) => site.id < clear.id && site.is(...readsAll) && site.closure === clear.closure && sameExpr(tableOf(site), clear.args[0]) && !isDropped(site.node) && !isCounted(site) && runsAfter(site.node, clear.node));
  const table = read === undefined ? undefined : tableHere(module, clear);
  if (read === undefined || table?.access !== "public" || inLock(clear)) return undefined;
  const alone = onlyServer(clear);
  const writer = writersOf(module, table).find((other) => other.clause !== clear.clause && other.module.isLib && !isStartUp(other) && !(alone?.isServer === true && onlyServer(other) === alone));
  if (writer === undefined) return undefined;
  const name = quoted(clear.args[0] ?? clear.node, 30);
  return {
    at: read.node,
    confidence: tableFor({ site: clear, action: "clear", table: clear.args[0] ?? clear.node, tableName: literalName(clear.args[0], module), key: undefined }) === undefined ? "likely" : "proven",
    message: `\`${clear.fn.id}\` reads all rows of \`${name}\` and then deletes all that are there: a row that \`${writer.fn.id}\` inserts in between is lost unread. Delete what was read: each row by \`:ets.take/2\`, or all up to a mark that is part of the key.`,
    related: [{ at: clear.node, message: "deleted here" }, { at: writer.node, message: `written by ${writer.fn.id}, in another process` }, { at: table.site.node, message: "table created here (public)" }],
    evidence: ["Each operation on a table is atomic, the two together are not."],
    searched: ["a server that all writers go through (none)", "a lock around both (none)"],
  };
}
/** A pattern of wildcards only: it takes every row. */
const matchesAll = (pattern: Expr | undefined): boolean => pattern !== undefined && [...pattern.descendants()].every((part) => part.kind === "tuple" || part.isAtom("_"));
/** Only how many rows there are is asked for. */
const isCounted = ({ node }: CallSite): boolean => node.parent?.isCall("length", "Enum.count", "Enum.any?", "Enum.empty?") === true;

/** The table that the place names, or the only one of the module. */
function tableHere(module: Module, clear: CallSite): Table | undefined {
  const tableName = literalName(clear.args[0], module);
  if (tableName !== undefined) return tableFor({ site: clear, action: "clear", table: clear.args[0] ?? clear.node, tableName, key: undefined });
  const [made, ...others] = module.calls(":ets.new");
  return made === undefined || others.length > 0 ? undefined : tableAt(module, made);
}
/** Places that put rows into the table: those that name it, or, where it is the only one of its module, those of the module. */
function writersOf(module: Module, table: Table): readonly CallSite[] {
  const all = table.name === undefined ? operationsIn(module) : operationsOn(module.workspace, table.name);
  return all.filter(({ action }) => action === "write" || action === "insert-new").map(({ site }) => site).filter((site) => site.name !== ":ets.update_element");
}
const isStartUp = (site: CallSite): boolean => entriesAt(site).every((entry) => entry.kind === "unknown" || (entry.kind === "callback" && (entry.fn.name === "init" || entry.module.is("Application"))));

type Reason = "tested" | "used";

/** Whether the contents of the row decide about the delete, or are used by whoever deletes it. */
function reasonFor(read: TableStep, removal: TableStep): Reason | undefined {
  const names = contentsOf(read, removal);
  if (names.size === 0) return undefined;
  const subject = read.at.node;
  const decides = [...conditionsAround(removal.at.node)].some((condition) => !condition.contains(subject) && mentionsAny(condition, names));
  if (decides) return "tested";
  return read.at.node.kind === "call" && isUsedUp(read, removal, names) ? "used" : undefined;
}

/** Names that hold parts of the row, without those that are part of the key. */
function contentsOf(read: TableStep, removal: TableStep): Set<string> {
  const names = namesFrom(read.at.node, removal.at.node);
  for (const part of removal.key ?? []) for (const inner of part.descendants()) if (inner.kind === "var") names.delete(inner.name);
  return names;
}

/** The delete stands in the branch that found the row, and that branch answers with what it found: the row is spent. */
function isUsedUp(read: TableStep, removal: TableStep, names: ReadonlySet<string>): boolean {
  const patterns = patternsOf(read.at.node);
  const branch = [...removal.at.node.ancestors()].find((above) => above.kind === "clause" && above.params.some((param) => patterns.includes(param)));
  return branch !== undefined && [...outcomesOf(branch.result)].some((outcome) => answers(outcome, names));
}
const answers = (outcome: Expr, names: ReadonlySet<string>): boolean => (outcome.kind === "var" || outcome.kind === "tuple" || outcome.kind === "call") && [...names].some((name) => mentions(outcome, name)) && !outcome.isCall(":ets.delete");

function judge(read: TableStep, removal: TableStep, reason: Reason): Report | undefined {
  if (isUnshared({ ...removal.operation, site: removal.at }) || isUnshared({ ...read.operation, site: read.at })) return undefined;
  const table = tableFor(removal.operation);
  const name = quoted(read.operation.table, 30);
  const key = read.key?.length === 1 && read.key[0] !== undefined ? quoted(read.key[0], 30) : "the key";
  const isHere = read.at === read.operation.site && removal.at === removal.operation.site;
  const writers = removal.tableName === undefined ? [] : operationsOn(removal.at.module.workspace, removal.tableName).filter(({ action, site }) => (action === "write" || action === "insert-new") && site.module.isLib);
  if (reason === "tested" && removal.tableName !== undefined && writers.length === 0) return undefined;
  const harm = reason === "used" ? `two processes can both read \`${key}\` before either deletes it, and give one out twice` : `a row that another process writes in between is deleted unseen`;
  return {
    at: read.at.node,
    confidence: removal.tableName === undefined ? "review" : isHere && table?.access === "public" && table.site.module === removal.at.module ? "proven" : "likely",
    message: `\`${read.at.fn.id}\` judges a row of \`${name}\` and then deletes by key: ${harm}. ${reason === "used" ? "Use `:ets.take/2`." : "Use `:ets.select_delete/2` with the test in it, or `:ets.delete_object/2`."}`,
    related: [{ at: removal.at.node, message: "deleted here" }, ...(table === undefined ? [] : [{ at: table.site.node, message: `table created here (${table.access ?? "access unknown"})` }]), ...writers.slice(0, 2).map(({ site }) => ({ at: site.node, message: `written by ${site.fn.id}` }))],
    evidence: [`\`${read.at.fn.id}\` runs in its caller, so several processes can be between the two operations.`],
    searched: ["a server that serialises all paths (none)", "`take`, `delete_object`, `select_delete` (none)", "a lock around both (none)"],
    ready: () => (reason === "used" && isHere ? takeRow(read.at.node, removal.at.node) : []),
  };
}

/** `case :ets.lookup(t, k) do [{_, v}] -> :ets.delete(t, k) …; [] -> … end`: the branch deletes whatever the row holds, the others have none. */
function* takeRow(lookup: Expr, removal: Expr): Generator<FixDraft> {
  const { parent } = lookup;
  const branch = parent?.isCall("case") === true && parent.args[0] === lookup ? parent.clauses.find((clause) => clause.body[0] === removal) : undefined;
  const others = parent?.clauses.filter((clause) => clause !== branch) ?? [];
  if (branch === undefined || lookup.name !== ":ets.lookup" || removal.name !== ":ets.delete" || branch.body.length < 2 || !takesAnyRow(branch) || !others.every(takesNone)) return;
  const removed = lineRemoved(removal);
  // A branch for anything could leave a row of another size where it is, which `take` would not.
  const safe = others.every(({ params: [pattern] }) => pattern?.kind === "list");
  if (removed !== undefined) yield { title: "Use :ets.take/2", safe, edits: [calleeReplaced(lookup, ":ets.take"), removed] };
}
/** `[{…}]` with nothing in it that a row could fail; a pinned key is the one that was looked up. */
function takesAnyRow({ params: [pattern], guard }: Expr): boolean {
  const row = pattern?.kind === "list" && pattern.children.length === 1 ? pattern.children[0] : undefined;
  if (guard !== undefined || row?.kind !== "tuple" || !row.children.every((part, i) => part.kind === "var" || (i === 0 && part.kind === "pin"))) return false;
  const names = row.children.map(({ name }) => name).filter((name) => name !== "" && name !== "_");
  return new Set(names).size === names.length;
}
const takesNone = ({ params: [pattern] }: Expr): boolean => pattern?.kind === "var" || (pattern?.kind === "list" && pattern.children.length === 0);
