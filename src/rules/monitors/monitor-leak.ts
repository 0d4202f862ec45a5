import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { isUnasked } from "../shared/in-server.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries, entriesAt, type Entry, isMessageCallback, stepsOf } from "../../model/context.ts";
import { mentions, partOf, sameExpr } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { takesAnything } from "../../model/messages.ts";
import { originOf } from "../../model/origin.ts";
import { sendingsTo, takersOf } from "../../model/protocol.ts";
import { isCatchAll, tagOf } from "../../model/server.ts";
import { fieldWritesIn } from "../../model/state.ts";
import { isDropped, isStop, statementsAfter, usageOf } from "../../model/usage.ts";
import { implementedIn } from "../../model/implemented.ts";
import { isRemoval } from "../shared/removal.ts";
import { namesDown, receivedIn } from "../../model/mailbox.ts";

export default defineRule({
  id: "monitor-leak",
  family: "monitors",
  title: "Monitors pile up or cannot be released",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Keep the reference, monitor once, demonitor on removal" },
  source: "https://hexdocs.pm/elixir/Process.html#monitor/1",
  doc: {
    what: "A living process is monitored again on each request, or the reference is dropped although there is a way to remove what it belongs to.",
    why: "Each `Process.monitor/1` adds a monitor: five subscribes are five monitors and five `:DOWN` messages. Without the reference, a removal cannot release any of them.",
    instead: "Keep a map from pid to reference, monitor once, and `Process.demonitor(ref, [:flush])` on the last removal.",
    fine: ["One monitor for each new key, guarded by a test, and no removal: the `:DOWN` clause cleans up.", "The reference is returned, stored elsewhere or passed on.", "`spawn_monitor`, tasks and `GenServer.call`.", "The process stops on the `:DOWN`."],
    never: "A demonitor in the `:DOWN` clause: the monitor is gone when its `:DOWN` arrives.",
    sure: "Proven, and medium, for a server whose removal clause has no demonitor; low where nothing in an application asks for it. Likely, and low, for a plain function that monitors for its caller and drops the reference: who calls it, and what else that process takes, is rarely seen in full (of four read in code nobody had looked at, none was right then); medium where one caller takes the `:DOWN` and another does not. Likely, and low, where the same process may only come again, also where its reference is kept: each of its monitors ends with it. Medium where handlers of one server are seen to ask for their own process again and again.",
  },
  bad: [
    elixir`
      defmodule Club do
        use GenServer
        def init(_), do: {:ok, %{guests: []}}
        def handle_call({:join, pid}, _from, s) do
          Process.monitor(pid) #! drops the reference
          {:reply, :ok, %{s | guests: [pid | s.guests]}}
        end
        def handle_call({:leave, pid}, _from, s), do: {:reply, :ok, %{s | guests: List.delete(s.guests, pid)}}
        def handle_info({:DOWN, _, _, pid, _}, s), do: {:noreply, %{s | guests: List.delete(s.guests, pid)}}
      end`,
  ],
  good: [
    elixir`
      defmodule Club do
        use GenServer
        def init(_), do: {:ok, %{refs: %{}}}
        def handle_call({:join, pid}, _from, s), do: {:reply, :ok, put_in(s.refs[pid], s.refs[pid] || Process.monitor(pid))}
        def handle_call({:leave, pid}, _from, s) do
          {ref, refs} = Map.pop(s.refs, pid)
          if ref, do: Process.demonitor(ref, [:flush])
          {:reply, :ok, %{s | refs: refs}}
        end
        def handle_info({:DOWN, _, _, pid, _}, s), do: {:noreply, %{s | refs: Map.delete(s.refs, pid)}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls("Process.monitor", ":erlang.monitor")) {
      if (site.node.kind !== "call" || site.closure !== undefined) continue;
      if (!isReferenceDropped(site)) {
        const report = overwritten(module, site);
        if (report !== undefined) yield report;
        continue;
      }
      const again = recursionOn(site);
      if (again !== undefined) {
        yield { at: site.node, confidence: "proven", message: `\`${site.fn.id}\` monitors \`${site.args.at(-1)?.text ?? "the process"}\` again in each step of its recursion: as many monitors as steps.`, related: [{ at: again.node, message: "calls itself with the same process" }], searched: ["`Process.demonitor` in the function (none)"] };
        continue;
      }
      const entries = callbackEntries(site).filter(isMessageCallback);
      const report = entries.length > 0 && module.isServer ? inServer(module, site, entries) : forCaller(module, site);
      if (report !== undefined) yield report;
    }
  },
});

