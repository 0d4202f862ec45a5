import type { Expr } from "../syntax/tree.ts";
import type { CallSite, Closure } from "./call-site.ts";
import { type Clause, type Fn, type Module, moduleIn } from "./module.ts";
import { indexed } from "./indexes.ts";
import { hiddenIn, implementedIn } from "./implemented.ts";
import { isLibrary } from "./project.ts";
import { remembered } from "./reading.ts";

/**
 * One way in which a line comes to run.
 * - `callback`: inside the process of `module` (its callback `fn`); `client`: in whoever calls a public function;
 * - `closure`: in another process that a known call started; `test`, `script`, `macro`, `application`: as named;
 * - `unknown`: through a function value whose caller cannot be seen.
 */
export type Entry = {
  readonly kind: "callback" | "client" | "closure" | "test" | "script" | "macro" | "unknown";
  readonly module: Module;
  readonly fn: Fn;
  /** The clause the path starts in, where it is known. */
  readonly clause: Clause | undefined;
  readonly closure?: Closure;
  /** Calls from the entry to the function in question, in order; empty when it is the entry itself. */
  readonly path: readonly CallSite[];
};

const MAX_STEPS = 8;
const MAX_VISITED = 400;

/** All ways in which `fn` is reached, nearest first, found by walking callers; one entry per process module and callback. */
export const entriesOf = remembered((fn: Fn): readonly Entry[] => search(fn));

function search(start: Fn): Entry[] {
  const found: Entry[] = [];
  const seen = new Set<Fn>([start]);
  let level: { fn: Fn; path: readonly CallSite[] }[] = [{ fn: start, path: [] }];
  for (let depth = 0; depth <= MAX_STEPS && level.length > 0 && seen.size < MAX_VISITED; depth++) {
    const next: { fn: Fn; path: readonly CallSite[] }[] = [];
    for (const { fn, path } of level) {
      const own = ownEntry(fn, path);
      if (own !== undefined) found.push(own);
      if (fn.isCallback) continue;
      for (const site of fn.callers) {
        const { closure } = site;
        if (closure !== undefined && closure.kind !== "kept") {
          if (!found.some((entry) => entry.closure === closure)) found.push({ kind: "closure", module: site.module, fn: site.fn, clause: site.clause, closure, path: [site, ...path] });
        } else if (site.around.loose === "kept" || closure !== undefined) {
          if (!found.some((entry) => entry.kind === "unknown" && entry.fn === site.fn)) found.push({ kind: "unknown", module: site.module, fn: site.fn, clause: site.clause, path: [site, ...path] });
        } else if (!seen.has(site.fn)) {
          seen.add(site.fn);
          next.push({ fn: site.fn, path: [site, ...path] });
        }
      }
    }
    level = next;
  }
  return found;
}

function ownEntry(fn: Fn, path: readonly CallSite[]): Entry | undefined {
  const { module } = fn;
  const entry = (kind: Entry["kind"]): Entry => ({ kind, module, fn, clause: path[0]?.clause ?? fn.clauses[0], path });
  if (fn.isCallback) return entry("callback");
  if (fn.isMacro) return entry("macro");
  if (fn.kind === "block") return entry(module.kind === "test" || module.kind === "test-support" ? "test" : module.name === "" ? "script" : "unknown");
  // A process's module may be called back by a behaviour of the project from inside that process.
  if (fn.isPublic && module.isServer && implementedIn(module).has(fn)) return entry("unknown");
  if (!fn.isPublic) return fn.callers.length === 0 ? entry("unknown") : undefined;
  const outside = fn.callers.filter((site) => site.module !== module && site.module.isLib);
  // What is hidden from users is reached only through the calls that can be seen.
  if (outside.length > 0 && hiddenIn(module).has(fn)) return undefined;
  if (outside.length === 0 && (tabled(module.workspace).get(module.name).includes(fn.id) || quoted(module.workspace).get(module.key).includes(fn.key))) return entry("unknown");
  return outside.length > 0 || !fn.callers.some((site) => site.module.isLib || !module.isLib) ? entry("client") : undefined;
}

