import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { boundIn, quoted } from "../../model/literals.ts";
import { handlersAround, takesEverything } from "../../model/handlers.ts";
import type { Module } from "../../model/module.ts";
import { outcomesOf, usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { calleeReplaced } from "../shared/edits.ts";
import { matchesOn } from "../../model/flow.ts";

export default defineRule({
  id: "maybe-dead-target",
  family: "errors",
  title: "A process that may be gone is taken for a living one",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Handle the case that it is gone", ready: "where `Process.alive?/1` gets the answer of `whereis`: `is_pid/1` asks the same and takes nil, too" },
  source: "https://hexdocs.pm/elixir/Process.html#alive?/1",
  doc: {
    what: "A value that is nil when a process is down is used as if there were one: `Process.alive?/1`, `Process.exit/2` or `send/2` of a name that may be free, `Process.alive?/1` of a field that starts as nil or of a process that may run on another node, a match on `Process.info/2` or its answer walked as a list, `Port.close/1` of a port that may be closed.",
    why: "`Process.alive?(nil)` raises. `Process.info/2` of a dead process is nil, so the match raises. Closing a closed port raises. `Process.alive?/1` raises on a pid of another node, as `:global`, `:pg` and the registries of a cluster give them. Each happens just when something has gone wrong already.",
    instead: "A `case` with a clause for nil; for ports, a rescue of ArgumentError; a monitor for a process of another node.",
    fine: ["nil is handled in between.", "`self()`.", "A rescue around it.", "A test of `node(pid)` before.", "`:pg.get_local_members/2`.", "Tests."],
    never: "`Process.alive?/1` before `Process.info/2`: it can end in between.",
    sure: "Proven for `alive?` of `whereis`; likely for other processes' info, for fields that start as nil, and for ports. Low for ports, for members of a `:pg` group, which may have no other node, for information about a process, which is as a rule asked while it runs, and for a lookup where only a process can stand: to raise may be what is wanted.",
  },
  bad: [
    elixir`
      defmodule Oven do
        def running?, do: Process.alive?(Process.whereis(Oven)) #! raises on nil
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        def running?, do: is_pid(Process.whereis(Oven))
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(...needPid)) {
      const found = isRescued(site) ? undefined : ofWhereis(site);
      if (found !== undefined) yield found;
    }
    for (const site of module.calls("Process.alive?")) {
      const report = ofAlive(module, site) ?? ofOtherNode(module, site);
      if (report !== undefined && !isRescued(site)) yield report;
    }
    for (const site of module.calls("Process.info", ":erlang.process_info")) {
      const report = ofInfo(site);
      if (report !== undefined && !isRescued(site)) yield report;
    }
    for (const site of module.calls("Port.close", ":erlang.port_close")) {
      const report = ofPort(site);
      if (report !== undefined && !isRescued(site)) yield report;
    }
  },
});

const isRescued = (site: CallSite): boolean => handlersAround(site).some((handler) => takesEverything(handler) || /ArgumentError|MatchError|_/.test(handler.clause.text.slice(0, 80)));

function ofAlive(module: Module, site: CallSite): Report | undefined {
  const subject = site.args[0];
  if (site.node.kind !== "call" || subject === undefined) return undefined;
  if (subject.isCall("Process.whereis", "GenServer.whereis")) {
    if (isTested(site, subject)) return undefined;
    return { at: site.node, confidence: "proven", message: `\`${subject.text}\` is nil when it is down, and \`Process.alive?/1\` raises on nil in \`${site.fn.id}\`. Ask \`is_pid/1\` instead.`, evidence: ["`Process.alive?(nil)` is an ArgumentError."], searched: ["a test for nil in between (none)"], ready: () => askedByType(site.node, subject) };
  }
  if (subject.kind !== "field" || isTested(site, subject)) return undefined;
  const start = startsAsNil(module, subject.name);
  if (start === undefined) return undefined;
  return { at: site.node, confidence: "likely", message: `\`${subject.text}\` starts as nil, and \`Process.alive?/1\` raises on nil: \`${site.fn.id}\` fails when there is no process yet. Test it with \`is_pid/1\` first.`, related: [{ at: start, message: "nil here" }], evidence: ["`Process.alive?(nil)` is an ArgumentError."], searched: ["a test for nil in between (none)"] };
}

/** Calls that answer with processes of any node of the cluster. */
const clusterWide = [":global.whereis_name", ":pg.get_members", ":syn.whereis_name", ":syn.lookup", ":syn.members", "Swarm.whereis_name", "Swarm.members", "Horde.Registry.lookup"] as const;

/** `Process.alive?/1` can ask about processes of its own node only. */
function ofOtherNode(module: Module, site: CallSite): Report | undefined {
  const [subject] = site.args;
  const givers = site.node.kind === "call" && subject !== undefined ? module.calls(...clusterWide).filter((giver) => giver.clause === site.clause && (giver.node === subject || (subject.kind === "var" && givesTo(giver, subject, site)))) : [];
  const [giver] = givers;
  if (giver === undefined || subject === undefined || site.clause.sites.some(({ id, name, args }) => id < site.id && /^(Kernel\.|:erlang\.)?node$/.test(name) && args[0]?.text === subject.text)) return undefined;
  return { at: site.node, ...(giver.is(":pg.get_members") ? { severity: "low" as const } : {}), confidence: "likely", message: `\`${giver.name}\` also gives processes of other nodes, and \`Process.alive?/1\` raises on those: \`${site.fn.id}\` fails in a cluster. ${giver.node === subject ? "So it does when there is none. " : ""}Monitor it, or call it and catch the exit.`, related: [{ at: giver.node, message: "found here" }], evidence: ["`Process.alive?/1` of a pid of another node is an ArgumentError."], searched: ["a test of `node/1` (none)", "a rescue (none)"] };
}

/** The variable holds what the call gives, or one of it. */
function givesTo({ node }: CallSite, subject: Expr, site: CallSite): boolean {
  for (const above of node.ancestors()) {
    if (above.kind === "match" || above.isOp("<-")) return above.left !== undefined && boundIn(above.left).has(subject.name);
    if (above.isCall("case") && above.args[0]?.contains(node) === true) return above.clauses.some((clause) => clause.contains(site.node) && clause.params.some((param) => boundIn(param).has(subject.name)));
    if (/^Enum\./.test(above.name)) return above.descendantsOf("clause").some((clause) => clause.contains(site.node) && clause.params.some((param) => boundIn(param).has(subject.name)));
    if (above.isCall("def", "defp", "fn")) return false;
  }
  return false;
}

/** Calls that raise when they get nil for a process. */
const needPid = ["Process.exit", "Process.link", "Process.unlink", "send", "Process.send"] as const;

/** `Process.exit(Process.whereis(Oven), :kill)`: the lookup stands where only a process can. */
function ofWhereis(site: CallSite): Report | undefined {
  const [subject] = site.args;
  if (site.node.kind !== "call" || subject?.isCall("Process.whereis", ":erlang.whereis", "GenServer.whereis") !== true || livesAsLongAsTheNode(site, subject) || isTested(site, subject)) return undefined;
  return { at: site.node, severity: "low", confidence: "likely", message: `\`${quoted(subject, 50)}\` is nil when it is down, and \`${site.name}\` raises on nil in \`${site.fn.id}\`. Take nil as an answer, too.`, evidence: ["No process is called nil."], searched: ["a test for nil in between (none)"] };
}

/** A process that has a name is alive: what is left of the question is whether there is one. */
function* askedByType(question: Expr, whereis: Expr): Generator<FixDraft> {
  const [name] = whereis.args;
  // `GenServer.whereis/1` answers no pid for a name on another node.
  if (whereis.module === "Process" || name?.kind === "alias" || name?.kind === "atom") yield { title: "Ask is_pid/1 instead", safe: true, edits: [calleeReplaced(question, "is_pid")] };
}

/** A state literal of init, or of the helper that builds it, that sets the field to nil. */
function startsAsNil(module: Module, field: string): Expr | undefined {
  for (const clause of module.callback("init/1"))
    for (const expr of clause.node.descendants()) if (expr.kind === "pair" && expr.key?.isAtom(field) === true && expr.value?.isAtom("nil") === true && (expr.parent?.kind === "map" || expr.parent?.kind === "struct")) return expr;
  return undefined;
}

/** `pid && alive?(pid)`, `is_pid(pid) and …`, an `if pid`, a case on it, or a guard. */
function isTested(site: CallSite, subject: Expr): boolean {
  const { text } = subject;
  for (const above of site.node.ancestors()) {
    if (above.kind === "op" && /^(&&|and)$/.test(above.name) && above.left?.contains(site.node) !== true && above.left?.text.includes(text) === true) return true;
    if (above.isCall("if", "unless", "cond", "case", "with") && above.args.some((arg) => !arg.contains(site.node) && arg.text.includes(text))) return true;
    if (above.isCall("def", "defp")) return above.args[0]?.text.includes("is_pid") === true || above.text.slice(0, 200).includes("when ");
  }
  return false;
}

/** `{:message_queue_len, n} = Process.info(pid, …)`, or an index into the answer. */
function ofInfo(site: CallSite): Report | undefined {
  const subject = site.args[0];
  if (site.node.kind !== "call" || subject === undefined || subject.isCall("self") || /^(self|me)$/.test(subject.name)) return undefined;
  const parent = site.node.parent;
  const isMatched = parent?.kind === "match" && parent.right === site.node && parent.left?.kind === "tuple";
  const isTaken = parent?.isCall("elem", "Keyword.get", "Keyword.fetch!") === true && parent.args[0] === site.node;
  if (!(isMatched || isTaken || isTakenLater(site)) || bindsSelf(site, subject) || livesAsLongAsTheNode(site, subject)) return undefined;
  return { at: site.node, severity: "low", confidence: "likely", message: `\`${site.name}\` of a process that has ended is \`${site.name === "Process.info" ? "nil" : ":undefined"}\`: \`${site.fn.id}\` then raises. Take that as an answer, too.`, evidence: ["A process can end at any moment before it is asked."], searched: ["a clause for nil (none)"] };
}
/** Processes of the Kernel application whose end is the end of the node. Source: https://www.erlang.org/doc/apps/kernel/kernel_app.html */
const kernel: ReadonlySet<string> = new Set(["init", "heart", "kernel_sup", "application_controller", "code_server", "erl_prim_loader", "error_logger", "logger", "user", "file_server_2", "global_name_server", "net_kernel", "rex", "inet_db"]);

function livesAsLongAsTheNode(site: CallSite, subject: Expr): boolean {
  const lookups = subject.isCall("Process.whereis") ? [subject] : subject.kind === "var" ? matchesOn(site.clause.node, subject.name).flatMap(({ right }) => (right?.isCall("Process.whereis") === true ? [right] : [])) : [];
  return lookups.some(({ args: [name] }) => name?.kind === "atom" && kernel.has(name.name));
}

/** The answer goes into a variable that is then walked or taken apart as a list, with nothing that asks whether it is one. */
function isTakenLater(site: CallSite): boolean {
  const usage = usageOf(site.node);
  if (usage.kind !== "matched" || usage.pattern.kind !== "var" || isFilter(site.node.parent)) return false;
  const { name } = usage.pattern;
  const later = site.clause.sites.filter((other) => other.id > site.id);
  const isAsked = [...site.clause.node.descendants()].some((expr) => expr.id > site.id && ((expr.isOp("&&", "||", "and", "or", "==", "!=") && expr.children[0]?.isVar(name) === true) || (expr.isCall("is_nil", "is_list", "case", "if", "unless", "List.wrap", "with") && expr.args[0]?.isVar(name) === true)));
  return !isAsked && later.some((other) => other.args[0]?.isVar(name) === true && /^(Keyword\.(fetch!|get|delete|put|take|drop|pop|values|keys)|Enum\.\w+|Map\.new|hd|elem)$/.test(other.name));
}

/** A match among the parts of a `for`, which goes on to the next element when the value is nil. */
const isFilter = (match: Expr | undefined): boolean => match?.parent?.isCall("for") === true;

const bindsSelf = (site: CallSite, subject: Expr): boolean => subject.kind === "var" && matchesOn(site.clause.node, subject.name).some(({ right }) => [...outcomesOf(right)].some((outcome) => outcome.isCall("self")));

/** A close with nothing that asks whether the port is still open. */
function ofPort(site: CallSite): Report | undefined {
  const port = site.args[0];
  if (site.node.kind !== "call" || port === undefined) return undefined;
  const opensHere = [...site.clause.node.descendants()].some((expr) => expr.isCall("Port.open"));
  const asks = [...site.clause.node.descendants()].some((expr) => expr.isCall("Port.info", ":erlang.port_info"));
  if (opensHere || asks) return undefined;
  return { at: site.node, severity: "low", confidence: "likely", message: `\`Port.close/1\` raises when the port is closed already, for example because its program ended: \`${site.fn.id}\` fails then. Rescue ArgumentError.`, evidence: ["A port closes by itself when its program ends."], searched: ["`Port.info/1` before it, or a rescue (none)"] };
}
