import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { catchesExits } from "../../model/handlers.ts";
import { mentions, quoted } from "../../model/literals.ts";
import { canMatch } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { sendingsTo } from "../../model/protocol.ts";
import { requestAt } from "../../model/request.ts";
import { type ClientFunction, isCatchAll, requestsIn } from "../../model/server.ts";
import { fieldWritesIn } from "../../model/state.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { duration } from "../shared/in-server.ts";

export default defineRule({
  id: "reply-never-sent",
  family: "errors",
  title: "A call that nobody answers",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Return {:reply, …}, or reply from the clause that gets the result" },
  source: "https://hexdocs.pm/elixir/GenServer.html#c:handle_call/3",
  doc: {
    what: "A `handle_call` clause returns `{:noreply, …}`, and `from`, without which no answer can be sent, is ignored, put where nothing reads it, or taken apart so that only the pid of the caller is left; or it returns `{:stop, :normal, state}` without a reply.",
    why: "The caller waits for its whole timeout and exits; with `:infinity` it waits for ever. The work may have been done, but its result goes nowhere. Where the server stops instead, the caller exits with its reason, `:normal` too.",
    instead: "`{:reply, result, state}`; or keep `from` and send the answer with `GenServer.reply/2` in the clause that gets the result. A server that stops answers with `{:stop, :normal, reply, state}`. What needs no answer is a cast.",
    fine: ["`from` goes to a task, a function or another process.", "`from` is kept in the state and read there.", "The clause stops the whole system, or the server with a reason that says what failed.", "The client catches the exit."],
    never: "A longer timeout for the caller.",
    sure: "Proven when `from` is ignored, or stored in a field that the module never reads; likely when a private function returns the `{:noreply, …}`. Medium and likely for an orderly stop without a reply whose caller is known. Low for a last clause that takes what the others do not: nobody is seen to send that.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def bake(oven), do: GenServer.call(oven, :bake)
        def init(s), do: {:ok, s}
        def handle_call(:bake, _from, s) do
          {:noreply, [:loaf | s]} #! Nobody answers
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def bake(oven), do: GenServer.call(oven, :bake)
        def init(s), do: {:ok, s}
        def handle_call(:bake, from, s) do
          {:noreply, %{s | from: from, task: Task.Supervisor.async_nolink(Tasks, Loaf, :bake, [])}}
        end
        def handle_info({_ref, loaf}, s) do
          GenServer.reply(s.from, loaf)
          {:noreply, s}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage", "LiveView", "Channel")) return;
    for (const clause of module.callback("handle_call/3")) {
      yield* judge(module, clause);
      yield* judgeStop(module, clause);
    }
  },
});

const ends = new Set(["System.stop", "System.halt", ":init.stop", ":init.restart", "System.restart", "exit", "raise", "throw", "Process.exit"]);

function* judge(module: Module, clause: Clause): Generator<Report> {
  const from = clause.params[1];
  if (from === undefined || clause.sites.some((site) => ends.has(site.name))) return;
  const lost = fateOfFrom(module, clause, from);
  if (lost === undefined) return;
  for (const outcome of outcomesOf(clause.result)) {
    const isOwn = isNoreply(outcome);
    if (!isOwn && !(lost.kind === "ignored" && returnsNoreply(module, clause, outcome))) continue;
    // The messages of the module's own functions have their clauses before one that takes anything.
    const known = clientOf(module, clause);
    const isLast = isCatchAll(clause.params[0], clause.guard) && (module.callback("handle_call/3").length > 1 || known === undefined);
    const client = isLast ? undefined : known;
    yield {
      at: lost.at ?? outcome,
      firstLineOnly: true,
      ...(isLast ? { severity: "low" as const } : {}),
      confidence: isOwn ? "proven" : "likely",
      message: `Nobody answers \`${quoted(clause.params[0] ?? clause.head, 40)}\`: ${lost.words}, so ${client === undefined ? "the caller waits until its timeout and exits" : `the caller of \`${client.fn.id}\` ${waitOf(client)}`}.`,
      related: [lost.at === undefined ? { at: from, message: lost.kind === "ignored" ? "without this no answer can be sent" : "kept, but never read" } : { at: outcome, message: "returns without an answer" }, ...(client === undefined ? [] : [{ at: client.site.node, message: "waits here" }])],
      searched: [lost.kind === "ignored" ? "a use of `from` in the clause (none)" : `a read of \`${lost.field}\` in the module (none)`],
    };
    return;
  }
}

