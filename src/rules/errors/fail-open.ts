import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { effectOf } from "../../model/effects.ts";
import { guardedIn, handlersOf, rescuedNames } from "../../model/handlers.ts";
import { constantOf, quoted } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

/** Values that admit, and those that refuse, as they are paired by convention. */
const admitting = /^(allow|allowed|ok|true|granted|permit|permitted|authorized|accept|accepted|closed|healthy|valid)$/;
const refusing = /^(deny|denied|error|false|refused|forbid|forbidden|unauthorized|reject|rejected|open|unhealthy|invalid|halt|limited|rate_limited|blocked)$/;
const admissionName = /(allow|permit|authori[sz]e|authenticate|check_rate|rate_limit|within_limit|quota|can_|may_|breaker|admit|grant|throttle|access|verify)/;
const security = /(authori[sz]e|authenticate|permission|access|token|signature|password|login|verify_(user|session|token|signature))/;

export default defineRule({
  id: "fail-open",
  family: "errors",
  title: "An error admits",
  severity: "high",
  set: "default",
  fix: { kind: "automatic", title: "Return the refusing value and log" },
  source: "https://hexdocs.pm/elixir/try-catch-and-rescue.html",
  doc: {
    what: "The error branch of a function that decides admission returns the admitting value.",
    why: "Whatever makes the check itself fail passes it: a missing table, a restarted server or a malformed request switches it off, and nothing shows it.",
    instead: "Return the refusing value and log; rescue only what is expected.",
    fine: ["The branch denies.", "A documented degraded mode with log or telemetry: then a person decides.", "Functions without a refusing side."],
    sure: "Proven when both an admitting and a refusing value are literals of the same function and the handler takes every error; likely when only the name says so; review when the branch logs. Critical where the function's name speaks of permissions, passwords, tokens and the like.",
  },
  bad: [
    elixir`
      defmodule Limiter do
        def check(key) do
          if count(key) > 10, do: {:deny, key}, else: {:allow, key}
        rescue
          _ -> {:allow, 0} #! passes the check
        end
        defp count(key), do: :ets.lookup_element(:hits, key, 2)
      end`,
  ],
  good: [
    elixir`
      defmodule Limiter do
        require Logger
        def check(key) do
          if count(key) > 10, do: {:deny, key}, else: {:allow, key}
        rescue
          e in ArgumentError ->
            Logger.error(Exception.message(e))
            {:deny, :unavailable}
        end
        defp count(key), do: :ets.lookup_element(:hits, key, 2)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const [clause, holders] of guardedIn(module)) if (!clause.fn.isMacro && clause.fn.kind !== "block") yield* judge(module, clause, holders);
  },
});

function* judge(module: Module, clause: Clause, holders: readonly Expr[]): Generator<Report> {
  let values: readonly Expr[] | undefined;
  for (const holder of holders) {
    const handlers = handlersOf(holder);
    values ??= valuesOf(clause);
    const normal = holder === clause.node ? values : [...(holder.section("do")?.body ?? [])].flatMap((expr) => [...outcomesOf(expr)]);
    for (const handler of handlers) {
      for (const outcome of [...outcomesOf(handler.clause.result)]) {
        const admitted = verdictOf(outcome, module);
        if (admitted !== "admits" || rescuedNames(handler).length > 0) continue;
        const report = decide(module, clause, holder, handler.clause, outcome, normal.length > 0 ? normal : values);
        if (report !== undefined) yield report;
      }
    }
  }
}

function decide(module: Module, clause: Clause, holder: Expr, handler: Expr, outcome: Expr, normal: readonly Expr[]): Report | undefined {
  const { fn } = clause;
  const refuses = normal.find((value) => verdictOf(value, module) === "refuses" && sameShape(value, outcome));
  const admits = normal.find((value) => verdictOf(value, module) === "admits" && tagOf(value) === tagOf(outcome));
  const named = admissionName.test(fn.name);
  const isPlainOk = ["ok", "true", "closed"].includes(tagOf(outcome) ?? "");
  if (refuses === undefined ? !named || isPlainOk : isPlainOk && !named) return undefined;
  if (isPlainOk && !(named && refuses !== undefined)) return undefined;
  const logs = [...handler.descendants()].some((part) => part.kind === "call" && ["log", "telemetry"].includes(effectOf(part.name) ?? ""));
  return {
    at: handler,
    firstLineOnly: true,
    severity: security.test(fn.name) ? "critical" : "high",
    confidence: logs ? "review" : refuses !== undefined && admits !== undefined ? "proven" : "likely",
    message: `Any error passes the check: this branch of \`${fn.id}\` answers \`${quoted(outcome, 40)}\`.`,
    related: [...(admits === undefined ? [] : [{ at: admits, message: "the admitting value" }]), ...(refuses === undefined ? [] : [{ at: refuses, message: "the refusing value" }])],
    evidence: [holder === clause.node ? "The handler covers the whole function." : "The handler covers the check.", logs ? "The branch logs; if it is a documented degraded mode, say so beside it." : "The branch leaves no log."],
    searched: ["a refusing value in this branch (none)", "named exceptions (none)"],
  };
}

/** Everything a clause can evaluate to outside of its handlers. */
const valuesOf = (clause: Clause): Expr[] => [...outcomesOf(clause.result)].flatMap((value) => (value.isCall("try") ? [...outcomesOf(value.section("do")?.result)] : [value]));

function tagOf(value: Expr): string | undefined {
  const first = value.kind === "tuple" ? value.children[0] : value;
  return first?.kind === "atom" ? first.name : undefined;
}
function verdictOf(written: Expr, module: Module): "admits" | "refuses" | undefined {
  const tag = tagOf(constantOf(written, module) ?? written);
  if (tag === undefined) return undefined;
  return admitting.test(tag) ? "admits" : refusing.test(tag) ? "refuses" : undefined;
}
const sameShape = (a: Expr, b: Expr): boolean => a.kind === b.kind || a.kind === "tuple" || b.kind === "tuple";
