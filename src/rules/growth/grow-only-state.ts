import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { callbackEntries, entriesOf, isMessageCallback, stepsOf } from "../../model/context.ts";
import { boundIn, quoted, sameExpr } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { endsItself, isPerInstance } from "../../model/role.ts";
import { livesForOneCall } from "../../model/started.ts";
import { type FieldWrite, fieldWritesIn, isState, literalOf, stateParameters, statesAfter } from "../../model/state.ts";
import { isStop, usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { type Growth, growthOf, isReset } from "../shared/growth.ts";
import { isBoundedKey } from "../shared/keys.ts";
import { matchesOn } from "../../model/flow.ts";

export default defineRule({
  id: "grow-only-state",
  family: "growth",
  title: "A state field only grows",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Bound the field, or delete where the entry ends" },
  source: "https://hexdocs.pm/elixir/GenServer.html",
  doc: {
    what: "A field of a long-lived server gains elements with the messages that come, and nothing in the module removes any, limits their number or resets the field.",
    why: "The process grows for as long as it lives. Garbage collection of its heap takes longer and longer, and in the end the node runs out of memory.",
    instead: "`Enum.take/2` on the way in, a delete where the entry ends, or a sweep on a timer.",
    fine: ["A size test or `Enum.take`.", "A delete, drop, pop or filter of the field anywhere in the module.", "A reset to nil or an empty value.", "Keys from a literal set.", "Servers that stop after one job.", "A recursive helper that collects into a map its callers write out.", "A helper of another module that gets the whole state."],
    sure: "Proven for a list that grows with each message and that nothing else writes; likely for a list that other code lengthens, too; review for maps, whose keys may come from a finite set, and for any module with a `use` that cannot be resolved. Low: the list is mostly the record of what the process stands for, or as long as the program is large (of eleven read in code nobody had looked at, four were worth an issue).",
  },
  bad: [
    elixir`
      defmodule Orders do
        use GenServer
        def init(_), do: {:ok, %{sales: []}}
        def handle_cast({:sale, sale}, s), do: {:noreply, %{s | sales: [sale | s.sales]}} #! nothing shortens it
      end`,
  ],
  good: [
    elixir`
      defmodule Orders do
        use GenServer
        def init(_), do: {:ok, %{sales: []}}
        def handle_cast({:sale, sale}, s), do: {:noreply, %{s | sales: Enum.take([sale | s.sales], 100)}}
      end`,
  ],
  yieldsTo: ["dead-process-kept"],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage", "gen_statem") || isOneJob(module)) return;
    const writes = fieldWritesIn(module);
    const seen = new Set<string>();
    for (const write of writes) {
      const growth = growthOf(write);
      if (growth === undefined || seen.has(write.field) || isCollected(write) || isBroughtAlong(write)) continue;
      const others = writes.filter((other) => other.field === write.field && other !== write);
      if (others.some((other) => growthOf(other) === undefined && !keepsSize(other)) || shrinks(module, write.field) || isOfEntry(write, module) || isReplaced(module)) continue;
      const report = judge(module, write, growth, others);
      if (report === undefined) continue;
      seen.add(write.field);
      yield report;
    }
    const whole = growingMap(module);
    if (whole !== undefined) yield whole;
  },
});

const entryTakers = /^(Map\.(delete|drop|pop|pop!|take|split|filter|reject|pop_lazy|new|split_with|merge)|Enum\.\w+|:maps\.\w+|pop_in|map_size|for|MapSet\.\w+|Keyword\.\w+)$/;

/** The state itself is a map from what messages bring, and no code takes an entry out, walks it, asks for its size or hands it elsewhere. */
function growingMap(module: Module): Report | undefined {
  const clauses = ["handle_call/3", "handle_cast/2", "handle_info/2", "handle_continue/2", "terminate/2"].flatMap((id) => module.callback(id));
  const put = module.calls("Map.put", "Map.put_new").find((site) => {
    const [map, key] = site.args;
    const message = site.clause.params[0];
    return site.fn.isCallback && /^handle_(call|cast)$/.test(site.fn.name) && isState(map, site.clause) && key?.kind === "var" && message !== undefined && boundIn(message).has(key.name) && !isBoundedKey(key) && statesAfter(site.clause).some((state) => state === site.node || (state.kind === "var" && matchesOn(site.clause.node, state.name).some(({ right }) => right?.contains(site.node) === true)));
  });
  if (put === undefined || module.callback("init/1").length === 0 || isShortLived(module) || clauses.some(keysByName) || fieldWritesIn(module).length > 0) return undefined;
  const touched = module.functions.some((fn) => fn.sites.some((site) => site.node.kind === "call" && (entryTakers.test(site.name) || (site.callee !== undefined && fn.isCallback)) && site.args.some((arg) => isState(arg, site.clause) || arg.kind === "fn")));
  if (touched || clauses.some((clause) => statesAfter(clause).some((state) => state.kind !== "var" && !state.isCall("Map.put", "Map.put_new", "Map.update", "Map.update!")))) return undefined;
  const [, key] = put.args;
  return {
    at: put.node,
    confidence: "review",
    message: `The state of ${module.shortName} is a map that grows with each new \`${key?.text ?? "key"}\`, and nothing takes an entry out.`,
    related: [{ at: put.clause.head, message: `${put.fn.id} starts here` }],
    evidence: ["The key comes from a message."],
    searched: ["a delete, filter, take or reset in the module (none)", "a test of its size (none)"],
  };
}
/** The clause knows the state as a record: it asks for fields by name, or updates them. */
const keysByName = (clause: Clause): boolean => {
  const state = clause.lastParam(0);
  return state !== undefined && (state.kind === "struct" || state.pairs.length > 0 || (state.kind === "var" && clause.node.descendantsOf("field").some(({ target }) => target?.isVar(state.name) === true)));
};

