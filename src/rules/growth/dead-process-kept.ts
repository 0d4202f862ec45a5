import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt } from "../../model/context.ts";
import { elementPatterns } from "../../model/flow.ts";
import { boundIn, partOf } from "../../model/literals.ts";
import { downIn } from "../../model/mailbox.ts";
import { bodiesOf } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { tagOf } from "../../model/server.ts";
import { isPlatform, reachOf } from "../../model/reach.ts";
import { type FieldWrite, fieldWritesIn, statesAfter } from "../../model/state.ts";
import { type Growth, growthOf, growthOfValue, isReset } from "../shared/growth.ts";
import { isStop, outcomesOf, usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

const enlists = /^(sub$|subscribe|register|join|listen|add_\w*(listener|subscriber|client|watcher|observer|member)|attach|watch|follow|enlist|track)/;
/** Calls by which a server hears of the end of a process, or asks whether it lives. */
const watches = ["Process.link", ":erlang.link", "Process.alive?", ":pg.monitor", "Process.info", ":rpc.call", ":erpc.call"] as const;
/** Calls by which whoever runs them enters itself, and leaves when it dies. */
const entersItself = ["Registry.register", ":pg.join"] as const;
const monitors = ["Process.monitor", ":erlang.monitor"] as const;

export default defineRule({
  id: "dead-process-kept",
  family: "growth",
  title: "A process that dies stays in a server's state",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Monitor the process and remove it on its :DOWN" },
  source: "https://hexdocs.pm/elixir/Process.html#monitor/1",
  doc: {
    what: "A server keeps the processes that subscribe to it or join it, and removes one on its own request only, or not at all: no clause handles `:DOWN`; or a clause does, and nothing monitors.",
    why: "A subscriber that crashes or simply ends sends no farewell. Its pid stays, the state grows with each one, and every broadcast goes to the dead as well. A monitor whose `:DOWN` falls into a catch-all changes nothing.",
    instead: "`Process.monitor/1` when it is taken in, and a `handle_info({:DOWN, _ref, :process, pid, _reason}, state)` that removes it; or a `Registry`, which does both.",
    fine: ["A `:DOWN` or `:EXIT` clause that ends the server, or may take the process out of the field.", "A link, a Registry, `:pg`.", "A sweep that tests `Process.alive?/1` (a test when the process is taken in is none), or a timer that removes entries.", "Callers that are answered and removed: `GenServer.reply/2`.", "Servers that end with the process they serve."],
    never: "A `Process.alive?/1` before each send: the entry stays.",
    sure: "Likely when the pid is the caller's or is monitored, or when a `:DOWN` clause waits for it; review when only its name, or a test in the clause, says that it is a process. Low: the entries are mostly few, and a message to the dead is harmless.",
  },
  bad: [
    elixir`
      defmodule Bell do
        use GenServer
        def init(_), do: {:ok, %{waiters: MapSet.new()}}
        def handle_call(:subscribe, {pid, _}, s), do: {:reply, :ok, %{s | waiters: MapSet.put(s.waiters, pid)}} #! stays in
        def handle_call(:unsubscribe, {pid, _}, s), do: {:reply, :ok, %{s | waiters: MapSet.delete(s.waiters, pid)}}
      end`,
  ],
  good: [
    elixir`
      defmodule Bell do
        use GenServer
        def init(_), do: {:ok, %{waiters: MapSet.new()}}
        def handle_call(:subscribe, {pid, _}, s) do
          Process.monitor(pid)
          {:reply, :ok, %{s | waiters: MapSet.put(s.waiters, pid)}}
        end
        def handle_info({:DOWN, _, :process, pid, _}, s), do: {:noreply, %{s | waiters: MapSet.delete(s.waiters, pid)}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer") || module.unknownUses.length > 0) return;
    const said = new Set<string>();
    for (const { write, growth } of [...fieldWritesIn(module).map((write) => ({ write, growth: growthOf(write) })), ...wholeStates(module)]) {
      if (said.has(write.field)) continue;
      const process = growth === undefined ? undefined : processIn(growth, write, module);
      if (growth === undefined || process === undefined) continue;
      if (process.how === "expected" ? isWatchedSomehow(module, write.clause, process) : hearsOfEnds(module, write.field)) continue;
      if (process.how !== "expected" && isSwept(module, write.field)) continue;
      said.add(write.field);
      yield report(module, write, growth, process);
    }
  },
});

/** Writes of a state that is itself the map, set or list of processes: `{:noreply, Map.put(subscribers, pid, topic)}`; none when a message of the server's own, or a timer, writes it as well. */
function wholeStates(module: Module): readonly { readonly write: FieldWrite; readonly growth: Growth }[] {
  const changes = (clause: Clause): boolean => statesAfter(clause).some((state) => !state.isVar(clause.lastParam(0)?.name ?? ""));
  if ([...module.callback("handle_info/2"), ...module.callback("handle_continue/2")].some(changes)) return [];
  return ["handle_call/3", "handle_cast/2"].flatMap((id) => module.callback(id)).flatMap((clause) => {
    const state = clause.lastParam(0);
    if (state?.kind !== "var") return [];
    return statesAfter(clause).flatMap((value) => {
      const growth = growthOfValue(value, (expr) => expr?.isVar(state.name) === true);
      return growth === undefined ? [] : [{ write: { at: value, field: state.name, value, base: state, isStrict: false, clause }, growth }];
    });
  });
}

/** The module has a clause for the end of a process that may take it out of the field, or another way to learn of it. */
const hearsOfEnds = (module: Module, field: string): boolean =>
  module.calls(...watches).some((site) => !asksOnEntry(site)) ||
  module.calls(...entersItself).some((site) => !site.fn.isCallback && entriesAt(site).some((entry) => entry.kind === "client")) ||
  module.functions.some((fn) => fn.clauses.some((clause) => clause.params.some((param) => param.descendantsOf("atom").some(({ name }) => name === "DOWN" || name === "EXIT")) && !concernsOne(clause) && mayClear(clause, field)));

/** `Process.alive?(pid)` of the process that a request brings says nothing of what comes later, nor does one where the server ends. */
const asksOnEntry = ({ name, clause, args: [pid] }: CallSite): boolean => name === "Process.alive?" && clause.fn.isCallback && ((pid?.kind === "var" && clause.params[0] !== undefined && boundIn(clause.params[0]).has(pid.name)) || clause.fn.name === "terminate" || [...outcomesOf(clause.result)].every(isStop));

/** What the clause does ends the process, writes the field, or names it or the whole state where it cannot be followed. */
function mayClear(clause: Clause, field: string): boolean {
  const { fn } = clause;
  if (!fn.isCallback || [...outcomesOf(clause.result)].some(isStop)) return true;
  const bodies = reachedFrom(clause);
  if (bodies.some((body) => body.node.descendantsOf("atom", "field", "pair", "var").some((part) => (part.kind === "pair" ? part.key?.name : part.name) === field))) return true;
  return bodies.some((body) => body.sites.some((site) => (site.callee === undefined ? site.node.kind === "call" && site.node.module !== "" && !isPlatform(site.node.module) : site.callee.module !== fn.module) && site.args.some((arg) => arg.kind === "var" && body.lastParam(0)?.isVar(arg.name) === true)));
}
/** A clause and all functions of its module that it may call. */
function reachedFrom(clause: Clause): readonly Clause[] {
  const found = new Set<Clause>([clause]);
  for (const body of found) for (const site of body.sites) if (site.callee?.module === clause.fn.module) for (const next of site.callee.clauses) found.add(next);
  return [...found];
}

/** `{:EXIT, socket, _}, %{socket: socket}`: a clause for the end of the one process that the state knows by that name. */
function concernsOne({ params: [message, ...states] }: Clause): boolean {
  const pid = partOf(message, "tuple")?.children.slice(1).find((part) => part.kind === "var" && states.some((state) => state.descendantsOf("pair").some(({ value }) => value?.isVar(part.name) === true)));
  return pid !== undefined;
}

/** `taken`: the clause of the request by which the process comes. `expected`: a `:DOWN` clause would remove it. `addressed`: the server sends to what it keeps. */
type Kept = { readonly name: string; readonly how: "caller" | "monitored" | "named" | "expected" | "addressed" | "started"; readonly taken: Clause };
const processNames = /^(pid|listener|subscriber|client|caller|watcher|observer|receiver|recipient|\w+_pid)$/;

/** The process that a write takes in: the caller of a request, a monitored one, or one that a request to join names. */
function processIn(growth: Growth, write: FieldWrite, module: Module): Kept | undefined {
  for (const candidate of [growth.key, growth.element].flatMap(variablesOf)) {
    const here = comesWith(candidate.name, write.clause);
    const { clause: taken, name } = here ?? {};
    const [message, from] = taken?.params ?? [];
    if (message === undefined || taken === undefined || name === undefined) continue;
    const isAdded = growth.element?.contains(candidate) === true || growth.key?.contains(candidate) === true;
    const named = (how: Kept["how"]): Kept => ({ name: candidate.name, how, taken });
    if (growth.key?.isVar(candidate.name) === true && boundIn(message).has(name) && isRemovedOnDown(module, write.field)) return named("expected");
    if (taken.fn.name === "handle_call" && callerIn(from)?.isVar(name) === true) return named("caller");
    if (write.clause.sites.some((site) => site.is(...monitors) && site.args.at(-1)?.isVar(candidate.name) === true)) return named("monitored");
    if (enlists.test(tagOf(message)?.tag ?? "") && (processNames.test(candidate.name) || processNames.test(name) || isCheckedPid(taken, name)) && boundIn(message).has(name)) return named("named");
    if (isAdded && boundIn(message).has(name) && isAddressed(module, write.field, growth, candidate)) return named("addressed");
    if (isAdded && startsUnderSupervisor(taken, name)) return named("started");
  }
  return undefined;
}
/** A guard, or a question whether it lives, says that the variable holds a pid. */
const isCheckedPid = ({ guard, sites }: Clause, name: string): boolean => guard?.descendantsOf("call").some((test) => test.isCall("is_pid") && test.args[0]?.isVar(name) === true) === true || sites.some((site) => site.name === "Process.alive?" && site.args[0]?.isVar(name) === true);
const sends = ["send", "Kernel.send", "Process.send", "GenServer.cast", "GenServer.call"] as const;
/** Code of the module goes through the field and sends to each of its elements, or to the same part of each. */
function isAddressed(module: Module, field: string, growth: Growth, candidate: Expr): boolean {
  const at = growth.element?.kind === "tuple" ? growth.element.children.indexOf(candidate) : undefined;
  return module.calls(...sends).some((site) => {
    const [target] = site.args;
    if (target?.kind !== "var" || !site.clause.node.descendantsOf("field", "pair").some((part) => (part.kind === "field" ? part.name : part.key?.name) === field)) return false;
    const { loop } = site.around;
    return loop !== undefined && elementPatterns(loop).some((pattern) => (at === undefined ? pattern.isVar(target.name) : pattern.kind === "tuple" && pattern.children[at]?.isVar(target.name) === true));
  });
}

/** The process is a child of a supervisor: `{:ok, pid} = Ovens.open(…)`, which starts it there and links it to nobody else. */
function startsUnderSupervisor(taken: Clause, name: string): boolean {
  return taken.sites.some((site) => {
    const usage = site.callee === undefined || site.callee.isMacro ? undefined : usageOf(site.node);
    return usage?.kind === "matched" && usage.pattern.kind === "tuple" && usage.pattern.children[0]?.isAtom("ok") === true && usage.pattern.children[1]?.isVar(name) === true && site.callee?.sites.some((inner) => /(^|\.)(Supervisor|DynamicSupervisor)\.start_child$/.test(inner.name)) === true;
  });
}

/** The variable itself, or those in what is written out as `{pid, topic}` or `%{recipient: pid}`. */
const variablesOf = (expr: Expr | undefined): readonly Expr[] => (expr === undefined ? [] : expr.kind === "var" ? [expr] : /^(tuple|map|struct)$/.test(expr.kind) && expr.updated === undefined ? (expr.kind === "tuple" ? expr.children : expr.pairs.flatMap(({ value }) => value ?? [])).filter(({ kind }) => kind === "var") : []);

/** The clause of a request in which a variable has its value: here, or where the one caller of a private function gets it. */
function comesWith(name: string, clause: Clause): { readonly clause: Clause; readonly name: string } | undefined {
  if (/^handle_(call|cast)$/.test(clause.fn.name)) return { clause, name };
  const index = clause.params.findIndex((param) => param.isVar(name));
  const callers = clause.fn.isPublic || index < 0 ? [] : clause.fn.callers.filter((site) => /^handle_(call|cast)$/.test(site.fn.name) && site.args[index]?.kind === "var");
  const [caller] = callers;
  return caller === undefined ? undefined : { clause: caller.clause, name: caller.args[index]?.name ?? name };
}

/** A `:DOWN` clause takes what its message names, the process, out of this field. */
function isRemovedOnDown(module: Module, field: string): boolean {
  return module.callback("handle_info/2").some((clause) => {
    const pid = downIn(clause.params[0])?.children[3];
    if (pid?.kind !== "var" || pid.name.startsWith("_")) return false;
    return clause.node.descendantsOf("call").some((call) => call.isCall("Map.pop", "Map.delete", "MapSet.delete", "Map.pop!") && call.args[1]?.isVar(pid.name) === true && isFieldOf(call.args[0], field));
  });
}
const isFieldOf = (expr: Expr | undefined, field: string): boolean => (expr?.kind === "field" || expr?.kind === "var") && expr.name === field;

/** The server hears of this process by a monitor or link that is not that of `init/1`, or by code that cannot be seen. */
function isWatchedSomehow(module: Module, clause: Clause, { taken }: Kept): boolean {
  const watching = module.functions.flatMap((fn) => fn.sites).filter((site) => entriesAt(site).some((entry) => entry.kind === "callback" && entry.fn.name !== "init") && (site.is(...monitors, ...watches, "spawn_monitor", "Kernel.spawn_monitor") || /(^|\.)(start_link|monitor\w*|watch\w*|async_nolink|link)$/.test(site.name)));
  if (watching.length > 0) return true;
  return [...taken.sites, ...clause.sites].some((site) => site.node.kind === "call" && (site.callee === undefined ? site.node.module !== "" && !isPlatform(site.node.module) : site.callee.module !== module && reachOf(site.callee.module).names.has("Process.monitor")));
}
/** The pid in `{pid, _tag}` or `{pid, _tag} = from`. */
const callerIn = (from: Expr | undefined): Expr | undefined => partOf(from, "tuple")?.children[0];

/** A message of its own, a timer or the reply to the waiting writes the field again: it is emptied without a request. */
const isSwept = (module: Module, field: string): boolean =>
  [...module.callback("handle_info/2"), ...module.callback("handle_continue/2")].some((clause) => bodiesOf(clause).some((body) => fieldWritesIn(module).some((write) => write.clause === body && write.field === field))) || fieldWritesIn(module).some((write) => write.field === field && isReset(write.value));

function report(module: Module, write: FieldWrite, growth: Growth, { name, how, taken }: Kept): Report {
  const { clause, field } = write;
  const tag = tagOf(taken.params[0])?.tag ?? taken.fn.name;
  if (how === "expected") return neverWatched(module, write, growth, name, tag);
  const isMonitored = clause.sites.some((site) => site.is(...monitors));
  const removal = fieldWritesIn(module).find((other) => other.field === field && other.clause !== clause && growthOf(other) === undefined) ?? removedFrom(module, field);
  const catchAll = module.callback("handle_info/2").find((other) => other.params[0]?.kind === "var");
  const onlyWay = removal === undefined ? "nothing removes it" : `only \`${tagOf(removal.clause.params[0])?.tag ?? removal.clause.fn.name}\` removes it`;
  return {
    at: write.at.updated === undefined ? write.at : growth.at,
    confidence: how === "named" ? "review" : "likely",
    message: `When the process that \`${tag}\` took in dies, \`${name}\` stays in \`${field}\`: ${onlyWay}${isMonitored ? ", and no clause takes the `:DOWN` of its monitor" : ""}. ${isMonitored ? "Remove" : "Monitor it, and remove"} it on its \`:DOWN\`.`,
    related: [...(removal === undefined ? [] : [{ at: removal.at, message: "removed here, on request" }]), ...(isMonitored && catchAll !== undefined ? [{ at: catchAll.head, message: "takes the `:DOWN` and forgets it" }] : [])],
    evidence: [how === "caller" ? "The pid is that of the caller." : how === "monitored" ? "It is monitored." : how === "addressed" ? "The server sends to what it keeps there." : how === "started" ? "It is a child of a supervisor, and linked to that alone." : processNames.test(name) ? "Its name says that it is a process." : "The clause asks whether it is a pid."],
    searched: ["a `:DOWN` or `:EXIT` clause (none)", "a link, a Registry, `Process.alive?/1` (none)", `a message or timer that clears \`${field}\` (none)`],
  };
}

/** Where something is taken out of a state that is the map or set itself. */
function removedFrom(module: Module, state: string): { readonly at: Expr; readonly clause: Clause } | undefined {
  const site = module.calls("Map.delete", "Map.drop", "MapSet.delete", "List.delete").find(({ fn, args }) => fn.isCallback && args[0]?.isVar(state) === true);
  return site === undefined ? undefined : { at: site.node, clause: site.clause };
}

/** The `:DOWN` clause is there, but no monitor that could send it. */
function neverWatched(module: Module, { field, at }: FieldWrite, growth: Growth, name: string, tag: string): Report {
  const clause = module.callback("handle_info/2").find(({ params }) => downIn(params[0]) !== undefined);
  const inInit = module.calls(...monitors).length > 0;
  return {
    at: at.updated === undefined ? at : growth.at,
    confidence: "likely",
    message: `When the process that \`${tag}\` took in dies, \`${name}\` stays in \`${field}\`: a clause removes it on its \`:DOWN\`, but ${inInit ? "only `init/1` monitors, and not this process" : "nothing monitors it"}. Monitor it where it is taken in.`,
    related: clause === undefined ? [] : [{ at: clause.head, message: "waits for a `:DOWN` that nobody asked for" }],
    evidence: [`The \`:DOWN\` clause takes the process out of \`${field}\`.`],
    searched: [`\`Process.monitor/1\` or a link outside \`init/1\` (none)`, "code of other modules on the way that monitors (none)"],
  };
}
