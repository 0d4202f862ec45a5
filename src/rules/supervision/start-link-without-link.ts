import { defineRule, elixir, type FixDraft } from "../../engine/rule.ts";
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
    what: "A function named `start_link` ends in `GenServer.start`, `Agent.start` or `spawn`.",
    why: "A supervisor learns of a child's end through the link. Without one it keeps the dead pid in its list, counts no active child, and never restarts it.",
    instead: "`GenServer.start_link/3`.",
    fine: ["`start` for processes that nobody supervises on purpose.", "A start_link that links."],
    sure: "Proven: the start stands in the function.",
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
    }
  },
});

/** Whoever calls it without being a supervisor gets a link, too: only a known parent makes the edit one to apply unseen. */
function* linkingForm(start: Expr, isSupervised: boolean): Generator<FixDraft> {
  if (start.fun === "start") yield { title: `Use ${start.name}_link`, safe: isSupervised, edits: [calleeReplaced(start, `${start.name}_link`)] };
}

/** `spawn_opt: [:link]` links as `start_link` does. */
const asksForLink = (start: Expr): boolean => [...start.descendants()].some((part) => part.kind === "pair" && part.key?.isAtom("spawn_opt") === true && [...(part.value?.descendants() ?? [])].some((option) => option.isAtom("link")));