const described = new Set(["doc", "moduledoc", "typedoc", "spec", "type", "typep", "opaque", "callback", "macrocallback", "impl", "behaviour"]);
/** By module, the functions of it that stand by reference in a module attribute, as in a table of handlers: who calls them, and where, cannot be seen. */
const tabled = indexed("functions in attributes", (module) =>
  [...module.attributes]
    .flatMap(([name, settings]) => (described.has(name) ? [] : settings))
    .flatMap((setting) => setting.descendantsOf("funref").map((reference): readonly [string, string] => [reference.module, `${reference.fun}/${reference.count}`])),
);

/** By module, the functions of it that quoted code calls: they run where a macro puts that code, as in the callbacks of a server that says `use`. */
const quoted = indexed("functions in quoted code", (module) => {
  const found: (readonly [string, string])[] = [];
  // Code is quoted in macros, and in functions that make code.
  const makesCode = module.calls("quote").length > 0;
  for (const fn of module.functions) {
    if (!fn.isMacro && !makesCode) continue;
    for (const site of fn.sites) if (site.around.quoted && site.target !== undefined) found.push([moduleIn(site.target), site.target]);
  }
  return found;
});

/** All ways in which one place runs: like its function, unless a closure carries it elsewhere. */
export function entriesAt(site: CallSite): readonly Entry[] {
  const { closure, fn, clause, module } = site;
  if (closure !== undefined && closure.kind !== "kept") return [{ kind: "closure", module, fn, clause, closure, path: [] }];
  if (site.around.loose || closure !== undefined) return [{ kind: "unknown", module, fn, clause, path: [] }];
  return entriesOf(fn).map((entry) => (entry.fn === fn ? { ...entry, clause } : entry));
}

/** Entries through which the place runs inside a server's process, `init/1` and `terminate` told apart by `fn.name`. */
export function callbackEntries(site: CallSite): readonly Entry[] {
  return entriesAt(site).filter((entry) => entry.kind === "callback");
}

/** Whether every way to the place starts in callbacks of one module; then that module is the answer. */
export function onlyServer(site: CallSite): Module | undefined {
  const entries = entriesAt(site);
  const first = entries[0];
  return first !== undefined && entries.every((entry) => entry.kind === "callback" && entry.module === first.module) ? first.module : undefined;
}

/** The steps of an entry for a finding's related places: the callback's head, then each call on the way. */
export function stepsOf(entry: Entry): { at: Expr; message: string }[] {
  const head = entry.clause?.head;
  const start = head === undefined ? [] : [{ at: head, message: `${nameOf(entry.fn)} of ${entry.module.shortName} starts here` }];
  return [...start, ...entry.path.map((site) => ({ at: site.node, message: `calls ${site.callee === undefined ? site.name : nameOf(site.callee)}` }))];
}

/** `handle_call/3`, or the label of a test. */
export const nameOf = (fn: Fn): string => fn.id;

/** Whether scripts, tests and macros lead to a place, and nothing else does. */
export const onlyByTools = (entries: readonly Entry[]): boolean => entries.length > 0 && entries.every(({ kind }) => kind === "script" || kind === "test" || kind === "macro");

/** Nobody in the project calls the function, tests apart, and it is no library's. */
export const isUnused = (fn: Fn): boolean => !isLibrary(fn.module) && !fn.isCallback && fn.callers.every(({ module }) => !module.isLib) && entriesOf(fn).every(({ kind, module }) => kind === "client" || !module.isLib);

/** Whether the way in is a message handler rather than start-up or shutdown. */
export const isMessageCallback = (entry: Entry): boolean => entry.kind === "callback" && entry.fn.name !== "init" && entry.fn.name !== "terminate" && entry.fn.name !== "code_change" && !entry.fn.name.startsWith("format_status");
