import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { armingsIn } from "../../model/arming.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries, type Entry, stepsOf } from "../../model/context.ts";
import { type DefinedField, definedFields, fieldBinding, fieldRead, valuesOf } from "../../model/fields.ts";
import { conditionsAround } from "../../model/flow.ts";
import { handlersAround } from "../../model/handlers.ts";
import { boundIn } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { tagOf } from "../../model/server.ts";
import { stateShapeOf } from "../../model/state.ts";
import { isStop, outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

/** Calls that raise when they are given `nil`, and what they release. */
const releases: ReadonlyMap<string, string> = new Map([
  ["Process.cancel_timer", "timer"],
  [":erlang.cancel_timer", "timer"],
  ["Process.demonitor", "monitor"],
  [":erlang.demonitor", "monitor"],
  ["Process.exit", "process"],
  ["Process.unlink", "process"],
  ["Port.close", "port"],
  [":gen_tcp.close", "socket"],
  [":gen_udp.close", "socket"],
  [":ssl.close", "socket"],
]);

export default defineRule({
  id: "nil-handle-released",
  family: "errors",
  title: "A timer, monitor or process that may not be there is released",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Release it only when it is there" },
  source: "https://hexdocs.pm/elixir/Process.html#cancel_timer/2",
  doc: {
    what: "A callback gives a field of its state to `Process.cancel_timer/1`, `Process.demonitor/2`, `Process.exit/2` or to a `close`, and the field is `nil` as `init/1` leaves it, or after other code has cleared it. Nothing asks first, or only `Map.has_key?/2`, which is true of a key with `nil` as well.",
    why: "These functions take a reference, pid or socket and raise an ArgumentError or FunctionClauseError for `nil`. In a handler that ends the server; in `terminate/2` it hides the real reason and skips the rest of the clean-up.",
    instead: "`if s.timer, do: Process.cancel_timer(s.timer)`, or a clause of a helper for `nil`.",
    fine: ["A test of the field on the way: `if`, `&&`, `case`, a guard, an earlier clause that takes `nil`.", "A clause whose pattern asks the state for a literal, as `%{status: :open}`.", "The field is filled in `init/1` or by the `handle_continue/2` that follows it, and never cleared.", "A `rescue` or `catch` around it.", "`:timer.cancel/1`, which answers an error instead."],
    never: "A `rescue` around the release: it hides the errors of everything else in the block.",
    sure: "Proven in `terminate/2` and in handlers of the server itself, when each way to the place was seen.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, %{timer: nil}}
        def handle_cast(:heat, s), do: {:noreply, %{s | timer: Process.send_after(self(), :done, 1_000)}}
        def handle_info(:done, s), do: {:noreply, %{s | timer: nil}}
        def terminate(_reason, s), do: Process.cancel_timer(s.timer) #! raises
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, %{timer: nil}}
        def handle_cast(:heat, s), do: {:noreply, %{s | timer: Process.send_after(self(), :done, 1_000)}}
        def handle_info(:done, s), do: {:noreply, %{s | timer: nil}}
        def terminate(_reason, s), do: s.timer && Process.cancel_timer(s.timer)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.isServer) return;
    for (const site of module.calls(...releases.keys())) {
      const report = judge(module, site);
      if (report !== undefined) yield report;
    }
  },
});

function judge(module: Module, site: CallSite): Report | undefined {
  const field = fieldReleased(site);
  if (field === undefined || site.node.kind !== "call" || site.closure !== undefined || site.around.loose || handlersAround(site).length > 0) return undefined;
  const cleared = whereNil(module, field, site.clause);
  if (cleared === undefined) return undefined;
  const entry = callbackEntries(site).find((candidate) => candidate.module === module && isOpenWay(module, candidate, site, field));
  if (entry === undefined) return undefined;
  const what = releases.get(site.name) ?? "";
  const [subject] = site.args;
  return {
    at: site.node,
    message: `\`${site.name}\` raises when \`${subject?.text ?? field}\` is nil, as ${cleared.isStart ? "it is from the start" : "other code leaves it"}: ${entry.fn.name === "terminate" ? "the rest of the clean-up is skipped and the reason of the end is lost" : `${module.shortName} ends`} when no ${what} is there. Ask for it first.`,
    related: [...stepsOf(entry), { at: cleared.at, message: `\`${field}\` is nil from here` }],
    searched: [`a test of \`${field}\` on the way (none)`, "a `rescue` around it (none)"],
    confidence: entry.path.length === 0 ? "proven" : "likely",
  };
}

