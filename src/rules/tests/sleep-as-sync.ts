import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { integerOf, mentions } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { statementOf, statementsAfter } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { reasonForSleep } from "../shared/test-sleeps.ts";

export default defineRule({
  id: "sleep-as-sync",
  family: "tests",
  title: "A test sleeps and hopes",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Wait for the event itself" },
  source: "https://hexdocs.pm/ex_unit/ExUnit.Assertions.html#assert_receive/3",
  doc: {
    what: "A test sleeps for a fixed time before it asserts or looks something up.",
    why: "Too short, and the test fails on a busy machine; long enough, and every run pays for it.",
    instead: "`assert_receive` for a message; a monitor and `assert_receive {:DOWN, …}` for an end; `:sys.get_state/1` to wait until a server has handled what was sent; a polling helper with a deadline otherwise.",
    fine: ["The sleep is just above a `ttl:` or window that the test sets.", "The sleep is what the test measures: a clock is read before it, and so much must have passed.", "A rate window is under test.", "The sleep is the load itself, inside a function the test passes on.", "`:infinity`.", "A helper process that plays a slow peer.", "A process that the test has held before must still be alive afterwards.", "The poll interval of a helper with a deadline."],
    never: "Removing the sleep with nothing in its place, or skipping the test.",
    sure: "Proven when the awaited event can be named; likely otherwise; review in loops.",
  },
  bad: [
    elixir`
      defmodule OvenTest do
        use ExUnit.Case
        test "lights", %{oven: oven} do
          Oven.light(oven)
          Process.sleep(50) #! Waits 50 ms
          assert Oven.lit?(oven)
        end
      end`,
  ],
  good: [
    elixir`
      defmodule OvenTest do
        use ExUnit.Case
        test "lights", %{oven: oven} do
          Oven.light(oven)
          _ = :sys.get_state(oven)
          assert Oven.lit?(oven)
        end
      end`,
  ],

  *checkModule(module) {
    if (module.kind !== "test") return;
    for (const site of module.calls("Process.sleep", ":timer.sleep")) {
      const report = judge(module, site);
      if (report !== undefined) yield report;
    }
  },
});

function judge(module: Module, site: CallSite): Report | undefined {
  const { node, fn } = site;
  const time = site.args[0];
  if (node.kind !== "call" || time === undefined || fn.kind !== "block" || reasonForSleep(site) !== undefined) return undefined;
  const ms = integerOf(time, module);
  if (ms === 0) return undefined;
  const later = statementsAfter(node);
  const assertion = later.find(asserts);
  if (assertion === undefined) return undefined;
  const before = statementBefore(node);
  if (before !== undefined && isMeasured(before, later)) return undefined;
  const event = before === undefined ? undefined : eventOf(before);
  const length = ms === undefined ? `\`${time.text}\`` : `${ms} ms`;
  return {
    at: node,
    severity: site.around.loop !== undefined ? "low" : "medium",
    confidence: site.around.loop !== undefined ? "review" : event !== undefined ? "proven" : "likely",
    message: `Waits ${length} ${event === undefined ? "before it asserts" : `for ${event}`}; too short on a busy machine, and paid in every run otherwise.`,
    related: [...(before === undefined ? [] : [{ at: before, message: "what is waited for" }]), { at: assertion, message: "what is then asserted" }],
    evidence: [event === undefined ? "The awaited event could not be named." : `Awaited: ${event}.`],
    searched: ["a `ttl`, window or interval that this time follows (none)", "a monitor or `assert_receive` in its place (none)"],
  };
}

/** The statement, or one of its parts, asserts, refutes or looks something up. */
const asserts = (statement: Expr): boolean => [...statement.descendants()].some((part) => part.kind === "call" && (/^(assert|refute)(_\w+)?$/.test(part.name) || /^(Process\.(alive\?|whereis|info)|Registry\.lookup|:ets\.\w+|:sys\.get_state)$/.test(part.name)));

function statementBefore(node: Expr): Expr | undefined {
  const statement = statementOf(node);
  const siblings = statement.parent?.body ?? [];
  return siblings[siblings.indexOf(statement) - 1];
}

/** `started = System.monotonic_time()` before it, and then that at least so much time has passed: the sleep is what is measured. */
function isMeasured(before: Expr, later: readonly Expr[]): boolean {
  const start = before.kind === "match" && before.left?.kind === "var" && before.right?.kind === "call" && /(time|timer|now)(\/\d)?$|^start_time/i.test(before.right.fun) ? before.left.name : undefined;
  return start !== undefined && later.some((statement) => mentions(statement, start)) && later.some((statement) => statement.isCall("assert") && statement.args[0]?.isOp(">", ">=") === true);
}

/** The event that the statement before sets off, in words. */
function eventOf(before: Expr): string | undefined {
  for (const part of before.descendants()) {
    if (part.kind !== "call") continue;
    if (/^(GenServer\.cast|send|Process\.send)$/.test(part.name)) return `${nameOf(part.args[0])} to handle what was sent to it`;
    if (/^(Process\.exit|GenServer\.stop|Supervisor\.terminate_child|DynamicSupervisor\.terminate_child|Agent\.stop)$/.test(part.name)) return `${nameOf(part.args[0])} to end`;
    if (/^(Task\.(async|start)|spawn|Task\.Supervisor\.\w+)$/.test(part.name)) return "the started process";
    if (/broadcast|publish|notify|emit|execute$/.test(part.fun)) return "the message to arrive";
  }
  const call = before.kind === "call" && before.args.length > 0 ? before : before.kind === "match" && before.right?.kind === "call" ? before.right : undefined;
  const target = call?.args[0];
  return call !== undefined && target?.kind === "var" ? `\`${target.name}\` after \`${call.name}\`` : undefined;
}

/** What a reader calls the process; `&1` has no name. */
const nameOf = (process: Expr | undefined): string => (process === undefined || process.text.startsWith("&") ? "each process" : `\`${process.text}\``);