/** `{:stop, :normal, state}` answers nobody: the call ends with the server, as an exit in the caller. */
function* judgeStop(module: Module, clause: Clause): Generator<Report> {
  const from = clause.params[1];
  if (from?.kind !== "var" || [...clause.node.descendants()].some((expr) => expr.isVar(from.name) && expr !== from)) return;
  for (const outcome of outcomesOf(clause.result)) {
    const [tag, reason, , more] = outcome.kind === "tuple" ? outcome.children : [];
    if (tag?.isAtom("stop") !== true || more !== undefined || outcome.children.length !== 3 || reason === undefined || !isOrderly(reason)) continue;
    const call = clientOf(module, clause)?.site ?? callsTo(module, clause)[0];
    // In a process of its own, nobody but that one process would lose by it.
    if (call === undefined || call.closure !== undefined || [call, ...call.fn.callers].some(catchesExits)) continue;
    yield {
      at: outcome,
      firstLineOnly: true,
      severity: "medium",
      confidence: "likely",
      message: `The server stops without an answer to \`${quoted(clause.params[0] ?? clause.head, 40)}\`: the caller of \`${call.fn.id}\` exits with \`${quoted(reason, 30)}\`, although all went as it should. Return \`{:stop, ${quoted(reason, 30)}, reply, state}\`.`,
      related: [{ at: call.node, message: "waits here" }],
      evidence: ["A call whose server ends before it replies exits with the server's reason, `:normal` too."],
      searched: ["a use of `from` in the clause (none)", "a catch of exits around the call (none)"],
    };
    return;
  }
}

/** Calls of other modules that are known to reach the clause. */
const callsTo = (module: Module, clause: Clause): readonly CallSite[] =>
  sendingsTo(module).flatMap(({ kind, message, site }) => (kind === "call" && message !== undefined && clause.params[0] !== undefined && canMatch(clause.params[0], message) ? [site] : []));

const isOrderly = (reason: Expr): boolean => reason.isAtom("normal") || reason.isAtom("shutdown") || (reason.kind === "tuple" && reason.children[0]?.isAtom("shutdown") === true);

const isNoreply = (outcome: Expr): boolean => outcome.kind === "tuple" && outcome.children[0]?.isAtom("noreply") === true;

/** A private function that does not get `from` and returns nothing but `{:noreply, …}`. */
function returnsNoreply(module: Module, clause: Clause, outcome: Expr): boolean {
  const callee = outcome.kind === "call" ? clause.siteAt(outcome)?.callee : undefined;
  if (callee === undefined || callee.module !== module || callee.isCallback) return false;
  return callee.clauses.every((inner) => {
    const outcomes = [...outcomesOf(inner.result)];
    return outcomes.length > 0 && outcomes.every(isNoreply) && !inner.sites.some((site) => ends.has(site.name));
  });
}

type Lost = { readonly kind: "ignored" | "stored"; readonly field: string; readonly words: string; /** Where it is taken apart. */ readonly at?: Expr };