/** The reference goes nowhere: a bare statement, `_ =`, or a variable that nothing reads. */
function isReferenceDropped(site: CallSite): boolean {
  if (isDropped(site.node)) return true;
  const usage = usageOf(site.node);
  if (usage.kind !== "matched" || usage.pattern.kind !== "var") return false;
  const { name } = usage.pattern;
  return !statementsAfter(site.node).some((statement) => mentions(statement, name));
}

/** The reference is stored under the process, and a second registration of the same process replaces it unseen. */
function overwritten(module: Module, site: CallSite): Report | undefined {
  const usage = usageOf(site.node);
  const subject = site.args.at(-1);
  const [entry] = callbackEntries(site).filter(isMessageCallback);
  if (usage.kind !== "matched" || usage.pattern.kind !== "var" || subject?.kind !== "var" || entry === undefined || !module.isServer || isGuarded(site) || isFresh(site, entry)) return undefined;
  const { name } = usage.pattern;
  const holders = new Set([name]);
  for (const statement of statementsAfter(site.node)) if (statement.kind === "match" && statement.left?.kind === "var" && statement.right !== undefined && /^(map|struct|tuple)$/.test(statement.right.kind) && mentions(statement.right, name)) holders.add(statement.left.name);
  const put = site.clause.sites.find((other) => other.id > site.id && other.is("Map.put") && other.args[0]?.kind === "field" && sameExpr(other.args[1], subject) && [...holders].some((held) => other.args[2] !== undefined && mentions(other.args[2], held)));
  const field = put?.args[0]?.name;
  if (put === undefined || field === undefined || stopsOnDown(module) || originOf(subject, site.clause, entry.path).kind !== "message") return undefined;
  const looks = [site.clause, ...entry.path.map((step) => step.clause)].some((clause) => clause.sites.some((other) => other !== put && /^(Map\.(get|fetch|has_key\?|pop|get_lazy)|Access\.get|is_map_key|Process\.demonitor|Map\.put_new)$/.test(other.name) && other.args.some((arg) => sameExpr(arg, subject) || other.name === "Process.demonitor")));
  if (looks) return undefined;
  return { at: site.node, confidence: "likely", severity: "low", message: `A second \`${entry.clause === undefined ? site.fn.id : (tagOf(entry.clause.params[0])?.tag ?? site.fn.id)}\` of the same \`${subject.name}\` replaces its reference in \`${field}\`: the first monitor stays, and its \`:DOWN\` comes twice.`, related: [...stepsOf(entry), { at: put.node, message: "replaces what was there" }], searched: [`a look at \`${field}\` for \`${subject.name}\` before (none)`] };
}

/** A call of the function to itself that hands on the monitored process. */
function recursionOn(site: CallSite): CallSite | undefined {
  const subject = site.args.at(-1);
  const index = site.clause.params.findIndex((param) => subject?.kind === "var" && param.isVar(subject.name));
  if (index < 0 || subject === undefined || site.clause.sites.some((other) => other.is("Process.demonitor"))) return undefined;
  return site.clause.sites.find((other) => other.callee === site.fn && other.closure === undefined && other.args[index]?.isVar(subject.name) === true);
}

function inServer(module: Module, site: CallSite, entries: readonly Entry[]): Report | undefined {
  const [entry] = entries;
  if (entry === undefined || isGuarded(site) || isFresh(site, entry)) return undefined;
  const demonitors = module.calls("Process.demonitor", ":erlang.demonitor");
  const removal = removals(module).find((clause) => !demonitors.some((other) => other.clause === clause) && concernsSame(clause, entry, site));
  if (demonitors.length > 0 || stopsOnDown(module)) return undefined;
  const again = removal === undefined ? askedAgain(module, entry, site) : undefined;
  if (removal === undefined && again === undefined && !repeats(module, entry)) return undefined;
  const tag = entry.clause === undefined ? undefined : tagOf(entry.clause.params[0])?.tag;
  const subject = site.args.at(-1)?.text ?? "the process";
  return {
    at: site.node,
    confidence: removal !== undefined ? "proven" : "likely",
    severity: isUnasked(entry) ? "low" : removal !== undefined || again !== undefined ? "medium" : "low",
    message: `${tag === undefined ? `\`${site.fn.id}\`` : `\`${tag}\``} monitors \`${subject}\` again each time and drops the reference${removal === undefined ? "" : `; \`${tagOf(removal.params[0])?.tag ?? removal.fn.id}\` cannot release it`}: five calls are five monitors.`,
    related: [...stepsOf(entry), ...(removal === undefined ? [] : [{ at: removal.head, message: "removes the entry and leaves the monitor" }]), ...(again ?? []).map(({ node, fn }) => ({ at: node, message: `\`${fn.id}\` of one process asks for itself, as often as it runs` })), ...downClauses(module).slice(0, 1).map((clause) => ({ at: clause.head, message: "the :DOWN clause is right as it is" }))],
    evidence: ["The reference is not stored, returned or passed on."],
    searched: ["`Process.demonitor` in the module (none)", "a test whether the process is known already (none)"],
  };
}

