import { pidBoundBy } from "../../model/started.ts";
import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { stepsOf } from "../../model/context.ts";
import type { EffectKind } from "../../model/effects.ts";
import { constantOf, partOf, quoted } from "../../model/literals.ts";
import { fits, type Form, forms, infoClausesOf, mayInject, onlyLogs, receivedIn, waitsHere } from "../../model/mailbox.ts";
import { canMatch, timersIn } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";
import { isPage } from "../../model/role.ts";
import { isCatchAll, tagOf, trapsExits } from "../../model/server.ts";
import { fateOf, neverEnds, processStarts } from "../../model/tasks.ts";
import { isStop, outcomesOf, statementsAfter } from "../../model/usage.ts";
import { harmsIn, insideOf } from "../shared/in-server.ts";
import { tiedClause } from "../shared/tied-clause.ts";

export default defineRule({
  id: "arranged-message-unhandled",
  family: "errors",
  title: "A server asks for a message and has no clause for it",
  severity: "high",
  set: "default",
  fix: { kind: "automatic", title: "Add the clause" },
  source: "https://hexdocs.pm/elixir/Task.Supervisor.html#async_nolink/3",
  doc: {
    what: "Code in a server arranges for a message to itself (a monitor, a task, a port, a socket in active mode, a link or a command under `trap_exit`, a timer, a send to itself), and none of its `handle_info` clauses can take that message; or the one that takes a timer's message asks for a state that may have changed by then.",
    why: "The message comes with certainty, not by accident. With clauses of its own and none that fits, the server stops with a FunctionClauseError, at the very moment it meant to prepare for. A task sends two messages, its result and a `:DOWN`, also when all went well; a command run under `trap_exit` sends the `:EXIT` of its port.",
    instead: "A clause for the message. For tasks `{ref, result}` with `Process.demonitor(ref, [:flush])`; for work whose result nobody wants `Task.Supervisor.start_child/2`, which sends none.",
    fine: ["A clause that takes anything and does more with it than write it to the log.", "A message that a page sends itself: a hook may take it.", "A task that is awaited, or a monitor released or waited for in the same function.", "A clause that a `use` brings.", "A port that only takes data (`:out`), or whose exit status was not asked for.", "A timer whose clause asks for a value of the state that nothing changes."],
    never: "A silent catch-all: the result and the crash both vanish.",
    sure: "Proven when the arranging call runs only in callbacks of the module; likely when clients reach it, too. Low when a catch-all, or the default `handle_info`, takes the message and drops it, medium when the server itself sends that message or arms a timer for it: nobody else does. Low, too, for a second place that asks for the same message, for `:DOWN` clauses that lack only `:shutdown` or `:killed`, for the end of what `init/1` has started for the whole life of the server, which would stop as well, or of a socket that is not dropped by a clause for anything; and for a port that is written to without `trap_exit`: there the exit signal of the closed port comes before the message. Low for a timer whose clause depends on the state: what else the code does may keep the state as it must be.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_cast(:mix, s) do
          Task.Supervisor.async_nolink(Bakery.Tasks, &Dough.mix/0) #! no clause for its result
          {:noreply, s}
        end
        def handle_info(:tick, s), do: {:noreply, s}
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_cast(:mix, s) do
          task = Task.Supervisor.async_nolink(Bakery.Tasks, &Dough.mix/0)
          {:noreply, %{s | ref: task.ref}}
        end
        def handle_info({ref, dough}, %{ref: ref} = s) do
          Process.demonitor(ref, [:flush])
          {:noreply, %{s | dough: dough}}
        end
        def handle_info({:DOWN, ref, _, _, _}, %{ref: ref} = s), do: {:noreply, %{s | ref: nil}}
      end`,
  ],
  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage", "LiveView", "Channel")) return;
    const clauses = module.callback("handle_info/2");
    const takesAll = clauses.some((clause) => isCatchAll(clause.params[0], clause.guard));
    const losesRest = clauses.filter((clause) => isCatchAll(clause.params[0], clause.guard)).every(onlyLogs);
    if (clauses.length === 0 && !module.is("GenServer", "GenStage")) return;
    if (!takesAll) yield* narrowReasons(module);
    const said = new Set<string>();
    yield* unseenClose(module, takesAll, losesRest);
    yield* outOfState(module);
    for (const lack of lacksIn(module)) {
      if (lack.isFatal !== true && (clauses.length === 0 ? !lack.isPointless : takesAll && !(lack.isLoss && losesRest))) continue;
      if (mayInject(module, "handle_info")) return;
      const report = judge(module, lack, clauses.length === 0 ? "default" : takesAll ? "catch-all" : "none");
      if (report === undefined) continue;
      // One clause mends all that ask for the same message.
      const asked = `${lack.message} ${lack.isOwn === true ? lack.act : ""}`;
      yield said.has(asked) ? { ...report, severity: "low" } : report;
      said.add(asked);
    }
  },
});

/** A message the module asks for and has no clause of its own for. */
type Lack = {
  readonly site: CallSite;
  /** What the server does, as a verb phrase. */
  readonly act: string;
  /** What has no clause. */
  readonly message: string;
  /** When it comes. */
  readonly when: string;
  /** Without this message the act has no sense: said also where the default `handle_info` drops it. */
  readonly isPointless: boolean;
  /** A catch-all that takes it loses something. */
  readonly isLoss: boolean;
  /** What the message tells of is what the server lives for: without it, it would stop as well. */
  readonly isVital?: boolean;
  /** Nobody else sends it: with no clause for it, what was meant to follow never happens. */
  readonly isOwn?: boolean;
  /** Said in place of the usual consequence: the signal kills, whatever clauses there are. */
  readonly isFatal?: boolean;
};

function* lacksIn(module: Module): Generator<Lack> {
  yield* monitorLacks(module);
  yield* taskLacks(module);
  yield* portLacks(module);
  yield* exitLacks(module);
  yield* timerLacks(module);
  yield* ownLacks(module);
}

const lacks = (module: Module, form: Form): boolean => infoClausesOf(module, form).length === 0 && !isReceived(module, form);
/** A `receive` of the module waits for it. */
const isReceived = (module: Module, form: Form): boolean => receivedIn(module).some((pattern) => fits(pattern, form));

function* monitorLacks(module: Module): Generator<Lack> {
  const sites = module.calls("Process.monitor", ":erlang.monitor", "spawn_monitor", ":net_kernel.monitor_nodes");
  if (sites.length === 0) return;
  for (const site of sites) {
    if (site.node.kind !== "call" || waitsHere(site)) continue;
    if (site.name !== ":net_kernel.monitor_nodes") {
      // The exit signal of a link comes before the message of a monitor, and its clause takes that out of the mailbox.
      const isFlushed = trapsExits(module) && !lacks(module, forms.exit) && module.calls("Process.demonitor", ":erlang.demonitor").some((other) => other.args[1] !== undefined);
      if (site.args.at(-1)?.kind !== "list" && !isFlushed && lacks(module, forms.down)) yield { site, act: `monitors \`${quoted(site.args.at(-1) ?? site.node, 30)}\``, message: "the `:DOWN`", when: "when that process ends", isPointless: true, isLoss: false, isVital: isLinkedHere(site) };
    } else if (site.args[0]?.isAtom("true")) {
      const missing = ["nodeup", "nodedown"].filter((tag) => lacks(module, { size: site.args.length + 1, tag }));
      if (missing.length > 0) yield { site, act: "asks for node changes", message: missing.map((tag) => `\`:${tag}\``).join(" and "), when: "when a node comes or goes", isPointless: missing.length === 2, isLoss: false };
    }
  }
}

