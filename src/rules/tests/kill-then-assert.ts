import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { sameExpr } from "../../model/literals.ts";
import { tagOf } from "../../model/server.ts";
import { statementOf, statementsAfter } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { indentOf, isRenamed, linesAfter, linesBefore } from "../shared/edits.ts";

export default defineRule({
  id: "kill-then-assert",
  family: "tests",
  title: "A test asserts before the end has taken place",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Monitor first, and assert_receive the :DOWN", ready: "for a process in a variable whose own end the test looks at; a supervisor or a registry hears of it later still" },
  source: "https://hexdocs.pm/elixir/Process.html#exit/2",
  doc: {
    what: "A test ends a process by `Process.exit/2` or by a message, and at once looks for what follows: a name that is free, a new pid, a count of children, another process that dies with it.",
    why: "Both return before anything has happened. The name is still registered, the supervisor has not heard of it, and the test passes or fails by chance.",
    instead: "`ref = Process.monitor(pid)` before, `assert_receive {:DOWN, ^ref, _, _, _}` after it; for a restart, poll until the new pid is there.",
    fine: ["`Process.exit(pid, :kill)` and then `Process.alive?(pid)` of the same process: the runtime delivers the signal first, which is documented and was run 20,000 times.", "`GenServer.stop/1`, `stop_supervised/1`, `Agent.stop/1`: they wait.", "A monitor and `assert_receive {:DOWN, …}`, a sleep or a call in between.", "A helper that polls."],
    never: "A longer sleep in between.",
    sure: "Proven for a name looked up, or `alive?` after a message; likely for children and for other processes that are expected to follow.",
  },
  bad: [
    elixir`
      defmodule OvenTest do
        use ExUnit.Case
        test "leaves its name", %{oven: oven} do
          Process.exit(oven, :kill) #! returns before
          assert Process.whereis(Oven) == nil
        end
      end`,
  ],
  good: [
    elixir`
      defmodule OvenTest do
        use ExUnit.Case
        test "leaves its name", %{oven: oven} do
          ref = Process.monitor(oven)
          Process.exit(oven, :kill)
          assert_receive {:DOWN, ^ref, :process, _, :killed}
          assert Process.whereis(Oven) == nil
        end
      end`,
  ],

  *checkModule(module) {
    if (module.kind !== "test") return;
    for (const site of module.calls("Process.exit", ":erlang.exit", "send", "Process.send", "GenServer.cast")) {
      const report = judge(site);
      if (report !== undefined) yield report;
    }
  },
});

function judge(site: CallSite): Report | undefined {
  const { node } = site;
  const [target, word] = site.args;
  if (node.kind !== "call" || target === undefined || word === undefined || site.closure !== undefined || site.around.loose || target.isCall("self")) return undefined;
  const isSignal = site.name.endsWith("exit");
  if (isSignal ? word.isAtom("normal") : !isStopWord(word)) return undefined;
  for (const statement of statementsAfter(node)) {
    const race = raceIn(statement, target, isSignal);
    if (race !== undefined) return reportOf(site, target, statement, race);
    if (!isInert(statement)) return undefined;
  }
  return undefined;
}

const isStopWord = (message: Expr): boolean => /^(stop|die|crash|exit|kill|shutdown|terminate|boom|quit|fail)(_now|_yourself)?$/.test(tagOf(message)?.tag ?? "");

type Race = { readonly look: Expr; readonly confidence: "proven" | "likely"; readonly words: string; /** Over as soon as the `:DOWN` is there. */ readonly endsWithDown: boolean };

const names = /^(Process|GenServer)\.whereis$|^:global\.whereis_name$|^Registry\.(lookup|whereis_name|keys|count)$|^Process\.registered$/;
const children = /^(Dynamic)?Supervisor\.(which_children|count_children)$/;

/** What the statement looks at too early; only assertions and bindings count. */
function raceIn(statement: Expr, target: Expr, isSignal: boolean): Race | undefined {
  const asserts = statement.isCall("assert", "refute");
  if (!asserts && statement.kind !== "match") return undefined;
  for (const part of statement.descendants()) {
    if (part.kind !== "call") continue;
    if ((part.name === "Process.alive?" || names.test(part.name) || children.test(part.name)) && isInFunction(part, statement)) return undefined; // whoever gets the function may ask again and again
    if (part.name === "Process.alive?") {
      const isSame = sameExpr(part.args[0], target);
      const expectsEnd = statement.isCall("refute") || [...statement.descendants()].some((other) => other.isOp("not", "!") || other.isAtom("false"));
      if (isSame && !isSignal && expectsEnd) return { look: part, confidence: "proven", words: `\`${target.text}\` has not read the message yet`, endsWithDown: true };
      if (!isSame && isSignal && asserts && expectsEnd && part.args[0]?.kind === "var") return { look: part, confidence: "likely", words: `\`${part.args[0].text}\` hears of it later`, endsWithDown: false };
      return undefined;
    }
    if (names.test(part.name)) return { look: part, confidence: isSignal || asserts ? "proven" : "likely", words: "the name is still registered", endsWithDown: /^(Process|GenServer)\.whereis$/.test(part.name) && /^(alias|atom)$/.test(part.args[0]?.kind ?? "") };
    if (children.test(part.name)) return { look: part, confidence: "likely", words: "the supervisor has not heard of it yet", endsWithDown: false };
  }
  return undefined;
}

const isInFunction = (part: Expr, statement: Expr): boolean => [...part.ancestors()].some((above) => above.kind === "fn" && statement.contains(above));

/** A statement that neither waits nor asks another process: the race goes on behind it. */
const isInert = (statement: Expr): boolean => {
  if (statement.isCall("refute", "assert") && [...statement.descendants()].some((part) => part.isCall("Process.alive?"))) return false;
  return [...statement.descendants()].every((part) => part.kind !== "call" || /^(Process\.(monitor|exit|unlink)|Logger\.\w+|IO\.\w+|Map\.\w+|inspect|System\.\w*time|assert|refute|is_\w+|self)$/.test(part.name));
};

function reportOf(site: CallSite, target: Expr, statement: Expr, race: Race): Report {
  return {
    at: site.node,
    confidence: race.confidence,
    message: `\`${site.name}\` returns before \`${target.text.length > 30 ? "the process" : target.text}\` is gone: at line ${statement.line} ${race.words}. Monitor it first and \`assert_receive\` its \`:DOWN\`.`,
    related: [{ at: race.look, message: "looks at once" }],
    searched: ["a monitor with `assert_receive`, a call or a poll in between (none)"],
    ready: () => (race.endsWithDown ? awaitDown(site, target) : []),
  };
}

/** A local name is free before the `:DOWN` is sent. How long a process takes that may refuse or clean up, only its authors know. */
function* awaitDown({ node, clause, args }: CallSite, target: Expr): Generator<FixDraft> {
  if (target.kind !== "var" || statementOf(node) !== node || clause.node.descendantsOf("var").some(({ name }) => name === "ref") || isRenamed(node.tree, "Process")) return;
  const monitor = linesBefore(node, [`ref = Process.monitor(${target.name})`]);
  const wait = linesAfter(node, indentOf(node), ["assert_receive {:DOWN, ^ref, :process, _pid, _reason}"]);
  if (monitor !== undefined && wait !== undefined) yield { title: "Monitor it first, and wait for its :DOWN", safe: args[1]?.isAtom("kill") === true, edits: [monitor, wait] };
}
