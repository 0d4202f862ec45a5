import { defineRule, type Dismissal, elixir, isDismissal, type Report } from "../../engine/rule.ts";
import { concurrencyAt } from "../../model/concurrent.ts";
import { isUnshared, operationsIn, operationsOn, type TableOperation, tableFor, unsharedReason } from "../../model/ets.ts";
import { inOneRun, sameTable, type TableStep, tableStepsIn } from "../../model/ets-steps.ts";
import { elementPatterns, mentionsAny, namesFrom, patternsOf, runsAfter } from "../../model/flow.ts";
import { boundIn, mentions, quoted, sameExpr } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "ets-read-modify-write",
  family: "ets",
  title: "ETS row read, then written back",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Use one atomic operation, or let the owner write" },
  source: "https://www.erlang.org/doc/apps/stdlib/ets.html",
  doc: {
    what: "A function reads a row of an ETS table and later writes a value that depends on it, while other processes can write the same row. Or it reads where a table ends and inserts what comes next, or selects rows and marks them as taken.",
    why: "Each ETS operation is atomic, but two of them together are not. What another process writes in between is lost, and nothing fails: of 160,000 increments by eight processes, 81,530 survived.",
    instead: "`:ets.update_counter/4` for a counter, `:ets.insert_new/2` to create a row once, and one row per element instead of a list; for anything else `:ets.select_replace/2`, or send the write through the process that owns the table.",
    fine: ["All paths start in callbacks of one server: it serialises them.", "The table is private, or protected and written by its owner.", "`insert_new` decides and its `false` is handled, also where it inserts a lock row for what is missing.", "The whole sequence sits in a lock."],
    never: "A second lookup before the write, or a retry by hand without `select_replace`: the same gap stays.",
    sure: "Proven when the module creates the table as public; otherwise likely. Review when the table is a parameter. Low: most rows have one writer at a time, or hold an approximation (of twenty-five read in code nobody had looked at, eight were worth an issue); the evidence says who is seen to run it in several processes at once, and there it is worth a look.",
  },
  spokenOf: /\brac(?:e|es|y)\b|concurren|not atomic|approximat|best[ -]effort|last[ -]write/i,
  bad: [
    elixir`
      defmodule Bakery.Sales do
        def setup, do: :ets.new(:sales, [:named_table, :public])
        def count(sku) do
          case :ets.lookup(:sales, sku) do #! one update of \`:sales\` is lost
            [{_, n}] -> :ets.insert(:sales, {sku, n + 1})
            [] -> :ets.insert(:sales, {sku, 1})
          end
        end
      end`.replaceAll("\\`", "`"),
  ],
  good: [
    elixir`
      defmodule Bakery.Sales do
        def setup, do: :ets.new(:sales, [:named_table, :public])
        def count(sku), do: :ets.update_counter(:sales, sku, {2, 1}, {sku, 0})
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    const operations = operationsIn(module).filter((operation) => operation.site.node.kind === "call");
    let asked = false;
    for (const read of operations) {
      if (read.action !== "read" && read.action !== "check") continue;
      const write = operations.find((other) => other.action === "write" && isPair(read, other));
      if (write === undefined) continue;
      const said: Report | Dismissal = isBlindUpdate(read, write) ? { at: read.site.node, because: () => "`update_element` changes the row only if it is still there, to a value that does not depend on what was read" } : isFilledByOne(read, write) ? { at: read.site.node, because: () => "a row that only one process can insert decides who fills what was missing" } : isUpsert(read, write) ? { at: read.site.node, because: () => "each branch writes the row with a value that does not depend on what was read: the last write stays" } : isMemo(read, write) ? { at: read.site.node, because: () => "it fills a cache on a miss, and a second computation writes the same" } : judge(module, read, write);
      if (!isDismissal(said)) {
        if (said.confidence === "review" && asked) continue;
        asked ||= said.confidence === "review";
      }
      yield said;
    }
    for (const steps of tableStepsIn(module).values()) yield* ofNextPositions(steps);
    for (const write of operations) {
      const claim = write.site.name === ":ets.update_element" ? claimedTwice(write, operations) : undefined;
      if (claim !== undefined) yield claim;
    }
  },
});

const walks: ReadonlySet<string> = new Set([":ets.select", ":ets.match", ":ets.match_object"]);

/** Rows that a select found are marked as taken one by one, whatever the update says: two processes find and take the same. */
function claimedTwice(write: TableOperation, operations: readonly TableOperation[]): Report | undefined {
  const { site, key } = write;
  const [, , change] = site.args;
  if (key?.kind !== "var" || change?.kind !== "tuple" || change.children[1]?.kind !== "atom" || isUnshared(write)) return undefined;
  const { loop } = site.around;
  if (loop?.isCall("for", "Enum.each", "Enum.map") !== true || !isUnheeded(site.node, loop) || !elementPatterns(loop).some((pattern) => boundIn(pattern).has(key.name))) return undefined;
  const rows = loop.isCall("for") ? loop.args.find((arg) => arg.isOp("<-"))?.right : loop.args[0];
  const found = operations.find((other) => other.site.clause === site.clause && other.site.id < site.id && walks.has(other.site.name) && sameExpr(other.table, write.table) && rows?.kind === "var" && patternsOf(other.site.node).some((pattern) => boundIn(pattern).has(rows.name)));
  if (found === undefined || isUnshared(found)) return undefined;
  return {
    at: site.node,
    confidence: "likely",
    message: `Two processes running \`${site.fn.id}\` can both select the same rows and both take them as :${change.children[1].name}, and a row that is gone by now counts as taken, too. Let \`:ets.select_replace/2\`, \`:ets.take/2\` or \`:ets.update_counter/4\` decide who has it.`,
    related: [{ at: found.site.node, message: "selected here" }],
    evidence: ["Select and update are two steps, and nobody reads what the update answers."],
    searched: ["a server that serialises all paths (none)", "a look at what `update_element` answers (none)"],
  };
}
/** Nobody looks at the value: not the loop's body, and not whoever gets the answers of the loop. */
function isUnheeded(expr: Expr, loop: Expr): boolean {
  const usage = usageOf(expr);
  const isAnswer = usage.kind === "returned" || (usage.kind === "part" && usage.of === loop);
  return usage.kind === "dropped" || (isAnswer && usageOf(loop).kind === "dropped");
}

