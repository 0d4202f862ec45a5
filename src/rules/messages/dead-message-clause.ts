import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { reachOf } from "../../model/reach.ts";
import type { Clause, Module } from "../../model/module.ts";
import { sendingsIn } from "../../model/protocol.ts";
import { partOf, quoted } from "../../model/literals.ts";
import { tagOf } from "../../model/server.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { Expr } from "../../syntax/tree.ts";
import { indexed } from "../../model/indexes.ts";

export default defineRule({
  id: "dead-message-clause",
  family: "messages",
  title: "A clause for a message that never comes",
  severity: "medium",
  set: "default",
  fix: { kind: "none", title: "Arrange the message, or remove the clause" },
  source: "https://hexdocs.pm/elixir/Process.html#monitor/1",
  doc: {
    what: "`handle_info/2` has a clause for a message of the virtual machine that nothing in the server arranges: `:DOWN` without a monitor, `:EXIT` without `trap_exit`, `:exit_status` without a port, `:nodedown` without `monitor_nodes`; or a `:DOWN` with a part too few or too many. Or a function has a callback's name and another number of parameters, as `handle_call/2`.",
    why: "The clause says that a failure is taken care of, and it is not: without a monitor nobody tells, and without `trap_exit` the crash of a linked process ends the server before any clause runs.",
    instead: "Arrange the message where the process is met, usually `Process.monitor/1` in the clause that stores its pid, or remove the clause.",
    fine: ["The monitor, flag or port is in a function that the server calls, also in another module.", "A library the server hands its work to may monitor for it.", "The project sends such a message itself.", "State machines, whose timeouts look alike."],
    never: "`trap_exit` only to revive the clause: then every exit of a linked process has to be judged.",
    sure: "Proven for a `:DOWN` of another size and, high, for a callback's name with another number of parameters. Otherwise likely when everything the server calls can be seen, and review, and low, when it calls libraries that are not known. An `:EXIT` clause beside a monitor and its `:DOWN` clause is low, too, and so is a clause that would do nothing.",
  },
  bad: [
    elixir`
      defmodule Counter do
        use GenServer
        def init(baker), do: {:ok, baker}
        def handle_info({:DOWN, _ref, :process, baker, _reason}, baker), do: {:stop, :lost, baker} #! No monitor
      end`,
  ],
  good: [
    elixir`
      defmodule Counter do
        use GenServer
        def init(baker) do
          Process.monitor(baker)
          {:ok, baker}
        end
        def handle_info({:DOWN, _ref, :process, baker, _reason}, baker), do: {:stop, :lost, baker}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.uses.some((use) => use.name === "GenServer") || module.kinds.length > 1 || module.unknownUses.length > 0) return;
    yield* ofAnotherSize(module);
    yield* ofAnotherArity(module);
    const written = module.callback("handle_info/2").flatMap((clause) => messageOf(clause) ?? []);
    for (const message of new Set(written)) {
      const { names, isOpen } = reachOf(module);
      if (message.arranged.some((pattern) => [...names].some((name) => pattern.test(name))) || isSentByHand(module.workspace, message.tag)) continue;
      if (module.uses.some((use) => module.workspace.module(use.name, module) !== undefined)) continue;
      const [clause, ...others] = module.callback("handle_info/2").filter((candidate) => messageOf(candidate) === message);
      if (clause === undefined) continue;
      yield {
        at: clause.head,
        message: `${message.missing} in ${module.shortName}, so this ${message.words} clause never runs${message.consequence}.`,
        related: others.map((other) => ({ at: other.head, message: "never runs either" })),
        evidence: ["Looked through the module and what it calls in the project."],
        searched: message.looked,
        ...(isOpen || hasNoEffect(clause) || (message === exit && isTold(module)) ? { severity: "low" as const } : {}),
        confidence: isOpen ? "review" : "likely",
      };
    }
  },
});

/** A monitor with its clause tells of the end that the `:EXIT` clause is left over from. */
const isTold = (module: Module): boolean => module.calls("Process.monitor", ":erlang.monitor").length > 0 && module.callback("handle_info/2").some((clause) => messageOf(clause) === down);

/** The clause answers and does nothing else: nobody misses it. */
const hasNoEffect = ({ result, node }: Clause): boolean => (node.section("do")?.body.length ?? 1) < 2 && result?.kind === "tuple" && result.children[0]?.isAtom("noreply") === true && result.children[1]?.kind === "var";

const DOWN_SIZE = 5;

/** `{:DOWN, ref, pid, reason}` in a module that monitors: the form is that of the virtual machine, with a part too few or too many. */
function* ofAnotherSize(module: Module): Generator<Report> {
  if (module.calls("Process.monitor", ":erlang.monitor").length === 0) return;
  for (const clause of module.callback("handle_info/2")) {
    const tuple = partOf(clause.params[0], "tuple");
    if (tuple?.children[0]?.isAtom("DOWN") !== true || Math.abs(tuple.children.length - DOWN_SIZE) !== 1 || isMadeHere(module, tuple) || isSentByHand(module.workspace, "DOWN")) continue;
    yield {
      at: clause.head,
      message: `\`:DOWN\` messages have ${DOWN_SIZE} elements and this pattern has ${tuple.children.length}, so the clause never runs: ${module.shortName} takes the message by another clause, or stops on it.`,
      evidence: ["`{:DOWN, ref, :process, pid, reason}` is what a monitor sends."],
      searched: ["such a tuple made or sent in the project (none)"],
      confidence: "proven",
    };
  }
}

const arities: ReadonlyMap<string, number> = new Map([["handle_call", 3], ["handle_cast", 2], ["handle_info", 2], ["handle_continue", 2], ["terminate", 2]]);

