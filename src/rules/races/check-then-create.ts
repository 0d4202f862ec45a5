import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { concurrencyAt } from "../../model/concurrent.ts";
import { entriesAt } from "../../model/context.ts";
import { isNamedAfterProcess, isSerialised, operationsIn, tableAt } from "../../model/ets.ts";
import { matchesOn } from "../../model/flow.ts";
import { handlersAround } from "../../model/handlers.ts";
import { boundIn, mentions, quoted, sameExpr } from "../../model/literals.ts";
import { requestAt } from "../../model/request.ts";
import { registrationOf, tagOf } from "../../model/server.ts";
import { isDropped, isReturned, statementsAfter, usageOf } from "../../model/usage.ts";
import { runsWhere } from "../../model/place.ts";
import type { Fn, Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "check-then-create",
  family: "races",
  title: "Looked up, found missing, then created",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Create first, and match the loser" },
  source: "https://hexdocs.pm/elixir/DynamicSupervisor.html#start_child/2",
  doc: {
    what: "A lookup finds no process or table, so one is started or created, and nothing handles the case that another process did the same in between. Or clients that miss a row ask a server to make it, and the server does not look again.",
    why: "Two callers can both find it missing. One of them then gets `{:error, {:already_started, pid}}` or an ArgumentError, and either crashes on it or drops it.",
    instead: "Start first, and match both `{:ok, pid}` and `{:error, {:already_started, pid}}`: whoever registers the name first wins.",
    fine: ["`{:error, {:already_started, pid}}` is matched.", "The code runs only inside one server.", "It runs once at boot.", "The server that is asked looks again, or uses `:ets.insert_new/2`."],
    never: "A second check, a lock by name, a sleep.",
    sure: "Proven when one function looks and starts or creates the same thing, and callers run it; likely when a helper does the creating. Medium where requests, pages, jobs or events run it, each in a process of its own; low otherwise (of ten read in code nobody had looked at, four were worth an issue), where the answer of a `start_child` is dropped and the process of the other serves as well, where the loser is rescued, and for a table, which is missing once in the life of its name.",
  },
  spokenOf: /\brac(?:e|es|y)\b|concurren|not atomic|approximat|best[ -]effort|last[ -]write/i,
  bad: [
    elixir`
      defmodule Ovens do
        def oven(id) do
          case Registry.lookup(Ovens.Registry, id) do #! missing: one start returns already_started
            [] -> DynamicSupervisor.start_child(Ovens.Supervisor, {Oven, id})
            [{pid, _}] -> {:ok, pid}
          end
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Ovens do
        def oven(id) do
          case DynamicSupervisor.start_child(Ovens.Supervisor, {Oven, id}) do
            {:ok, pid} -> {:ok, pid}
            {:error, {:already_started, pid}} -> {:ok, pid}
          end
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || module.is("Application")) return;
    if (module.is("GenServer")) for (const made of module.calls(...makers)) {
      const again = createdAgain(module, made);
      if (again !== undefined) yield again;
    }
    for (const check of module.callsMatching(asks)) {
      if (check.node.kind !== "call" || check.closure !== undefined) continue;
      const holders = missingBranches(check);
      if (holders.length === 0) continue;
      const act = check.clause.sites.find((site) => site.id > check.id && site.closure === undefined && holders.some((holder) => holder.contains(site.node)) && creates(site, check));
      if (act === undefined) continue;
      if (isPrivateTable(act) || isReserved(check) || isNamedAfterProcess(check.args[0], check.clause)) continue;
      if (isHandled(act, check)) yield { at: check.node, because: () => "the loser of the race is handled where it creates" };
      else if (runsAlone(check)) yield { at: check.node, because: () => `it runs ${runsWhere(check)}, one at a time` };
      else if (entriesAt(check).every(({ kind }) => kind === "unknown")) yield { at: check.node, because: () => `it runs ${runsWhere(check)}: whether two do at once is not known` };
      else yield report(check, act);
    }
  },
});

const asks = /^(Process\.whereis|GenServer\.whereis|Registry\.lookup|Registry\.whereis_name|:global\.whereis_name|:ets\.whereis|:ets\.info)$|\w\.Registry\.lookup$/;
const starts = /(^|\.)(start_link|start|start_child|start_supervised!?)$/;

/** The parts that run when the lookup found nothing. */
function missingBranches(check: CallSite): readonly Expr[] {
  let value: Expr = check.node;
  let negated = false;
  for (;;) {
    const { parent } = value;
    if (parent?.isOp("==", "===", "!=") === true && parent.children.some(isNothing)) negated = parent.name === "!=" ? negated : !negated;
    else if (parent?.isOp("!", "not") === true || parent?.isCall("is_nil", "Enum.empty?") === true) negated = !negated;
    else break;
    value = parent;
  }
  const usage = usageOf(value);
  if (usage.kind === "subject" && usage.of.isCall("case")) return usage.of.clauses.filter((clause) => clause.params.some(isNothing));
  if (usage.kind === "subject" && usage.of.isCall("if", "unless")) {
    const section = usage.of.section((usage.of.name === "unless") === negated ? "else" : "do");
    return section === undefined ? [] : [section];
  }
  if (usage.kind !== "matched") return [];
  if (isNothing(usage.pattern) && value.parent?.isOp("<-") === true) return [...value.ancestors()].filter((above) => above.isCall("with")).slice(0, 1).flatMap((holder) => holder.section("do") ?? []);
  const [name] = boundIn(usage.pattern);
  return name === undefined || usage.pattern.kind !== "var" ? [] : branchesOn(name, check);
}
/** `if pid, do: …, else: …` and `case pid do nil -> …` on the variable a lookup was bound to. */
function branchesOn(name: string, check: CallSite): readonly Expr[] {
  return check.clause.sites.flatMap((site): readonly Expr[] => {
    if (site.id < check.id || !site.is("if", "unless", "case") || site.args[0] === undefined) return [];
    const test = site.args[0];
    if (site.name === "case") return test.isVar(name) ? site.node.clauses.filter((clause) => clause.params.some(isNothing)) : [];
    const isNegated = test.isOp("!", "not") || test.isCall("is_nil") || (test.isOp("==") && test.children.some(isNothing));
    if (!mentions(test, name)) return [];
    const section = site.node.section((site.name === "unless") === isNegated ? "else" : "do");
    return section === undefined ? [] : [section];
  });
}
const isNothing = (pattern: Expr): boolean => pattern.isAtom("nil") || pattern.isAtom("undefined") || (pattern.kind === "list" && pattern.children.length === 0);

/** Whether the call brings into being what the check looked for: itself, or in the function it calls. */
function creates(site: CallSite, check: CallSite): boolean {
  if (site.node.kind !== "call") return false;
  const isTable = check.name.startsWith(":ets.");
  const direct = (inner: CallSite): boolean => (isTable ? inner.name === ":ets.new" : (starts.test(inner.name) && inner.name !== "Task.Supervisor.start_child") || /^(Registry\.register|Process\.register|:global\.register_name)$/.test(inner.name));
  if (registersItself(site) || (direct(site) && hasOtherName(site, check))) return false;
  if (direct(site)) return isTable ? sameExpr(site.args[0], check.args[0]) : concerns(site, check);
  return site.callee !== undefined && site.callee.module === site.module && site.callee.sites.some((inner) => inner.closure === undefined && direct(inner) && !(hasOtherName(inner, check) || isNamedAnew(inner)) && (isTable || concerns(site, check) || concerns(inner, check)));
}
/** A process that gives itself a name: it is its own caller. */
const registersItself = (site: CallSite): boolean => site.args.some((arg) => arg.isCall("self")) && /register(_name)?$/.test(site.name);
/** What is started gets another name than the one looked for; a variable of a function in between may hold either. */
function hasOtherName(site: CallSite, check: CallSite): boolean {
  const name = site.args.at(-1)?.get("name");
  if (name === undefined || (site.clause !== check.clause && name.kind !== "alias" && name.kind !== "atom")) return false;
  return /whereis/.test(check.name) && !sameExpr(name, check.args[0]);
}
/** Each start makes up a name that nothing had before it: it cannot be taken. */
function isNamedAnew(site: CallSite): boolean {
  const name = site.args.at(-1)?.get("name");
  const values = name?.kind === "var" ? matchesOn(site.clause.node, name.name).flatMap(({ right }) => right ?? []) : name === undefined ? [] : [name];
  return values.some((value) => value.descendantsOf("call").some((call) => call.isCall("System.unique_integer", ":erlang.unique_integer", "make_ref", ":erlang.make_ref")));
}
/** The key or name of the check is part of the creation, or the started module is the name. */
function concerns(site: CallSite, check: CallSite): boolean {
  const subject = check.args.at(-1);
  if (subject === undefined) return false;
  const names = [...boundIn(subject)];
  if (names.length > 0) return names.some((name) => mentions(site.node, name));
  return [...site.node.descendants()].some((part) => sameExpr(part, subject)) || (subject.kind === "alias" && site.node.module === subject.name) || (/Registry\.lookup$/.test(check.name) && /start_child$/.test(site.name));
}

/** A private table is of use to the process that makes it and to no other: nobody else asks for it. */
const isPrivateTable = (act: CallSite): boolean => [act, ...(act.callee?.sites ?? [])].some((site) => site.name === ":ets.new" && tableAt(site.module, site).access === "private");

/** `with :ok <- reserve(key), [] <- lookup(key)`: a server that may refuse was asked first, and it answers one after the other. */
function isReserved({ node, clause }: CallSite): boolean {
  const step = node.parent;
  const chain = step?.isOp("<-") ? step.parent : undefined;
  const earlier = chain?.isCall("with") && step !== undefined ? chain.args.slice(0, chain.args.indexOf(step)) : [];
  return earlier.some((other) => other.isOp("<-") && clause.sites.some((site) => other.contains(site.node) && requestAt(site) !== undefined));
}

/** Somebody here, in the helper, or in a direct caller knows of the loser. */
function isHandled(act: CallSite, check: CallSite): boolean {
  if (check.name.startsWith(":ets.") && handlersAround(act).length > 0) return false;
  const places = [act.clause.node, ...(act.callee?.clauses ?? []).map((clause) => clause.node), ...act.fn.callers.map((site) => site.clause.node)];
  return places.some((place) => [...place.descendants()].some((part) => part.isAtom("already_started") || part.isAtom("already_registered")));
}
/** One server, a supervisor or the start of the application runs it: there is no second process. */
function runsAlone(check: CallSite): boolean {
  if (isSerialised(check) || (check.name.startsWith(":ets.") && check.fn.name === "start_link")) return true;
  if (concurrencyAt(check, check.args.at(-1)) !== undefined) return false;
  const all = entriesAt(check).filter(({ kind }) => kind !== "test");
  // Of a function that the project itself calls, those calls are the ways in.
  const entries = all.some((entry) => entry.kind !== "client") ? all.filter((entry) => entry.kind !== "client" || !entry.fn.callers.some((site) => site.module.isLib)) : all;
  const [first] = entries;
  if (first?.kind === "callback" && entries.every((entry) => entry.kind === "callback" && entry.module === first.module && registrationOf(entry.module).kind !== "per-instance")) return true;
  if (entries.length > 0 && entries.every((entry) => entry.kind === "callback" && entry.module.is("GenEvent"))) return true;
  if (isMadeAtBoot(check.fn) || isStartedAsChild(check.fn)) return true;
  return entries.length > 0 && entries.every((entry) => entry.kind !== "client" && entry.kind !== "closure" && entry.kind !== "unknown" && (entry.fn.name === "init" || entry.fn.name === "start" || entry.kind !== "callback"));
}

/** `start: {__MODULE__, :name, args}`: the supervisor calls it, one child after the other. */
const isStartedAsChild = ({ module, name }: Fn): boolean => module.node.descendantsOf("pair").some(({ key, value }) => key?.isAtom("start") === true && value?.kind === "tuple" && value.children[1]?.isAtom(name) === true);

/** A function that the project calls from the start of its application or supervisors only. */
function isMadeAtBoot(fn: Fn, depth = 0): boolean {
  const callers = fn.callers.filter((site) => site.module.isLib);
  return depth < 3 && callers.length > 0 && callers.every((site) => site.closure === undefined && ((site.module.is("Application", "Supervisor") && /^(start|init|start_link)$/.test(site.fn.name)) || isMadeAtBoot(site.fn, depth + 1)));
}

/** Nobody looks at what the start answers, nothing hangs on who started, and the process of the other is as good. */
function isAsGood(act: CallSite, check: CallSite): boolean {
  // A `start_link` ties the process to whoever came first.
  if (!/(^|\.)start(_child)?$/.test(act.name) || statementsAfter(act.node).length > 0) return false;
  const isUnasked = isDropped(act.node) || (isReturned(act.node) && act.fn.callers.length > 0 && act.fn.callers.every(({ node }) => isDropped(node)));
  const known = new Set(check.args.flatMap((arg) => [...arg.descendantsOf("var")].map(({ name }) => name)));
  return isUnasked && act.args.every((arg) => [...arg.descendantsOf("var")].every(({ name }) => known.has(name)));
}

/** Calls whose every run makes another thing. */
const makers = [":ets.new", ":counters.new", ":atomics.new", "Agent.start_link", "Agent.start", "Port.open", "spawn_link", "spawn"] as const;

/** Clients that miss a row ask the server to create it, and the server, which answers one after the other, does not look again. */
function createdAgain(module: Module, made: CallSite): Report | undefined {
  const { clause } = made;
  const message = clause.params[0];
  if (made.node.kind !== "call" || made.closure !== undefined || clause.fn.id !== "handle_call/3" || message === undefined) return undefined;
  const own = operationsIn(module);
  const brought = boundIn(message);
  const usage = usageOf(made.node);
  const names = usage.kind === "matched" ? boundIn(usage.pattern) : new Set<string>();
  const holds = ({ args: [, row] }: CallSite): boolean => row !== undefined && (row.contains(made.node) || [...names].some((name) => mentions(row, name)));
  const kept = own.find(({ site, action, key, tableName }) => site.clause === clause && action === "write" && tableName !== undefined && key?.kind === "var" && brought.has(key.name) && holds(site));
  const looks = [clause, ...clause.sites.flatMap(({ callee }) => (callee?.module === module ? callee.clauses : []))];
  if (kept === undefined || own.some(({ site, action, tableName }) => tableName === kept.tableName && looks.includes(site.clause) && (action === "read" || action === "check" || action === "insert-new" || action === "take"))) return undefined;
  const tag = tagOf(message)?.tag;
  const client = own.find(({ site, action, tableName }) => action === "read" && tableName === kept.tableName && !site.fn.isCallback && site.clause.sites.some((other) => other.id > site.id && other.is("GenServer.call") && tagOf(other.args[1])?.tag === tag));
  if (client === undefined) return undefined;
  return {
    at: made.node,
    confidence: "likely",
    message: `Two clients can both miss \`${kept.key?.text ?? "it"}\` and both ask: the second \`:${tag ?? ""}\` makes it again and puts it in the place of the first, which one of them holds already. Look it up once more before it is made.`,
    related: [{ at: client.site.node, message: "a client misses it here" }, { at: kept.site.node, message: "and this replaces what is there" }],
    evidence: ["The clients look in their own processes, and the server answers one after the other."],
    searched: [`a look at ${kept.tableName ?? "the table"} in the clause (none)`],
  };
}