/** `{:noreply, given}`: a message brings a new state. */
const isReplaced = (module: Module): boolean =>
  ["handle_call/3", "handle_cast/2", "handle_info/2"].some((id) => module.callback(id).some((clause) => statesAfter(clause).some((state) => state.kind === "var" && clause.params[0] !== undefined && boundIn(clause.params[0]).has(state.name))));

/** A write that leaves the number of elements alone: the same field, updated in place. */
const keepsSize = (write: FieldWrite): boolean => (write.value?.isCall("Map.update!", "Enum.map", "Map.new", "Enum.sort", "Enum.reverse") ?? false) && [...(write.value?.descendants() ?? [])].some((part) => part.kind === "field" && part.name === write.field);

/** A recursion that collects its answer begins with a map written out by each caller: what it adds is no state of the server. */
function isCollected({ base, clause }: FieldWrite): boolean {
  const { fn } = clause;
  const at = base?.kind === "var" ? clause.params.findIndex((param) => param.isVar(base.name)) : -1;
  const callers = fn.callers.filter((site) => site.fn !== fn);
  return at >= 0 && !fn.isCallback && callers.length > 0 && callers.every((site) => {
    const given = site.args[at];
    const literal = given === undefined ? undefined : literalOf(given, site.clause);
    return literal !== undefined && literal.updated === undefined;
  });
}

/** What a message brings, and not the state beside it, is changed for somebody else: a struct of another process, a record to be stored. */
const isBroughtAlong = ({ base, clause: { fn, params } }: FieldWrite): boolean => fn.isCallback && params.length > 1 && base?.kind === "var" && params[0] !== undefined && boundIn(params[0]).has(base.name) && params.at(-1) !== undefined && !boundIn(params.at(-1) as Expr).has(base.name);

/** What grows is an entry of a map in the state, from which the module takes entries out again. */
function isOfEntry({ base, clause }: FieldWrite, module: Module): boolean {
  if (base?.kind !== "var") return false;
  return clause.node.descendantsOf("call").some((call) => {
    const [map] = call.args;
    if (map?.kind !== "field" || !call.isCall("Map.get", "Map.fetch", "Map.fetch!", "Access.get") || !shrinks(module, map.name)) return false;
    const usage = usageOf(call);
    const patterns = usage.kind === "matched" ? [usage.pattern] : usage.kind === "subject" ? usage.of.clauses.flatMap(({ params }) => params) : [];
    return patterns.some((pattern) => boundIn(pattern).has(base.name));
  });
}

const shorteners = /^(Enum\.(take|drop|filter|reject|slice|uniq|split|dedup|drop_while|take_while|split_with|reduce|reduce_while|flat_map|chunk_every|into|min_by|take_every)|Map\.(delete|drop|pop|pop!|take|split|filter|reject|pop_lazy|new|split_with|from_struct)|MapSet\.(delete|difference|filter|reject|intersection|new)|List\.(delete|delete_at|pop_at|keydelete|keytake)|Keyword\.(delete|pop|drop|take)|:queue\.(out|drop|out_r)|pop_in|:maps\.(filter|remove|without|with)|tl|Enum\.split_while)$/;
const sizes = /^(length|map_size|MapSet\.size|Enum\.count|:queue\.len)$/;