/** The field whose value a call gets: `s.timer`, or `ref` of a parameter `%{timer: ref}`. */
function fieldReleased({ args: [subject], clause }: CallSite): string | undefined {
  if (subject === undefined) return undefined;
  const read = fieldRead(subject);
  if (read !== undefined) return isOwnState(subject, clause) ? read : undefined;
  if (subject.kind !== "var") return undefined;
  const param = clause.lastParam(0);
  return param === undefined || !clause.fn.isCallback ? undefined : fieldBinding(param, subject.name);
}

/** The value read is one of the state that a parameter is: `s.timer` for `s`, or of an entry in it, as `s.ovens[id].timer`. */
function isOwnState(read: Expr, clause: Clause): boolean {
  let base = read.kind === "field" ? read.target : read.args[0];
  while (read.kind === "field" && (base?.kind === "field" || base?.isCall("Access.get") === true)) base = base.kind === "field" ? base.target : base.args[0];
  return base?.kind === "var" && clause.params.some((param) => param.isVar(base.name) || (param.kind === "match" && param.children.some((part) => part.isVar(base.name))));
}

/** Where a field of the state gets `nil`: in what `init/1` returns, written or by default of the struct, or by an update in other code that goes on. */
function whereNil(module: Module, field: string, releasing: Clause): { readonly at: Expr; readonly isStart: boolean } | undefined {
  const values = valuesOf(module, field);
  if (!values.some(({ value }) => !value.isAtom("nil"))) return undefined;
  const { literals } = stateShapeOf(module);
  const elsewhere = values.find(({ value, at, clause }) => value.isAtom("nil") && (at.kind === "call" || at.parent?.updated !== undefined) && clause !== releasing && clause.fn.name !== "init" && (clause.fn.isCallback || !clause.fn.isPublic) && !isStop(clause.result));
  if (elsewhere !== undefined) return { at: elsewhere.at, isStart: false };
  const start = literals.find((literal) => literal.updated === undefined && (literal.get(field)?.isAtom("nil") === true || (literal.get(field) === undefined && isNilByDefault(module, literal, field))));
  return start === undefined || isFilledAtStart(module, field) ? undefined : { at: start, isStart: true };
}

const isNil = ({ value }: DefinedField): boolean => value === undefined || value.isAtom("nil");
/** A field of a struct that has no default, or the default `nil`. */
function isNilByDefault(module: Module, literal: Expr, field: string): boolean {
  const owner = literal.kind === "struct" ? module.workspace.module(literal.name, module) : undefined;
  const own = owner === undefined ? undefined : definedFields(owner)?.find(({ name }) => name === field);
  return own !== undefined && isNil(own);
}

/** `init/1`, a helper of it, or the `handle_continue/2` after it fills the field before the first message comes. */
function isFilledAtStart(module: Module, field: string): boolean {
  const continues = module.callback("init/1").some(({ result }) => [...outcomesOf(result)].some((outcome) => outcome.children[2]?.children[0]?.isAtom("continue") === true));
  const starts = new Set(continues ? ["init", "handle_continue"] : ["init"]);
  return valuesOf(module, field).some(({ value, clause }) => !value.isAtom("nil") && (starts.has(clause.fn.name) || clause.fn.callers.some(({ fn }) => starts.has(fn.name))));
}

