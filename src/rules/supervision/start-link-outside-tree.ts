import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries, entriesAt, type Entry, stepsOf } from "../../model/context.ts";
import type { Module } from "../../model/module.ts";
import { registrationOf, trapsExits } from "../../model/server.ts";
import { isStoppedHere } from "../../model/started.ts";
import { isDropped, outcomesOf } from "../../model/usage.ts";
import { namesDown } from "../../model/mailbox.ts";

const starters = ["GenServer.start_link", ":gen_server.start_link", ":gen_statem.start_link", "GenStateMachine.start_link", "GenStage.start_link", "Supervisor.start_link", "DynamicSupervisor.start_link", "Task.Supervisor.start_link", "PartitionSupervisor.start_link", "Registry.start_link"] as const;

const startLink = /(^|\.)start_link$/;

export default defineRule({
  id: "start-link-outside-tree",
  family: "supervision",
  title: "A process is started and linked outside of any supervision tree",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Start it under a DynamicSupervisor" },
  source: "https://hexdocs.pm/elixir/process-anti-patterns.html#unsupervised-processes",
  doc: {
    what: "A long-lived process is started with `start_link` outside of any supervisor: while a named server handles a message, in a loop of a server that keeps none of the pids, in an ordinary public function, or by an application whose `start/2` answers `{:ok, self()}`.",
    why: "A process that a server starts takes that server along when it crashes. One that a plain function starts is linked to whoever called the function: it dies when the caller crashes, and when the caller ends normally it stays behind, with nobody to restart or stop it. The process that runs `start/2` ignores the ends of those it is linked to: nothing restarts them, and the application counts as running.",
    instead: "`DynamicSupervisor.start_child(Bakery.Ovens, {Oven, id})`, with the supervisor in the tree.",
    fine: ["`start_link`, `child_spec` and `init` of a supervisor, and `start/2` of an application that answers with a supervisor's pid.", "A function that a child spec names as its start function.", "A process that a server starts in its `init/1`, or an unnamed server for itself: the two are meant to end together.", "A process that the same function stops again.", "A connection whose one owner traps exits and handles the `:EXIT`.", "Tests, scripts and Mix tasks."],
    never: "`Process.unlink/1` afterwards: then nobody at all learns of its end.",
    sure: "In a callback proven when the project defines the started module, otherwise likely; in `start/2` proven with `use Application`, otherwise likely; likely, and low, in public functions, whose caller may want the process to share its life. Low for a supervisor of the project whose pid the server keeps: what crashes below it does not reach the server.",
  },
  bad: [
    elixir`
      defmodule Bakery do
        def open(id), do: Oven.start_link(id) #! not in any tree
      end
      defmodule Oven do
        use GenServer
        def start_link(id), do: GenServer.start_link(__MODULE__, id)
        def init(id), do: {:ok, id}
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery do
        def open(id), do: DynamicSupervisor.start_child(Bakery.Ovens, {Oven, id})
      end
      defmodule Oven do
        use GenServer
        def start_link(id), do: GenServer.start_link(__MODULE__, id)
        def init(id), do: {:ok, id}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    const unseen = inApplication(module);
    if (unseen !== undefined) yield unseen;
    if (module.is("Supervisor", "DynamicSupervisor", "Application")) return;
    for (const site of module.callsMatching(startLink)) {
      const started = startedBy(module, site);
      if (started === undefined || isStartFunction(site) || site.around.loose || site.closure !== undefined) continue;
      const report = inServer(module, site, started) ?? inFunction(module, site, started);
      if (report !== undefined) yield report;
    }
  },
});

/** Name of the module whose process a call starts, when it is another one than this and lives long. */
function startedBy(module: Module, site: CallSite): string | undefined {
  if (site.node.kind !== "call" || site.node.fun !== "start_link") return undefined;
  const first = site.args[0];
  if (starters.some((name) => name === site.name)) {
    if (first?.kind !== "alias") return /^(Supervisor|DynamicSupervisor|Task\.Supervisor|PartitionSupervisor|Registry)\./.test(site.name) ? site.name.replace(/\.start_link$/, "") : undefined;
    return first.name === module.name ? undefined : first.name;
  }
  const target = site.callee?.module;
  return target !== undefined && target !== module && target.is("GenServer", "gen_statem", "GenStage", "Supervisor", "DynamicSupervisor") ? target.name : undefined;
}

/** Supervisors, applications and child specs call these; what they start is in a tree. */
function isStartFunction(site: CallSite): boolean {
  const { fn, module } = site;
  if (/^(start_link\w*|child_spec|start_child|start_supervised!?)$/.test(fn.name) || fn.isMacro || fn.kind === "block" || isApplicationStart(fn)) return true;
  for (const above of entriesAt(site)) if (/^(start_link|child_spec)$/.test(above.fn.name)) return true;
  return module.file.tree.root.descendantsOf("tuple").some((expr) => expr.children.length === 3 && expr.children[1]?.isAtom(fn.name) === true && expr.children[0]?.kind === "alias");
}

/** `start(_type, _args)` of an application module that does without `use Application`. */
const isApplicationStart = ({ id, clauses }: CallSite["fn"]): boolean => id === "start/2" && clauses.every(({ params }) => /^_?(type|start_type)$/.test(params[0]?.name ?? ""));

function inServer(module: Module, site: CallSite, started: string): Report | undefined {
  const entry = callbackEntries(site).find((candidate) => candidate.module.isServer && candidate.fn.name !== "terminate" && (startsMany(site, candidate) || !sharesFate(candidate)));
  if (entry === undefined || isCaredFor(entry.module)) return undefined;
  const restarts = monitorsAndRestarts(entry.module);
  return {
    at: site.node,
    message: `${entry.module.shortName} starts and links ${shortOf(started)} in \`${entry.fn.id}\`: it is not in any tree, and a crash of it takes ${entry.module.shortName} along.${restarts ? " What watches and restarts it here is a hand-made supervisor." : ""} Start it under a DynamicSupervisor.`,
    related: [...stepsOf(entry), ...fitting(module)],
    evidence: [`\`${entry.fn.id}\` runs in ${entry.module.shortName}, which becomes the parent.`],
    searched: ["a supervisor between the two (none)", "`Process.flag(:trap_exit, true)` with an :EXIT clause (none)"],
    ...(isOwnTree(site, started) ? { severity: "low" as const } : {}),
    confidence: module.workspace.module(started) === undefined ? "likely" : "proven",
  };
}

/** A supervisor of the project whose pid the server keeps: a tree of its own, whose end is meant to be the server's, too. */
const isOwnTree = (site: CallSite, started: string): boolean => !isDropped(site.node) && site.module.workspace.module(started)?.is("Supervisor", "DynamicSupervisor") === true;

function inFunction(module: Module, site: CallSite, started: string): Report | undefined {
  if (isStoppedHere(site)) return undefined;
  const entries = entriesAt(site);
  const entry: Entry | undefined = entries.find(({ kind }) => kind === "client");
  if (entry === undefined || entries.some(({ kind }) => kind === "callback") || looksLikeCallback.test(entry.fn.name)) return undefined;
  return {
    at: site.node,
    message: `\`${entry.fn.id}\` links ${shortOf(started)} to whoever calls it: it is not in any tree, so nobody restarts it, and it dies with its caller or stays behind. Start it under a DynamicSupervisor.`,
    related: [...stepsOf(entry), ...fitting(module)],
    evidence: ["The caller becomes the parent of the started process."],
    searched: ["a child spec that names this function (none)", "`DynamicSupervisor.start_child` in its place (none)"],
    severity: "low",
    confidence: "likely",
  };
}

/** `start/2` of an application that answers `{:ok, self()}`: OTP then watches the process that ran it, and nobody the ones it started. */
function inApplication(module: Module): Report | undefined {
  const fn = module.fn("start", 2);
  if (fn === undefined || !fn.isPublic) return undefined;
  const answer = fn.clauses.flatMap((clause) => [...outcomesOf(clause.result)].filter((outcome) => outcome.kind === "tuple" && outcome.children[0]?.isAtom("ok") === true && outcome.children[1]?.isCall("self") === true))[0];
  if (answer === undefined) return undefined;
  const clause = fn.clauses.find(({ node }) => node.contains(answer));
  const sites = clause?.sites.flatMap((site) => (site.callee?.module === module && site.callee.name !== "start_link" ? [site, ...site.callee.sites] : [site])).filter((site) => site.closure === undefined && !site.around.loose && site.node.kind === "call") ?? [];
  const start = sites.find((site) => startLink.test(site.name));
  if (start === undefined) return undefined;
  const what = shortOf(startedBy(module, start) ?? (start.node.module || start.name));
  return {
    at: start.node,
    message: `\`start/2\` answers \`{:ok, self()}\`, so nobody supervises ${what}: when it ends, nothing restarts it, and the application counts as running without it. Start it under a supervisor and answer with what \`Supervisor.start_link\` returns.`,
    related: [{ at: answer, message: "not the pid of a supervisor" }],
    evidence: ["The process that runs `start/2` traps exits and then only waits for the application to be stopped."],
    confidence: module.is("Application") ? "proven" : "likely",
  };
}

const shortOf = (name: string): string => `\`${name.slice(name.lastIndexOf(".") + 1)}\``;

/** What a server starts in its `init/1`, or an unnamed server at any time, is its own: the two are meant to end together. */
const sharesFate = ({ module, fn }: Entry): boolean => fn.name === "init" || !["literal", "default"].includes(registrationOf(module).kind);

/** One process for each element, and nobody keeps its pid: a batch of work, any of which takes the server and all the others along. */
const startsMany = (site: CallSite, { fn }: Entry): boolean => fn.name !== "init" && site.around.loop?.isCall("Enum.each") === true && site.around.loop.clauses.length === 0 && site.around.loop.args.at(-1)?.clauses.every((clause) => clause.result === site.node) === true;

/** Callbacks of behaviours that the model does not know run in a process of theirs. */
const looksLikeCallback = /^(init|handle_\w+|mount|join|connect|terminate|perform|run|call|callback_mode)$/;

/** The owner traps exits and has a clause for them: the link is how it learns of the end. */
const isCaredFor = (owner: Module): boolean => trapsExits(owner) && owner.callback("handle_info/2").some((clause) => [...(clause.params[0]?.descendants() ?? [])].some((part) => part.isAtom("EXIT")));
const monitorsAndRestarts = (owner: Module): boolean => owner.calls("Process.monitor").length > 0 && owner.callback("handle_info/2").some((clause) => namesDown(clause.params[0]));

/** A DynamicSupervisor that the module uses already would fit. */
const fitting = (module: Module): { at: CallSite["node"]; message: string }[] => module.calls("DynamicSupervisor.start_child").slice(0, 1).map((site) => ({ at: site.node, message: "this module starts others under a DynamicSupervisor" }));