/** Anything in the module that takes from the field, resets it, or tests its size. */
function shrinks(module: Module, field: string): boolean {
  for (const site of module.calls()) {
    if (sizes.test(site.name) && isCompared(site.node) && site.args.some((arg) => touches(arg, field, site.clause.node))) return true;
    if (site.node.kind !== "call" || !(shorteners.test(site.name) || site.callee?.module !== module && site.callee !== undefined)) continue;
    if (site.args.some((arg) => touches(arg, field, site.clause.node))) return true;
    if (site.callee !== undefined && site.callee.module !== module && site.args.some((arg) => isState(arg, site.clause) && (site.fn.isCallback || stateParameters(site.fn).has(site.fn.arity - 1)))) return true;
  }
  for (const fn of module.functions)
    for (const clause of fn.clauses)
      for (const part of clause.node.descendantsOf("list", "pair", "struct")) {
        if (part.kind === "list" && part.children.length > 0 && part.children.at(-1)?.isOp("|") === true && clause.params.some((param) => param.contains(part)) && part.parent?.kind === "pair" && part.parent.key?.isAtom(field)) return true;
        if (part.kind === "pair" && part.key?.isAtom(field) && (part.parent?.updated !== undefined) && isReset(part.value)) return true;
        if (part.kind === "struct" && part.updated === undefined && fn.name !== "init" && part.pairs.length === 0) return true;
      }
  return false;
}
/** A size that decides something. */
const isCompared = (size: Expr): boolean => size.parent?.isOp(">", ">=", "<", "<=", "==") === true || [...size.ancestors()].slice(0, 3).some((above) => above.isCall("if", "unless", "case", "cond", "rem", "max"));
/** The field itself, or a variable that a pattern or binding of this clause took from it. */
function touches(arg: Expr, field: string, clause: Expr): boolean {
  for (const part of arg.descendants()) {
    if ((part.kind === "field" && part.name === field) || part.isAtom(field)) return true;
    if (part.kind === "var" && (part.name === field || boundFrom(clause, part.name, field))) return true;
  }
  return false;
}
const boundFrom = (clause: Expr, name: string, field: string): boolean => clause.descendantsOf("pair").some((part) => part.key?.isAtom(field) === true && part.value?.isVar(name) === true) || matchesOn(clause, name).some(({ right }) => right?.kind === "field" && right.name === field);

/** One of many processes, each of which ends on its own account, or by the function that started it: what it gathers goes with it. */
const isShortLived = (module: Module): boolean => isPerInstance(module) && (endsItself(module) || livesForOneCall(module));

/** A process for one piece of work ends before it can grow. */
function isOneJob(module: Module): boolean {
  const clauses = [...module.callback("handle_info/2"), ...module.callback("handle_cast/2"), ...module.callback("handle_continue/2"), ...module.callback("handle_call/3")];
  return clauses.length > 0 && clauses.every((clause) => isStop(clause.result));
}

function judge(module: Module, write: FieldWrite, growth: Growth, others: readonly FieldWrite[]): Report | undefined {
  const { clause } = write;
  const entry = clause.fn.isCallback ? undefined : entriesOf(clause.fn).find((candidate) => candidate.kind === "callback" && candidate.module === module && isMessageCallback(candidate));
  const runs = clause.fn.isCallback ? clause.fn.name.startsWith("handle_") && clause.fn.name !== "handle_continue" : entry !== undefined;
  if (!runs || isPaced(module, write) || (growth.kind === "map" && (growth.key === undefined || isBoundedKey(growth.key)))) return undefined;
  const site = clause.sites.find((candidate) => candidate.id >= write.at.id);
  const path = entry !== undefined ? stepsOf(entry) : site === undefined ? [{ at: clause.head, message: `${clause.fn.id} starts here` }] : callbackEntries(site).slice(0, 1).flatMap(stepsOf);
  return {
    at: write.at.updated === undefined ? write.at : growth.at,
    confidence: module.unknownUses.length > 0 ? "review" : growth.kind === "list" && others.length === 0 ? "proven" : growth.kind === "list" ? "likely" : "review",
    message: `\`${write.field}\` of ${module.shortName} grows ${growth.kind === "list" ? "with each message" : `with each new \`${growth.key === undefined ? "key" : quoted(growth.key, 30)}\``} and nothing shortens it.`,
    related: [...path, ...others.filter((other) => !sameExpr(other.at, write.at)).slice(0, 3).map((other) => ({ at: other.at, message: `also writes ${write.field}` }))],
    evidence: [growth.kind === "list" ? "An element is added for each message." : "The key comes from a message."],
    searched: [`a delete, filter, take or reset of \`${write.field}\` in the module (none)`, "a test of its size (none)"],
  };
}

/** Grows in step with an index of the same update that is compared elsewhere: as many elements as there are steps, no more. */
function isPaced(module: Module, write: FieldWrite): boolean {
  if (write.at.updated === undefined) return false;
  const indices = write.at.pairs.filter((pair) => pair.value?.isOp("+", "-") === true && pair.value.left?.kind === "field" && pair.value.left.name === pair.key?.name).map((pair) => pair.key?.name ?? "");
  return indices.some((index) => module.functions.some((fn) => fn.clauses.some((clause) => [...clause.node.descendants()].some((part) => part.isOp(">", ">=", "<", "<=", "==") && [part.left, part.right].some((side) => side?.kind === "field" && side.name === index)))));
}