/** What is monitored was started here with a link: without the monitor its end would end the server as well. */
const isLinkedHere = ({ args, clause, id }: CallSite): boolean => clause.sites.some((start) => start.id < id && start.name.endsWith(".start_link") && args.at(-1)?.isVar(pidBoundBy(start) ?? "") === true);

/** Every `:DOWN` clause wants a reason of one form, `{exception, stack}` above all; a process ends with `:normal`, `:shutdown` or `:killed`, too. */
function* narrowReasons(module: Module): Generator<Report> {
  const monitors = module.calls("Process.monitor", ":erlang.monitor", "spawn_monitor").filter((site) => site.node.kind === "call" && !waitsHere(site));
  const [monitor] = monitors;
  if (monitor === undefined || mayInject(module, "handle_info")) return;
  const clauses = infoClausesOf(module, forms.down);
  const reasons = clauses.map((clause) => (clause.guard === undefined ? partOf(clause.params[0], "tuple")?.children[4] : undefined));
  const first = clauses[0];
  if (first === undefined || reasons.some((reason) => reason?.kind !== "tuple" && reason?.kind !== "atom")) return;
  const missing = ["normal", "shutdown", "killed"].filter((name) => !reasons.some((reason) => reason?.isAtom(name)));
  if (missing.length === 0 || insideOf(module, monitor, (entry) => entry.fn.name !== "terminate") === undefined) return;
  yield {
    at: first.head,
    // A link ends the server for these reasons before the message can; and nobody is seen to shut down or kill what has no clause for that.
    severity: !missing.includes("normal") || (!trapsExits(module) && module.calls("Process.link", "Process.unlink").length > 0) ? "low" : "high",
    confidence: missing.includes("normal") ? "proven" : "likely",
    message: `No \`:DOWN\` clause of ${module.shortName} takes a process that ends with ${missing.map((name) => `\`:${name}\``).join(" or ")}: it stops with a FunctionClauseError then. Only a raised exception has the form \`{exception, stack}\`.`,
    related: [{ at: monitor.node, message: "monitors it here" }, ...clauses.slice(1, 4).map((clause) => ({ at: clause.head, message: "takes other reasons only" }))],
    evidence: ["The reason of a `:DOWN` is any term the process ended with."],
    searched: ["a clause for any reason (none)"],
  };
}

