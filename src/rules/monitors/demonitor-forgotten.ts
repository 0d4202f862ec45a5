import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries, entriesOf, type Entry, isMessageCallback, stepsOf } from "../../model/context.ts";
import { boundIn, mentions, partOf } from "../../model/literals.ts";
import { matchesOn } from "../../model/flow.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { operationsIn } from "../../model/ets.ts";
import { originOf } from "../../model/origin.ts";
import { armsItself } from "../../model/protocol.ts";
import { tagOf } from "../../model/server.ts";
import { fieldWritesIn } from "../../model/state.ts";
import { isStop, outcomesOf, statementsAfter, usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "demonitor-forgotten",
  family: "monitors",
  title: "An entry is removed and its monitor stays",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Pop the reference and demonitor it with :flush" },
  source: "https://hexdocs.pm/elixir/Process.html#demonitor/2",
  doc: {
    what: "A server keeps what it monitors in a field of its state or a table, and a request removes the entry without a demonitor.",
    why: "The monitor outlives the entry: its `:DOWN` comes for something the server has forgotten, and as long as the process lives each further entry adds a monitor.",
    instead: "Take the reference out with the entry and `Process.demonitor(ref, [:flush])`.",
    fine: ["The removal in the `:DOWN` clause: the monitor is gone by then.", "A sweep on the server's own timer, which removes what is gone.", "The server ends in that clause.", "A function on the way demonitors.", "The entry moves to another field."],
    never: "A demonitor in the `:DOWN` clause.",
    sure: "Likely: the field that gets the monitor's reference or process is the one the removal takes from. Medium where the `:DOWN` clause takes it that the process is still known, and raises when it is not; low otherwise, since a late message that finds nothing changes nothing.",
  },
  bad: [
    elixir`
      defmodule Bakery do
        use GenServer
        def init(_), do: {:ok, %{jobs: %{}}}
        def handle_call({:start, id, baker}, _from, s) do
          ref = Process.monitor(baker)
          {:reply, :ok, %{s | jobs: Map.put(s.jobs, id, ref)}}
        end
        def handle_cast({:done, id}, s), do: {:noreply, %{s | jobs: Map.delete(s.jobs, id)}} #! keeps its monitor
        def handle_info({:DOWN, ref, _, _, _}, s), do: {:noreply, %{s | jobs: Map.reject(s.jobs, fn {_, held} -> held == ref end)}}
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery do
        use GenServer
        def init(_), do: {:ok, %{jobs: %{}}}
        def handle_call({:start, id, baker}, _from, s) do
          ref = Process.monitor(baker)
          {:reply, :ok, %{s | jobs: Map.put(s.jobs, id, ref)}}
        end
        def handle_cast({:done, id}, s) do
          {ref, jobs} = Map.pop(s.jobs, id)
          if ref, do: Process.demonitor(ref, [:flush])
          {:noreply, %{s | jobs: jobs}}
        end
        def handle_info({:DOWN, ref, _, _, _}, s), do: {:noreply, %{s | jobs: Map.reject(s.jobs, fn {_, held} -> held == ref end)}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.isServer) return;
    for (const [field, watch] of watchedFields(module, isEntry)) yield* forgottenIn(removalsFrom(module, field), field, watch);
    for (const [field, watch] of watchedFields(module, isReference)) yield* forgottenIn(resetsOf(module, field), field, watch);
    for (const [label, watch] of watchedTables(module)) yield* forgottenIn(deletionsFrom(module, label), label, watch);
  },
});

const monitors = ["Process.monitor", ":erlang.monitor", "spawn_monitor", "Kernel.spawn_monitor"] as const;

/** Fields of the state, by name, that keep the reference of a monitor or the process that was started with one. */
function watchedFields(module: Module, isKept: (value: Expr) => boolean): ReadonlyMap<string, CallSite> {
  const found = new Map<string, CallSite>();
  const direct = module.calls(...monitors);
  if (direct.length === 0) return found;
  const through = direct.flatMap(({ fn }) => (fn.clauses.some((clause) => clause.result?.isCall(...monitors) === true) ? fn.localCallers : []));
  for (const site of [...direct, ...through]) {
    if (site.node.kind !== "call" || site.closure !== undefined) continue;
    for (const write of fieldWritesIn(module)) if (write.clause === site.clause && write.value !== undefined && holdsWatch(write.value, site, isKept) && !found.has(write.field)) found.set(write.field, site);
    const folded = isKept === isEntry ? foldedField(site) : undefined;
    if (folded !== undefined && !found.has(folded)) found.set(folded, site);
  }
  return found;
}

/** The field whose entries a fold goes through or adds to, when its function monitors and puts what it gets under a key. */
function foldedField({ node }: CallSite): string | undefined {
  for (const above of node.ancestors()) {
    const fold = above.kind === "fn" && above.parent?.isCall("Enum.reduce") === true ? above.parent : undefined;
    const [, begin, work] = fold?.args ?? [];
    if (begin?.kind === "field" && work === above && above.descendantsOf("call").some((call) => call.isCall("Map.put", "Map.put_new", "Map.put_new_lazy"))) return begin.name;
  }
  return undefined;
}

function holdsWatch(written: Expr, site: CallSite, isKept: (value: Expr) => boolean): boolean {
  const value = written.kind === "var" ? boundBefore(written, site) : written;
  if (value.contains(site.node)) return isKept(value);
  const usage = usageOf(site.node);
  if (usage.kind !== "matched") return false;
  const names = new Set([...boundIn(usage.pattern)].filter((name) => !name.startsWith("_")));
  for (const { kind, left, right } of statementsAfter(site.node)) if (kind === "match" && left?.kind === "var" && right !== undefined && /^(map|struct|tuple)$/.test(right.kind) && right.updated === undefined && [...names].some((name) => mentions(right, name))) names.add(left.name);
  return value.id > site.id && isKept(value) && [...names].some((name) => mentions(value, name));
}
/** What a variable was bound to by a match in the clause; the variable itself where that is not seen. */
function boundBefore(variable: Expr, { clause }: CallSite): Expr {
  const bound = clause.sites.find(({ node }) => node.id < variable.id && node.parent?.kind === "match" && node.parent.left?.isVar(variable.name) && /put/.test(node.name));
  return bound?.node ?? variable;
}
/** The field is the reference itself. */
const isReference = (value: Expr): boolean => value.kind === "var" || value.isCall("Process.monitor", ":erlang.monitor");
/** The field gets one entry more. */
function isEntry(value: Expr): boolean {
  const isAdded = value.isCall("Map.put", "Map.put_new", "MapSet.put", "Keyword.put", "List.keystore") || (value.kind === "list" && value.children.length === 1 && value.children[0]?.isOp("|") === true);
  return isAdded || value.parent?.isCall("put_in") === true;
}

const removals = ["Map.delete", "Map.pop", "Map.pop!", "Map.drop", "pop_in", "MapSet.delete", "Keyword.delete", "Keyword.pop", "List.keydelete", "List.keytake", "List.delete"] as const;

/** A place that forgets what was watched, and the ways in which it runs. */
type Removal = { readonly node: Expr; readonly clause: Clause; readonly entries: readonly Entry[] };
const asRemoval = (site: CallSite): Removal => ({ node: site.node, clause: site.clause, entries: callbackEntries(site) });

/** Places that set a field back to nil. */
const resetsOf = (module: Module, field: string): readonly Removal[] =>
  fieldWritesIn(module).flatMap(({ at, clause, value, field: written }) => (written === field && value?.isAtom("nil") === true ? [{ node: at, clause, entries: entriesOf(clause.fn).map((entry) => (entry.fn === clause.fn ? { ...entry, clause } : entry)) }] : []));

/** `queues = state[:channels][:queues]`: a collection inside the field is not the one that keeps the monitors. */
const isInside = (variable: Expr, { node }: Clause): boolean => matchesOn(node, variable.name).some(({ right }) => right?.isCall("Access.get") === true && right.args[0]?.isCall("Access.get") === true);

/** Places that take entries out of a field. */
function removalsFrom(module: Module, field: string): readonly Removal[] {
  const sites = module.calls(...removals).filter((site) => {
    const [from] = site.args;
    if (site.node.kind !== "call" || site.closure !== undefined || from === undefined) return false;
    if (site.name === "pop_in") return from.isCall("Access.get") && from.args[0]?.kind === "field" && from.args[0].name === field;
    if (from.kind === "field") return from.name === field;
    const [entry] = callbackEntries(site);
    return from.kind === "var" && entry !== undefined && !isInside(from, site.clause) && originOf(from, site.clause, entry.path).field === field;
  });
  return [...sites, ...module.calls(...filters).filter((site) => leavesOut(site, field))].map(asRemoval);
}

const filters = ["Map.filter", "Map.reject", "Map.take", "Enum.filter", "Enum.reject", "MapSet.intersection", "MapSet.difference"] as const;
/** The field gets what is left of it, without a look at what is left out. */
function leavesOut(site: CallSite, field: string): boolean {
  const [from] = site.args;
  if (site.node.kind !== "call" || site.closure !== undefined || from?.kind !== "field" || from.name !== field) return false;
  return fieldWritesIn(site.module).some(({ clause, field: written, value }) => clause === site.clause && written === field && value !== undefined && (value.contains(site.node) || (value.kind === "var" && matchesOn(clause.node, value.name).some(({ right }) => right?.contains(site.node) === true))));
}

/** A table whose rows keep references of monitors, by the name its code gives it. */
function watchedTables(module: Module): ReadonlyMap<string, CallSite> {
  const found = new Map<string, CallSite>();
  for (const site of module.calls("Process.monitor", ":erlang.monitor"))
    for (const { site: insert, action, table } of operationsIn(module)) {
      const row = insert.args[1];
      if (insert.clause !== site.clause || (action !== "write" && action !== "insert-new") || row === undefined) continue;
      if (row.contains(site.node) || isBoundInto(row, site)) found.set(tableLabel(table), site);
    }
  return found;
}
function isBoundInto(row: Expr, site: CallSite): boolean {
  const usage = usageOf(site.node);
  return usage.kind === "matched" && usage.pattern.kind === "var" && row.id > site.id && mentions(row, usage.pattern.name);
}
const tableLabel = (table: Expr): string => (table.kind === "field" ? table.name : table.text.replace(/^[@:]/, ""));

/** Places that delete a row of the table by its key. */
const deletionsFrom = (module: Module, label: string): readonly Removal[] => operationsIn(module).filter(({ action, table, site }) => (action === "delete" || action === "take") && site.closure === undefined && tableLabel(table) === label).map(({ site }) => asRemoval(site));

function* forgottenIn(removals: readonly Removal[], label: string, watch: CallSite): Generator<Report> {
  for (const removal of removals) {
    const entry = removal.entries.find((candidate) => isMessageCallback(candidate) && isRequest(candidate) && !releases(candidate, removal));
    if (entry !== undefined && !isMoved(removal, label)) yield reportOf(removal, entry, label, watch);
  }
}

function reportOf({ node, clause }: Removal, entry: Entry, label: string, watch: CallSite): Report {
  const { module } = clause.fn;
  const tag = (entry.clause === undefined ? undefined : tagOf(messageOf(entry.clause))?.tag) ?? entry.fn.id;
  const down = module.callback("handle_info/2").find((candidate) => tagOf(candidate.params[0])?.tag === "DOWN");
  return {
    at: node,
    severity: missesIt(down) ? "medium" : "low",
    message: `\`${tag}\` removes ${node.kind === "call" ? "an entry of " : ""}\`${label}\` but keeps its monitor: the \`:DOWN\` still comes, for something ${module.shortName} has forgotten. Demonitor with \`:flush\`.`,
    related: [...(entry.path.length === 0 ? [] : stepsOf(entry)), { at: watch.node, message: `the monitor, kept in \`${label}\`` }, ...(down === undefined ? [] : [{ at: down.head, message: "runs later for what was removed" }])],
    searched: ["`Process.demonitor` on the way (none)", "an end of the server in this clause (none)"],
    confidence: "likely",
  };
}

