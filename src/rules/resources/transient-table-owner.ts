import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, type Entry, nameOf, stepsOf } from "../../model/context.ts";
import { isNamedAfterProcess, operationsIn, operationsOn, type Table, tableAt, tablesNamed } from "../../model/ets.ts";
import { isLibrary } from "../../model/project.ts";
import { isPage, isStartedMany } from "../../model/role.ts";
import { quoted, sameExpr } from "../../model/literals.ts";
import type { Fn, Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "transient-table-owner",
  family: "resources",
  title: "An ETS table belongs to whichever process came first",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Create the table in the init of a supervised server" },
  source: "https://www.erlang.org/doc/apps/stdlib/ets.html",
  doc: {
    what: "A named ETS table is created when it is first needed, by the process that happens to need it.",
    why: "A table dies with the process that created it. When the first caller was a request, a task or a worker, all rows go when it ends, in the middle of everybody else's work.",
    instead: "Create it in `init/1` of a supervised server, or in `start/2` of the application, before anybody can ask for it.",
    fine: ["A creation for the case that the owner, which makes the same table when it starts, has not.", "Created in `init`, `Application.start` or a supervisor's `init`.", "It has an heir, or is given away.", "A function that only creates the table, for an owner to call.", "A table without a name that stays in the function.", "Only one server reaches the creation."],
    never: "Creating it again on ArgumentError: that makes the next caller the owner.",
    sure: "Proven when no path to the creation starts in a server or the application; likely when both exist. Low where the rows are locks that the function which takes one deletes in `after`, and where nothing of an application reads the table.",
  },
  bad: [
    elixir`
      defmodule Menu do
        def price(dish) do
          ensure()
          :ets.lookup(:menu, dish)
        end
        defp ensure do
          if :ets.whereis(:menu) == :undefined, do: :ets.new(:menu, [:named_table, :public]) #! first caller
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Menu do
        use GenServer
        def init(_), do: {:ok, :ets.new(:menu, [:named_table, :public])}
        def price(dish), do: :ets.lookup(:menu, dish)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    const seen = new Set<Fn>();
    for (const site of module.calls(":ets.new")) {
      const table = tableAt(module, site);
      if (site.node.kind !== "call" || !isNamed(table) || table.hasHeir || module.calls(":ets.give_away", ":ets.setopts").length > 0) continue;
      if (isDeletedHere(site) || isNamedAfterProcess(site.args[0], site.clause)) continue;
      const report = judge(module, table);
      if (report === undefined) continue;
      // A function that makes several tables is mended once.
      yield seen.has(site.fn) ? { ...report, severity: "low" } : report;
      seen.add(site.fn);
    }
  },
});

/** Made for one piece of work: the same clause deletes it. */
const isDeletedHere = (site: CallSite): boolean => site.clause.sites.some((other) => other.name === ":ets.delete" && other.args.length === 1);

/** Options that hold `:named_table`, also where a list is added to. */
const isNamed = (table: Table): boolean => table.isNamed || [...(table.site.args[1]?.descendants() ?? [])].some((part) => part.isAtom("named_table"));

function judge(module: Module, table: Table): Report | undefined {
  const { site } = table;
  // What a process keeps in a private table is its own business, and goes with it.
  if (table.access === "private") return undefined;
  // Of an application all calls are seen: what a function does for others, it does where they run.
  const entries = entriesAt(site).filter(({ kind, fn }) => kind !== "client" || isLibrary(module) || !fn.callers.some((caller) => caller.module.isLib));
  const lazy = entries.map((entry) => ({ entry, user: userOn(entry, site, module) })).find(({ user }) => user !== undefined);
  if (lazy === undefined) return undefined;
  const owned = entries.filter((entry) => isOwner(entry));
  // One process makes it for itself; of pages and of servers that are started on demand each would, and the first owns it.
  if (entries.every((entry) => entry.kind === "callback" && entry.module === entries[0]?.module && entry.module.isServer && !isPage(entry.module) && !isStartedMany(entry.module))) return undefined;
  if (owned.length > 0 && isCreatedAtBoot(owned)) return undefined;
  // Elsewhere an owner creates the same table when it starts: what stands here is for the case that it has not.
  if (table.name !== undefined && tablesNamed(module.workspace, table.name).some((other) => other.site !== site && isCreatedAtBoot(entriesAt(other.site).filter(isOwner)))) return undefined;
  const name = quoted(site.args[0] ?? site.node, 30);
  const { entry, user } = lazy;
  return {
    at: site.node,
    severity: holdsLocks(module, table) || isNeverRead(module, table) ? "low" : owned.length > 0 ? "medium" : "high",
    confidence: owned.length > 0 ? "likely" : "proven",
    message: `\`${name}\` belongs to the first caller of \`${module.shortName}.${nameOf(user ?? entry.fn)}\`: when that process ends, the table and all its rows go. Create it in the init of a supervised server.`,
    related: stepsOf(entry),
    evidence: [`\`${nameOf(entry.fn)}\` creates the table on its way and runs in ${entry.kind === "closure" ? "a task" : "whoever calls it"}.`],
    searched: [`an init, application start or supervisor that creates \`${name}\` (${owned.length > 0 ? "one of several ways" : "none"})`, "an heir or `give_away` (none)"],
  };
}

