import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import { dynamicStartsOf } from "../../model/dynamic-children.ts";
import { implementedIn } from "../../model/implemented.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { parentsOf } from "../../model/supervision.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { calleeReplaced } from "../shared/edits.ts";

const unlinked = ["GenServer.start", ":gen_server.start", ":gen_statem.start", "GenStateMachine.start", "GenStage.start", "Agent.start", "Task.start", "spawn", "Process.spawn", "GenEvent.start"] as const;

export default defineRule({
  id: "start-link-without-link",
  family: "supervision",
  title: "A start_link that does not link",
  severity: "high",
  set: "default",
  fix: { kind: "automatic", title: "Use the linking form", ready: "for a start that has one, such as `GenServer.start_link/3`; `spawn` answers a bare pid in either form" },
  source: "https://hexdocs.pm/elixir/Supervisor.html",
  doc: {
    what: "A function named `start_link` ends in `GenServer.start`, `Agent.start` or `spawn`; or it answers `{:ok, pid}` with the process of another that has taken the name before.",
    why: "A supervisor learns of a child's end through the link. Without one it keeps the dead pid in its list, counts no active child, and never restarts it. With somebody else's process it also stops that one when it shuts down itself, though another supervisor owns it.",
    instead: "`GenServer.start_link/3`; and for a name that is taken `:ignore`, or `Process.link/1` before the answer where the end of the other should be noticed.",
    fine: ["`start` for processes that nobody supervises on purpose.", "A start_link that links.", "One whose caller links the process right after: an early failure shall be a value there.", "`:ignore` or the error itself where the name is taken.", "A local name that one DynamicSupervisor is asked for twice: it is linked to the process already."],
    sure: "Proven where the start stands in the function; likely for the process of another, and low unless a supervisor of the project starts the module under a name of the whole cluster.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(id), do: GenServer.start(__MODULE__, id) #! does not link
        def init(id), do: {:ok, id}
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(id), do: GenServer.start_link(__MODULE__, id)
        def init(id), do: {:ok, id}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const fn of module.fnsNamed("start_link")) {
      if (!fn.isPublic) continue;
      for (const clause of fn.clauses) {
        const start = [...outcomesOf(clause.result)].find((outcome) => outcome.isCall(...unlinked));
        if (start === undefined || asksForLink(start) || [...clause.node.descendants()].some((expr) => expr.isCall("Process.link", ":erlang.link"))) continue;
        const [parent] = parentsOf(module);
        if (parent === undefined && isLinkedByCallers(fn)) continue;
        yield {
          at: start,
          message: `\`${module.shortName}.${fn.id}\` does not link: ${parent === undefined ? "a supervisor" : parent.supervisor.module.shortName} will not learn of its end and will not restart it. Use \`${start.name === "spawn" || start.name === "Process.spawn" ? "spawn_link" : `${start.name}_link`}\`.`,
          related: parent === undefined ? [] : [{ at: parent.child.node, message: "its place in the tree" }],
          evidence: ["A supervisor monitors its children through links."],
          searched: ["`Process.link/1` in the function (none)"],
          confidence: "proven",
          ready: () => linkingForm(start, parent !== undefined),
        };
      }
      for (const clause of fn.clauses) {
        const report = othersProcess(module, clause);
        if (report !== undefined) yield report;
      }
    }
  },
});

/** Each caller that can be seen links what it gets: also one that calls the implementations of a behaviour, as `transport.start_link(opts)`. */
function isLinkedByCallers(fn: Fn): boolean {
  const { module } = fn;
  const throughBehaviour = implementedIn(module).has(fn) ? module.workspace.calls(fn.name).filter(({ node, args }) => node.target?.kind === "var" && args.length === fn.arity) : [];
  const callers = [...fn.callers, ...throughBehaviour];
  return callers.length > 0 && callers.every(({ clause }) => clause.sites.some(({ name }) => name === "Process.link" || name === ":erlang.link"));
}

/** `{:error, {:already_started, pid}} -> {:ok, pid}`: the supervisor is given a process that it is not linked to. */
function othersProcess(module: Module, { fn, node, result, sites }: Clause): Report | undefined {
  if (!sites.some(({ name }) => /(^|\.)start_link$/.test(name)) || sites.some(({ name }) => links.has(name))) return undefined;
  const answer = [...outcomesOf(result)].find((outcome) => outcome.kind === "tuple" && outcome.children[0]?.isAtom("ok") === true && takenName(outcome, node) !== undefined);
  const taken = answer === undefined ? undefined : takenName(answer, node);
  if (answer === undefined || taken === undefined) return undefined;
  const [parent] = parentsOf(module);
  const [dynamic] = dynamicStartsOf(module);
  // One DynamicSupervisor that starts a local name twice has both times started it itself, and is linked to it.
  if (parent === undefined && dynamic !== undefined && !clusterWide.test(node.text)) return undefined;
  const place = parent?.child.node ?? dynamic?.site.node;
  return {
    at: answer,
    message: `\`${module.shortName}.${fn.id}\` answers with a process that somebody else started and that it does not link: ${parent?.supervisor.module.shortName ?? "a supervisor"} takes it for its child, does not learn of its end, and stops it at its own shutdown. Answer \`:ignore\`, or link it.`,
    related: [{ at: taken, message: "the name is taken" }, ...(place === undefined ? [] : [{ at: place, message: "its place in the tree" }])],
    evidence: ["A supervisor monitors its children through links."],
    searched: ["`Process.link/1` in the function (none)"],
    // A name of this node is as a rule taken by nobody else.
    severity: place !== undefined && clusterWide.test(node.text) ? "medium" : "low",
    confidence: "likely",
  };
}
const clusterWide = /:global\b|:syn\b|:swarm\b|Horde\.|Swarm\b/;
const links = new Set(["Process.link", ":erlang.link", "Process.monitor", ":erlang.monitor"]);

/** The pattern `{:already_started, pid}` of the branch that answers with that very pid. */
function takenName(answer: Expr, within: Expr): Expr | undefined {
  const pid = answer.children[1];
  for (const above of answer.ancestors()) {
    if (above === within) return undefined;
    if (above.kind !== "clause" || pid?.kind !== "var") continue;
    for (const param of above.params) for (const tuple of param.descendantsOf("tuple")) if (tuple.children[0]?.isAtom("already_started") === true && tuple.children[1]?.isVar(pid.name) === true) return tuple;
  }
  return undefined;
}

/** Whoever calls it without being a supervisor gets a link, too: only a known parent makes the edit one to apply unseen. */
function* linkingForm(start: Expr, isSupervised: boolean): Generator<FixDraft> {
  if (start.fun === "start") yield { title: `Use ${start.name}_link`, safe: isSupervised, edits: [calleeReplaced(start, `${start.name}_link`)] };
}

/** `spawn_opt: [:link]` links as `start_link` does. */
const asksForLink = (start: Expr): boolean => [...start.descendants()].some((part) => part.kind === "pair" && part.key?.isAtom("spawn_opt") === true && [...(part.value?.descendants() ?? [])].some((option) => option.isAtom("link")));