/** The monitored process was started or looked up here: each time it is another one. */
function isFresh(site: CallSite, entry: Entry): boolean {
  const subject = site.args.at(-1);
  const base = subject?.kind === "field" ? subject.target : subject;
  return originOf(base, site.clause, entry.path).kind === "unknown" && base?.kind !== "call";
}

/** Clauses that take something out on request. */
const removals = (module: Module): readonly Clause[] => ["handle_call/3", "handle_cast/2"].flatMap((id) => module.callback(id).filter((clause) => isRemoval(tagOf(clause.params[0])?.tag ?? "")));
/** The removal touches a field that the registration fills; states without fields cannot be told apart. */
function concernsSame(removal: Clause, entry: Entry, site: CallSite): boolean {
  const filled = new Set([entry.clause, site.clause, ...entry.path.map((step) => step.clause)].flatMap((clause) => fieldWritesIn(site.module).filter((write) => write.clause === clause).map((write) => write.field)));
  if (filled.size === 0) return true;
  const clauses = [removal, ...removal.sites.flatMap((step) => (step.callee?.module === site.module ? step.callee.clauses : []))];
  return fieldWritesIn(site.module).some((write) => filled.has(write.field) && clauses.includes(write.clause));
}
const downClauses = (module: Module): readonly Clause[] => module.callback("handle_info/2").filter((clause) => namesDown(clause.params[0]));
const stopsOnDown = (module: Module): boolean => downClauses(module).some((clause) => isStop(clause.result));

/** The same process can ask again: subscribe-like messages, and lists that would hold it twice. */
function repeats(module: Module, entry: Entry): boolean {
  const tag = entry.clause === undefined ? undefined : tagOf(entry.clause.params[0])?.tag;
  return tag !== undefined && /^(subscribe|join|watch|track|listen|add_listener|follow)/.test(tag) && downClauses(module).length > 0;
}

/** Handlers of one server that make the request for their own process: the same process asks as often as they run. */
function askedAgain(module: Module, entry: Entry, site: CallSite): readonly CallSite[] | undefined {
  const subject = site.args.at(-1);
  const { clause, path } = entry;
  const [message, from] = clause?.params ?? [];
  if (clause === undefined || message === undefined || path.length > 0 || subject?.kind !== "var" || downClauses(module).length === 0) return undefined;
  const isCaller = clause.fn.name === "handle_call" && partOf(from, "tuple")?.children[0]?.isVar(subject.name) === true;
  const at = partOf(message, "tuple")?.children.findIndex((part) => part.isVar(subject.name)) ?? -1;
  const bySender = new Map<Module, Map<Clause, CallSite>>();
  for (const sending of sendingsTo(module)) {
    const own = sending.message?.kind === "tuple" ? sending.message.children[at] : undefined;
    if (!(isCaller || own?.isCall("self") === true || own?.isVar("self") === true) || !takersOf(module, sending).includes(clause)) continue;
    for (const asking of [sending.site, ...sending.site.fn.callers]) {
      if (asking.closure !== undefined || asking.module === module) continue;
      for (const { fn, clause: handler, module: server, kind } of entriesAt(asking)) if (kind === "callback" && handler !== undefined && server !== module && server.isServer && /^handle_(call|cast|info|event|in)$/.test(fn.name)) bySender.set(server, (bySender.get(server) ?? new Map<Clause, CallSite>()).set(handler, asking));
    }
  }
  const several = [...bySender.values()].find((sites) => sites.size > 1);
  return several === undefined ? undefined : [...several.values()].slice(0, 2);
}