const positions: ReadonlySet<string> = new Set([":ets.last", ":ets.select_reverse", ":ets.select_count"]);

/** The end of a table (its last key, its number of rows) is read, and rows that follow from it are inserted: two processes read the same end. */
function* ofNextPositions(steps: readonly TableStep[]): Generator<Report> {
  for (const read of steps) {
    if (!positions.has(read.operation.site.name)) continue;
    const write = steps.find((step) => step.action === "write" && step.operation.site === step.at && inOneRun(read, step) && sameTable(read, step) && runsAfter(read.at.node, step.at.node) && mentionsAny(step.at.args[1], namesFrom(read.at.node, step.at.node)));
    if (write === undefined || isUnshared({ ...write.operation, site: write.at }) || isUnshared({ ...read.operation, site: read.at })) continue;
    const table = tableFor(read.operation);
    const name = quoted(write.operation.table, 30);
    yield {
      at: read.at.node,
      confidence: read.tableName === undefined ? "review" : "likely",
      message: `Two processes running \`${read.at.fn.id}\` can both read the same end of \`${name}\` and insert after it: the rows of one overwrite those of the other. Count with \`:ets.update_counter/4\`, let \`:ets.insert_new/2\` decide, or let one process append.`,
      related: [{ at: write.at.node, message: "inserted after it here" }, ...(table === undefined ? [] : [{ at: table.site.node, message: `table created here (${table.access ?? "access unknown"})` }])],
      evidence: [`\`${read.at.fn.id}\` runs in its caller, so several processes can be between the two operations.`],
      searched: ["a server that serialises all paths (none)", "`insert_new` or `update_counter` (none)", "a lock around both (none)"],
    };
  }
}

/** Same clause, same process, same table and key, the write after the read and depending on it. */
function isPair(read: TableOperation, write: TableOperation): boolean {
  if (write.site.clause !== read.site.clause || write.site.id < read.site.id || write.site.closure !== read.site.closure) return false;
  if (read.key === undefined || !sameExpr(read.table, write.table) || !sameExpr(read.key, write.key)) return false;
  return dependsOn(write.site.node, read.site.node, write.key);
}

