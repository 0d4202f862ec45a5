import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { usageOf } from "../../model/usage.ts";
import { type Expr, flag } from "../../syntax/tree.ts";

/** Calls that set something up for the process that makes them, with what becomes of it when that process ends. */
const setups: ReadonlyMap<string, string> = new Map([
  ["Process.monitor", "the `:DOWN` goes to the task"],
  ["Registry.register", "the entry is removed when the task ends"],
  ["Phoenix.PubSub.subscribe", "the messages go to the task, and the subscription ends with it"],
  [":net_kernel.monitor_nodes", "the messages go to the task"],
  [":ets.new", "the table is deleted when the task ends"],
]);

export default defineRule({
  id: "setup-in-task",
  family: "processes",
  title: "What is set up in a task belongs to the task",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Set it up in the process that needs it" },
  source: "https://hexdocs.pm/elixir/Registry.html#register/3",
  doc: {
    what: "A function that runs in a task, and ends with it, monitors a process, subscribes, or creates a table, and waits for nothing; or its last act is to register.",
    why: "All of these belong to the process that makes the call. The task ends, and with it the registration, the subscription, the monitor or the table: the process they were meant for never has them.",
    instead: "The call in the process that is to receive the messages or to own the table; what the task finds out goes back as its result.",
    fine: ["The task waits for the messages itself, or loops.", "The task starts what lives on and waits for it.", "A table that the task uses, or gives away.", "A registration under which the task is known, or holds a lock, while it works."],
    sure: "Likely: what the code that cannot be seen does with it is not known.",
  },
  bad: [
    elixir`
      defmodule Board do
        use GenServer
        def init(_), do: {:ok, []}
        def handle_cast({:watch, oven}, s) do
          Task.Supervisor.start_child(Bakery.Tasks, fn -> Process.monitor(oven) end) #! belongs to the task
          {:noreply, s}
        end
        def handle_info({:DOWN, _, _, _, _}, s), do: {:stop, :cold, s}
      end`,
  ],
  good: [
    elixir`
      defmodule Board do
        use GenServer
        def init(_), do: {:ok, []}
        def handle_cast({:watch, oven}, s) do
          Process.monitor(oven)
          {:noreply, s}
        end
        def handle_info({:DOWN, _, _, _, _}, s), do: {:stop, :cold, s}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const start of module.calls(...starts)) {
      const work = start.node.kind === "call" ? start.args.find((arg) => arg.kind === "fn") : undefined;
      if (work === undefined) continue;
      const inside = start.clause.sites.filter((site) => work.contains(site.node) && site.closure?.fn === work && !site.around.loose);
      const found = inside.flatMap((site) => setupAt(site, work) ?? []);
      if (found.length === 0 || inside.some((site) => stays(site, 0))) continue;
      for (const setup of found) yield report(setup, start);
    }
  },
});

const starts = ["Task", "Task.Supervisor"].flatMap((module) => ["start", "start_link", "start_child", "async", "async_nolink"].map((name) => `${module}.${name}`)).concat("spawn", "spawn_link", "Process.spawn", "start_async", "assign_async");

/** A call that sets something up, itself or in the function of the project that it calls. */
type Setup = { readonly site: CallSite; readonly name: string; readonly loss: string };

function setupAt(site: CallSite, work: Expr): Setup | undefined {
  if (site.node.kind !== "call") return undefined;
  const own = [site, ...(site.callee?.sites ?? [])].find((inner) => setups.has(inner.name) && inner.node.kind === "call" && (inner === site || inner.closure === undefined));
  const loss = setups.get(own?.name ?? "");
  if (own === undefined || loss === undefined) return undefined;
  if (own.name === ":ets.new" && (own !== site || (usageOf(site.node).kind !== "dropped" && !isLast(site.node, work)))) return undefined;
  if (own.name === "Registry.register" && !isLast(site.node, work)) return undefined;
  return { site, name: own.name, loss };
}
/** Whether the task does nothing after it. */
const isLast = (expr: Expr, work: Expr): boolean => work.clauses.some((clause) => clause.result === expr || (clause.result?.contains(expr) === true && clause.result.kind === "match"));

const waits = /^(receive|Process\.sleep|:timer\.sleep|Process\.hibernate|:erlang\.hibernate|Task\.(await|yield)\w*|:gen_\w+\.(accept|recv|enter_loop)|GenServer\.enter_loop|Stream\.\w+|apply|:proc_lib\.\w+|:ets\.give_away|\.)$/;
const MAX_STEPS = 4;

/** Whether the task waits, loops or runs what cannot be seen, itself or in functions of the project. */
function stays(site: CallSite, depth: number): boolean {
  if (waits.test(site.name) || site.node.has(flag.dynamic)) return true;
  const { callee } = site;
  if (callee === undefined) return false;
  if (depth >= MAX_STEPS || callee.isMacro) return true;
  return callee.sites.some((inner) => inner.callee === callee || (inner.closure === undefined && stays(inner, depth + 1)));
}

function report({ site, name, loss }: Setup, start: CallSite): Report {
  return {
    at: site.node,
    message: `\`${site.name}\` here belongs to the task that \`${start.name}\` starts: ${loss}. Call it in the process that needs it.`,
    related: [{ at: start.node, message: "starts the task" }],
    ...(site.name === name ? {} : { evidence: [`It calls \`${name}\`.`] }),
    searched: ["a receive, a wait or a loop in the task (none)"],
    confidence: "likely",
  };
}
