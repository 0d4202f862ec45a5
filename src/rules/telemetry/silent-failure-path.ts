import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { isStop } from "../../model/usage.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesOf } from "../../model/context.ts";
import { effectOf } from "../../model/effects.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { codeLines } from "../../model/size.ts";
import { siteEmits } from "../../model/telemetry.ts";
import type { Expr } from "../../syntax/tree.ts";
import { partOf } from "../../model/literals.ts";

export default defineRule({
  id: "silent-failure-path",
  family: "telemetry",
  title: "A failure branch emits nothing where its siblings do",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Emit an event in this branch" },
  source: "https://hexdocs.pm/telemetry/telemetry.html",
  doc: {
    what: "A branch of a server that handles a failure emits no telemetry, while other branches of the same module do: the loss of a process whose arrival is an event, an error beside a success that emits, or a failure that the state counts.",
    why: "What is counted is success; the failure that an operator needs to see leaves no event.",
    instead: "Emit an event with the module's own prefix in this branch, too.",
    fine: ["Projects and modules without the habit.", "The error is passed on to a caller who emits.", "Libraries that emit already.", "Small modules."],
    never: "An event for every log line.",
    sure: "Likely: at least two other branches of the module emit.",
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
    if (siblings.reduce((sum, fn) => sum + fn.clauses.filter(clauseEmits).length, 0) < 2) return;
    for (const fn of module.functions)
      for (const branch of failureBranches(module, fn)) {
        const report = judge(module, branch, siblings);
        if (report !== undefined) yield report;
      }
  },
});

/** A way a server fails, with the calls made on it. */
type Branch = { readonly at: Expr; readonly what: string; readonly sites: readonly CallSite[]; readonly clause: Clause };

const clauseEmits = (clause: Clause): boolean => clause.sites.some((site) => siteEmits(site));

function* failureBranches(module: Module, fn: Fn): Generator<Branch> {
  if (fn.isMacro || fn.kind === "block") return;
  const runsInServer = fn.isCallback || entriesOf(fn).some((entry) => entry.kind === "callback" && entry.module === module);
  if (!runsInServer) return;
  for (const clause of fn.clauses) {
    const down = downPattern(fn, clause);
    if (down !== undefined && losesSomething(clause) && arrivals(module, down).some(clauseEmits)) yield { at: clause.head, what: `${down} branch of \`${fn.id}\``, sites: clause.sites, clause };
    const counter = fn.callers.some((site) => clauseEmits(site.clause)) ? undefined : countedFailure(clause);
    if (counter !== undefined) yield { at: clause.head, what: `failure that \`${fn.id}\` counts as \`${counter}\``, sites: clause.sites, clause };
    for (const site of clause.sites) if (site.is("case", "with") && site.closure === undefined) yield* errorBranches(clause, site);
  }
}

/** Error branches beside one that emits, unless they hand the error on. */
function* errorBranches(clause: Clause, site: CallSite): Generator<Branch> {
  const branches = (site.node.name === "case" ? site.node : site.node.section("else"))?.clauses ?? [];
  const sitesOf = (branch: Expr): CallSite[] => clause.sites.filter((inner) => branch.id <= inner.id && inner.id < branch.next);
  for (const branch of branches) {
    const error = errorPattern(branch);
    if (error === undefined || passesOn(branch) || !branches.some((other) => other !== branch && sitesOf(other).some((inner) => siteEmits(inner)))) continue;
    yield { at: branch.params[0] ?? branch, what: `${error} branch of \`${clause.fn.id}\``, sites: sitesOf(branch), clause };
  }
}

/** Whether the clause changes anything; one that stops the server shows in its end. */
function losesSomething(clause: Clause): boolean {
  const { result } = clause;
  if (isStop(result)) return false;
  return result?.children.at(-1)?.kind !== "var" || clause.sites.some((site) => effectOf(site.name) !== "log" && site.node.kind === "call" && !/^(inspect|Exception\.\w+|<>|<<>>|Logger\.\w+)$/.test(site.name));
}