/** A branch around the monitor depends on whether the entry is there already. */
function isGuarded(site: CallSite): boolean {
  for (const above of site.node.ancestors()) {
    if (above.isCall("if", "unless", "case", "cond", "with") && /(has_key|member|\[|Map\.(get|fetch)|==|in |nil|exists|known|alive|find|lookup)/.test(above.args.map((arg) => arg.text).join(" ") + (above.isCall("cond") ? above.text : ""))) return true;
    // `%{status: :disconnected} = peer ->`: a second time, the state says otherwise.
    if (above.kind === "clause" && above.parent?.parent?.isCall("case") === true && [...(above.params[0]?.descendants() ?? [])].some((part) => part.kind === "pair" && part.value?.kind === "atom")) return true;
    if (above.isCall("def", "defp")) break;
  }
  return site.clause.guard !== undefined && /is_map_key|not is_nil/.test(site.clause.guard.text);
}

/** A plain function that monitors on behalf of whoever calls it: the `:DOWN` lands in a mailbox that does not expect it. */
function forCaller(module: Module, site: CallSite): Report | undefined {
  // A behaviour's function runs in the behaviour's process, which may well take the message.
  if (implementedIn(module).has(site.fn) || (site.fn.name.startsWith("handle_") && downClauses(module).length > 0)) return undefined;
  // A function of the module takes the message, in whatever process the two are called: `websocket_info`, or the `handle_info` of a behaviour.
  if (module.functions.some((fn) => fn.isPublic && !fn.isCallback && fn.name.endsWith("_info") && fn.clauses.some(({ params }) => params.some((param) => namesDown(param) || isCatchAll(param, undefined))))) return undefined;
  const entries = entriesAt(site);
  // A private function that nobody outside reaches, in a process of a kind that the model does not know, runs in that process.
  if (!site.fn.isPublic && expectsDown(module) && entries.every((entry) => entry.module === module)) return undefined;
  const onlyClients = entries.some((entry) => entry.kind === "client") && entries.every((entry) => entry.kind === "client" || (entry.kind === "unknown" && entry.module !== module));
  if (module.is("LiveView", "Channel", "gen_statem", "Task", "Agent", "Supervisor") || module.unknownUses.length > 0 || (!onlyClients && (module.isServer || module.fnsNamed("handle_info").length > 0))) return undefined;
  if (!entries.some((entry) => entry.kind === "client" || entry.kind === "callback") || entries.some((entry) => entry.kind === "closure" || (entry.kind === "callback" && entry.module === module))) return undefined;
  const expecting = entries.find((entry) => entry.kind === "callback" && expectsDown(entry.module));
  const stranger = entries.find((entry) => entry.kind === "client" && entry.module !== module && !expectsDown(entry.module));
  if (expecting !== undefined && stranger === undefined) return undefined;
  const waits = (clause: Clause): boolean => clause.sites.some((other) => other.is("receive") && (namesDown(other.node) || other.node.descendantsOf("clause").some(({ params: [pattern] }) => pattern?.kind === "var")));
  const receives = waits(site.clause) || site.clause.sites.some((other) => other.callee?.clauses.some(waits));
  if (receives || site.clause.sites.some((other) => other.is("Process.demonitor")) || downStatement(site.clause)) return undefined;
  if (expecting !== undefined && stranger !== undefined)
    return {
      at: site.node,
      confidence: "likely",
      severity: "medium",
      message: `\`${site.fn.id}\` monitors for its caller and drops the reference: ${expecting.module.shortName} expects the \`:DOWN\`, ${stranger.module.shortName}, which comes here too, does not.`,
      related: [...stepsOf(stranger), ...downClauses(expecting.module).slice(0, 1).map((clause) => ({ at: clause.head, message: `${expecting.module.shortName} takes it` }))],
      evidence: ["The function runs in its caller."],
      searched: [`a clause for the \`:DOWN\` in ${stranger.module.shortName} (none)`],
    };
  return {
    at: site.node,
    severity: "low",
    confidence: "likely",
    message: `\`${site.fn.id}\` monitors for its caller and drops the reference: the \`:DOWN\` lands in a mailbox that does not expect it, once for each call.`,
    evidence: ["The function runs in its caller."],
    searched: ["a receive for the `:DOWN` (none)", "`Process.demonitor` (none)"],
  };
}
const expectsDown = (module: Module): boolean => downClauses(module).length > 0 || takesAnything(module, "handle_info/2") || receivesDown(module);
/** A `receive` of the module, as the loop of a process written by hand, waits for it. */
const receivesDown = (module: Module): boolean => receivedIn(module).some(namesDown);
const downStatement = (clause: Clause): boolean => clause.body.some(namesDown);
