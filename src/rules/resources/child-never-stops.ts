import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { callbackEntries, entriesOf, type Entry, stepsOf } from "../../model/context.ts";
import { type DynamicStart, dynamicStartsOf } from "../../model/dynamic-children.ts";
import { isPattern, valuesOf } from "../../model/fields.ts";
import type { Clause, Module } from "../../model/module.ts";
import { tagOf } from "../../model/server.ts";
import type { Expr } from "../../syntax/tree.ts";

const fields = ["status", "state", "phase", "stage", "lifecycle"] as const;
const ends = /^(completed?|cancell?ed|failed|closed|done|finished|expired|stopped|terminated|aborted|succeeded|delivered)$/;
const stoppers = ["GenServer.stop", ":gen_statem.stop", "Process.exit", "exit", "DynamicSupervisor.terminate_child", "Supervisor.terminate_child", ":proc_lib.stop", ":gen_server.stop"] as const;

export default defineRule({
  id: "child-never-stops",
  family: "resources",
  title: "A process per entity that stays when its entity is done",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Stop the process when it reaches its end state" },
  source: "https://hexdocs.pm/elixir/GenServer.html#c:handle_info/2",
  doc: {
    what: "A server is started for each entity under a DynamicSupervisor, reaches an end state (completed, cancelled, failed, closed, done), and nothing stops it.",
    why: "Each finished entity leaves a process with its state and its name for the rest of the node's life. Memory and the supervisor's list only grow.",
    instead: "`{:stop, :normal, s}`, after the reply where there is one, or an idle timeout; with restart `:transient` or `:temporary`, so that a normal end stays one.",
    fine: ["A `{:stop, …}`, an exit, or an idle timeout anywhere in the module.", "Code that is used stops it from outside.", "Servers that live as long as the application.", "A state that can be left again."],
    sure: "Likely when the end state is a literal in the state of a server that is seen to be started per entity.",
  },
  bad: [
    elixir`
      defmodule Bakery do
        def bake(id), do: DynamicSupervisor.start_child(Ovens, {Loaf, id})
      end
      defmodule Loaf do
        use GenServer, restart: :transient
        def start_link(id), do: GenServer.start_link(__MODULE__, id)
        def init(id), do: {:ok, %{id: id, status: :raw}}
        def handle_info(:baked, s), do: {:noreply, %{s | status: :done}} #! stays alive
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery do
        def bake(id), do: DynamicSupervisor.start_child(Ovens, {Loaf, id})
      end
      defmodule Loaf do
        use GenServer, restart: :transient
        def start_link(id), do: GenServer.start_link(__MODULE__, id)
        def init(id), do: {:ok, %{id: id, status: :raw}}
        def handle_info(:baked, s), do: {:stop, :normal, %{s | status: :done}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "gen_statem") || module.is("LiveView", "Channel") || module.unknownUses.length > 0) return;
    const [start] = dynamicStartsOf(module);
    if (start === undefined || canEnd(module) || isStoppedElsewhere(module, start)) return;
    for (const field of fields) yield* enteringEnd(module, field, start);
  },
});

/** Any sign in the module that its process may end: a stop, an exit, a timeout, a link or monitor that ends it. */
function canEnd(module: Module): boolean {
  if (module.calls(...stoppers).length > 0) return true;
  return module.functions.some((fn) =>
    fn.clauses.some((clause) => tagOf(clause.params[0])?.tag === "timeout" || [...clause.node.descendants()].some((expr) => (expr.kind === "tuple" && (expr.children[0]?.isAtom("stop") === true || expr.children[0]?.isAtom("shutdown") === true) && !isPattern(expr)) || expr.isAtom("stop_and_reply"))),
  );
}

/** A stop or `terminate_child` in other code that somebody calls, beside the module or the place that starts it. */
function isStoppedElsewhere(module: Module, start: DynamicStart): boolean {
  return module.workspace.calls(...stoppers).some((site) => {
    if (!site.module.isLib || site.module === module) return false;
    const isNear = site.module === start.site.module || site.fn.sites.some((other) => other.callee?.module === module);
    return isNear && isUsed(site.fn);
  });
}
/** A function that only offers itself and that no code of the workspace calls stops nothing. */
const isUsed = (fn: Clause["fn"]): boolean => fn.callers.some((caller) => caller.module.isLib) || entriesOf(fn).some((entry) => entry.kind === "callback");

function* enteringEnd(module: Module, field: string, start: DynamicStart): Generator<Report> {
  const seen = new Set<Clause>();
  for (const { value, at, clause } of valuesOf(module, field)) {
    if (value.kind !== "atom" || !ends.test(value.name) || seen.has(clause)) continue;
    const entry = entryInto(module, clause, at);
    if (entry === undefined || canBeLeft(module, field, value.name)) continue;
    seen.add(clause);
    yield {
      at: at.parent ?? at,
      firstLineOnly: true,
      message: `A ${value.name} ${module.shortName} stays alive for ever: \`${field}\` becomes :${value.name} here, and nothing in ${module.shortName} stops it. Answer \`{:stop, :normal, …}\`, or give it an idle timeout.`,
      related: [...stepsOf(entry), { at: start.site.node, message: "started here for each entity" }],
      searched: [`\`{:stop, …}\`, an exit or a timeout in ${module.shortName} (none)`, "code in use that stops or terminates it (none)"],
      confidence: "likely",
    };
  }
}

/** The way from a message to the place: through the call sites of the clause, or the clause is a callback itself. */
function entryInto(module: Module, clause: Clause, at: Expr): Entry | undefined {
  if (clause.fn.isCallback) return /^(init|terminate|code_change)$/.test(clause.fn.name) ? undefined : { kind: "callback", module, fn: clause.fn, clause, path: [] };
  const site = clause.sites.find((candidate) => candidate.node.contains(at)) ?? clause.sites[0];
  return site === undefined ? entriesOf(clause.fn).find((entry) => entry.kind === "callback" && entry.fn.name !== "init") : callbackEntries(site).find((entry) => entry.module === module && !/^(init|terminate)$/.test(entry.fn.name));
}

/** Another clause takes up work from that state again, as a retry of `:failed` does. */
const canBeLeft = (module: Module, field: string, value: string): boolean =>
  module.functions.some((fn) => fn.clauses.some((clause) => clause.params.some((param) => [...param.descendants()].some((part) => part.kind === "pair" && part.key?.isAtom(field) === true && part.value?.isAtom(value) === true)) && valuesOf(module, field).some((write) => write.clause === clause && write.value.kind === "atom" && !ends.test(write.value.name))));
