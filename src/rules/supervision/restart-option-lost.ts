import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import { type Child, childOf, moduleOf, specMapsIn } from "../../model/child-spec.ts";
import { dynamicStartsOf } from "../../model/dynamic-children.ts";
import type { Clause, Module } from "../../model/module.ts";
import { parentsOf, supervisorsIn } from "../../model/supervision.ts";
import { usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { replaced } from "../shared/edits.ts";

/** What gives a module its `child_spec/1` together with the options of the `use`. */
const givesSpec = new Set(["GenServer", "GenStage", "GenStateMachine", "Agent", "Task", "Supervisor", "DynamicSupervisor"]);

export default defineRule({
  id: "restart-option-lost",
  family: "supervision",
  title: "What a module says about restarts is lost where it is started",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Write the restart type into the specification", ready: "where the specification is a map" },
  source: "https://hexdocs.pm/elixir/Supervisor.html#module-child-specification",
  doc: {
    what: "A module says `use GenServer, restart: :temporary` (or `:transient`), and the map that starts it, in a supervisor or in its own `child_spec/1`, has no `:restart`. Or a plain `DynamicSupervisor` is started under the name of a supervisor module, whose `init/1` then never runs.",
    why: "The options of `use` go into the `child_spec/1` that it defines, and nowhere else. A map is taken as it is, and its `:restart` is `:permanent` when it has none: the process is started again although its module says it should not be. A plain supervisor knows nothing of the module whose name it was given: limits, strategy and children written there have no effect, although the module's functions work.",
    instead: "`{Oven, argument}`, which asks the module; `Supervisor.child_spec({Oven, argument}, id: id)` for another id; or `restart: :temporary` in the map. For a supervisor module `{Ovens, argument}`.",
    fine: ["A map with `:restart`.", "A map that later code completes, with `Map.put/3`, `Map.merge/2` or `Supervisor.child_spec/2`.", "Modules that say nothing of a restart, or `:permanent`.", "A name that is no module with an `init/1`."],
    sure: "Proven: both stand in the source. Low for a `:transient` that changes nothing, because the module shows no end with `:normal` or `:shutdown`, and for an `init/1` that never runs but says nothing else than the specification does.",
  },
  bad: [
    elixir`
      defmodule Ovens do
        use DynamicSupervisor
        def start_link(_), do: DynamicSupervisor.start_link(__MODULE__, nil, name: __MODULE__)
        def init(_), do: DynamicSupervisor.init(strategy: :one_for_one)
        def light(id) do
          spec = %{id: Oven, start: {Oven, :start_link, [id]}} #! it is :permanent
          DynamicSupervisor.start_child(__MODULE__, spec)
        end
      end
      defmodule Oven do
        use GenServer, restart: :temporary
        def start_link(id), do: GenServer.start_link(__MODULE__, id)
        def init(id), do: {:ok, id}
      end`,
  ],
  good: [
    elixir`
      defmodule Ovens do
        use DynamicSupervisor
        def start_link(_), do: DynamicSupervisor.start_link(__MODULE__, nil, name: __MODULE__)
        def init(_), do: DynamicSupervisor.init(strategy: :one_for_one)
        def light(id), do: DynamicSupervisor.start_child(__MODULE__, {Oven, id})
      end
      defmodule Oven do
        use GenServer, restart: :temporary
        def start_link(id), do: GenServer.start_link(__MODULE__, id)
        def init(id), do: {:ok, id}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const { spec, clause } of specMapsIn(module)) {
      if (spec.updated !== undefined || spec.get("restart") !== undefined) continue;
      const target = moduleOf(childOf(spec, { clause, conditional: false, branches: [], isRepeated: false }));
      const lost = target === undefined ? undefined : restartSaid(target);
      if (target !== undefined && lost !== undefined && !isCompleted(spec, clause)) yield report(spec, target, lost, clause);
    }
    for (const supervisor of supervisorsIn(module))
      for (const child of supervisor.children) {
        const { node, clause } = child;
        if (clause.fn.module === module) yield* passedOver(module, child);
        const target = node.kind === "call" && /(^|\.)(worker|supervisor)$/.test(node.name) && child.restart === undefined && node.args[2]?.kind !== "var" ? moduleOf(child) : undefined;
        const lost = target === undefined || clause.fn.module !== module ? undefined : restartSaid(target);
        if (target !== undefined && lost !== undefined) yield report(node, target, lost, clause);
      }
  },
});

const plain = new Set(["DynamicSupervisor", "Supervisor", "Task.Supervisor"]);
/** A plain supervisor under the name of a module that is one itself, which nobody starts. */
function* passedOver(module: Module, { module: started = "", argument, node }: Child): Generator<Report> {
  const name = plain.has(started) ? argument?.get("name") : undefined;
  const target = name?.kind === "alias" ? module.workspace.module(name.name, module) : undefined;
  if (argument === undefined || target === undefined || target === module || !target.is("Supervisor", "DynamicSupervisor") || target.fnsNamed("start_link").some((fn) => fn.callers.length > 0) || parentsOf(target).length > 0 || dynamicStartsOf(target).length > 0) return;
  const [init] = target.callback("init/1");
  const said = init?.sites.find((site) => site.is("DynamicSupervisor.init", "Supervisor.init"));
  const options = said?.args.at(-1);
  if (init === undefined || said === undefined || options?.kind !== "list") return;
  const lost = options.children.filter((pair) => pair.kind === "pair" && argument.get(pair.key?.name ?? "")?.text !== pair.value?.text && pair.key?.name !== "strategy");
  const hasChildren = said.is("Supervisor.init") && said.args[0]?.children.length !== 0;
  const what = hasChildren ? "its children are never started" : lost.length > 0 ? `\`${lost.map(({ text }) => text).join(", ")}\` has no effect` : "what it says there has no effect";
  yield {
    at: node,
    firstLineOnly: true,
    message: `A plain ${started} is started under the name of ${target.name}, whose own \`init/1\` never runs: ${what}. Start \`{${target.name}, …}\`.`,
    related: [{ at: init.head, message: "never runs" }],
    evidence: [`${target.name} is started nowhere.`],
    ...(hasChildren || lost.length > 0 ? {} : { severity: "low" as const }),
    searched: [`${target.shortName} in a list of children, or a call of its \`start_link\` (none)`],
    confidence: "proven",
  };
}

/** The option of the `use` that defines the module's `child_spec/1`. */
const restartSaid = (target: Module): Expr | undefined => target.uses.filter(({ name }) => givesSpec.has(name)).map(({ options }) => options?.get("restart")).find((value) => value?.kind === "atom" && value.name !== "permanent");

/** Whether a process of the module can end with `:normal` or `:shutdown`, as far as its code shows: only then `:transient` is another type than `:permanent`. */
function mayEndWell(target: Module): boolean {
  if (target.is("Supervisor", "DynamicSupervisor")) return false;
  if (!target.is("GenServer", "GenStage") || target.unknownUses.length > 0 || target.calls(...ends).length > 0) return true;
  return target.node.descendantsOf("tuple").some(({ children: [tag, reason] }) => tag?.isAtom("stop") === true && (reason?.kind !== "atom" || reason.name === "normal" || reason.name === "shutdown"));
}
const ends = ["exit", "Process.exit", "GenServer.stop", ":gen_server.stop", "GenStage.stop"] as const;

/** Whether more is put into the map before it is used. */
function isCompleted(spec: Expr, clause: Clause): boolean {
  const usage = usageOf(spec);
  if (usage.kind === "argument") return !/(^|\.)(start_child|init|start_link|child_spec)$/.test(usage.call.name);
  const name = usage.kind === "matched" && usage.pattern.kind === "var" ? usage.pattern.name : undefined;
  if (name === undefined) return false;
  return [...clause.node.descendants()].some((expr) => expr.updated?.isVar(name) === true || (expr.isCall("Map.put", "Map.merge", "Map.put_new", "Supervisor.child_spec", "Enum.into") && expr.args.some((arg) => arg.isVar(name))));
}

const report = (spec: Expr, target: Module, lost: Expr, { fn }: Clause): Report => ({
  at: spec,
  firstLineOnly: true,
  message: `${target.shortName} says \`restart: ${lost.text}\`, but only its generated \`child_spec/1\` knows: started by this ${spec.kind === "map" ? "map" : "specification"} it is :permanent. Write \`restart: ${lost.text}\` here${fn.name === "child_spec" ? "" : `, or start it as \`{${target.shortName}, …}\``}.`,
  related: [{ at: lost, message: "has no effect on it" }],
  evidence: ["The options of `use` go into the `child_spec/1` that it defines."],
  ...(lost.isAtom("transient") && !mayEndWell(target) ? { severity: "low" as const } : {}),
  searched: ["`:restart` in the specification, or put into it later (none)"],
  confidence: "proven",
  ready: () => written(spec, lost),
});

/** How often a child comes back is a decision of its supervisor, so nobody should make it unseen. */
function* written(spec: Expr, lost: Expr): Generator<FixDraft> {
  const start = spec.kind === "map" ? spec.get("start") : undefined;
  if (start !== undefined) yield { title: `Add restart: ${lost.text}`, safe: false, edits: [replaced(start, `${start.text}, restart: ${lost.text}`)] };
}
