import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import { armingsIn } from "../../model/arming.ts";
import { dynamicStartsOf, startedChild } from "../../model/dynamic-children.ts";
import type { CallSite } from "../../model/call-site.ts";
import type { Entry } from "../../model/context.ts";
import { type Child, moduleOf, restartOf } from "../../model/child-spec.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { servesClients } from "../../model/role.ts";
import { registrationOf, tagOf } from "../../model/server.ts";
import { type Supervisor, supervisorsIn } from "../../model/supervision.ts";
import { isStop, outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { replaced } from "../shared/edits.ts";
import { inHandler, inInit, insideOf } from "../shared/in-server.ts";

export default defineRule({
  id: "restart-type-mismatch",
  family: "supervision",
  title: "The restart type does not fit the child",
  severity: "high",
  set: "default",
  fix: { kind: "automatic", title: "Give the child the restart type that fits it", ready: "where the wrong one is written out" },
  source: "https://hexdocs.pm/elixir/Supervisor.html#module-restart-values-restart",
  doc: {
    what: "Work that ends is `:permanent`, or a server that others call is `:temporary`, in the fixed list of a supervisor; or a process that is started on demand is permanent, the default of `use GenServer`, and ends itself.",
    why: "A permanent child that ends, even normally, is started again until the supervisor has used up its restarts and stops with all its other children. A temporary one is never started again: after its first crash its callers meet nobody. A permanent child of a DynamicSupervisor that stops with `:normal` is back at once, with the arguments of its first start, and so never goes.",
    instead: "`restart: :transient` or `:temporary` for work that ends; `:permanent` for a server.",
    fine: ["`{Task, fun}` and `use Task`: they are temporary already.", "`:transient` for one-shot work.", "Loops that never return.", "A process that stops because its connection or its work failed: to be started again may be what it stops for.", "A stop under some condition, but that nobody is left."],
    sure: "Proven for a body in the workspace that returns; likely when it calls code outside of it, for temporary servers, and for a process that ends when its owner is gone, when nobody used it for a while, or when it is told to.",
  },
  bad: [
    elixir`
      defmodule Bakery.Application do
        use Application
        def start(_type, _args) do
          children = [
            Supervisor.child_spec({Task, fn -> IO.puts("open") end}, restart: :permanent) #! ends and is started again
          ]
          Supervisor.start_link(children, strategy: :one_for_one)
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery.Application do
        use Application
        def start(_type, _args) do
          children = [{Task, fn -> IO.puts("open") end}]
          Supervisor.start_link(children, strategy: :one_for_one)
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    const back = comesBack(module);
    if (back !== undefined) yield back;
    if (module.is("DynamicSupervisor")) return;
    for (const supervisor of supervisorsIn(module)) {
      if (supervisor.strategy === "simple_one_for_one") continue;
      for (const child of supervisor.children) {
        const report = child.clause.fn.module === module ? (permanentWork(supervisor, child) ?? temporaryServer(supervisor, child)) : undefined;
        if (report !== undefined) yield report;
      }
    }
  },
});

const nameOfChild = (child: Child): string => (child.module === "Task" || child.module === undefined ? "This task" : child.module.slice(child.module.lastIndexOf(".") + 1));

function permanentWork({ module }: Supervisor, child: Child): Report | undefined {
  const restart = restartOf(child);
  if (restart?.value !== "permanent") return undefined;
  const end = endOf(child);
  if (end === undefined) return undefined;
  const fitting = end.isTask ? ":temporary" : ":transient";
  return {
    at: child.node,
    firstLineOnly: true,
    message: `${nameOfChild(child)} ends and is started again: with restart :permanent${restart.isWritten ? "" : ", the default here,"} a few rounds use up the restarts, and ${module.shortName} stops with all its children. Use \`restart: ${fitting}\`.`,
    related: [{ at: end.at, message: "its work ends here" }, ...(restart.isWritten && restart.at !== child.node ? [{ at: restart.at, message: "the restart type" }] : [])],
    searched: ["a loop, an endless wait or a receive in the work (none)"],
    confidence: end.confidence,
    ready: () => otherRestart(restart.at, fitting),
  };
}

/** How often a child comes back is a decision of its supervisor, so nobody should make it unseen. */
function* otherRestart(written: Expr, fitting: string): Generator<FixDraft> {
  if (written.kind === "atom") yield { title: `Use restart: ${fitting}`, safe: false, edits: [replaced(written, fitting)] };
}

type End = { readonly at: Expr; readonly isTask: boolean; readonly confidence: Report["confidence"] };

function endOf(child: Child): End | undefined {
  const target = moduleOf(child);
  if (child.module === "Task") return endOfWork(taskBody(child), child.clause, true);
  if (target === undefined) return undefined;
  if (target.is("Task")) {
    const start = target.calls("Task.start_link", "Task.start")[0];
    return start === undefined ? undefined : endOfWork(start.args.length > 1 ? start.node : start.args[0], start.clause, true);
  }
  return target.is("GenServer") ? endOfServer(target) : undefined;
}

/** The function of `{Task, fun}`, or the arguments of `start: {Task, :start_link, […]}`. */
const taskBody = (child: Child): Expr | undefined => (child.argument ?? child.start?.children[2]);

/** Whether the work that an expression names comes to an end; unknown counts as endless. */
function endOfWork(work: Expr | undefined, clause: Clause, isTask: boolean): End | undefined {
  if (work === undefined) return undefined;
  if (work.kind === "fn") {
    const sites = clause.sites.filter((site) => work.contains(site.node));
    return verdict(sites, work, isTask);
  }
  const fn = functionNamed(work, clause);
  return fn === undefined ? undefined : verdict(fn.sites, fn.node.args[0] ?? fn.node, isTask, fn);
}

/** `&Seed.run/0`, `{M, :f, args}` or `[M, :f, args]`. */
function functionNamed(work: Expr, clause: Clause): Fn | undefined {
  const { module } = clause.fn;
  if (work.kind === "funref") return module.workspace.module(work.module === "" ? module.name : work.module, module)?.fn(work.fun, work.count);
  const parts = work.kind === "call" ? work.args : work.children;
  const [target, name, args] = parts;
  return target?.kind === "alias" && name?.kind === "atom" && args?.kind === "list" ? module.workspace.module(target.name, module)?.fn(name.name, args.children.length) : undefined;
}

const endless = /^(receive|Process\.sleep|:timer\.sleep|Process\.hibernate|:erlang\.hibernate|Stream\.\w+|Task\.(await|yield)\w*|:gen_tcp\.(accept|recv)|:ssl\.\w+|System\.cmd|Port\.open|IO\.(gets|stream|binstream)|GenServer\.enter_loop|:gen_server\.enter_loop|apply|\.)$/;
const plain = /^(Logger|IO|Enum|Map|Keyword|List|String|File|Path|System|Application|Process|GenServer|Agent|Registry|DynamicSupervisor|Supervisor|Task|Code|Node|Regex|DateTime|:ets|:persistent_term|:telemetry|:logger|Ecto\.Migrator|.*Repo)(\.|$)/;

function verdict(sites: readonly CallSite[], at: Expr, isTask: boolean, fn?: Fn): End | undefined {
  const seen = new Set<Fn>(fn === undefined ? [] : [fn]);
  let unknown = false;
  let level = [...sites];
  for (let depth = 0; depth < 6 && level.length > 0; depth++) {
    const next: CallSite[] = [];
    for (const site of level) {
      if (site.closure !== undefined && site.closure.fn !== at && !at.contains(site.closure.fn)) continue;
      if (endless.test(site.name)) return undefined;
      if (site.callee === undefined) {
        if (site.node.module !== "" && !plain.test(site.node.module)) unknown = true;
        continue;
      }
      if (site.callee === fn || site.callee.isMacro) return undefined;
      if (seen.has(site.callee)) continue;
      if (site.callee.sites.some((inner) => inner.callee === site.callee)) return undefined;
      seen.add(site.callee);
      next.push(...site.callee.sites);
    }
    level = next;
  }
  return { at, isTask, confidence: unknown ? "likely" : "proven" };
}

/** A server that asks nobody to call it and stops normally as soon as it has done its first work. */
function endOfServer(server: Module): End | undefined {
  if (servesClients(server) || server.unknownUses.length > 0) return undefined;
  const first = server.callback("init/1").flatMap((clause) => [...outcomesOf(clause.result)]);
  const goesOn = first.length > 0 && first.every((outcome) => outcome.kind === "tuple" && outcome.children[2]?.kind === "tuple" && outcome.children[2].children[0]?.isAtom("continue") === true);
  const work = goesOn ? server.callback("handle_continue/2") : firstMessage(server);
  const ends = work.length > 0 && work.every((clause) => [...outcomesOf(clause.result)].every(stopsNormally));
  return ends && work[0] !== undefined ? { at: work[0].head, isTask: false, confidence: "proven" } : undefined;
}

/** Clauses for the only message that the server arranges for itself in `init/1`. */
function firstMessage(server: Module): readonly Clause[] {
  const own = armingsIn(server).filter(({ site }) => site.fn.name === "init");
  const tag = own.length === 1 ? tagOf(own[0]?.message) : undefined;
  return tag === undefined ? [] : server.callback("handle_info/2").filter((clause) => tagOf(clause.params[0])?.tag === tag.tag);
}
const stopsNormally = (outcome: Expr): boolean => isStop(outcome) && (outcome.children[1]?.isAtom("normal") === true || outcome.children[1]?.isAtom("shutdown") === true);

/** A named server that others call and that nobody starts again. */
function temporaryServer({ module }: Supervisor, child: Child): Report | undefined {
  const restart = restartOf(child);
  const target = moduleOf(child);
  if (restart?.value !== "temporary" || !restart.isWritten || child.conditional || target === undefined || !target.is("GenServer", "gen_statem", "GenStage") || !servesClients(target) || registrationOf(target).kind !== "literal" || stopsByItself(target)) return undefined;
  return {
    at: child.node,
    firstLineOnly: true,
    message: `${nameOfChild(child)} is :temporary: after its first crash ${module.shortName} never starts it again, and its callers meet :noproc. Use \`restart: :permanent\`.`,
    related: restart.at === child.node ? [] : [{ at: restart.at, message: "the restart type" }],
    evidence: [`${target.name} answers calls under a fixed name.`],
    searched: ["a place that starts it again (none)"],
    confidence: "likely",
    ready: () => otherRestart(restart.at, ":permanent"),
  };
}
const stopsByItself = (server: Module): boolean => server.functions.some((fn) => fn.clauses.some((clause) => [...outcomesOf(clause.result)].some(stopsNormally)));

/** A process started on demand and permanent, which ends itself for good: idle, told to, or left by the process it is there for. */
function comesBack(server: Module): Report | undefined {
  if (!server.is("GenServer") || server.is("LiveView", "Channel") || server.unknownUses.length > 0) return undefined;
  const starts = dynamicStartsOf(server);
  if (starts.length === 0 || !starts.every(({ site }) => isPermanent(site, server))) return undefined;
  const use = server.uses.find(({ name }) => name === "GenServer");
  const end = leaves(server);
  const [start] = starts;
  if (end === undefined || start === undefined || use === undefined) return undefined;
  return {
    at: use.node,
    message: `${server.shortName} ends itself in \`${end.clause.fn.id}\`, but with restart :permanent, the default of \`use GenServer\`, its supervisor starts it again at once, with the arguments of its first start. Use \`restart: :transient\`.`,
    related: [{ at: end.at, message: "ends here" }, { at: start.site.node, message: "started here" }],
    searched: ["a restart type in its child specification (none)", "a fixed child of the same module (none)"],
    confidence: "likely",
    ready: function* () {
      if (use.options === undefined && use.node.args.length === 1) yield { title: "use GenServer, restart: :transient", safe: false, edits: [replaced(use.node, `${use.node.text}, restart: :transient`)] };
    },
  };
}

/** Whether a child that is started on demand is permanent because nobody says otherwise. */
function isPermanent(site: CallSite, server: Module): boolean {
  const child = server.fn("child_spec", 1) === undefined ? startedChild(site) : undefined;
  const restart = child !== undefined && moduleOf(child) === server ? restartOf(child) : undefined;
  return restart?.value === "permanent" && !restart.isWritten;
}

/** Where every run of a clause ends the process and means it: nobody used it, its owner or the last of its users is gone, or it was told to. */
function leaves(server: Module): { readonly clause: Clause; readonly at: Expr } | undefined {
  const told = ["handle_call/3", "handle_cast/2"].flatMap((id) => server.callback(id));
  const alone = server.callback("handle_info/2").filter(({ params: [message] }) => message?.isAtom("timeout") === true || tagOf(message)?.tag === "DOWN" || isIdleTimer(server, message));
  for (const clause of [...alone, ...told]) {
    const ends = [...outcomesOf(clause.result)];
    if (ends[0] !== undefined && ends.every(stopsNormally)) return { clause, at: ends[0] };
    const last = ends.find((end) => stopsNormally(end) && isLastGone(end));
    if (last !== undefined) return { clause, at: last };
  }
  return undefined;
}

/** The message of a timer that the server starts in `init/1` and again with what it does: nobody used it for that long. */
function isIdleTimer(server: Module, message: Expr | undefined): boolean {
  const tag = tagOf(message);
  const armings = tag === undefined ? [] : armingsIn(server).filter((arming) => arming.kind === "once" && tagOf(arming.message)?.tag === tag.tag && tagOf(arming.message)?.size === tag.size);
  const isArmedIn = (wanted: (entry: Entry) => boolean): boolean => armings.some(({ site }) => insideOf(server, site, wanted) !== undefined);
  return armings.length > 0 && isArmedIn(inInit) && isArmedIn(inHandler);
}

const isEmptyTest = /^(Enum\.empty\?\(|(map_size|length|Enum\.count|MapSet\.size|Map\.keys)\(.*\) (===?|<) [01]$)|(===?|\bin) (\[\]|%\{\}|\[%\{\}\]|MapSet\.new\(\))$|^\w+(\.\w+)* \|> Enum\.empty\?(\(\))?$/;
/** The branch of an `if` or `case` for an empty collection: nobody is left for whom the process is there. */
function isLastGone(end: Expr): boolean {
  for (const above of end.ancestors()) {
    if (above.isCall("if")) return above.section("do")?.contains(end) === true && isEmptyTest.test(above.args[0]?.text ?? "");
    if (above.isCall("unless", "cond", "with", "receive")) return false;
    if (above.kind === "clause") return above.params.length === 1 && above.params[0]?.kind === "list" && above.params[0].children.length === 0;
  }
  return false;
}
