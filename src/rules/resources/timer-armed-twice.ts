import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { type Arming, armingsIn, branchesAround, cancelledFields, fieldsOfTimer, isLoop } from "../../model/arming.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries, entriesAt, type Entry, stepsOf } from "../../model/context.ts";
import { boundIn, partOf } from "../../model/literals.ts";
import { bodiesOf, infoClausesFor } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { isPage } from "../../model/role.ts";
import { registrationOf, tagOf } from "../../model/server.ts";
import { cancelsTimer } from "../../model/timers.ts";
import { isDropped, outcomesOf, statementOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

const repeatable = /^handle_(cast|call|info|event|in|params|events)$/;

export default defineRule({
  id: "timer-armed-twice",
  family: "resources",
  title: "A timer is armed again while the old one runs",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Keep the reference and cancel it before arming again" },
  source: "https://hexdocs.pm/elixir/Process.html#cancel_timer/2",
  doc: {
    what: "A message that can come many times starts a self-rearming loop or an interval, or arms a timer whose predecessor may still run, and nothing cancels or tests that one. Gravest is an interval that the clause of its own message starts. Or the start of the server begins one loop at two places.",
    why: "Timers add up. Two loops tick twice as often for ever; an interval that each of its ticks starts again doubles with every period; the older of two timers ends a period that the newer one has just begun. A reference stored over the old one makes the old timer unreachable.",
    instead: "Keep the reference and cancel it first: `if s.timer, do: Process.cancel_timer(s.timer)`. A message that is queued already cannot be recalled: let its handler tell whether it is still wanted.",
    fine: ["Armed in `init/1` or `handle_continue/2` and by its own clause.", "`Process.cancel_timer/1` on the way.", "A test of a flag, a `nil` or a literal state on the way.", "A one-shot message whose clause does not arm it again and that belongs to one request."],
    never: "Cancelling in `terminate/2` only: the timers die with the process anyway.",
    sure: "Proven when the loop rearms on every path and the module cancels nothing; likely for periods, and for references that are replaced, which are low: whether the old timer can still run is a question of which state follows which. Low, too, for a plain message of a process without a name, which serves one conversation.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, %{owner: nil}}
        def handle_cast({:owner, pid}, s) do
          send(self(), :report) #! starts one more :report loop
          {:noreply, %{s | owner: pid}}
        end
        def handle_info(:report, s) do
          Process.send_after(self(), :report, 1_000)
          {:noreply, s}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_), do: {:ok, %{owner: nil, timer: nil}}
        def handle_cast({:owner, pid}, s) do
          if s.timer, do: Process.cancel_timer(s.timer)
          {:noreply, %{s | owner: pid, timer: Process.send_after(self(), :report, 0)}}
        end
        def handle_info(:report, s), do: {:noreply, %{s | timer: Process.send_after(self(), :report, 1_000)}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    const seen = new Set<Expr>();
    for (const arming of armingsIn(module))
      for (const entry of callbackEntries(arming.site)) {
        const report = judge(module, arming, entry);
        if (report === undefined || seen.has(report.at)) continue;
        seen.add(report.at);
        yield report;
      }
    for (const report of startedTwice(module)) if (!seen.has(report.at)) yield report;
  },
});

function judge(module: Module, arming: Arming, entry: Entry): Report | undefined {
  if (!repeatable.test(entry.fn.name) || !entry.module.isServer || tagOf(arming.message) === undefined) return undefined;
  const own = infoClausesFor(entry.module, arming.message);
  if (entry.clause === undefined || isAnswer(entry.clause) || comesOnce(entry.module, entry.clause)) return undefined;
  const way = [...entry.path, arming.site];
  if (own.includes(entry.clause)) return arming.kind === "interval" ? doubling(arming, entry, own, way, module) : undefined;
  if (entry.fn.name === "handle_params" && !entry.module.node.text.includes("patch")) return undefined;
  if (way.some((site) => cancelsOnTheWay(site.clause)) || [entry.clause, ...way.map((site) => site.clause)].some(hasLiteralState)) return undefined;
  const isBranched = way.some((site) => branchesAround(site).some((branch) => !asksConnected(branch)) || choosesClause(site));
  if (!isBranched && (arming.kind === "interval" || isLoop(entry.module, arming.message))) return loop(arming, entry, module);
  if (arming.kind !== "once") return undefined;
  if (!isBranched && isKept(module, arming, entry) && !isFreshMessage(arming)) return replaced(arming, entry, module);
  return isDropped(arming.site.node) ? period(arming, entry, own, way) : undefined;
}

const labelOf = (message: Expr): string => (message.kind === "atom" ? `:${message.name}` : message.kind === "tuple" && message.children[0]?.kind === "atom" ? `{:${message.children[0].name}, …}` : message.text);
const entryLabel = (entry: Entry): string => {
  const tag = entry.clause === undefined ? undefined : tagOf(entry.clause.params[0]);
  return tag === undefined ? `\`${entry.fn.id}\`` : tag.size === 0 ? `\`:${tag.tag}\`` : `\`{:${tag.tag}${tag.size > 1 ? ", …" : ""}}\``;
};
/** The place in the clause of the message: the arming itself, or the call of the helper that arms. */
const anchorOf = (arming: Arming, entry: Entry, module: Module): Expr => (entry.path[0]?.module === module ? entry.path[0].node : arming.site.node);

function loop(arming: Arming, entry: Entry, module: Module): Report {
  const own = infoClausesFor(entry.module, arming.message);
  const cancels = module.functions.some((fn) => fn.sites.some((site) => cancelsTimer(site)));
  return {
    at: anchorOf(arming, entry, module),
    message: `Each ${entryLabel(entry)} starts one more ${labelOf(arming.message)} ${arming.kind === "interval" ? "interval" : "loop"}${cancels ? ", without a look at the one that runs" : "; none is ever cancelled"}. Keep the reference and cancel it first, or start the loop once in \`init/1\`.`,
    related: [...stepsOf(entry), ...own.slice(0, 1).map((clause) => ({ at: clause.head, message: "arms itself again on every path" }))],
    evidence: [`${entryLabel(entry)} can come any number of times.`],
    searched: ["`Process.cancel_timer/1` on the way (none)", "a test of the state on the way (none)"],
    // An unnamed process, of a connection for example, hears this in the course of one conversation, as a rule once.
    ...(entry.fn.name === "handle_info" && registrationOf(entry.module).kind === "none" && !isPage(entry.module) ? { severity: "low" as const } : {}),
    confidence: cancels ? "likely" : "proven",
  };
}

/** Where the server starts, its loop is begun at two places: by a message to itself and a timer, or by an interval whose ticks arm a timer of their own. */
function* startedTwice(module: Module): Generator<Report> {
  if (!module.isServer) return;
  const begins = armingsIn(module).filter(({ site }) => /^(init|handle_continue)$/.test(site.fn.name) && site.fn.isCallback && branchesAround(site).length === 0);
  const reported = new Set<string>();
  for (const later of begins) {
    const tag = tagOf(later.message);
    const own = tag === undefined ? [] : infoClausesFor(module, later.message);
    if (tag === undefined || own.length === 0 || reported.has(tag.tag) || !isLoop(module, later.message) || own.some((clause) => bodiesOf(clause).some(cancelsOnTheWay))) continue;
    const earlier = begins.find((other) => other.site.id < later.site.id && tagOf(other.message)?.tag === tag.tag && bothRun(other.site.clause, later.site.clause));
    if (earlier === undefined && later.kind !== "interval") continue;
    reported.add(tag.tag);
    const label = labelOf(later.message);
    const rearmed = own[0]?.head ?? later.site.node;
    yield {
      at: later.site.node,
      message: earlier === undefined ? `Each tick of this interval starts one more loop of ${label}, because its clause arms it again: the ticks add up for ever. Keep the interval or the timer, not both.` : `${label} is started twice: here and by \`${earlier.site.name}\` before. Its clause arms it again each time, so two loops run for ever. Start it once.`,
      related: [...(earlier === undefined ? [] : [{ at: earlier.site.node, message: "the first loop begins here" }]), { at: rearmed, message: "arms itself again on every path" }],
      evidence: [earlier === undefined ? "An interval goes on until it is cancelled." : "Both places run when the server starts."],
      searched: ["`Process.cancel_timer/1` in the clause of the message (none)", "a branch that leaves one of the two out (none)"],
      confidence: "proven",
    };
  }
}
/** One clause, or `init/1` and the `handle_continue/2` that follows it. */
const bothRun = (one: Clause, other: Clause): boolean => one === other || (one.fn.name === "init" && other.fn.id === "handle_continue/2" && one.fn.clauses.length === 1 && other.fn.clauses.length === 1 && [...outcomesOf(one.result)].every((outcome) => outcome.children[2]?.children[0]?.isAtom("continue") === true));

/** The clause of an interval's message starts the interval again: one timer becomes two, then four. */
function doubling(arming: Arming, entry: Entry, own: readonly Clause[], way: readonly CallSite[], module: Module): Report | undefined {
  if (own.length > 1 || way.some((site) => cancelsOnTheWay(site.clause) || branchesAround(site).length > 0 || choosesClause(site)) || own.some(hasLiteralState)) return undefined;
  if ([...outcomesOf(own[0]?.result)].every((outcome) => outcome.children[0]?.isAtom("stop") === true)) return undefined;
  return {
    at: anchorOf(arming, entry, module),
    message: `${entryLabel(entry)} starts an interval of ${labelOf(arming.message)} each time it comes: two tick after the first, four after the second. Start the interval once, in \`init/1\` or under a message of its own, or arm the next tick with \`Process.send_after/3\`.`,
    related: [...stepsOf(entry), { at: own[0]?.head ?? entry.fn.node, message: "takes the ticks that it starts" }],
    evidence: ["An interval goes on until it is cancelled."],
    searched: ["`:timer.cancel/1` on the way (none)", "a test of the state on the way (none)"],
    confidence: "proven",
  };
}

/** A LiveView asks whether its socket is connected: once it is, it stays so. */
const asksConnected = (branch: Expr): boolean => branch.isCall("if") && branch.args[0]?.kind === "call" && /(^|\.)connected\?$/.test(branch.args[0].name);

/** The reference goes into a field that other code cancels: here the old one is lost. */
function isKept(module: Module, arming: Arming, entry: Entry): boolean {
  if (entry.module !== module) return false;
  const cancelled = cancelledFields(module);
  return cancelled.size > 0 && fieldsOfTimer(module, arming.site, cancelled).length > 0;
}

function replaced(arming: Arming, entry: Entry, module: Module): Report {
  return {
    at: anchorOf(arming, entry, module),
    message: `${entryLabel(entry)} arms ${labelOf(arming.message)} again and replaces the reference: the timer that runs can then not be cancelled, and both fire. Cancel the old one first, as ${module.shortName} does elsewhere.`,
    related: [...stepsOf(entry), { at: arming.site.node, message: "the timer starts here" }],
    searched: ["`Process.cancel_timer/1` on the way (none)", "a test of the reference on the way (none)"],
    // Whether the old one can still run is a question of what states follow each other.
    severity: "low",
    confidence: "likely",
  };
}

/** Literal values that code gives to keys of maps, as `status: :open`. */
function literalsSet(clauses: readonly Clause[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const clause of clauses)
    for (const expr of clause.node.descendants())
      if (expr.kind === "pair" && expr.key?.kind === "atom" && expr.value?.kind === "atom" && (expr.parent?.kind === "map" || expr.parent?.kind === "struct")) found.set(expr.key.name, (found.get(expr.key.name) ?? new Set()).add(expr.value.name));
  return found;
}

/** Literals set in the block in which the timer is armed, those after it first. */
function literalsNear(site: CallSite): { readonly key: string; readonly value: string }[] {
  const block = statementOf(site.node).parent ?? site.clause.node;
  const found = [...block.descendants()].filter((expr) => expr.kind === "pair" && expr.key?.kind === "atom" && expr.value?.kind === "atom" && expr.parent?.updated !== undefined);
  return [...found.filter((expr) => expr.id > site.id), ...found.filter((expr) => expr.id < site.id)].map((expr) => ({ key: expr.key?.name ?? "", value: expr.value?.name ?? "" }));
}

/** The message of another timer, which its own clause does not arm again, comes as often as that one was armed. */
function isTimed({ clause, module }: Entry): boolean {
  const timers = armingsIn(module).filter(({ message }) => tagOf(message)?.tag === tagOf(clause?.params[0])?.tag);
  return clause?.fn.name === "handle_info" && timers.length > 0 && timers.every(({ kind, site }) => kind === "once" && !callbackEntries(site).some((entry) => entry.clause === clause));
}

/** The arming begins a period by setting a key, and the timer's clause ends the period by setting it otherwise. */
function period(arming: Arming, entry: Entry, own: readonly Clause[], way: readonly CallSite[]): Report | undefined {
  if (isTimed(entry)) return undefined;
  const after = literalsSet(own.flatMap((clause) => [...bodiesOf(clause), ...clause.sites.flatMap((site) => site.callee?.clauses ?? [])]));
  const begins = literalsNear(arming.site).find(({ key, value }) => [...(after.get(key) ?? [])].some((other) => other !== value));
  if (begins === undefined || own.length === 0 || isFreshMessage(arming)) return undefined;
  const { key, value } = begins;
  const tests = way.flatMap(branchesAround).map((branch) => (branch.isCall("cond") ? branch : (branch.args[0] ?? branch)));
  if (tests.some((test) => mentionsKey(test, key) || [...test.descendants()].some((part) => part.isOp("==", "===")))) return undefined;
  if ([...(entry.clause === undefined ? [] : [entry.clause]), ...way.map(({ clause }) => clause)].some(({ node }) => node.descendantsOf("op").some((test) => test.isOp("==", "===", "!=", "!==") && test.children.some((part) => part.kind === "field" && part.name === key)))) return undefined;
  return {
    at: arming.site.node,
    message: `Each ${entryLabel(entry)} can arm one more ${labelOf(arming.message)} and drop the reference: when \`${key}\` is :${value} already, the older timer ends the new period too early. Cancel it first, or arm only when \`${key}\` changes.`,
    related: [...stepsOf(entry), ...own.slice(0, 1).map((clause) => ({ at: clause.head, message: `sets \`${key}\` again when the timer fires` }))],
    evidence: [`\`${arming.site.fn.id}\` sets \`${key}\` and arms the timer that sets it back.`],
    searched: [`a test of \`${key}\` before the timer is armed (none)`, "`Process.cancel_timer/1` on the way (none)"],
    confidence: "likely",
  };
}

/** A helper with several clauses decides by what it is given whether to arm. */
const choosesClause = ({ fn, clause }: CallSite): boolean => !fn.isCallback && fn.clauses.some((other) => other !== clause && !other.sites.some((site) => site.callee === fn));

/** A message that only `init/1` or `handle_continue/2` arranges. */
function comesOnce(server: Module, clause: Clause): boolean {
  const tag = tagOf(clause.params[0]);
  if (clause.fn.name !== "handle_info" || tag === undefined) return false;
  const own = armingsIn(server).filter(({ message }) => tagOf(message)?.tag === tag.tag);
  return own.length > 0 && own.every(({ site }) => entriesAt(site).every(({ kind, fn }) => kind === "callback" && /^(init|handle_continue|mount|join)$/.test(fn.name)));
}

const mentionsKey = (test: Expr, key: string): boolean => [...test.descendants()].some((part) => ((part.kind === "field" || part.kind === "var" || part.kind === "atom") && part.name === key) || (part.kind === "pair" && part.key?.isAtom(key) === true));
/** What was made for this timer, a reference or a new id, tells its message from older ones. */
const isFreshMessage = ({ message, site }: Arming): boolean => [...message.descendants()].some((part) => part.kind === "call" || (part.kind === "var" && [...site.clause.node.descendants()].some((expr) => expr.kind === "match" && expr.left !== undefined && boundIn(expr.left).has(part.name) && expr.right?.kind === "call")));

const cancelsOnTheWay = (clause: Clause): boolean => clause.sites.some((site) => cancelsTimer(site));

/** What a task, monitor or port answers comes once for each piece of work that the timer itself may have started. */
function isAnswer(clause: Clause): boolean {
  const pattern = clause.params[0];
  if (!/^handle_info$/.test(clause.fn.name) || pattern === undefined) return false;
  const tuple = partOf(pattern, "tuple");
  return pattern.kind === "var" || (tuple !== undefined && (tuple.children[0]?.kind !== "atom" || /^(DOWN|EXIT)$/.test(tuple.children[0].name)));
}

/** The head asks for a literal in the state, as `%{status: :idle}`: the clause may run once only. */
function hasLiteralState(clause: Clause): boolean {
  if (clause.guard !== undefined) return true;
  return clause.params.slice(clause.fn.name === "handle_call" ? 2 : clause.fn.isCallback ? 1 : 0).some((param) => [...param.descendants()].some((part) => part.kind === "pair" && part.value !== undefined && /^(atom|number|string|map|struct|list)$/.test(part.value.kind)));
}
