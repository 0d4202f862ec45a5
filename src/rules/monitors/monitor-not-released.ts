import { defineRule, elixir, type FixDraft, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt } from "../../model/context.ts";
import { boundIn, mentions, quoted } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { isStop, outcomesOf, statementsAfter, usageOf } from "../../model/usage.ts";
import { type Expr, flag } from "../../syntax/tree.ts";
import { isRenamed } from "../shared/edits.ts";
import { firstInClause } from "../shared/clause-edits.ts";
import { namesDown } from "../../model/mailbox.ts";
import { isSelf } from "../../model/flow.ts";

export default defineRule({
  id: "monitor-not-released",
  family: "monitors",
  title: "A way out leaves the monitor behind",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Demonitor with :flush on the way out", ready: "that adds the demonitor to each way out, or `[:flush]` to the one that is there" },
  source: "https://hexdocs.pm/elixir/Process.html#demonitor/2",
  doc: {
    what: "A function monitors a process and waits for it, and a way out other than its `:DOWN` does not release the monitor.",
    why: "The `:DOWN` still comes, later, in a mailbox that does not expect it: a GenServer gets it in `handle_info/2`, another process keeps it for good. Called often, the monitors of a living process pile up.",
    instead: "`Process.demonitor(ref, [:flush])` on every way out that is not the `:DOWN`.",
    fine: ["The process ends there.", "A process started with its monitor in a server that handles any `:DOWN`.", "A monitor with `alias: :reply_demonitor`, which the reply releases.", "The reference is handed on or kept.", "The function goes on waiting."],
    never: "`Process.demonitor(ref)` without `:flush`: a `:DOWN` that is already there stays.",
    sure: "Proven when the monitor, the receive and its ways out stand in one function; likely when a private function receives, and for a demonitor without `:flush` in a server whose `:DOWN` clause would not know the late message. Low: most who wait like that end soon, or drop what they do not know (of five read in code nobody had looked at, one was worth an issue).",
  },
  bad: [
    elixir`
      defmodule Bakery do
        def close(oven) do
          ref = Process.monitor(oven)
          send(oven, :close)
          receive do
            {:DOWN, ^ref, :process, _pid, _reason} -> :ok
          after
            50 -> :late #! leaves
          end
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery do
        def close(oven) do
          ref = Process.monitor(oven)
          send(oven, :close)
          receive do
            {:DOWN, ^ref, :process, _pid, _reason} -> :ok
          after
            50 ->
              Process.demonitor(ref, [:flush])
              :late
          end
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    if (module.calls("receive").length > 0)
      for (const site of module.calls("Process.monitor", ":erlang.monitor", "spawn_monitor", "Kernel.spawn_monitor", "Process.spawn")) {
        const report = afterReceive(site);
        if (report !== undefined) yield report;
      }
    for (const site of module.calls("Process.demonitor", ":erlang.demonitor")) {
      const report = withoutFlush(module, site);
      if (report !== undefined) yield report;
    }
  },
});

/** The variable a monitor's reference is bound to. */
function referenceOf(site: CallSite): string | undefined {
  const usage = usageOf(site.node);
  if (usage.kind !== "matched") return undefined;
  const { pattern } = usage;
  if (/spawn/.test(site.name)) return pattern.kind === "tuple" && pattern.children[1]?.kind === "var" ? pattern.children[1].name : undefined;
  return pattern.kind === "var" ? pattern.name : undefined;
}

function afterReceive(site: CallSite): Report | undefined {
  if (site.node.kind !== "call" || (site.callee !== undefined && !/^(Process|Kernel)$/.test(site.callee.module.name)) || isShortLived(site) || watchesItsStarter(site)) return undefined;
  const name = referenceOf(site);
  const early = name === undefined ? undefined : beforeWaiting(site, name);
  if (early !== undefined || hasAlias(site)) return early;
  const statements = statementsAfter(site.node);
  const at = statements.findIndex((statement) => receiveIn(statement) !== undefined);
  const receive = receiveIn(statements[at]);
  if (name !== undefined && receive === undefined) return inHelper(site, name);
  if (name === undefined || receive === undefined || isKept(name, statements, receive)) return undefined;
  const released = statements.some((statement, i) => i !== at && releases(statement, name, site));
  if (released || holdsRelease(receive, statements[at], name, site)) return undefined;
  if (!receive.clauses.some(isDown) || isExpectedLater(site)) return undefined;
  const left = waysOut(receive).filter((clause) => !isDown(clause) && !releases(clause, name, site) && !endsOrWaits(clause, site.fn.name));
  const [first] = left;
  if (first === undefined) return undefined;
  const isTimeout = first.parent?.name === "after";
  return {
    at: first,
    firstLineOnly: true,
    message: `${isTimeout ? "On timeout" : "After the answer"} \`${site.fn.id}\` leaves its monitor of \`${quoted(site.args.at(-1) ?? site.node, 40)}\`: the \`:DOWN\` comes later, in a mailbox that does not expect it. Demonitor with \`:flush\` on this way out.`,
    related: [{ at: site.node, message: "monitors here" }, ...left.slice(1).map((clause) => ({ at: clause.params[0] ?? clause, message: "leaves without a demonitor, too" }))],
    searched: ["`Process.demonitor` on this way out (none)", "an end of the process (none)"],
    // The process that is killed or stopped has its `:DOWN` sent at once: one message, and no monitor stays.
    confidence: "proven",
    ready: () => releaseOn(left, name, true),
  };
}

/** A demonitor as the first thing on each way out; the `:DOWN` that it flushes is the one nobody waits for any more. */
function* releaseOn(ways: readonly Expr[], reference: string, safe: boolean): Generator<FixDraft> {
  if (ways.some((way) => isRenamed(way.tree, "Process") || way.params.some((param) => boundIn(param).has(reference)))) return;
  const edits = ways.map((way) => firstInClause(way, `Process.demonitor(${reference}, [:flush])`));
  if (edits.every((edit) => edit !== undefined)) yield { title: ways.length === 1 ? "Demonitor on this way out" : "Demonitor on these ways out", safe, edits: edits.flat() };
}

/** The receive stands in a private function that gets the reference: a loop that collects the parts of an answer. */
function inHelper(site: CallSite, name: string): Report | undefined {
  const later = site.clause.sites.filter((other) => other.id > site.id && other.closure === undefined);
  const waiting = later.find((other) => other.callee?.module === site.module && !other.callee.isPublic && other.args.some((arg) => arg.isVar(name)));
  const [clause, ...others] = waiting?.callee?.clauses ?? [];
  if (waiting === undefined || clause === undefined || others.length > 0) return undefined;
  if (later.some((other) => other.is("Process.demonitor", ":erlang.demonitor") || (other !== waiting && other.node.kind === "call" && !other.node.contains(waiting.node) && other.args.some((arg) => mentions(arg, name))))) return undefined;
  const param = clause.params[waiting.args.findIndex((arg) => arg.isVar(name))];
  const receive = clause.body.map(receiveIn).find((found) => found !== undefined);
  if (param?.kind !== "var" || receive === undefined || !receive.clauses.some((way) => isDown(way) && way.params[0] !== undefined && mentions(way.params[0], param.name))) return undefined;
  const left = waysOut(receive).filter((way) => !isDown(way) && !endsOrWaits(way, clause.fn.name) && !releases(way, param.name, site));
  const [first] = left;
  if (first === undefined || clause.sites.some((other) => other.id > receive.id && !receive.contains(other.node) && other.is("Process.demonitor", ":erlang.demonitor"))) return undefined;
  return {
    at: first,
    firstLineOnly: true,
    message: `\`${site.fn.id}\` leaves its monitor of \`${quoted(site.args.at(-1) ?? site.node, 40)}\` when \`${clause.fn.id}\` has its answer: the \`:DOWN\` comes later, in a mailbox that does not expect it. Demonitor with \`:flush\` on this way out.`,
    related: [{ at: site.node, message: "monitors here" }, { at: waiting.node, message: "waits here" }, ...left.slice(1).map((way) => ({ at: way.params[0] ?? way, message: "leaves without a demonitor, too" }))],
    searched: ["`Process.demonitor` in either function (none)", "an end of the process (none)"],
    confidence: "likely",
    ready: () => releaseOn(left, param.name, false),
  };
}

/** A branch gives up before the function waits: `{:error, :busy} -> {:error, :busy}` beside the one in which the receive stands. */
function beforeWaiting(site: CallSite, name: string): Report | undefined {
  const waiting = site.clause.sites.find((other) => other.id > site.id && waitsFor(other, name));
  if (waiting === undefined) return undefined;
  const tests = [...waiting.node.ancestors()].filter((above) => above.id > site.id && above.isCall("case") && above.clauses.some((branch) => branch.contains(waiting.node)));
  const outer = tests.at(-1);
  if (outer === undefined) return undefined;
  const later = site.clause.sites.filter((other) => other.id > site.id);
  // A release that no branch holds, or the reference in hands that are not a process asked for an answer.
  if (later.some((other) => (other.is("Process.demonitor", ":erlang.demonitor") && !outer.contains(other.node)) || (!waiting.node.contains(other.node) && other.node.kind === "call" && other.args.some((arg) => arg.kind !== "fn" && mentions(arg, name)) && !asks.test(other.name) && !other.node.contains(waiting.node) && !waitsFor(other, name) && !other.is("Process.demonitor", ":erlang.demonitor")))) return undefined;
  const left = tests.flatMap((test) => test.clauses.filter((branch) => !branch.contains(waiting.node) && !mentions(branch, name) && !endsOrWaits(branch, site.fn.name) && !releases(branch, name, site)));
  const [first] = left;
  if (first === undefined) return undefined;
  return {
    at: first,
    firstLineOnly: true,
    message: `\`${site.fn.id}\` leaves its monitor of \`${quoted(site.args[0] ?? site.node, 40)}\` when it gives up before it waits: the \`:DOWN\` comes later, in a mailbox that does not expect it. Demonitor with \`:flush\` on this way out, or monitor where the waiting begins.`,
    related: [{ at: site.node, message: "monitors here" }, { at: waiting.node, message: "waits here" }, ...left.slice(1).map((branch) => ({ at: branch.params[0] ?? branch, message: "leaves without a demonitor, too" }))],
    searched: ["`Process.demonitor` on this way out (none)", "an end of the process (none)"],
    confidence: "likely",
    ready: () => releaseOn(left, name, false),
  };
}
/** Calls and messages: who gets the reference in one answers under it, and cannot release it. */
const asks = /^(send|Kernel\.send|Process\.send|:erlang\.send|GenServer\.(call|cast)|:gen_server\.(call|cast)|:gen_statem\.(call|cast)|GenStage\.(call|cast)|Logger\.\w+|case|with|receive|inspect|==|is_reference)$/;
/** A receive for the reference, or a private function that is given it and waits. */
function waitsFor(site: CallSite, name: string): boolean {
  if (site.is("receive")) return mentions(site.node, name) && site.node.clauses.some(isDown);
  return site.callee?.module === site.module && !site.callee.isPublic && site.args.some((arg) => arg.isVar(name)) && site.callee.clauses.some(({ body }) => body.some((expr) => receiveIn(expr)?.clauses.some(isDown) === true));
}

/** The process that runs this ends with it, and its monitors too: one started for the function, or one that terminates. */
const isShortLived = (site: CallSite): boolean => entriesAt(site).every((entry) => (entry.kind === "closure" && /^(spawn|task|async|remote)$/.test(entry.closure?.kind ?? "")) || (entry.kind === "callback" && entry.fn.name === "terminate"));
/** A function value that monitors what was `self()` around it runs in a process of its own, whatever starts it, and ends with it. */
function watchesItsStarter(site: CallSite): boolean {
  const watched = site.args.at(-1);
  const carried = [...site.node.ancestors()].find((above) => above.kind === "fn");
  return watched?.kind === "var" && carried !== undefined && isSelf(watched, site.clause.node) && !isSelf(watched, carried);
}
/** A process started with its monitor in a server that has a clause for any `:DOWN`: it ends, and the clause takes it. */
const isExpectedLater = (site: CallSite): boolean => /spawn/.test(site.name) && entriesAt(site).every((entry) => entry.kind === "callback" && entry.module.callback("handle_info/2").some((clause) => namesDown(clause.params[0])));
const hasAlias = (site: CallSite): boolean => site.args.some((arg) => [...arg.descendants()].some((part) => part.isAtom("alias")));

/** The receive of a statement: itself, bound, or the subject of what follows. */
const receiveIn = (statement: Expr | undefined): Expr | undefined => {
  for (const expr of statement?.descendants() ?? []) {
    if (expr.kind === "fn") return undefined;
    if (expr.isCall("receive")) return expr;
  }
  return undefined;
};
const isDown = (clause: Expr): boolean => namesDown(clause.params[0]);
const waysOut = (receive: Expr): readonly Expr[] => [...receive.clauses, ...(receive.section("after")?.clauses ?? [])];

/** The expression demonitors the reference, waits for its `:DOWN`, or hands it to a function that may. */
function releases(expr: Expr, name: string, site: CallSite): boolean {
  for (const inner of expr.descendants()) {
    if (inner.isCall("Process.demonitor", ":erlang.demonitor")) return true;
    if (inner.isCall("receive") && inner.clauses.some(isDown)) return true;
    if (inner.kind === "call" && inner.args.some((arg) => arg.kind !== "fn" && mentions(arg, name)) && !/^(send|Kernel\.send|Process\.send|Logger\.\w+|inspect|receive|case|if|==|===)$/.test(inner.name) && !isLogged(inner)) return true;
  }
  return expr.kind === "clause" && isGivenOut(expr, name) && !site.node.contains(expr);
}
const isLogged = (call: Expr): boolean => [...call.ancestors()].some((above) => /^Logger\./.test(above.name));
/** The way out answers with the reference. */
const isGivenOut = (clause: Expr, name: string): boolean => [...outcomesOf(clause.result)].some((outcome) => outcome.kind !== "call" && mentions(outcome, name));

/** The reference goes elsewhere before the receive: into a structure, or to a function that is not a send. */
function isKept(name: string, statements: readonly Expr[], receive: Expr): boolean {
  return statements.some((statement) => [...statement.descendants()].some((expr) => expr.isVar(name) && !receive.contains(expr) && expr.parent?.kind !== "pin" && isStored(expr)));
}
function isStored(use: Expr): boolean {
  for (const above of use.ancestors()) {
    if (above.kind === "call") return !/^(send|Kernel\.send|Process\.send|Process\.demonitor|:erlang\.demonitor|Logger\.\w+|inspect|receive|case|if|unless|cond|try|with|==|is_reference)$/.test(above.name);
    if (above.kind === "struct" || above.kind === "map" || above.kind === "fn") return true;
    if (above.kind === "block" || above.kind === "section") return above.result === use || (above.result?.contains(use) ?? false);
  }
  return false;
}

/** A `try … after` around the receive releases on every way out. */
const holdsRelease = (receive: Expr, statement: Expr | undefined, name: string, site: CallSite): boolean => {
  for (const above of receive.ancestors()) {
    const after = above.isCall("try", "def", "defp") ? above.section("after") : undefined;
    if (after !== undefined && releases(after, name, site)) return true;
    if (above === statement || above.isCall("def", "defp")) return false;
  }
  return false;
};

/** The way out raises or exits, or calls the function again and goes on waiting. */
function endsOrWaits(clause: Expr, waits: string): boolean {
  const outcomes = [...outcomesOf(clause.result)];
  return outcomes.length > 0 && outcomes.every((outcome) => outcome.isCall("exit", "raise", "throw", "reraise", ":erlang.exit", ":erlang.raise", "System.halt", "System.stop") || (outcome.kind === "call" && outcome.name === waits));
}

/** A server that handles `:DOWN` and demonitors without flushing: one that is queued already still arrives. */
function withoutFlush(module: Module, site: CallSite): Report | undefined {
  if (site.node.kind !== "call" || site.args.length !== 1 || !module.isServer || site.closure !== undefined) return undefined;
  const clauses = module.callback("handle_info/2").filter((clause) => namesDown(clause.params[0]));
  const strict = clauses.find((clause) => clause.guard === undefined && !isTied(clause.params) && !isTolerant(clause.params[0], clause.node));
  if (clauses.length === 0 || strict === undefined || clauses.some((clause) => clause === site.clause)) return undefined;
  if (site.fn.name === "terminate" || stops(site)) return undefined;
  return {
    at: site.node,
    message: `\`Process.demonitor/1\` without \`:flush\` leaves a \`:DOWN\` that is already queued: \`${strict.fn.id}\` of ${module.shortName} gets it for something that is gone. Add \`[:flush]\`.`,
    related: [{ at: strict.head, message: "takes the late `:DOWN`" }],
    searched: ["`:flush` (none)"],
    confidence: "likely",
    ready: () => withFlush(site),
  };
}
function* withFlush({ node, args: [reference] }: CallSite): Generator<FixDraft> {
  const at = reference === undefined || node.has(flag.piped) ? node.end - 1 : reference.end;
  if (node.text.endsWith(")")) yield { title: "Add [:flush]", safe: true, edits: [{ tree: node.tree, span: { start: at, end: at }, text: node.has(flag.piped) ? "[:flush]" : ", [:flush]" }] };
}
/** The message names something the state's pattern names, too. */
const isTied = ([message, state]: readonly Expr[]): boolean => message !== undefined && state !== undefined && [...boundIn(message)].some((name) => boundIn(state).has(name));
/** The clause looks up what the message is about, so that one for something gone does nothing. */
const isTolerant = (pattern: Expr | undefined, clause: Expr): boolean => {
  const bound = pattern === undefined ? new Set<string>() : boundIn(pattern);
  for (const expr of clause.descendants()) {
    if (expr.isCall("case", "with", "if", "cond", "unless")) return true;
    if (expr.kind === "call" && /^(Map\.(pop|delete|get|drop|fetch|has_key\?|reject|filter)|Enum\.\w+|List\.\w+|MapSet\.\w+|Keyword\.\w+|:ets\.\w+|pop_in)$/.test(expr.name) && [...expr.descendants()].some((part) => part.kind === "var" && bound.has(part.name))) return true;
  }
  return false;
};
const stops = (site: CallSite): boolean => [...outcomesOf(site.clause.result)].some(isStop);
