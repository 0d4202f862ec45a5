import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { constantOf } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { supervisorsIn } from "../../model/supervision.ts";
import { statementsAfter } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "env-dependent-tree",
  family: "supervision",
  title: "The supervision tree depends on the environment",
  severity: "medium",
  set: "default",
  fix: { kind: "none", title: "Start the same tree everywhere" },
  source: "https://hexdocs.pm/mix/Mix.html#env/0",
  doc: {
    what: "Strategy, restart budget, restart type or children of a supervisor depend on `Mix.env()`, a test flag or an environment setting.",
    why: "Tests run another tree than production, so what they show of failures does not hold there. `Mix.env()` at run time is undefined in a release, where Mix is not present.",
    instead: "One literal tree everywhere; tests start what they need with their own options through `start_supervised!`.",
    fine: ["`Mix.env` in `mix.exs`, in configuration, or in attributes for development tools.", "Children behind a feature flag that exists in production, too.", "Ports and pool sizes from configuration."],
    sure: "Proven for `Mix.env()` at run time; likely for flags; review when the condition only adds a child. Medium for `Mix.env()` at run time, which a release does not have; else low.",
  },
  bad: [
    elixir`
      defmodule Bakery.Application do
        use Application
        def start(_type, _args) do
          strategy = if Mix.env() == :test, do: :one_for_one, else: :rest_for_one #! Mix.env() at run time
          Supervisor.start_link([Bakery.Oven], strategy: strategy)
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery.Application do
        use Application
        def start(_type, _args), do: Supervisor.start_link([Bakery.Oven], strategy: :rest_for_one)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("Application", "Supervisor", "DynamicSupervisor")) return;
    const supervisors = supervisorsIn(module);
    if (supervisors.length === 0 && !module.is("Application")) return;
    for (const fn of module.functions) {
      if (fn.isMacro) continue;
      for (const clause of fn.clauses)
        for (const expr of clause.node.descendants()) {
          const report = judge(module, expr);
          if (report !== undefined) yield report;
        }
    }
  },
});

function judge(module: Module, expr: Expr): Report | undefined {
  if (!expr.isCall("if", "unless", "case", "cond")) return undefined;
  const condition = expr.name === "cond" ? undefined : expr.args[0];
  if (condition === undefined) return undefined;
  const runtime = [...condition.descendants()].find((inner) => inner.isCall("Mix.env"));
  const flag = runtime === undefined ? environmentFlag(condition, module) : undefined;
  const cause = runtime ?? flag;
  if (cause === undefined || !shapesTree(expr, module)) return undefined;
  const options = treeOptions(expr);
  const branches = options.length > 0 ? ` It decides ${options.join(", ")}.` : " It decides which children start.";
  return {
    at: expr,
    firstLineOnly: true,
    confidence: runtime !== undefined ? "proven" : options.length > 0 ? "likely" : "review",
    severity: runtime === undefined ? "low" : "medium",
    message: `${module.name} builds another supervision tree by environment: \`${cause.text.replace(/\s+/g, " ")}\`.${branches} ${runtime !== undefined ? "Mix.env() at run time is undefined in a release, and tests run another tree than production." : "Tests run another tree than production."}`,
    evidence: [`The condition reads ${runtime !== undefined ? "Mix.env() at run time" : "an environment setting"}.`],
  };
}

/** `Application.get_env(app, :environment)`, `:env` compared with `:test`/`:dev`/`:prod`, or an attribute that holds `Mix.env()`. */
function environmentFlag(condition: Expr, module: Module): Expr | undefined {
  for (const inner of condition.descendants()) {
    if (inner.isCall("Application.get_env", "Application.compile_env", "Application.fetch_env!", "System.get_env") && inner.args.some((arg) => (arg.kind === "atom" || arg.kind === "string") && /^(env|environment|mix_env|MIX_ENV|test_mode|test|is_test)$/.test(arg.name))) return inner;
    if (inner.isCall("Code.ensure_loaded?", "Process.whereis") && inner.args[0]?.kind === "alias" && /^(ExUnit|ExUnit\.Server)$/.test(inner.args[0].name)) return inner;
    if (inner.kind === "attribute" && constantOf(inner, module)?.isCall("Mix.env")) return inner;
    if (inner.isOp("==", "!=", "in") && [...inner.descendants()].some((part) => part.isAtom("test")) && /env/i.test(inner.text)) return inner;
  }
  return undefined;
}

const budget = new Set(["strategy", "max_restarts", "max_seconds", "restart", "intensity", "period"]);

/** Options of the tree that a branch sets, in place or through variables that take the branch's value. */
const treeOptions = (expr: Expr): string[] => [
  ...new Set([
    ...[...expr.descendants()].flatMap((inner) => (inner.kind === "pair" && inner.key?.kind === "atom" && budget.has(inner.key.name) ? [inner.key.name] : inner.kind === "atom" && /^(one_for_one|one_for_all|rest_for_one)$/.test(inner.name) ? ["strategy"] : [])),
    ...optionsThroughVariables(expr),
  ]),
];

/** `{max_restarts, max_seconds} = case … end`, then `max_restarts: max_restarts` in the same function. */
function optionsThroughVariables(expr: Expr): string[] {
  const match = expr.parent;
  if (match?.kind !== "match" || match.right !== expr) return [];
  const bound = new Set([...(match.left?.descendants() ?? [])].filter(({ kind }) => kind === "var").map(({ name }) => name));
  return statementsAfter(match).flatMap((later) => [...later.descendants()]).flatMap((inner) => (inner.kind === "pair" && inner.key?.kind === "atom" && budget.has(inner.key.name) && inner.value?.kind === "var" && bound.has(inner.value.name) ? [inner.key.name] : []));
}

/** Whether the branches hold options or children of a supervisor. */
function shapesTree(expr: Expr, module: Module): boolean {
  if (treeOptions(expr).length > 0) return true;
  const children = new Set(supervisorsIn(module).flatMap((supervisor) => supervisor.children.flatMap((child) => (child.module === undefined ? [] : [child.module]))));
  const parts = expr.children.filter((child) => child.kind === "section").flatMap((section) => [...section.descendants()]);
  return parts.some((part) => part.kind === "list" && part.children.some((item) => (item.kind === "alias" && (children.has(item.name) || module.workspace.module(item.name) !== undefined)) || (item.kind === "tuple" && item.children[0]?.kind === "alias")));
}