/** Whether the release runs on this way whatever the state is. */
function isOpenWay(module: Module, entry: Entry, site: CallSite, field: string): boolean {
  const { fn, clause, path } = entry;
  if (clause === undefined || !/^(terminate|handle_(call|cast|info|event|in))$/.test(fn.name)) return false;
  if (fn.name === "handle_info" && isArranged(module, clause)) return false;
  return [...path, site].every((step) => isUnconditional(step, field) && !asksState(step.clause, field));
}

/** A message that comes because something runs that the server started: a timer, a monitor, a task, a port. */
function isArranged(module: Module, clause: Clause): boolean {
  const tag = tagOf(clause.params[0]);
  return tag === undefined || /^(DOWN|EXIT|tcp|ssl|udp|tcp_closed|tcp_error|ssl_closed|ssl_error|timeout)$/.test(tag.tag) || armingsIn(module).some(({ message }) => tagOf(message)?.tag === tag.tag);
}

/** No branch decides whether the place runs, nothing before it in the clause asks for the field or fills it. */
function isUnconditional(step: CallSite, field: string): boolean {
  const { clause, node } = step;
  if ([...conditionsAround(node)].some((condition) => !asksForKey(condition, field)) || [...node.ancestors()].some((above) => above.isOp("&&", "||", "and", "or") || above.isCall("for") || above.kind === "fn")) return false;
  const before = clause.node.descendantsOf("call", "op", "pair").filter((expr) => expr.id < node.id);
  return !before.some((expr) => (expr.kind === "pair" ? expr.key?.isAtom(field) === true && expr.parent?.updated !== undefined : (expr.isOp("&&", "||", "and", "or", "==", "!=", "===", "!==") || expr.isCall("if", "unless", "case", "cond", "with", "is_nil", "is_reference", "is_pid")) && !asksForKey(expr.args[0], field) && namesField(expr.kind === "op" || expr.name === "cond" ? expr : (expr.args[0] ?? expr), field)));
}
/** `Map.has_key?(s, :timer)`: the key is there from the start, whatever stands under it. */
const asksForKey = (test: Expr | undefined, field: string): boolean => test?.isCall("Map.has_key?") === true && test.args[1]?.isAtom(field) === true;
const namesField = (expr: Expr, field: string): boolean => expr.descendantsOf("field", "atom", "var").some(({ name }) => name === field);

/** The clause, or one before it, asks the state for more than its presence. */
function asksState(clause: Clause, field: string): boolean {
  const { fn } = clause;
  if (clause.guard !== undefined) return true;
  const states = (other: Clause): readonly Expr[] => (fn.isCallback ? other.params.slice(-1) : other.params);
  // The state of a state machine stands before its data; what the message brings may have to equal a part of the state.
  if (fn.id === "handle_event/4" && clause.params[2]?.kind !== "var") return true;
  const brought = new Set(fn.isCallback ? clause.params.slice(0, -1).flatMap((param) => [...boundIn(param)]) : []);
  if (states(clause).some((param) => [...boundIn(param)].some((name) => brought.has(name)))) return true;
  const isLiteral = (pair: Expr): boolean => pair.value !== undefined && /^(atom|number|string|map|struct|list|tuple|pin)$/.test(pair.value.kind);
  if (states(clause).some((param) => param.descendantsOf("pair").some(isLiteral))) return true;
  return fn.clauses.slice(0, fn.clauses.indexOf(clause)).some((earlier) => (!fn.isCallback || fn.name === "terminate" || sameMessage(earlier, clause)) && (earlier.guard !== undefined || states(earlier).some((param) => param.isAtom("nil") || param.descendantsOf("pair").some((pair) => isLiteral(pair) || pair.key?.isAtom(field) === true))));
}
const sameMessage = (one: Clause, other: Clause): boolean => {
  const [left, right] = [tagOf(one.params[0]), tagOf(other.params[0])];
  return left === undefined || right === undefined || left.tag === right.tag;
};
