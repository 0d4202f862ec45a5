import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { isSerialised, operationsIn, type TableOperation } from "../../model/ets.ts";
import { sameExpr } from "../../model/literals.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "ets-increment-then-undo",
  family: "ets",
  title: "A counter is raised, compared and lowered again",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Use the threshold form of update_counter with limit + 1" },
  source: "https://www.erlang.org/doc/apps/stdlib/ets.html",
  doc: {
    what: "`:ets.update_counter` adds, the result is compared with a limit, and a branch takes the addition back.",
    why: "Between the two steps readers see a count above the limit, and a process killed there leaves it too high for good. It cannot admit too many.",
    instead: "The threshold form in one step, with the limit plus one: `:ets.update_counter(t, k, {2, 1, max + 1, max + 1}, {k, 0}) <= max`.",
    fine: ["Usage counters that go down when work ends: no comparison decides it.", "The threshold form is already there."],
    never: "The threshold with the limit itself: then the last admitted and the first refused look alike.",
    sure: "Proven: all of it stands in one function. Always low: it can only refuse too much, for a moment, and most such counters start again with the next window (of two read in code nobody had looked at, none was worth an issue).",
  },
  bad: [
    elixir`
      defmodule Bakery.Queue do
        def take(t, k, max) do
          n = :ets.update_counter(t, k, {2, 1}) #! takes it back in two steps
          if n > max do
            :ets.update_counter(t, k, {2, -1})
            :full
          else
            :ok
          end
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery.Queue do
        def take(t, k, max), do: :ets.update_counter(t, k, {2, 1, max + 1, max + 1}, {k, 0}) <= max
        def leave(t, k), do: :ets.update_counter(t, k, {2, -1})
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    const counters = operationsIn(module).filter((operation) => operation.action === "counter" && operation.site.closure === undefined);
    for (const first of counters) {
      const up = amountOf(first);
      if (up === undefined || up.startsWith("-") || usesThreshold(first)) continue;
      const undo = counters.find((other) => other !== first && other.site.clause === first.site.clause && other.site.id > first.site.id && sameExpr(other.table, first.table) && sameExpr(other.key, first.key) && amountOf(other) === `-${up}` && isDecidedBy(other.site.node, first.site.node));
      if (undo !== undefined) yield report(first, undo);
    }
  },
});

/** Amount of an update: `1` of `{2, 1}` or of a plain `1`; negative with its sign. */
function amountOf(operation: TableOperation): string | undefined {
  const update = operation.site.args[2];
  const amount = update?.kind === "tuple" ? update.children[1] : update;
  if (amount?.kind === "number") return amount.name;
  return amount?.kind === "unary" && amount.name === "-" ? `-${amount.children[0]?.text ?? ""}` : amount?.kind === "var" ? amount.name : undefined;
}
const usesThreshold = (operation: TableOperation): boolean => operation.site.args[2]?.kind === "tuple" && operation.site.args[2].children.length === 4;

/** The undo stands in a branch of an `if`, `case` or `cond` that compares. */
function isDecidedBy(undo: Expr, first: Expr): boolean {
  for (const above of undo.ancestors()) {
    if (above.contains(first) && !above.isCall("if", "unless", "case", "cond")) return false;
    if (above.isCall("if", "unless", "cond", "case")) return [...above.descendants()].some((part) => part.isOp(">", ">=", "<", "<="));
  }
  return false;
}

function report(first: TableOperation, undo: TableOperation): Report {
  const serialised = isSerialised(first.site);
  return {
    at: first.site.node,
    confidence: "proven",
    message: `\`${first.site.fn.id}\` adds and takes it back in two steps: readers can see a count above the limit, and a process killed in between leaves it too high. It cannot admit too many.${serialised ? " All paths start in callbacks of this server, so here it is serialised." : ""}`,
    related: [{ at: undo.site.node, message: "taken back here" }],
    evidence: [serialised ? "Only callbacks of one server reach it." : "More than one process can reach it."],
    searched: ["the threshold form of update_counter (none)"],
  };
}