/** A socket in active mode sends three kinds of messages: data, that its peer has closed it, and that it failed. Who takes the data gets the others, too. */
function* unseenClose(module: Module, takesAll: boolean, losesRest: boolean): Generator<Report> {
  if ((takesAll && !losesRest) || [...module.uses.map(({ name }) => name), ...module.behaviours].some((name) => readsItself.test(name))) return;
  for (const tag of ["tcp", "ssl"]) {
    const data = module.callback("handle_info/2").find(({ params: [pattern] }) => isData(pattern, tag));
    if (data === undefined || [...outcomesOf(data.result)].every(isStop)) continue;
    const isClosed = !lacks(module, { size: 2, tag: `${tag}_closed` });
    if ((isClosed && (takesAll || !lacks(module, { size: 3, tag: `${tag}_error` }))) || mayInject(module, "handle_info")) continue;
    const missing = isClosed ? `{:${tag}_error, socket, reason}` : `{:${tag}_closed, socket}`;
    // What is missing belongs beside the clause for the other end.
    const beside = isClosed ? module.callback("handle_info/2").find(({ params: [pattern] }) => partOf(pattern, "tuple")?.children[0]?.isAtom(`${tag}_closed`) === true) : undefined;
    yield {
      at: (beside ?? data).head,
      severity: takesAll ? "medium" : "low",
      confidence: "likely",
      message: `${module.shortName} takes what its socket receives but has no clause for \`${missing}\`: ${takesAll ? "the clause for anything drops it, and it goes on with a socket that is dead" : `it stops with a FunctionClauseError when ${isClosed ? "the connection fails" : "its peer hangs up"}`}.`,
      evidence: ["A socket in active mode tells its owner of its end with a message, once."],
      searched: ["a clause that can take the message (none)", "a receive for it (none)"],
    };
  }
}

/** Behaviours that look after a socket of their own: what comes to `handle_info/2` is another's. */
const readsItself = /^(WebSockex|Mint\.WebSocket|ThousandIsland\.Handler)$/;

/** `{:tcp, socket, data}`. */
function isData(pattern: Expr | undefined, tag: string): boolean {
  const tuple = partOf(pattern, "tuple");
  return tuple?.children.length === 3 && tuple.children[0]?.isAtom(tag) === true;
}

const waits = ["Task.await", "Task.await_many", "Task.yield", "Task.yield_many", "Task.shutdown", "Task.ignore"] as const;

function* taskLacks(module: Module): Generator<Lack> {
  const starts = processStarts(module).filter((start) => start.kind === "async");
  if (starts.length === 0 || module.calls(...waits).length > 0) return;
  const clauses = module.callback("handle_info/2");
  const takesAll = clauses.some((clause) => isCatchAll(clause.params[0], clause.guard));
  const noResult = lacks(module, forms.taskResult);
  const noDown = !noResult && lacks(module, forms.down) && !module.calls("Process.demonitor", ":erlang.demonitor").some((site) => site.args[1] !== undefined);
  if (!noResult && !noDown) return;
  for (const start of starts) {
    const fate = fateOf(start);
    if (fate === "awaited" || fate === "stopped" || waitsHere(start.site) || neverEnds(start)) continue;
    if (fate === "dropped" && (clauses.length === 0 || (takesAll && start.isLinked))) continue; // what `orphan-task` says
    const act = `starts a task with \`${start.site.name}\``;
    if (noResult) yield { site: start.site, act, message: "its result `{ref, result}`", when: "when the task is done", isPointless: true, isLoss: true };
    else yield { site: start.site, act, message: "the `:DOWN` that follows its result", when: "after each task that went well", isPointless: false, isLoss: false };
  }
}