/** Nothing of an application asks the table but the function that makes it: with it nothing is lost that anybody would look for. */
const isNeverRead = (module: Module, { site, name }: Table): boolean =>
  !isLibrary(module) &&
  [...operationsIn(module).filter(({ table }) => sameExpr(table, site.args[0])), ...(name === undefined ? [] : operationsOn(module.workspace, name))].every(({ action, site: other }) => other.fn === site.fn || !["read", "check", "take"].includes(action));

/** Each row is put there to lock something and deleted in the `after` of the same function: with the table only locks go, whose holders have ended or go on as before. */
function holdsLocks(module: Module, { site }: Table): boolean {
  const operations = operationsIn(module).filter(({ table }) => sameExpr(table, site.args[0]));
  const writes = operations.filter(({ action }) => ["write", "counter", "insert-new"].includes(action));
  return writes.length > 0 && writes.every((write) => write.action === "insert-new" && operations.some((other) => other.action === "delete" && other.site.clause === write.site.clause && isInAfter(other.site.node)));
}
const isInAfter = (node: Expr): boolean => [...node.ancestors()].some((above) => above.kind === "section" && above.name === "after");

const isOwner = (entry: Entry): boolean => (entry.kind === "closure" && /^(agent|spawn|server-start)$/.test(entry.closure?.kind ?? "")) || entry.kind === "callback" && (entry.fn.name === "init" || entry.module.is("Application", "Supervisor", "DynamicSupervisor"));

/** The application or a server creates it before anybody asks: what comes later finds it there. */
const isCreatedAtBoot = (owned: readonly Entry[]): boolean => owned.some((entry) => entry.kind === "closure" || entry.module.is("Application") || (entry.fn.name === "init" && entry.path.length <= 1));

/** The function on the way from a caller to the creation that also uses a table: it creates what it needs rather than what it owns. */
function userOn(entry: Entry, site: CallSite, module: Module): Fn | undefined {
  if (entry.kind === "closure" ? entry.closure?.kind !== "task" : entry.kind !== "client" && !isRequest(entry)) return undefined;
  const callers = [entry.fn, ...entry.path.map((step) => step.fn)];
  if (callers.some(opensForOwner)) return undefined;
  return callers.find((fn) => fn !== site.fn && usesTable(fn, site, module)) ?? (usesTable(site.fn, site, module) && !opensForOwner(site.fn) ? site.fn : undefined);
}
/** Requests, jobs and servers that are started on demand come and go. */
const isRequest = (entry: Entry): boolean => entry.kind === "callback" && (entry.module.is("LiveView", "LiveComponent", "Channel", "Plug", "ObanWorker", "Task") || isStartedMany(entry.module)) && entry.fn.name !== "init";

/** A start function: whoever calls it means to own what it makes. */
const opensForOwner = (fn: Fn): boolean => /^(start_link|start|(handle_)?init|initiali[sz]e|setup|child_spec)(_|$)/.test(fn.name);

/** The function works on the table besides creating it: with the same name, or the same way of naming it. */
function usesTable(fn: Fn, creation: CallSite, module: Module): boolean {
  if (fn.module !== module) return false;
  const within = new Set<Fn>([fn]);
  for (const site of fn.sites) if (site.callee !== undefined && site.callee.module === module && site.closure === undefined) within.add(site.callee);
  return operationsIn(module).some((operation) => within.has(operation.site.fn) && operation.site !== creation && !(operation.action === "clear" && operation.site.args.length === 1));
}
