import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesOf } from "../../model/context.ts";
import { effectOf } from "../../model/effects.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { codeLines } from "../../model/size.ts";
import { siteEmits, telemetryHabit } from "../../model/telemetry.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "silent-failure-path",
  family: "telemetry",
  title: "A failure branch emits nothing where its siblings do",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Emit an event in this branch" },
  source: "https://hexdocs.pm/telemetry/telemetry.html",
  doc: {
    what: "A branch of a server that handles a failure emits no telemetry, while other branches of the same module do.",
    why: "What is counted is success; the failure that an operator needs to see leaves no event.",
    instead: "Emit an event with the module's own prefix in this branch, too.",
    fine: ["Projects and modules without the habit.", "The error is passed on to a caller who emits.", "Libraries that emit already.", "Small modules."],
    never: "An event for every log line.",
    sure: "Likely with siblings that emit; review by the project's habit.",
  },
  options: { codeLines: { default: 50, doc: "Code lines below which a module is not judged." } },
  bad: [],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_info({:DOWN, _, _, pid, _}, s), do: {:noreply, Map.delete(s, pid)}
      end`,
  ],

  *checkModule(module, options) {
    if (!module.isLib || !module.is("GenServer", "gen_statem", "GenStage", "Broadway") || codeLines(module.file, module.node) < options.codeLines) return;
    const siblings = module.functions.filter((fn) => !fn.isMacro && fn.sites.some((site) => siteEmits(site)));
    const habit = telemetryHabit(module.workspace);
    const byHabit = siblings.length === 0 && habit.share >= 0.6 && habit.emitting.length >= 4;
    if (siblings.length < 2 && !byHabit) return;
    for (const fn of module.functions)
      for (const branch of failureBranches(module, fn)) {
        const report = judge(module, branch, siblings);
        if (report !== undefined) yield report;
      }
  },
});

/** A way a server fails, with the calls made on it. */
type Branch = { readonly at: Expr; readonly head: Expr; readonly what: string; readonly sites: readonly CallSite[]; readonly clause: Clause };

function* failureBranches(module: Module, fn: Fn): Generator<Branch> {
  if (fn.isMacro || fn.kind === "block") return;
  const runsInServer = fn.isCallback || entriesOf(fn).some((entry) => entry.kind === "callback" && entry.module === module);
  if (!runsInServer) return;
  for (const clause of fn.clauses) {
    const down = downPattern(fn, clause);
    if (down !== undefined) yield { at: clause.head, head: clause.head, what: down, sites: clause.sites, clause };
    for (const site of clause.sites) {
      if (!site.node.isCall("case", "with") || site.closure !== undefined) continue;
      const branches = (site.node.name === "case" ? site.node : site.node.section("else"))?.clauses ?? [];
      const sitesOf = (branch: Expr): CallSite[] => clause.sites.filter((inner) => branch.id <= inner.id && inner.id < branch.next);
      for (const branch of branches) {
        const error = errorPattern(branch);
        if (error === undefined || !branches.some((other) => other !== branch && sitesOf(other).some((inner) => siteEmits(inner)))) continue;
        yield { at: branch.params[0] ?? branch, head: branch, what: error, sites: sitesOf(branch), clause };
      }
    }
  }
}

/** `:DOWN` and abnormal `:EXIT` clauses of `handle_info/2`. */
function downPattern(fn: Fn, clause: Clause): string | undefined {
  if (fn.id !== "handle_info/2") return undefined;
  const message = clause.params[0];
  const tuple = message?.kind === "match" ? (message.left?.kind === "tuple" ? message.left : message.right) : message;
  const tag = tuple?.kind === "tuple" ? tuple.children[0] : undefined;
  if (tag?.isAtom("DOWN")) return ":DOWN";
  const reason = tuple?.children[2];
  return tag?.isAtom("EXIT") && !reason?.isAtom("normal") ? ":EXIT" : undefined;
}

function errorPattern(branch: Expr): string | undefined {
  const pattern = branch.params[0];
  const first = pattern?.kind === "tuple" ? pattern.children[0] : pattern;
  return first?.kind === "atom" && /^(error|rejected|dropped|failed|timeout)$/.test(first.name) ? (pattern?.text.replace(/\s+/g, " ") ?? "") : undefined;
}

function judge(module: Module, branch: Branch, siblings: readonly Fn[]): Report | undefined {
  if (branch.sites.some((site) => siteEmits(site))) return undefined;
  if (!branch.what.startsWith(":") && passesOn(branch)) return undefined;
  const logs = branch.sites.some((site) => effectOf(site.name) === "log" || (site.callee?.sites.some((inner) => effectOf(inner.name) === "log") ?? false));
  const sibling = siblings.find((fn) => fn !== branch.clause.fn) ?? siblings[0];
  const names = siblings.slice(0, 2).map((fn) => `\`${fn.id}\``);
  return {
    at: branch.at,
    confidence: siblings.length > 0 ? "likely" : "review",
    severity: "low",
    message: siblings.length > 0 ? `The ${branch.what} branch of \`${branch.clause.fn.id}\` in ${module.shortName} emits nothing; ${names.join(" and ")} ${names.length > 1 ? "do" : "does"}.` : `The ${branch.what} branch of \`${branch.clause.fn.id}\` in ${module.shortName} emits nothing, in a project whose servers mostly do.`,
    related: sibling === undefined ? [] : [{ at: sibling.node, message: `${sibling.id} emits` }],
    evidence: [logs ? "The branch logs, and emits no event." : "The branch neither logs nor emits."],
    searched: ["`:telemetry.execute` or a helper that emits, in this branch (none)"],
  };
}

/** The branch hands the error on: as its result, in a reply, or by failing itself. */
function passesOn(branch: Branch): boolean {
  const { result } = branch.head;
  if (result === undefined || result.kind === "var" || result.isCall("raise", "exit", "throw", "reraise")) return true;
  return [...result.descendants()].some((part) => part.kind === "tuple" && part.children[0]?.isAtom("error"));
}
