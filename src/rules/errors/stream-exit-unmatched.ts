import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries } from "../../model/context.ts";
import { handlersAround, handlersOf, takesExits } from "../../model/handlers.ts";
import { trapsExits } from "../../model/server.ts";
import { outcomesOf } from "../../model/usage.ts";
import { type Expr, flag } from "../../syntax/tree.ts";
import { isPassedOn } from "../shared/passed-on.ts";
import { matchesOn } from "../../model/flow.ts";
import { quoted } from "../../model/literals.ts";

const collectors = ["Enum.map", "Enum.flat_map", "Enum.each", "Enum.reduce", "Enum.map_reduce", "Enum.into", "Enum.filter", "Enum.reject", "Stream.map", "Stream.flat_map", "Enum.sum_by", "Enum.group_by", "Map.new"] as const;

const filters = ["Stream.filter", "Stream.reject", "Stream.each", "Enum.split_with", "Enum.count", "Enum.find", "Enum.all?", "Enum.any?", "Enum.reduce_while"] as const;

export default defineRule({
  id: "stream-exit-unmatched",
  family: "errors",
  title: "A task that dies has no clause",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Add a clause for {:exit, reason}" },
  source: "https://hexdocs.pm/elixir/Task.html#async_stream/5",
  doc: {
    what: "The results of a task stream that reports failures are taken by a function with a clause for `{:ok, result}` alone; or the results of linked tasks with the default `on_timeout: :exit` by one that is prepared for failures, which never arrive.",
    why: "A task that crashes or takes too long yields `{:exit, reason}`. The function has no clause for it and raises, so one failure loses all the other results; a `for` with such a pattern drops it in silence.",
    instead: "A second clause that keeps the reason: `{:exit, reason} -> {:error, reason}`.",
    fine: ["A clause for `{:exit, _}` or for anything.", "A linked `async_stream` with its default `on_timeout: :exit`: a crash ends the owner before any clause is tried.", "A `for` where what is missing is counted.", "A clause for failures that raises or exits anyway.", "A catch-all beside `{:ok, {:ok, result}}`: it may be for the errors that the tasks return."],
    sure: "Proven for an anonymous function with a clause for `{:ok, result}` alone, and for failures that linked tasks never yield; the latter low when the tasks have no time limit, and when all that they call rescues what it raises. Review for `for`, which drops on purpose or by accident.",
  },
  bad: [
    elixir`
      defmodule Bakery do
        def bake(loaves) do
          Task.Supervisor.async_stream_nolink(Bakery.Tasks, loaves, &Oven.bake/1)
          |> Enum.map(fn {:ok, loaf} -> loaf end) #! has no clause
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery do
        def bake(loaves) do
          Task.Supervisor.async_stream_nolink(Bakery.Tasks, loaves, &Oven.bake/1)
          |> Enum.map(fn
            {:ok, loaf} -> {:ok, loaf}
            {:exit, reason} -> {:error, reason}
          end)
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(...collectors, "for")) {
      const report = site.name === "for" ? inFor(site) : inFunction(site);
      if (report !== undefined) yield report;
    }
    for (const site of module.calls(...collectors, ...filters)) {
      const report = ofLinkedStream(site);
      if (report !== undefined) yield report;
    }
  },
});

/** Failures are sorted out of a stream that yields none: the tasks are linked, and a timeout exits whoever takes the results. */
function ofLinkedStream(site: CallSite): Report | undefined {
  const fn = site.args.find((arg) => arg.kind === "fn");
  const subject = site.args[0];
  if (fn === undefined || subject === undefined || !expectsFailures(fn)) return undefined;
  const stream = streamOf(subject, site, isLinkedStream);
  if (stream === undefined || trapsExits(site.module) || handlersAround(site).some(takesExits)) return undefined;
  const neverTooSlow = stream.args.at(-1)?.get("timeout")?.isAtom("infinity") === true;
  return {
    at: stream,
    ...(neverTooSlow || rescuesItself(stream, site) ? { severity: "low" as const } : {}),
    message: `\`${site.fn.id}\` is prepared for results that are not \`{:ok, _}\`, but a linked stream yields none: ${neverTooSlow ? "a task that crashes takes the caller along" : "a task that takes longer than its timeout exits the caller, and one that crashes takes it along"}. Use \`on_timeout: :kill_task\` and \`Task.Supervisor.async_stream_nolink\`.`,
    related: [{ at: fn, message: "expects failures here" }],
    evidence: ["The default of on_timeout is :exit."],
    searched: ["on_timeout: :kill_task (not given)", "trap_exit or a catch of exits (none)"],
    confidence: "proven",
  };
}

/** All that the tasks call has a `rescue` of its own around what it does. */
function rescuesItself(stream: Expr, { clause }: CallSite): boolean {
  const work = stream.args.find((arg) => arg.kind === "fn" || arg.kind === "funref");
  const called = work === undefined ? [] : clause.sites.filter(({ node, name }) => work.contains(node) && !/^(case|if|unless|cond|with)$/.test(name));
  return called.length > 0 && called.every(({ callee }) => callee?.clauses.every((inner) => handlersOf(inner.node).length > 0 || inner.result?.isCall("try") === true) === true);
}

/**
 * A clause for `{:exit, _}` or `{:error, _}`, one for the rest beside one for any `{:ok, result}`, or the question
 * `match?({:ok, _}, result)`. A clause that raises expects nothing else than the end.
 */
function expectsFailures(fn: Expr): boolean {
  const [first] = fn.clauses;
  if (fn.clauses.length > 1) return isForFailures(fn.clauses);
  const asked = first?.result;
  if (asked?.isCall("match?") === true) return isOnlyOk(asked.args[0]);
  const param = first?.params[0];
  return param?.kind === "var" && asked?.isCall("case") === true && asked.args[0]?.isVar(param.name) === true && isForFailures(asked.clauses);
}
function isForFailures(clauses: readonly Expr[]): boolean {
  const takesAnyResult = clauses.some(({ params: [pattern] }) => isOnlyOk(pattern) && pattern?.children[1]?.kind === "var");
  return clauses.some((clause) => {
    const [pattern] = clause.params;
    if (isPassedOn(clause)) return false;
    return pattern?.kind === "tuple" ? pattern.children[0]?.isAtom("exit") === true || pattern.children[0]?.isAtom("error") === true : takesAnyResult && pattern?.kind === "var" && clause.guard === undefined;
  });
}

/** A stream of linked tasks whose options are written out and leave the timeout at its default. */
function isLinkedStream(expr: Expr): boolean {
  if (!expr.isCall("Task.async_stream", "Task.Supervisor.async_stream")) return false;
  const options = expr.args.at(-1);
  const most = expr.name === "Task.async_stream" ? 2 : 3;
  if (options?.kind === "list" && options.has(flag.keyword)) return options.get("on_timeout") === undefined;
  return expr.args.length === most || expr.args.length === most + 2;
}

function inFunction(site: CallSite): Report | undefined {
  const fn = site.args.find((arg) => arg.kind === "fn");
  const subject = site.args[0];
  if (fn === undefined || subject === undefined || fn.clauses.length === 0 || !fn.clauses.every((clause) => isOnlyOk(clause.params[0]))) return undefined;
  const stream = streamOf(subject, site, isReporting);
  const pattern = fn.clauses[0]?.params[0];
  return stream === undefined || pattern === undefined ? undefined : report(fn, stream, site, "proven", `for which \`${quoted(pattern, 40)}\` has no clause: it raises, and the other results are lost`);
}

function inFor(site: CallSite): Report | undefined {
  for (const part of site.node.args) {
    if (!part.isOp("<-") || !isOnlyOk(part.left)) continue;
    const stream = part.right === undefined ? undefined : streamOf(part.right, site, isReporting);
    if (stream !== undefined) return { ...report(part, stream, site, "review", "which this `for` drops without a word"), severity: "low", firstLineOnly: true };
  }
  return undefined;
}

const report = (at: Expr, stream: Expr, site: CallSite, confidence: Report["confidence"], words: string): Report => ({
  at,
  message: `In \`${site.fn.id}\` a task that fails yields \`{:exit, reason}\`, ${words}. Add a clause that keeps the reason.`,
  related: [{ at: stream, message: "the stream that reports failures" }],
  evidence: [reasonFor(stream, site)],
  searched: ["a clause for {:exit, _} (none)"],
  confidence,
});

const isOnlyOk = (pattern: Expr | undefined): boolean => pattern?.kind === "tuple" && pattern.children[0]?.isAtom("ok") === true;

/** The task stream a value comes from, if it is of the wanted kind. */
function streamOf(value: Expr, site: CallSite, isWanted: (expr: Expr, site: CallSite) => boolean, depth = 0): Expr | undefined {
  if (depth > 3) return undefined;
  for (const outcome of outcomesOf(value)) {
    if (isWanted(outcome, site)) return outcome;
    if (outcome.isCall("Stream.run", "Enum.to_list", "Stream.reject", "Enum.reject", "Stream.with_index", "Enum.with_index", "Enum.zip") && outcome.args[0] !== undefined) {
      const inner = streamOf(outcome.args[0], site, isWanted, depth + 1);
      if (inner !== undefined) return inner;
    }
    if (outcome.kind !== "var") continue;
    for (const { id, right } of matchesOn(site.clause.node, outcome.name)) {
      const inner = id < outcome.id && right !== undefined ? streamOf(right, site, isWanted, depth + 1) : undefined;
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

function isReporting(expr: Expr, site: CallSite): boolean {
  if (expr.isCall("Task.Supervisor.async_stream_nolink")) return true;
  if (!expr.isCall("Task.async_stream", "Task.Supervisor.async_stream")) return false;
  return expr.args.at(-1)?.get("on_timeout")?.isAtom("kill_task") === true || (trapsExits(site.module) && callbackEntries(site).length > 0);
}
const reasonFor = (stream: Expr, site: CallSite): string => (stream.isCall("Task.Supervisor.async_stream_nolink") ? "The tasks are not linked, so a crash arrives as a value." : stream.args.at(-1)?.get("on_timeout")?.isAtom("kill_task") === true ? "on_timeout: :kill_task makes a timeout a value." : `${site.module.shortName} traps exits, so a crash arrives as a value.`);
