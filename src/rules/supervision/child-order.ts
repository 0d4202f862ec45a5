import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { type Child, moduleOf, nameOf, together } from "../../model/child-spec.ts";
import { stepsOf } from "../../model/context.ts";
import type { Module } from "../../model/module.ts";
import { isController, keysOf, serversBelow, type SiblingUse, neededBy, usesOf, usesOfRequests } from "../../model/sibling-use.ts";
import { type Supervisor, supervisorsIn } from "../../model/supervision.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "child-order",
  family: "supervision",
  title: "A child uses a sibling that starts after it",
  severity: "high",
  set: "default",
  fix: { kind: "automatic", title: "List the sibling first" },
  source: "https://hexdocs.pm/elixir/Supervisor.html#module-start-and-shutdown",
  doc: {
    what: "A child calls, registers with, subscribes to or starts processes under a sibling that stands later in the list; a Phoenix endpoint does so through the controllers, plugs, pages and channels that serve its requests, and through their queries needs the repo.",
    why: "A supervisor starts its children in order and waits for each `init/1`: the sibling is not there yet, and the boot fails, a call for example with `:noproc`. When the use comes with a message, one that arrives early fails the same way; at shutdown, which goes backwards, the sibling is gone first.",
    instead: "List what others depend on first: registries and supervisors, then those who use them.",
    fine: ["The use sits in a task, or its failure is caught.", "Names from configuration.", "The sibling is only there under a condition.", "A cast or a plain message in `init/1`."],
    never: "A sleep or a retry in `init/1`: the supervisor waits for it and starts nobody meanwhile.",
    sure: "Proven, and critical, for a use in `init/1` by a literal name; likely for one in `handle_continue/2`, which is high, and for one when messages come: medium where others send them, as to an endpoint or a consumer, low where the application does.",
  },
  bad: [
    elixir`
      defmodule Bakery.Application do
        use Application
        def start(_type, _args) do
          children = [
            Till, #! uses Oven in its start, which starts after it
            Oven
          ]
          Supervisor.start_link(children, strategy: :one_for_one)
        end
      end
      defmodule Till do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, %{heat: GenServer.call(Oven, :heat)}}
      end
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, 200}
        def handle_call(:heat, _from, s), do: {:reply, s, s}
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery.Application do
        use Application
        def start(_type, _args), do: Supervisor.start_link([Oven, Till], strategy: :one_for_one)
      end
      defmodule Till do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, %{heat: GenServer.call(Oven, :heat)}}
      end
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, 200}
        def handle_call(:heat, _from, s), do: {:reply, s, s}
      end`,
  ],

  *checkModule(module) {
    const seen = new Set<Expr>();
    for (const supervisor of module.isLib ? supervisorsIn(module) : [])
      for (const [i, child] of supervisor.children.entries()) {
        const after = supervisor.children.slice(i + 1).filter((later) => !later.conditional || later.branches.every((branch) => child.branches.some((own) => own.split === branch.split && own.index === branch.index)));
        const report = judge(supervisor, child, after) ?? beforeRepo(child, after);
        if (report === undefined || seen.has(report.at)) continue;
        seen.add(report.at);
        yield report;
      }
  },
});

type Need = { readonly use: SiblingUse; readonly by: Module; readonly later: Child };
const urgency = { init: 0, continue: 1, run: 2 } as const;

/** Requests and jobs of others come as soon as the process is up; nobody writes early to a server that the application itself feeds. */
const isFedFromOutside = (by: Module): boolean => isController(by) || by.is("Plug", "Socket", "LiveView", "LiveComponent", "Channel", "Broadway", "ObanWorker", "GenStage");