/** How the address of the caller is lost; undefined when some code can still use it. */
function fateOfFrom(module: Module, clause: Clause, from: Expr): Lost | undefined {
  if (dropsTag(from)) return { ...withoutTag, at: from };
  const name = from.kind === "var" ? from.name : undefined;
  if (name === undefined) return undefined;
  const uses = [...clause.node.descendants()].filter((expr) => expr.isVar(name) && expr !== from);
  if (uses.length === 0) return { kind: "ignored", field: "", words: "`from` is ignored and this clause returns `{:noreply, …}`" };
  const parts = uses.map(({ parent }) => (parent?.kind === "match" && dropsTag(parent.left) ? parent : undefined));
  if (parts[0] !== undefined && !parts.includes(undefined)) return { ...withoutTag, at: parts[0] };
  const fields = uses.map((use) => storedIn(module, clause, use));
  const [field] = fields;
  if (field === undefined || fields.some((other) => other !== field) || isRead(module, field)) return undefined;
  return { kind: "stored", field, words: `\`from\` is kept in \`${field}\`, which nothing reads` };
}

const withoutTag: Lost = { kind: "ignored", field: "", words: "only the caller's pid is taken out of `from`, and the tag that an answer needs is dropped" };

/** `{pid, _tag}`: what is left cannot be answered. */
const dropsTag = (pattern: Expr | undefined): boolean => pattern?.kind === "tuple" && pattern.children.length === 2 && pattern.children[1]?.kind === "var" && pattern.children[1].name.startsWith("_");

/** The field of the state that one use of `from` is written to, alone or in a list or tuple. */
function storedIn(module: Module, clause: Clause, use: Expr): string | undefined {
  const write = fieldWritesIn(module).find((candidate) => candidate.clause === clause && candidate.value?.contains(use));
  if (write?.value === undefined) return undefined;
  const isPlain = [...write.value.descendants()].filter((expr) => expr.kind === "call" && mentions(expr, use.name)).length === 0;
  return isPlain ? write.field : undefined;
}

/** Whether the module, or another one that it calls, reads the field. */
const isRead = (module: Module, field: string): boolean => [module, ...new Set(module.calls().flatMap((site) => (site.callee === undefined || site.callee.module === module ? [] : [site.callee.module])))].some((reader) => reads(reader, field));

/** Whether a module names the field anywhere but where it is given a value: in `init`, an update, or its own list. */
function reads(module: Module, field: string): boolean {
  const writes = fieldWritesIn(module).filter((write) => write.field === field);
  for (const fn of module.functions)
    for (const clause of fn.clauses)
      for (const expr of clause.node.descendants()) {
        if (expr.name !== field) continue;
        if (expr.kind === "field" && !writes.some((write) => write.at.contains(expr))) return true;
        if (expr.kind === "atom" && !isKeyOfLiteral(expr) && !writes.some((write) => write.at.contains(expr))) return true;
        if (expr.kind === "atom" && clause.head.contains(expr)) return true;
        if (expr.kind === "atom" && isInPattern(expr, clause)) return true;
      }
  return false;
}
const isKeyOfLiteral = (atom: Expr): boolean => atom.parent?.kind === "pair" && atom.parent.key === atom;

/** The key stands in a pattern: left of a match or arrow, or in a clause's parameters. */
function isInPattern(atom: Expr, clause: Clause): boolean {
  let below: Expr = atom;
  for (const above of atom.ancestors()) {
    if (above === clause.node) return false;
    if ((above.kind === "match" || above.isOp("<-")) && above.left === below) return true;
    if (above.kind === "clause") return above.params.includes(below);
    below = above;
  }
  return false;
}

/** The client function of the module whose call reaches the clause. */
const clientOf = (module: Module, clause: Clause): ClientFunction | undefined =>
  requestsIn(module).find(({ kind, message, fn }) => kind === "call" && !fn.isCallback && message !== undefined && clause.params[0] !== undefined && canMatch(clause.params[0], message));

function waitOf(client: ClientFunction): string {
  const timeout = requestAt(client.site)?.timeout;
  if (timeout === "infinity") return "waits for ever";
  return timeout === undefined ? "waits until its timeout and exits" : `waits ${duration(timeout)} and exits`;
}