/** A row that is there gets a new value, such as a time, whatever was read of it: no update of another process is undone. */
function isBlindUpdate(read: TableOperation, write: TableOperation): boolean {
  const usage = usageOf(read.site.node);
  if (write.site.name !== ":ets.update_element" || usage.kind !== "subject" || !usage.of.isCall("case")) return false;
  const branch = usage.of.clauses.find((clause) => clause.contains(write.site.node));
  const bound = new Set(branch?.params.flatMap((param) => [...boundIn(param)]));
  return branch !== undefined && ![...bound].some((name) => write.site.args.slice(2).some((part) => mentions(part, name)));
}

/** Each branch writes the row, inserted or updated, and none of the values comes from the row that was read. */
function isUpsert(read: TableOperation, write: TableOperation): boolean {
  const usage = usageOf(read.site.node);
  if (usage.kind !== "subject" || !usage.of.isCall("case")) return false;
  const writes = writesIn(usage.of, read);
  return writes.includes(write) && usage.of.clauses.every((branch) => {
    const own = writes.filter(({ site }) => branch.contains(site.node));
    return own.length === 1 && !branch.params.some((param) => own.some((one) => flowsInto(param, one.site.node, one.key)));
  });
}

/** A cache filled on a miss: the value follows from the key, so a second computation writes the same. */
function isMemo(read: TableOperation, write: TableOperation): boolean {
  const usage = usageOf(read.site.node);
  if (usage.kind !== "subject" || !usage.of.isCall("case")) return false;
  const branch = usage.of.clauses.find((clause) => clause.contains(write.site.node));
  return branch !== undefined && isMiss(branch) && writesIn(usage.of, read).length === 1 && ![...branch.descendants()].some((part) => part.kind === "call" && /(^|\.)(start\w*|new|open|create\w*|generate\w*|spawn\w*|make_ref|unique_integer|self|uuid\w*|insert!?|strong_rand_bytes|\w*time|utc_now|now)$/i.test(part.name.replace(/^:ets\..*$/, "")));
}

/** What is missing is written by whoever has inserted a lock row: `if :ets.insert_new(locks, {key, self()})`. */
function isFilledByOne(read: TableOperation, write: TableOperation): boolean {
  const usage = usageOf(read.site.node);
  const branch = usage.kind === "subject" && usage.of.isCall("case") ? usage.of.clauses.find((clause) => clause.contains(write.site.node)) : undefined;
  return branch !== undefined && isMiss(branch) && branch.descendantsOf("call").some((choice) => choice.isCall("case", "if") && choice.args[0]?.isCall(":ets.insert_new") === true && choice.contains(write.site.node));
}

/** The branch for nothing found. */
const isMiss = (branch: Expr): boolean => branch.params.some((param) => param.isAtom("nil") || (param.kind === "list" && param.children.length === 0));
/** Writes below an expression of the clause that reads. */
const writesIn = (around: Expr, { site }: TableOperation): readonly TableOperation[] => operationsIn(site.module).filter((other) => other.action === "write" && other.site.clause === site.clause && around.contains(other.site.node));

/** Whether the written value uses what was read, or the branch around the write was chosen by it. */
function dependsOn(write: Expr, read: Expr, key: Expr | undefined): boolean {
  const usage = usageOf(read);
  if (usage.kind === "subject") return usage.of.contains(write) || (usage.of.isCall("case") && dependsOn(write, usage.of, key));
  if (usage.kind === "matched") return flowsInto(usage.pattern, write, key) || chosenBy(usage.pattern, write);
  if (usage.kind === "argument" || usage.kind === "part") {
    for (const above of read.ancestors()) {
      if (above.isCall("if", "unless", "case", "cond", "with") && above.contains(write)) return true;
      if (above.kind === "match" && above.left !== undefined) return flowsInto(above.left, write, key) || chosenBy(above.left, write);
      if (above.kind === "block" || above.kind === "section") return false;
    }
  }
  return false;
}