/** The `:DOWN` clause asserts that what the dead process was known by is still there. */
const missesIt = (down: Clause | undefined): boolean => down?.sites.some(({ name, node }) => /^(Map\.(fetch|pop)!|Enum\.find|List\.keyfind|Map\.fetch)$/.test(name) && (name.endsWith("!") || node.parent?.kind === "match")) === true;

/** The message is a request: not the news that a process has ended, the result of a task, or a tick on which the server looks for what is gone. */
function isRequest({ clause }: Entry): boolean {
  const pattern = clause === undefined ? undefined : messageOf(clause);
  if (clause === undefined || pattern === undefined) return false;
  const tuple = partOf(pattern, "tuple");
  if (tuple !== undefined && (tuple.children[0]?.kind !== "atom" || /^(DOWN|EXIT|nodedown)$/.test(tuple.children[0].name))) return false;
  if (armsItself(clause.fn.module, tagOf(pattern)?.tag ?? "")) return false;
  if (monitorTags(clause.fn.module).has(tagOf(pattern)?.tag ?? "")) return false;
  return ![...outcomesOf(clause.result)].some(isStop);
}
/** What the module's monitors send in the place of `:DOWN`: the `tag:` of `Process.monitor/2`. */
const monitorTags = (module: Module): ReadonlySet<string> => new Set(module.calls("Process.monitor", ":erlang.monitor").flatMap(({ args }) => args.at(-1)?.get("tag")?.name ?? []));

