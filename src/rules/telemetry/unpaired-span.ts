import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { effectOf } from "../../model/effects.ts";
import { handlersAround } from "../../model/handlers.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { statementsAfter } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { eventParts, eventText } from "../shared/events.ts";

export default defineRule({
  id: "unpaired-span",
  family: "telemetry",
  title: "A span that starts and does not always end",
  severity: "low",
  set: "extended",
  fix: { kind: "automatic", title: "Wrap the work in :telemetry.span/3" },
  source: "https://hexdocs.pm/telemetry/telemetry.html#span/3",
  doc: {
    what: "A function emits `[…, :start]` and `[…, :stop]`, and some way out of it emits neither `:stop` nor `:exception`.",
    why: "Whoever counts what is running, or measures durations, waits for an end that never comes: gauges climb, traces stay open.",
    instead: "`:telemetry.span/3`, which ends on every way out.",
    fine: ["`:telemetry.span/3`.", "The stop comes from another callback or module for the same prefix.", "A start that marks a life-cycle event once, without a stop in the function.", "A stop in an `after` or in a `rescue` beside the normal one."],
    sure: "Proven for a branch that returns without an end; review where only a raise in between would skip it.",
  },
  bad: [
    elixir`
      defmodule Oven do
        def bake(dough) do
          :telemetry.execute([:oven, :bake, :start], %{}, %{}) #! has no end
          loaf = Loaf.bake!(dough)
          :telemetry.execute([:oven, :bake, :stop], %{}, %{})
          loaf
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        def bake(dough) do
          :telemetry.span([:oven, :bake], %{}, fn -> {Loaf.bake!(dough), %{}} end)
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(":telemetry.execute")) {
      const parts = eventParts(site.args[0], module);
      if (parts?.at(-1) !== "start" || parts.length < 2) continue;
      const report = judge(module, site, eventText(parts.slice(0, -1)));
      if (report !== undefined) yield report;
    }
  },
});

function judge(module: Module, site: CallSite, prefix: string): Report | undefined {
  const { clause } = site;
  const ends = clause.sites.filter((other) => other.id > site.id && endsSpan(other, prefix, 0));
  if (ends.length === 0) return undefined;
  const later = statementsAfter(site.node);
  const open = later.length === 0 ? undefined : firstOpenEnd(later, ends);
  const name = `\`${prefix.replace(/\]$/, ", :start]")}\``;
  if (open !== undefined) return { at: site.node, confidence: "proven", message: `${name} has no end when \`${clause.fn.id}\` leaves at line ${open.line}: neither \`:stop\` nor \`:exception\` is emitted there.`, related: [{ at: open, message: "leaves without an end" }, ...ends.slice(0, 3).map((end) => ({ at: end.node, message: "ends the span" }))] };
  const risky = between(clause, site, ends);
  if (risky === undefined || isGuarded(clause, site, ends)) return undefined;
  return { at: site.node, confidence: "review", message: `${name} has no end when \`${risky.name}\` raises in \`${clause.fn.id}\` of ${module.shortName}: nothing between it and \`:stop\` emits \`:exception\`.`, related: [{ at: risky.node, message: "may raise" }], searched: ["a rescue, catch or after that ends the span (none)"] };
}

/** Whether a call ends the span: its `:stop` or `:exception`, itself or two functions down. */
function endsSpan(site: CallSite, prefix: string, depth: number): boolean {
  if (site.name === ":telemetry.execute") {
    const parts = eventParts(site.args[0], site.module);
    return parts !== undefined && ["stop", "exception", "error"].includes(parts.at(-1) ?? "") && eventText(parts.slice(0, -1)) === prefix;
  }
  return depth < 2 && site.callee !== undefined && fnEnds(site.callee, prefix, depth + 1);
}
const fnEnds = (fn: Fn, prefix: string, depth: number): boolean => fn.sites.some((site) => endsSpan(site, prefix, depth));

/** The first branch after the start that ends in neither an end of the span nor a raise, where another branch has one. */
function firstOpenEnd(statements: readonly Expr[], ends: readonly CallSite[]): Expr | undefined {
  const holds = (expr: Expr): boolean => ends.some((end) => expr.contains(end.node));
  for (const statement of statements) {
    if (!holds(statement)) continue;
    const value = statement.kind === "match" ? statement.right : statement;
    if (!value?.isCall("case", "if", "unless", "cond", "with")) return undefined;
    return openBranch(value, holds);
  }
  return undefined;
}

function openBranch(call: Expr, holds: (expr: Expr) => boolean): Expr | undefined {
  const branches = call.children.filter((child) => child.kind === "section").flatMap((section) => (section.clauses.length > 0 ? section.clauses : [section]));
  if (branches.length < 2) return undefined;
  for (const branch of branches) {
    const { result } = branch;
    if (result === undefined || result.isCall("raise", "reraise", "exit", "throw")) continue;
    if (!holds(branch)) return result;
    if (result.isCall("case", "if", "unless", "cond", "with") && !branch.body.slice(0, -1).some(holds)) {
      const inner = openBranch(result, holds);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

/** A call between start and end that may raise: one that is no known harmless one. */
const between = (clause: Clause, start: CallSite, ends: readonly CallSite[]): CallSite | undefined =>
  clause.sites.find((site) => site.id > start.node.next && site.id < (ends[0]?.id ?? 0) && site.node.kind === "call" && site.closure === undefined && effectOf(site.name) !== "log" && !ends.some((end) => site.node.contains(end.node)) && !/^(System\.\w+|Map\.\w+|Keyword\.\w+|self|node|make_ref|inspect|to_string|is_\w+|case|if|unless|cond|with|try|receive|for|fn|%?\{\}|<<>>|Process\.\w+|DateTime\.\w+|:erlang\.\w+)$/.test(site.name));

/** A handler or an `after` of the function ends the span, too. */
function isGuarded(clause: Clause, site: CallSite, ends: readonly CallSite[]): boolean {
  if (handlersAround(site).length > 0 || clause.node.section("rescue") !== undefined || clause.node.section("after") !== undefined) return true;
  return ends.some((end) => [...end.node.ancestors()].some((above) => above.kind === "section" && ["rescue", "catch", "after"].includes(above.name)));
}