/** `handle_call/2`, `handle_info/3`, `terminate/1`: a function with a callback's name and another number of parameters, which nobody calls. */
function* ofAnotherArity(module: Module): Generator<Report> {
  if (module.behaviours.some((name) => !/^:?gen_?server$/i.test(name)) || module.uses.some((use) => module.workspace.module(use.name, module) !== undefined)) return;
  for (const [name, arity] of arities)
    for (const fn of module.fnsNamed(name)) {
      const [clause, ...others] = fn.clauses;
      if (clause === undefined || fn.arity === arity || fn.isMacro || fn.defaults > 0 || fn.callers.length > 0) continue;
      const isNear = fn.kind === "def" && Math.abs(fn.arity - arity) === 1;
      if (name === "terminate" ? endsAnother(clause) || !(isNear || isToldWhy(clause)) : !isNear || tagOf(clause.params[0]) === undefined) continue;
      const message = name === "terminate" ? "what it cleans up stays" : `\`${quoted(clause.params[0] ?? clause.head, 40)}\` never gets here`;
      yield {
        at: clause.head,
        severity: "high",
        message: `\`${fn.id}\` is no callback of a GenServer, which has \`${name}/${arity}\`, and nobody calls it: ${message}.`,
        related: others.map((other) => ({ at: other.head, message: "never runs either" })),
        evidence: ["A callback is found by its name and its number of parameters."],
        searched: [`a call of \`${fn.id}\` (none)`, "other behaviours of the module (none)"],
        confidence: "proven",
      };
    }
}

/** A function that does something and is given a reason, as the callback is. */
const isToldWhy = ({ params, sites }: Clause): boolean => sites.length > 0 && params.some((param) => /^_?reason$/.test(param.name));
/** A client function that ends, or asks, a process it is given. */
const endsAnother = ({ params, sites }: Clause): boolean => sites.some((site) => asking.test(site.name) && params.some((param) => param.kind === "var" && site.args[0]?.isVar(param.name) === true));
const asking = /^((GenServer|GenStage|:gen_server|:gen_statem|Agent)\.(call|cast|stop)|(Process|:erlang)\.exit|((Kernel|Process)\.)?send|(Dynamic)?Supervisor\.(stop|terminate_child))$/;

/** The module itself builds such a tuple: the form is its own. */
const isMadeHere = (module: Module, form: Expr): boolean => [...module.file.tree.root.descendants()].some((expr) => expr.kind === "tuple" && expr.children.length === form.children.length && expr.children[0]?.isAtom(form.children[0]?.name) === true && !module.functions.some((fn) => fn.clauses.some((clause) => clause.head.contains(expr) || clause.params.some((param) => param.contains(expr)))));

type Arranged = { readonly tag: string; readonly words: string; readonly missing: string; readonly consequence: string; readonly arranged: readonly RegExp[]; readonly looked: readonly string[] };

const down: Arranged = {
  tag: "DOWN", words: "`:DOWN`", missing: "No monitor is taken", consequence: ": nobody tells when the process is gone",
  arranged: [/(^|\.)(monitor|monitor_node|demonitor|spawn_monitor|async|async_nolink|spawn_opt|send_request|multi_call|open|yield|monitored?_?\w*)$/, /^Process\.spawn$/, /^Task\./, /^:(pg|syn|gproc|gen_statem|erpc|ssh|ssl|httpc|poolboy)\./],
  looked: ["`Process.monitor/1` and its like (none)", "tasks (none)"],
};
const exit: Arranged = {
  tag: "EXIT", words: "`:EXIT`", missing: "Exits are not trapped", consequence: ": the crash of a linked process ends the server first",
  arranged: [/^(Process\.flag|:erlang\.process_flag)$/],
  looked: ["`Process.flag(:trap_exit, true)` (none)"],
};
const port: Arranged = {
  tag: "exit_status", words: "`:exit_status`", missing: "No port is opened", consequence: "",
  arranged: [/^(Port|:erlang)\.(open|open_port|connect|port_connect)$/, /^(Exile|ExCmd|MuonTrap|Rambo|:exec|Porcelain)\b/],
  looked: ["`Port.open/2` (none)"],
};
const nodes: Arranged = {
  tag: "nodedown", words: "node", missing: "Nodes are not monitored", consequence: ": nobody tells when one comes or goes",
  arranged: [/monitor_nodes?$/, /^(Node\.monitor|:pg|:syn|:net_kernel)/],
  looked: ["`:net_kernel.monitor_nodes/1` (none)"],
};

/** The message of the virtual machine that a clause is written for. */
function messageOf(clause: Clause): Arranged | undefined {
  const tuple = partOf(clause.params[0], "tuple");
  if (tuple === undefined) return undefined;
  const tag = tuple.children[0];
  if (tag?.isAtom("DOWN") && tuple.children.length === 5) return down;
  if (tag?.isAtom("EXIT") && tuple.children.length === 3) return exit;
  if ((tag?.isAtom("nodedown") || tag?.isAtom("nodeup")) && tuple.children.length <= 3) return nodes;
  return tag?.kind !== "atom" && tuple.children.length === 2 && isExitStatus(tuple.children[1]) ? port : undefined;
}
const isExitStatus = (part: Expr | undefined): boolean => part?.kind === "tuple" && part.children[0]?.isAtom("exit_status") === true;

/** Somewhere in the project, such a message is made and sent by hand. */
const isSentByHand = (workspace: Workspace, tag: string): boolean => tagsSent(workspace).has(tag);
const tagsSent = indexed("tags sent", (module) => (module.isLib ? sendingsIn(module) : []).filter(({ kind }) => kind === "send").map(({ message }) => [tagOf(message)?.tag ?? "", true] as const));