/** What a callback is called with: its first parameter, or the one after it where a state machine says first that it is a plain message. */
const messageOf = ({ params }: Clause): Expr | undefined => (params.length >= 3 && params[0]?.isAtom("info") === true ? params[1] : params[0]);

/** Something on the way from the message to the removal, or that its clauses call, demonitors. */
function releases(entry: Entry, removal: Removal): boolean {
  const clauses: (Clause | undefined)[] = [entry.clause, ...entry.path.map((step) => step.clause), removal.clause];
  return clauses.some((clause) => clause?.sites.some((site) => demonitors(site, 0, new Set())) === true);
}
function demonitors(site: CallSite, depth: number, seen: Set<Fn>): boolean {
  if (site.name === "Process.demonitor" || site.name === ":erlang.demonitor") return true;
  const { callee } = site;
  if (callee === undefined || depth > 3 || seen.has(callee)) return false;
  seen.add(callee);
  return callee.sites.some((inner) => demonitors(inner, depth + 1, seen));
}

/** What was taken out is put into another field of the state. */
function isMoved({ node, clause }: Removal, field: string): boolean {
  const usage = usageOf(node);
  const popped = usage.kind === "matched" && usage.pattern.kind === "tuple" ? usage.pattern.children[0] : undefined;
  const names = popped === undefined ? [] : [...boundIn(popped)];
  return fieldWritesIn(clause.fn.module).some(({ clause: at, field: other, value }) => at === clause && other !== field && value !== undefined && names.some((name) => mentions(value, name)));
}
