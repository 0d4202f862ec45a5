import { defineRule, elixir } from "../../engine/rule.ts";
import { callbackEntries, stepsOf } from "../../model/context.ts";
import { outcomesOf, usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "task-handed-out",
  family: "errors",
  title: "A task is handed to a process that cannot await it",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Keep the caller, and reply when the task's result arrives" },
  source: "https://hexdocs.pm/elixir/Task.html#await/2",
  doc: {
    what: "A server starts a task and gives the task struct to its client in the reply.",
    why: "Only the process that started a task can await it: `Task.await/2` raises in any other. The result and, for a linked task, a crash go to the server, which does not expect them.",
    instead: "Keep `from`, return `{:noreply, state}`, and call `GenServer.reply/2` when `{ref, result}` arrives; or let the client start the task under the supervisor.",
    fine: ["Only the pid or the reference is given out, for monitoring.", "`Task.Supervisor.start_child/2`: there is no result to await.", "The client itself starts the task."],
    sure: "Proven when the struct stands in the reply.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call({:bake, fun}, _from, s) do
          task = Task.Supervisor.async(Bakery.Tasks, fun) #! Only Oven can await
          {:reply, {:ok, task}, s}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        def bake(fun), do: Task.Supervisor.async(Bakery.Tasks, fun)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "gen_statem", "GenStage")) return;
    for (const site of module.calls("Task.async", "Task.Supervisor.async", "Task.Supervisor.async_nolink")) {
      const entry = callbackEntries(site).find((candidate) => candidate.fn.name === "handle_call" && candidate.fn === site.fn);
      if (entry === undefined || site.closure !== undefined || site.node.kind !== "call") continue;
      const usage = usageOf(site.node);
      const name = usage.kind === "matched" && usage.pattern.kind === "var" ? usage.pattern.name : undefined;
      const reply = [...outcomesOf(site.clause.result)].map(answerIn).find((answer) => answer !== undefined && (answer.contains(site.node) || (name !== undefined && handsOut(answer, name))));
      if (reply === undefined) continue;
      yield {
        at: site.node,
        message: `Only ${module.shortName} can await this task: \`Task.await/2\` raises in the client that gets it from \`${site.fn.id}\`, and result and crash come to ${module.shortName}. Keep \`from\` and reply when the result arrives.`,
        related: [...stepsOf(entry), { at: reply, message: "the reply that hands it out" }],
        evidence: ["The task is owned by the process that starts it."],
        searched: ["only its pid or ref in the reply (no)"],
        confidence: "proven",
      };
    }
  },
});

const answerIn = (outcome: Expr): Expr | undefined => (outcome.kind === "tuple" && outcome.children[0]?.isAtom("reply") === true ? outcome.children[1] : undefined);

/** The variable itself, bare or inside tuples, lists and maps; not one of its fields. */
function handsOut(answer: Expr, name: string): boolean {
  if (answer.isVar(name)) return true;
  if (!["tuple", "list", "map", "pair"].includes(answer.kind)) return false;
  return answer.children.some((child) => handsOut(child, name));
}
