import type { Expr } from "../syntax/tree.ts";
import { defaultOf } from "./arguments.ts";
import type { CallSite } from "./call-site.ts";
import { entriesAt, onlyServer } from "./context.ts";
import { matchesOn } from "./flow.ts";
import { boundIn, constantOf, literalName } from "./literals.ts";
import type { Clause, Fn, Module } from "./module.ts";
import { originOf } from "./origin.ts";
import { defaultedName, registrationOf } from "./server.ts";
import type { Workspace } from "./workspace.ts";
import { indexed } from "./indexes.ts";
import { remembered } from "./reading.ts";

/** What an operation on a table does. `check` only tells whether a row is there. */
export type TableAction = "read" | "check" | "write" | "insert-new" | "delete" | "take" | "counter" | "replace" | "clear";

const actions: ReadonlyMap<string, TableAction> = new Map<string, TableAction>([
  [":ets.lookup", "read"], [":ets.lookup_element", "read"], [":ets.select", "read"], [":ets.match", "read"], [":ets.match_object", "read"], [":ets.select_reverse", "read"], [":ets.select_count", "read"], [":ets.last", "read"], [":ets.member", "check"],
  [":ets.insert", "write"], [":ets.update_element", "write"], [":ets.insert_new", "insert-new"], [":ets.delete", "delete"], [":ets.take", "take"],
  [":ets.update_counter", "counter"], [":ets.select_replace", "replace"], [":ets.select_delete", "clear"], [":ets.match_delete", "clear"], [":ets.delete_object", "clear"], [":ets.delete_all_objects", "clear"],
]);
const tableCalls = [...actions.keys()];

/** One `:ets` call on a table. */
export type TableOperation = { readonly site: CallSite; readonly action: TableAction; readonly table: Expr; readonly tableName: string | undefined; readonly key: Expr | undefined };

/** A table as its creation shows it. */
export type Table = {
  readonly site: CallSite;
  /** `:hits` or `Hits` when the name is literal. */
  readonly name: string | undefined;
  readonly isNamed: boolean;
  /** Undefined when the options are computed. */
  readonly access: "public" | "protected" | "private" | undefined;
  readonly type: "set" | "ordered_set" | "bag" | "duplicate_bag";
  readonly hasHeir: boolean;
};

/** Every operation on tables in a module, in source order. */
export const operationsIn = remembered((module: Module): readonly TableOperation[] =>
  module.calls(...tableCalls).flatMap((site) => {
    const table = site.args[0];
    if (table === undefined || site.node.kind !== "call") return [];
    const action = site.name === ":ets.delete" && site.args.length === 1 ? "clear" : (actions.get(site.name) ?? "read");
    return [{ site, action, table, tableName: writtenName(table, site), key: keyOf(site) }];
  }),
);

/**
 * The name that the table of an operation has unless somebody gives it another: the literal, the default of the parameter or option
 * that carries it, or, for a field of the state, what `init/1` puts there.
 */
export function usualNameOf({ table, tableName, site: { clause, module } }: TableOperation): string | undefined {
  if (tableName !== undefined) return tableName;
  if (table.kind === "var") {
    const index = clause.params.findIndex((param) => param.isVar(table.name));
    if (index < 0) return defaultedName(table, module, clause);
    return literalName(defaultOf(clause.fn, index), module);
  }
  if (table.kind !== "field") return undefined;
  for (const clause of module.callback("init/1"))
    for (const pair of clause.node.descendantsOf("pair")) {
      if (pair.key?.isAtom(table.name) !== true || pair.value === undefined) continue;
      const name = literalName(pair.value, module) ?? defaultedName(pair.value, module, clause);
      if (name !== undefined) return name;
    }
  return undefined;
}

/** All operations on the table that usually has that name, over the workspace: see `usualNameOf`. */
export const operationsUsuallyOn = (workspace: Workspace, name: string): readonly TableOperation[] => usualOperations(workspace).get(name);
const usualOperations = indexed("usual table operations", (module) =>
  operationsIn(module).flatMap((operation) => {
    const name = usualNameOf(operation);
    return name === undefined ? [] : [[name, operation] as const];
  }),
);

/** The key an operation names: its second argument, or the first element of an inserted tuple. */
function keyOf(site: CallSite): Expr | undefined {
  const second = site.args[1];
  if (site.name !== ":ets.insert" && site.name !== ":ets.insert_new") return second;
  const row = second?.kind === "list" ? second.children[0] : second;
  return row?.kind === "tuple" ? row.children[0] : undefined;
}

/** Tables created anywhere in the workspace under a literal name. */
export const tablesNamed = (workspace: Workspace, name: string): readonly Table[] => tables(workspace).get(name);
const tables = indexed("tables", (module) =>
  module.calls(":ets.new").flatMap((site) => {
    const table = tableAt(module, site);
    return table.name === undefined ? [] : [[table.name, table] as const];
  }),
);

export function tableAt(module: Module, site: CallSite): Table {
  const options = constantOf(site.args[1], module);
  const parts = options?.kind === "list" ? options.children.map((child) => writtenFor(child, site)) : [];
  const atoms = parts.filter((part) => part.kind === "atom").map((part) => part.name);
  const isWritten = options?.kind === "list" && parts.every((part) => part.kind === "atom" || part.kind === "pair" || part.kind === "tuple");
  const access = atoms.includes("public") ? "public" : atoms.includes("private") ? "private" : isWritten || atoms.includes("protected") ? "protected" : undefined;
  const type = (["ordered_set", "bag", "duplicate_bag"] as const).find((candidate) => atoms.includes(candidate)) ?? "set";
  const hasHeir = options?.kind === "list" && options.children.some((child) => (child.kind === "tuple" || child.kind === "pair") && child.children[0]?.isAtom("heir"));
  return { site, name: writtenName(site.args[0], site), isNamed: atoms.includes("named_table"), access, type, hasHeir };
}