function* portLacks(module: Module): Generator<Lack> {
  for (const site of module.calls("Port.open", ":erlang.open_port")) {
    if (handlesExitStatus(module) && !trapsExits(module) && writesToPort(module)) {
      yield { site, act: "writes to a port without trapping exits", message: "", when: "", isPointless: false, isLoss: true, isFatal: true };
      continue;
    }
    const options = constantOf(site.args[1], module);
    if (options?.kind !== "list" || waitsHere(site)) continue;
    const has = (name: string): boolean => options.children.some((option) => option.isAtom(name));
    const act = "opens a port";
    if (has("exit_status") && lacks(module, forms.portExit)) yield { site, act, message: "the `{:exit_status, code}` it asks for", when: "when the program ends", isPointless: false, isLoss: true, isVital: isMadeAtStart(module, site) };
    else if (!has("out") && !has("nouse_stdio") && lacks(module, forms.portData)) yield { site, act, message: "its data", when: "when the program writes", isPointless: false, isLoss: false };
  }
}

/** Whether a clause names the exit status of a program: then it was asked for. */
const handlesExitStatus = (module: Module): boolean => infoClausesOf(module, forms.portExit).some((clause) => [...(clause.params[0]?.descendants() ?? [])].some((part) => part.isAtom("exit_status")));

/** Whether a callback writes to a port, itself or in the function of another module that it calls. */
const writesToPort = (module: Module): boolean =>
  module.functions.some((fn) => fn.sites.some((site) => isPortWrite(site) || site.callee?.sites.some(isPortWrite) === true));
const isPortWrite = (site: CallSite): boolean => site.name === "Port.command" || site.name === ":erlang.port_command";

const isMadeAtStart = (module: Module, site: CallSite): boolean => /^(init|handle_continue)$/.test(insideOf(module, site, (entry) => entry.fn.name !== "terminate")?.entry.fn.name ?? "");

const linking = /\.start_link$|^(Kernel\.)?spawn_link$|^(Process\.link|Port\.open|Task\.async)$/;
/** Links made in the server: each end of a linked process, a normal one too, is a message once exits are trapped. */
function* exitLacks(module: Module): Generator<Lack> {
  if (!trapsExits(module) || !lacks(module, forms.exit)) return;
  for (const site of module.callsMatching(linking)) {
    if (site.node.kind !== "call" || waitsHere(site)) continue;
    if (site.name === "Task.async" && module.calls(...waits).length > 0) continue;
    yield { site, act: `traps exits and links itself with \`${site.name}\``, message: "the `:EXIT`", when: "when the linked process ends, also normally", isPointless: false, isLoss: false, isVital: /start_link$|Port\.open$/.test(site.name) && isMadeAtStart(module, site) };
  }
  for (const { site, reached } of harmsIn(module, commands, (entry) => entry.fn.name !== "terminate"))
    if (opensPort.test(reached.site.name) && !waitsHere(site)) yield { site, act: `traps exits and runs \`${reached.site.name}\`, which opens a port here,`, message: "its `:EXIT`", when: "after each command, also one that went well", isPointless: false, isLoss: false };
}

const commands: ReadonlySet<EffectKind> = new Set<EffectKind>(["os"]);
/** Runs the program through a port of the calling process, to which the port's end is a signal like that of a process. */
const opensPort = /^(System\.(cmd|shell)|MuonTrap\.cmd)$/;

function* timerLacks(module: Module): Generator<Lack> {
  for (const { site, message } of timersIn(module)) {
    if (tagOf(message) === undefined || site.name === ":erlang.start_timer" || waitsHere(site)) continue;
    if (isTaken(module, message)) continue;
    yield { site, act: `arms a timer for \`${quoted(message, 30)}\``, message: "it", when: "when the timer fires", isPointless: true, isLoss: true, isOwn: !isPage(module) };
  }
}

/** `send(self(), message)` where only a clause for anything is left; with none at all, `unhandled-message` says it. Hooks take messages of a page before its clauses do. */
function* ownLacks(module: Module): Generator<Lack> {
  if (isPage(module) || !module.callback("handle_info/2").some((clause) => isCatchAll(clause.params[0], clause.guard))) return;
  for (const site of module.calls("send", "Kernel.send", "Process.send")) {
    const [target, message] = site.args;
    if (target?.isCall("self") !== true || message === undefined || tagOf(message) === undefined || waitsHere(site) || isTaken(module, message)) continue;
    yield { site, act: `sends itself \`${quoted(message, 30)}\``, message: "it", when: "right after", isPointless: true, isLoss: true, isOwn: true };
  }
}