function report(check: CallSite, act: CallSite): Report {
  const isTable = check.name.startsWith(":ets.");
  const isRescued = (isTable || act.name === "Process.register") && [...handlersAround(act), ...(act.callee?.sites.filter((site) => site.name === ":ets.new").flatMap(handlersAround) ?? [])].length > 0;
  const subject = check.args.at(-1);
  const concurrency = concurrencyAt(check, subject);
  return {
    at: check.node,
    // A table is missing once in the life of its name: two have to ask for it at that very moment.
    severity: concurrency?.isBusy === true && !isTable && !isRescued && !isAsGood(act, check) ? "medium" : "low",
    confidence: isRescued ? "review" : starts.test(act.name) || act.name === ":ets.new" ? "proven" : "likely",
    message: `Two callers of \`${check.fn.id}\` can both find \`${subject === undefined ? "it" : quoted(subject, 30)}\` missing: one ${isTable ? "creation raises" : "start returns already_started"}${isRescued ? ", which is rescued here" : isTable ? "" : " and nothing handles it"}.`,
    related: [{ at: act.node, message: "created here" }],
    evidence: [`The lookup and the creation are two steps, and several processes can be between them${concurrency === undefined ? "" : `: ${concurrency.words}`}.`],
    searched: ["a clause for already_started (none)", "one server that all paths run in (none)", ...(concurrency === undefined ? ["a way in that many processes take at once (none is seen)"] : [])],
  };
}