/** The literal name of a table, also where a variable was bound to it before, or a function of one clause gives it. */
function writtenName(table: Expr | undefined, { clause, module }: CallSite): string | undefined {
  if (table?.kind === "call") {
    const [only, ...more] = clause.siteAt(table)?.callee?.clauses ?? [];
    return only === undefined || more.length > 0 ? undefined : literalName(only.result, only.fn.module);
  }
  const [match, ...others] = table?.kind === "var" ? matchesOn(clause.node, table.name) : [];
  return literalName(match === undefined || others.length > 0 ? table : match.right, module);
}

/** The option that a variable or attribute in the list stands for, where that is written. */
function writtenFor(option: Expr, { clause, module }: CallSite): Expr {
  const [match, ...others] = option.kind === "var" ? matchesOn(clause.node, option.name) : [];
  return (match === undefined || others.length > 0 ? undefined : constantOf(match.right, module)) ?? constantOf(option, module) ?? option;
}

/** The one creation of the table that an operation touches, when its name is literal. */
export function tableFor(operation: TableOperation): Table | undefined {
  const { tableName } = operation;
  if (tableName === undefined) return undefined;
  const named = tablesNamed(operation.site.module.workspace, tableName).filter((table) => table.isNamed);
  const lib = named.filter((table) => table.site.module.isLib);
  return lib.length === 1 ? lib[0] : named.length === 1 ? named[0] : undefined;
}

/** All operations on the table of that literal name, over the workspace. */
export const operationsOn = (workspace: Workspace, tableName: string): readonly TableOperation[] => operations(workspace).get(tableName);
const operations = indexed("table operations", (module) => operationsIn(module).flatMap((operation) => (operation.tableName === undefined ? [] : [[operation.tableName, operation] as const])));

/**
 * Whether a place can only run in one process at a time: every way to it starts in callbacks of one server module that
 * has one instance (a literal name, or none of its processes started per entity), or it sits in a global lock.
 */
export function isSerialised(site: CallSite): boolean {
  if (inLock(site)) return true;
  const server = onlyServer(site);
  return server?.isServer === true && !server.is("LiveView", "Channel") && registrationOf(server).kind !== "per-instance";
}

/** Whether no other process can come between two operations on the table: see `isSerialised`; or only its owner may write. */
export const isUnshared = (operation: TableOperation): boolean => unsharedReason(operation) !== undefined;

/** Why no other process can come between, as a clause for a dismissal; undefined when one can. */
export function unsharedReason(operation: TableOperation): string | undefined {
  const { site } = operation;
  if (inLock(site)) return "the whole sequence sits in a lock";
  if (isSerialised(site)) return `every path to it starts in callbacks of ${entriesAt(site)[0]?.module.shortName ?? "one server"}, which does one thing at a time`;
  if (isOwnKey(operation)) return "one process of that name is started at a time, and its key is its name";
  if (isOwnTable(operation)) return "each process keeps a table of its own and touches no other";
  const table = tableFor(operation);
  if (table?.access === "private" || (table?.access === "protected" && table.isNamed)) return `the table is ${table.access}: only its owner can write to it`;
  return undefined;
}

/** A row under the name that the process has registered before its `init/1` runs. */
function isOwnKey({ site, key }: TableOperation): boolean {
  const entries = entriesAt(site);
  const [first] = entries;
  if (first === undefined || key?.kind !== "var" || !entries.every(({ kind, module, fn }) => kind === "callback" && module === first.module && fn.name === "init")) return false;
  return registrationOf(first.module).kind === "per-instance" && first.path.length === 0 && site.clause.params.some((param) => boundIn(param).has(key.name));
}

/** A table that each instance of a server keeps in its state and touches in its callbacks. */
function isOwnTable({ site, table }: TableOperation): boolean {
  const entries = entriesAt(site);
  const first = entries[0];
  if (first?.kind !== "callback" || !first.module.isServer || !entries.every((entry) => entry.kind === "callback" && entry.module === first.module)) return false;
  return originOf(table, site.clause, first.path).kind === "state";
}

/** Inside the function given to a lock, or in a function that is only called from there. */
export const inLock = (site: CallSite): boolean => isLocked(site) || runsLocked(site.fn);

const runsLocked = (fn: Fn, depth = 0): boolean => {
  // What a public function is for, its callers in the project show.
  const callers = fn.isPublic ? fn.callers.filter(({ module }) => module.isLib) : fn.callers;
  return callers.length > 0 && depth < 4 && callers.every((caller) => isLocked(caller) || runsLocked(caller.fn, depth + 1));
};

/** A function that runs what it is given under a lock, by its name: `with_lock(key, fn -> … end)`. */
const locks = /(^|_)(lock|locked|mutex|exclusively|synchroni[sz]ed?|critical_section)$/;

function isLocked(site: CallSite): boolean {
  for (const above of site.node.ancestors()) if ((above.kind === "call" && locks.test(above.fun) && above.args.some((arg) => arg.kind === "fn" && arg.contains(site.node))) || above.isCall(":global.trans", ":mnesia.transaction", ":mnesia.activity", "Mutex.under", ":global.set_lock")) return true;
  return false;
}

/** Whether a table's name holds the pid of the process that asks, as in `:"cache_#{inspect(self())}"`: each has a table of its own. */
export const isNamedAfterProcess = (name: Expr | undefined, clause: Clause): boolean => name !== undefined && (name.descendantsOf("call").some((call) => call.isCall("self")) || clause.siteAt(name)?.callee?.sites.some((site) => site.name === "self") === true);