/** A timer, and the one clause for its message holds in one condition of the state only: it may have changed when the timer fires. */
function* outOfState(module: Module): Generator<Report> {
  const said = new Set<Clause>();
  for (const { site, message } of isPage(module) ? [] : timersIn(module)) {
    const tied = tiedClause(module, message);
    if (tied === undefined || said.has(tied.clause) || receivedIn(module).some((pattern) => canMatch(pattern, message)) || mayInject(module, "handle_info") || insideOf(module, site, (entry) => entry.fn.name !== "terminate") === undefined) continue;
    said.add(tied.clause);
    yield {
      at: tied.clause.head,
      firstLineOnly: true,
      severity: "low",
      confidence: "likely",
      message: `The one clause for \`${quoted(message, 30)}\` depends on \`${tied.field}\`: ${module.shortName} stops with a FunctionClauseError when that has changed before the timer fires.`,
      related: [{ at: site.node, message: "the timer is armed here" }],
      searched: ["a clause that takes the message in any other state (none)"],
    };
  }
}

/** A clause takes the message, or a `receive`, or, as it has the form of a client's call, `handle_call/3`. */
const isTaken = (module: Module, message: Expr): boolean =>
  tagOf(message)?.tag.startsWith("$gen_") === true ||
  module.callback("handle_info/2").some((clause) => clause.params[0] !== undefined && !isCatchAll(clause.params[0], clause.guard) && canMatch(clause.params[0], message)) || receivedIn(module).some((pattern) => canMatch(pattern, message));

/** The process ends with this call's branch, as a page does that sends its visitor elsewhere: no message can reach it. */
const endsAfter = (site: CallSite): boolean => {
  const last = statementsAfter(site.node).at(-1);
  return last?.isAtom("ignore") === true || isStop(last) || (isPage(site.module) && [...outcomesOf(site.clause.result)].every((outcome) => [...outcome.descendantsOf("call")].some(({ name }) => leaves.test(name))));
};
const leaves = /^(Phoenix\.LiveView\.)?(redirect|push_navigate|push_redirect)$/;

function judge(module: Module, lack: Lack, fallback: "none" | "catch-all" | "default"): Report | undefined {
  const inside = insideOf(module, lack.site, (entry) => entry.fn.name !== "terminate");
  if (inside === undefined || endsAfter(lack.site)) return undefined;
  const clauses = module.callback("handle_info/2");
  const outcome =
    fallback === "none" ? `${module.shortName} stops with a FunctionClauseError ${lack.when}.` : fallback === "catch-all" ? `only the clause for anything takes it ${lack.when}, and it is lost.` : `\`handle_info/2\` is not defined, so it is logged as unexpected and lost ${lack.when}.`;
  if (lack.isFatal === true)
    return {
      at: lack.site.node,
      firstLineOnly: true,
      severity: "low",
      confidence: "likely",
      message: `${module.shortName} ${lack.act}: a write to a program that has just ended closes the port with :epipe, and its link stops ${module.shortName} before the clause for \`:exit_status\` runs.`,
      related: infoClausesOf(module, forms.portExit).map((clause) => ({ at: clause.head, message: "meant to decide what the end of the program means" })),
      evidence: ["A port is linked to the process that opens it."],
      searched: ["`Process.flag(:trap_exit, true)` (none)"],
    };
  return {
    at: lack.site.node,
    firstLineOnly: true,
    severity: fallback === "none" && lack.isVital !== true ? "high" : lack.isOwn === true ? "medium" : "low",
    confidence: fallback === "none" ? (inside.isOnly ? "proven" : "likely") : fallback === "default" || lack.isOwn === true ? "likely" : "review",
    message: `${module.shortName} ${lack.act} but has no clause for ${lack.message}: ${outcome}`,
    related: [...stepsOf(inside.entry), ...clauses.slice(0, 3).map((clause) => ({ at: clause.head, message: "takes other messages only" }))],
    evidence: [`${clauses.length} handle_info ${clauses.length === 1 ? "clause" : "clauses"} of its own.`],
    searched: ["a handle_info clause that can take the message (none)", "a receive, await or demonitor beside the call (none)"],
  };
}