const arriving: Readonly<Record<string, RegExp>> = { ":DOWN": /^(Process\.monitor|:erlang\.monitor)$/, ":EXIT": /(^|\.)(start_link|spawn_link|start_child)$|^(Process\.link|Port\.open|Task\.async)$/ };

/** Clauses from which the process came under watch whose end the branch learns of. */
const arrivals = (module: Module, signal: string): readonly Clause[] => module.functions.flatMap((fn) => fn.clauses.filter((clause) => clause.sites.some((site) => reaches(site, arriving[signal] ?? /^$/, 0))));
const reaches = (site: CallSite, wanted: RegExp, depth: number): boolean => wanted.test(site.name) || (depth < 4 && site.callee !== undefined && site.callee.module === site.module && site.callee !== site.fn && site.callee.sites.some((inner) => reaches(inner, wanted, depth + 1)));

/** State counter of failures that a clause raises, as in `Map.update!(stats, :failed, …)`. */
function countedFailure(clause: Clause): string | undefined {
  const counting = clause.sites.find((site) => /^Map\.update!?$/.test(site.name) && site.args[1]?.kind === "atom" && /(^|_)(failed|failures?|errors?|dropped|rejected|timeouts?|lost)$/.test(site.args[1].name));
  return counting?.args[1]?.name;
}

/** `:DOWN` and abnormal `:EXIT` clauses of `handle_info/2`. */
function downPattern(fn: Fn, clause: Clause): string | undefined {
  if (fn.id !== "handle_info/2") return undefined;
  const tuple = partOf(clause.params[0], "tuple");
  const tag = tuple?.children[0];
  if (tag?.isAtom("DOWN")) return ":DOWN";
  const reason = tuple?.children[2];
  return tag?.isAtom("EXIT") && !reason?.isAtom("normal") ? ":EXIT" : undefined;
}

function errorPattern(branch: Expr): string | undefined {
  const pattern = branch.params[0];
  const first = pattern?.kind === "tuple" ? pattern.children[0] : pattern;
  if (pattern?.children.some((part) => part.kind === "atom" && part.name.startsWith("already_")) === true) return undefined;
  return first?.kind === "atom" && /^(error|rejected|dropped|failed|timeout)$/.test(first.name) ? (pattern?.text.replace(/\s+/g, " ") ?? "") : undefined;
}

function judge(module: Module, branch: Branch, siblings: readonly Fn[]): Report | undefined {
  if (branch.sites.some((site) => siteEmits(site))) return undefined;
  const logs = branch.sites.some((site) => effectOf(site.name) === "log" || (site.callee?.sites.some((inner) => effectOf(inner.name) === "log") ?? false));
  const sibling = siblings.find((fn) => fn !== branch.clause.fn) ?? siblings[0];
  const names = siblings.slice(0, 2).map((fn) => `\`${fn.id}\``);
  return {
    at: branch.at,
    firstLineOnly: true,
    confidence: "likely",
    message: `The ${branch.what} in ${module.shortName} emits nothing; other branches, in ${names.join(" and ")}, do. What is counted is success, and the failure leaves no event: emit one here, too.`,
    related: sibling === undefined ? [] : [{ at: sibling.node, message: `${sibling.id} emits` }],
    evidence: [logs ? "The branch logs, and emits no event." : "The branch neither logs nor emits."],
    searched: ["`:telemetry.execute` or a helper that emits, in this branch (none)"],
  };
}

/** The branch hands the error on: as its result, in a reply, or by failing itself. */
function passesOn(branch: Expr): boolean {
  const { result } = branch;
  if (result === undefined || result.kind === "var" || result.isCall("raise", "exit", "throw", "reraise")) return true;
  return [...result.descendants()].some((part) => part.kind === "tuple" && (part.children[0]?.isAtom("error") === true || part.children[0]?.isAtom("stop") === true));
}
