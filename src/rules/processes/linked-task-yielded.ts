import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { boundIn } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { isPassedOn } from "../shared/passed-on.ts";
import { trapsExits } from "../../model/server.ts";
import type { Expr } from "../../syntax/tree.ts";
import { catchesAll, processStarts, type ProcessStart } from "../../model/tasks.ts";
import { matchesOn } from "../../model/flow.ts";

const yields = ["Task.yield", "Task.yield_many", "Task.shutdown"] as const;

export default defineRule({
  id: "linked-task-yielded",
  family: "processes",
  title: "The crash of a linked task is expected as a value",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Start the task with Task.Supervisor.async_nolink" },
  source: "https://hexdocs.pm/elixir/Task.html#yield/2",
  doc: {
    what: "The result of `Task.yield/2` or `Task.yield_many/2` is taken with a clause for `{:exit, reason}`, and the task was started with `Task.async`, which links it.",
    why: "When a linked task crashes, its exit signal ends the caller while it still waits. The clause for `{:exit, reason}` is never reached, unless the caller traps exits.",
    instead: "`Task.Supervisor.async_nolink/2`: then a crash arrives as `{:exit, reason}` and the caller goes on.",
    fine: ["The caller traps exits.", "No clause for `{:exit, _}`, or one that raises or exits: caller and task share one fate on purpose.", "A function that catches everything itself, so that the task does not crash, written there or given by each caller of a private function."],
    sure: "Proven when task and clause stand in one function; likely when the tasks are handed to a function of the module. Low where the task only computes and calls functions that answer an error as a value.",
  },
  bad: [
    elixir`
      defmodule Bakery do
        def taste(loaf) do
          task = Task.async(fn -> Critic.taste(loaf) end) #! is linked
          case Task.yield(task, 1_000) || Task.shutdown(task) do
            {:ok, verdict} -> verdict
            {:exit, reason} -> {:error, reason}
            nil -> :late
          end
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery do
        def taste(loaf) do
          task = Task.Supervisor.async_nolink(Bakery.Tasks, fn -> Critic.taste(loaf) end)
          case Task.yield(task, 1_000) || Task.shutdown(task) do
            {:ok, verdict} -> verdict
            {:exit, reason} -> {:error, reason}
            nil -> :late
          end
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || trapsExits(module)) return;
    const seen = new Set<Expr>();
    for (const site of module.calls(...yields)) {
      const exit = site.node.kind === "call" ? exitPatternAfter(site) : undefined;
      const [start, ...others] = exit === undefined ? [] : startsOf(module, site);
      if (start === undefined || exit === undefined || seen.has(exit)) continue;
      seen.add(exit);
      yield report(site, start, exit, others);
    }
  },
});

const report = (site: CallSite, start: CallSite, exit: Expr, others: readonly CallSite[]): Report => ({
  at: start.node,
  message: `\`${site.fn.id}\` expects \`{:exit, reason}\` when the task crashes, but \`${start.name}\` is linked: the crash ends the caller before \`${site.name}\` returns. Use \`Task.Supervisor.async_nolink\`.`,
  related: [{ at: site.node, message: "waits for it here" }, { at: exit, message: "never matches" }, ...others.map((other) => ({ at: other.node, message: "linked, too" }))],
  evidence: ["The exit signal of a linked process ends a process that does not trap exits."],
  searched: ["trap_exit in the module (none)"],
  severity: cannotFail(start) ? "low" : "medium",
  confidence: start.clause === site.clause ? "proven" : "likely",
});

/** The body only computes and asks the system, with functions that answer an error as a value: the clause is as good as never needed. */
function cannotFail(start: CallSite): boolean {
  const body = start.args.find((arg) => arg.kind === "fn");
  return body !== undefined && [...body.descendantsOf("call")].every(({ name, args, target }) => target === undefined && (harmless.test(name) || (name === "." && args.length === 0)));
}
const harmless = /^((String|Enum|Map|List|Keyword|Tuple|MapSet|Integer|Path|File|System)\.\w+\??|:inet\.\w+|:os\.\w+|Logger\.\w+|case|cond|if|unless|with|for|fn|==|inspect|is_\w+|to_(string|charlist))$/;

/** A pattern `{:exit, _}` in the code that takes the answer: in the same clause, after the call. */
function exitPatternAfter(site: CallSite): Expr | undefined {
  for (const stab of site.clause.node.descendantsOf("clause")) {
    if (stab.parent?.parent?.isCall("try") === true || stab.id < site.id || isPassedOn(stab)) continue;
    for (const param of stab.params)
      for (const tuple of param.descendantsOf("tuple")) if (tuple.children.length === 2 && tuple.children[0]?.isAtom("exit") === true) return tuple;
  }
  return undefined;
}

/** Where the linked tasks that a call waits for, and that can crash, are started: in its clause, or in the functions of the module that hand them to it. */
function startsOf(module: Module, site: CallSite): readonly CallSite[] {
  const linked = processStarts(module).filter((start) => start.kind === "async" && start.isLinked && start.site.closure === undefined);
  const mortal = (starts: readonly ProcessStart[]): readonly CallSite[] => starts.flatMap((start) => (catchesAll(start) ? [] : [start.site]));
  const here = linked.filter((start) => start.site.clause === site.clause && start.site.id < site.id);
  if (here.length > 0) return mortal(here);
  const subject = site.args[0];
  const index = subject?.kind === "var" ? site.clause.params.findIndex((param) => boundIn(param).has(subject.name)) : -1;
  if (index < 0 || site.fn.isPublic) return [];
  return site.fn.localCallers.flatMap((caller) => mortal(linked.filter((start) => isHanded(start.site, caller, index))));
}

/** The tasks stand in the argument itself, as in a pipe, or in the variable that is given. */
function isHanded(start: CallSite, caller: CallSite, index: number): boolean {
  const given = caller.args[index];
  if (start.clause !== caller.clause || given === undefined) return false;
  if (given.contains(start.node)) return true;
  return given.kind === "var" && matchesOn(caller.clause.node, given.name).some((match) => match.contains(start.node));
}