function judge(supervisor: Supervisor, child: Child, after: readonly Child[]): Report | undefined {
  const needs = needsOf(child, after.filter((later) => together(child, later)), supervisor);
  const [first] = needs.sort((a, b) => urgency[a.use.when] - urgency[b.use.when]);
  if (first === undefined) return undefined;
  const { use, by, later } = first;
  const others = [...new Set(needs.filter((need) => need.later !== later).map((need) => labelOf(need.later)))];
  return {
    at: child.node,
    firstLineOnly: true,
    severity: use.when === "init" ? "critical" : use.when === "continue" ? "high" : isFedFromOutside(by) ? "medium" : "low",
    confidence: use.when === "init" && !child.isRepeated ? "proven" : "likely",
    message: `${labelOf(child)} ${verbOf(use, labelOf(later), by, child)}, which starts after it${others.length === 0 ? "" : ` (so do ${others.join(", ")})`}: ${outcomeOf(use)}. List ${labelOf(later)} first.`,
    related: [...(use.entry === undefined ? [] : stepsOf(use.entry)), { at: use.at, message: `needs ${labelOf(later)}` }, { at: later.node, message: "starts later" }],
    evidence: [`Children start in the order of the list and stop in the opposite one.`],
    searched: ["a handler around the use (none)", "a test whether the sibling is there (none)"],
  };
}

/** An endpoint takes requests as soon as it is up, and whatever they ask the database goes through the repo. */
function beforeRepo(child: Child, after: readonly Child[]): Report | undefined {
  if (moduleOf(child)?.uses.some(({ name }) => name === "Phoenix.Endpoint") !== true) return undefined;
  const repo = after.find((later) => together(child, later) && moduleOf(later)?.uses.some(({ name }) => name === "Ecto.Repo") === true);
  return repo === undefined
    ? undefined
    : {
        at: child.node,
        firstLineOnly: true,
        severity: "medium",
        confidence: "likely",
        message: `${labelOf(child)} takes requests before ${labelOf(repo)} is there, and goes on with them at shutdown when it is gone: their queries raise. List ${labelOf(repo)} first.`,
        related: [{ at: repo.node, message: "starts later, and stops first" }],
        evidence: [`Children start in the order of the list and stop in the opposite one.`],
        searched: ["a condition on which the repo is not started (none)"],
      };
}

function needsOf(child: Child, after: readonly Child[], { module }: Supervisor): Need[] {
  if (after.length === 0) return [];
  const found: Need[] = [];
  const names = new Set(after.flatMap((later) => [...keysOf(later)]));
  for (const [by, how] of serversBelow(child))
    for (const use of [...neededBy(by)].some((name) => names.has(name)) ? usesOf(by) : []) {
      const when = how === "dynamic" ? "run" : use.when;
      if (when === "run" && use.kind !== "start") continue;
      const later = after.find((candidate) => keysOf(candidate).has(use.needs));
      if (later === undefined || keysOf(child).has(use.needs) || by === module) continue;
      found.push({ use: { ...use, when }, by, later });
    }
  const endpoint = moduleOf(child);
  for (const { server: by, use } of endpoint === undefined ? [] : usesOfRequests(endpoint)) {
    const later = after.find((candidate) => keysOf(candidate).has(use.needs));
    if (later !== undefined) found.push({ use, by, later });
  }
  return found;
}

const labelOf = (child: Child): string => shortName(nameOf(child) ?? child.module ?? child.node.text);
const shortName = (name: string): string => (/^[A-Z]/.test(name) ? name.split(".").slice(-2).join(".") : name);
function verbOf(use: SiblingUse, later: string, by: Module, child: Child): string {
  const who = by.name === child.module ? "" : `runs ${by.shortName}, which `;
  const where = use.when === "init" ? " in its start" : use.when === "continue" ? " right after its start" : "";
  if (use.kind === "start" || use.kind === "task") return `${who}starts processes under ${later}${where}`;
  if (use.kind === "register") return `${who}registers in ${later}${where}`;
  return `${who}uses ${later}${where}`;
}
function outcomeOf(use: SiblingUse): string {
  if (use.when === "init") return `the supervisor cannot start${use.kind === "register" || use.kind === "subscribe" ? ": the registry is unknown then" : ", for its init exits with :noproc"}`;
  if (use.when === "continue") return "the two race, and when it comes first it exits with :noproc";
  return "a message that comes early, or during shutdown, makes it exit with :noproc";
}