/** A variable bound by the read reaches the written row, directly or through one or two bindings. */
function flowsInto(pattern: Expr, write: Expr, key: Expr | undefined): boolean {
  const names = boundIn(pattern);
  const clause = [...write.ancestors()].find((above) => above.isCall("def", "defp"));
  for (let round = 0; round < 3; round++)
    for (const expr of clause?.descendants() ?? []) {
      if (expr.kind !== "match" || expr.left === undefined || expr.right === undefined || expr.id < pattern.id || expr.id > write.id) continue;
      if ([...names].some((name) => expr.right !== undefined && mentions(expr.right, name))) for (const bound of boundIn(expr.left)) names.add(bound);
    }
  for (const variable of boundIn(key ?? write)) names.delete(variable);
  const row = write.args.slice(1);
  return [...names].some((name) => row.some((part) => mentions(part, name)));
}

/** The write stands in a branch whose condition reads what was bound. */
function chosenBy(pattern: Expr, write: Expr): boolean {
  const names = boundIn(pattern);
  for (const above of write.ancestors()) {
    if (above.isCall("if", "unless", "case") && above.args[0] !== undefined && [...names].some((name) => above.args[0] !== undefined && mentions(above.args[0], name))) return true;
    if (above.isCall("def", "defp")) return false;
  }
  return false;
}

/** A row that was there chooses the branch, and the value written does not depend on it, such as the time of a throttle: nothing is lost. */
function isGuard(read: TableOperation, write: TableOperation): boolean {
  const usage = usageOf(read.site.node);
  if (usage.kind !== "subject" || !usage.of.isCall("case")) return false;
  const writes = writesIn(usage.of, read);
  return writes.includes(write) && writes.every((other) => {
    const branch = usage.of.clauses.find((clause) => clause.contains(other.site.node));
    return branch !== undefined && !isMiss(branch) && !branch.params.some((param) => flowsInto(param, other.site.node, other.key));
  });
}


/** Keys of tables that many modules share are told apart by their shape: `{site, :routes}` is never `{site, page, :ast}`. */
const mayBeSameKey = (a: Expr | undefined, b: Expr | undefined): boolean =>
  a?.kind !== "tuple" || b?.kind !== "tuple" || (a.children.length === b.children.length && a.children.every((part, i) => part.kind !== "atom" || b.children[i]?.kind !== "atom" || part.name === b.children[i].name));

function judge(module: Module, read: TableOperation, write: TableOperation): Report | Dismissal {
  const alone = unsharedReason(write) ?? unsharedReason(read);
  if (alone !== undefined) return { at: read.site.node, because: () => alone };
  const table = tableFor(read);
  const others = read.tableName === undefined ? [] : operationsOn(module.workspace, read.tableName).filter((other) => other !== write && mayBeSameKey(other.key, read.key) && ["write", "delete", "counter", "insert-new", "take"].includes(other.action));
  const name = quoted(read.table, 30);
  const isOnlyGuard = isGuard(read, write);
  const isParameter = read.tableName === undefined;
  const concurrency = concurrencyAt(read.site, read.key);
  return {
    at: read.site.node,
    confidence: isParameter ? "review" : table?.access === "public" && table.site.module === module ? "proven" : "likely",
        message: isOnlyGuard ? `Two processes running \`${read.site.fn.id}\` can both pass the test of \`${quoted(read.key ?? read.table, 30)}\` before either writes: what it guards can happen twice.` : `Two processes running \`${read.site.fn.id}\` can both read \`${quoted(read.key ?? read.table, 30)}\` before either writes; one update of \`${name}\` is lost.`,
    related: [{ at: write.site.node, message: "written here" }, ...(table === undefined ? [] : [{ at: table.site.node, message: `table created here (${table.access ?? "access unknown"})` }]), ...others.slice(0, 3).map((other) => ({ at: other.site.node, message: `also written by ${other.site.fn.id}` }))],
    evidence: [`\`${read.site.fn.id}\` runs in its caller, so several processes can be between the two operations${concurrency === undefined ? "" : `: ${concurrency.words}`}.`],
    searched: ["a server that serialises all paths (none)", "`insert_new`, `update_counter`, `select_replace` (none)", "a lock around both (none)", ...(concurrency === undefined ? ["a way in that many processes take at once (none is seen)"] : [])],
  };
}
