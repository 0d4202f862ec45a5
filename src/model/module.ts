import type { Expr } from "../syntax/tree.ts";
import { ByName } from "../text/by-name.ts";
import type { CallSite } from "./call-site.ts";
import type { CodeKind } from "./code-kind.ts";
import { callbacksOf, messageServers, type ServerKind } from "./known.ts";
import { Asked, look } from "./reading.ts";
import type { SourceFile } from "./source-file.ts";
import type { Workspace } from "./workspace.ts";

/** How a function came to be: `block` stands for `test "…" do`, a route or a script's top level. */
export type FnKind = "def" | "defp" | "defmacro" | "defmacrop" | "delegate" | "block";

/** One clause of a function. */
export class Clause {
  readonly fn: Fn;
  /** The whole `def … do … end`. */
  readonly node: Expr;
  /** Name and parameters, as written. */
  readonly head: Expr;
  readonly params: readonly Expr[];
  readonly guard: Expr | undefined;
  readonly sites: CallSite[] = [];

  constructor(fn: Fn, node: Expr, head: Expr, params: readonly Expr[], guard: Expr | undefined) {
    this.fn = fn;
    this.node = node;
    this.head = head;
    this.params = params;
    this.guard = guard;
  }

  /** The site of a call, or of a `&f/1`, that stands in this clause. */
  siteAt(expr: Expr): CallSite | undefined {
    return this.sites.find((site) => site.id === expr.id && site.tree === expr.tree);
  }
  get body(): readonly Expr[] {
    return this.node.section("do")?.body ?? [];
  }
  get result(): Expr | undefined {
    return this.body.at(-1);
  }
  /** A head without a body, as it stands before clauses to carry defaults or `@impl`: it takes no call of its own. */
  get isHead(): boolean {
    return this.node.section("do") === undefined;
  }
  get line(): number {
    return this.node.line;
  }
  /** The parameter at `index` counted from the end: the state of most callbacks is `lastParam(0)`. */
  lastParam(index: number): Expr | undefined {
    return this.params[this.params.length - 1 - index];
  }
}

/** A function (or macro) of a module with all its clauses. */
export class Fn extends Asked {
  readonly module: Module;
  readonly name: string;
  /** Number of parameters, with those that have defaults. */
  readonly arity: number;
  readonly kind: FnKind;
  readonly clauses: Clause[] = [];
  /** What `callers` answers; the linking keeps it. */
  linkedCallers: readonly CallSite[] = [];
  /** Parameters with a default value. */
  defaults = 0;
  #sites: readonly CallSite[] | undefined;
  #key: string | undefined;
  /** `name/arity`, or the label of a block. */
  readonly id: string;
  /** What a `defdelegate` names. */
  delegate: { readonly module: string; readonly name: string } | undefined;

  constructor(module: Module, name: string, arity: number, kind: FnKind) {
    super();
    this.module = module;
    this.name = name;
    this.arity = arity;
    this.kind = kind;
    this.id = kind === "block" ? name : `${name}/${arity}`;
  }

  get place(): string {
    return this.module.file.path;
  }
  /** Places that call this function, from the whole workspace. */
  get callers(): readonly CallSite[] {
    look(this.key);
    this.module.workspace.links.attach(this);
    return this.linkedCallers;
  }
  /** Those of them that stand in its own module. */
  get localCallers(): readonly CallSite[] {
    this.module.workspace.links.attach(this, this.module.file);
    return this.linkedCallers.filter((site) => site.module === this.module);
  }
  /** Tells it from all other functions that can be called, also in another process: file, number of the module in it, name. */
  get key(): string {
    return (this.#key ??= `${this.module.key}\t${this.id}`);
  }
  get isPublic(): boolean {
    return this.kind === "def" || this.kind === "delegate";
  }
  get isMacro(): boolean {
    return this.kind === "defmacro" || this.kind === "defmacrop";
  }
  get node(): Expr {
    return (this.clauses[0] as Clause).node;
  }
  get sites(): readonly CallSite[] {
    if (this.clauses.length === 1) return (this.clauses[0] as Clause).sites;
    this.#sites ??= this.clauses.flatMap((clause) => clause.sites);
    return this.#sites;
  }
  /** Whether this function is a callback that runs in a process of its module. */
  get isCallback(): boolean {
    return this.module.callbackIds.has(this.id);
  }
  calls(...names: readonly string[]): CallSite[] {
    return this.module.calls(...names).filter((site) => site.fn === this);
  }
}

/** The key of the module of the function with a key. */
export const moduleIn = (key: string): string => key.slice(0, key.lastIndexOf("\t"));

/** The one among functions of one name that `arity` arguments mean. */
export function fnFor(fns: readonly Fn[], arity: number): Fn | undefined {
  for (const fn of fns) if (fn.kind !== "block" && arity <= fn.arity && arity >= fn.arity - fn.defaults) return fn;
  return undefined;
}

const none: readonly CallSite[] = [];
/** Each callee's name has a number, by which a pattern's verdict on it is found faster than by the name. */
let named = 0;
const numberOf = new ByName(() => named++);
const matching = new Map<RegExp, (boolean | undefined)[]>();
const inSourceOrder = (a: CallSite, b: CallSite): number => a.id - b.id;
const merged = (lists: readonly (readonly CallSite[])[]): readonly CallSite[] => (lists.length < 2 ? (lists[0] ?? none) : lists.flat().sort(inSourceOrder));

export type Directive = { readonly name: string; readonly node: Expr; readonly options: Expr | undefined };

/** A module: `defmodule`, `defimpl`, `defprotocol`, or (name "") the top level of a script. */
export class Module extends Asked {
  readonly workspace: Workspace;
  readonly file: SourceFile;
  readonly name: string;
  readonly node: Expr;
  readonly parent: Module | undefined;
  readonly declared: "module" | "impl" | "protocol" | "script";
  readonly functions: Fn[] = [];
  readonly uses: Directive[] = [];
  readonly imports: Directive[] = [];
  readonly behaviours: string[] = [];
  /** Settings of module attributes, `@doc` and the like included, in order. */
  readonly attributes = new Map<string, Expr[]>();
  /** Expressions directly in the module body that are none of the above. */
  readonly others: Expr[] = [];
  /** Number of the module in its file. */
  ordinal = 0;
  #key: string | undefined;
  #kinds: readonly ServerKind[] = [];
  #unknownUses: readonly string[] = [];
  readonly #byName = new Map<string, Fn[]>();
  #sites: Map<string, CallSite[]> | undefined;
  #numbered: readonly { readonly number: number; readonly name: string; readonly sites: readonly CallSite[] }[] | undefined;
  #all: readonly CallSite[] | undefined;
  #callbackIds: ReadonlySet<string> | undefined;
  #byId: ReadonlyMap<string, Fn> | undefined;

  constructor(workspace: Workspace, file: SourceFile, name: string, node: Expr, parent: Module | undefined, declared: Module["declared"]) {
    super();
    this.workspace = workspace;
    this.file = file;
    this.name = name;
    this.node = node;
    this.parent = parent;
    this.declared = declared;
  }

  get place(): string {
    return this.file.path;
  }
  /** Tells it from all other modules, also in another process: file and number in it. */
  get key(): string {
    return (this.#key ??= `${this.file.path}\t${this.ordinal}`);
  }
  get kind(): CodeKind {
    return this.file.kind;
  }
  /** Code of the product itself: lib, no test, no script, no Mix task, no migration. */
  get isLib(): boolean {
    return this.file.kind === "lib";
  }
  get isServer(): boolean {
    return this.kinds.some((kind) => messageServers.has(kind));
  }
  is(...kinds: readonly ServerKind[]): boolean {
    return this.kinds.some((kind) => kinds.includes(kind));
  }
  /** Last part of the name, as people say it. */
  get shortName(): string {
    return this.name === "" ? "this module" : this.name.slice(this.name.lastIndexOf(".") + 1);
  }
  /** What kinds of process its code runs in; the first is the main one. Filled when the workspace is linked, and anew when a macro it uses changes. */
  get kinds(): readonly ServerKind[] {
    look(this.file.path);
    return this.#kinds;
  }
  set kinds(kinds: readonly ServerKind[]) {
    this.#kinds = kinds;
    this.#callbackIds = undefined;
  }
  /** A `use` that is neither known nor resolved: it may add clauses and functions. */
  get unknownUses(): readonly string[] {
    look(this.file.path);
    return this.#unknownUses;
  }
  set unknownUses(names: readonly string[]) {
    this.#unknownUses = names;
  }
  get callbackIds(): ReadonlySet<string> {
    look(this.file.path);
    this.#callbackIds ??= new Set(this.#kinds.flatMap((kind) => callbacksOf[kind]));
    return this.#callbackIds;
  }

  add(fn: Fn): void {
    this.functions.push(fn);
    const same = this.#byName.get(fn.name);
    if (same === undefined) this.#byName.set(fn.name, [fn]);
    else same.push(fn);
  }
  /** The function that `name` with `arity` arguments means, defaults considered. */
  fn(name: string, arity: number): Fn | undefined {
    return fnFor(this.#byName.get(name) ?? [], arity);
  }
  fnsNamed(name: string): readonly Fn[] {
    return this.#byName.get(name) ?? [];
  }
  /** The function that has exactly this id; blocks have none of their own. */
  fnWithId(id: string): Fn | undefined {
    this.#byId ??= new Map(this.functions.filter(({ kind }) => kind !== "block").map((fn) => [fn.id, fn]));
    return this.#byId.get(id);
  }
  /** Clauses of a callback such as `handle_info/2`; none when the module does not define it. */
  callback(id: string): readonly Clause[] {
    const slash = id.lastIndexOf("/");
    const clauses = this.fn(id.slice(0, slash), Number(id.slice(slash + 1)))?.clauses ?? [];
    return clauses.length > 1 && clauses[0]?.isHead ? clauses.slice(1) : clauses;
  }

  /** Call sites outside of quoted code and macros by callee name, in source order; without names: all of them. */
  calls(...names: readonly string[]): readonly CallSite[] {
    const index = this.#index();
    if (names.length === 0) return (this.#all ??= [...index.values()].flat().sort(inSourceOrder));
    if (index.size === 0) return none;
    let found: (readonly CallSite[])[] | undefined;
    for (const name of names) {
      const sites = index.get(name);
      if (sites !== undefined) (found ??= []).push(sites);
    }
    return found === undefined ? none : merged(found);
  }
  /** Call sites whose callee's name the pattern matches, in source order. Names repeat: each is tested once for all modules. */
  callsMatching(pattern: RegExp): readonly CallSite[] {
    let verdicts = matching.get(pattern);
    if (verdicts === undefined) matching.set(pattern, (verdicts = []));
    const index = this.#index();
    this.#numbered ??= [...index].map(([name, sites]) => ({ number: numberOf.of(name), name, sites }));
    let found: (readonly CallSite[])[] | undefined;
    for (const { number, name, sites } of this.#numbered) if ((verdicts[number] ??= pattern.test(name))) (found ??= []).push(sites);
    return found === undefined ? none : merged(found);
  }
  #index(): Map<string, CallSite[]> {
    if (this.#sites !== undefined) return this.#sites;
    const index = new Map<string, CallSite[]>();
    for (const fn of this.functions) {
      if (fn.isMacro) continue;
      for (const clause of fn.clauses)
        for (const site of clause.sites) {
          if (site.around.quoted) continue;
          const name = site.name;
          const same = index.get(name);
          if (same === undefined) index.set(name, [site]);
          else same.push(site);
        }
    }
    this.#sites = index;
    return index;
  }

  /** Value of `@name` when it is set exactly once. */
  constant(name: string): Expr | undefined {
    const settings = this.attributes.get(name) ?? [];
    return settings.length === 1 ? settings[0]?.value : undefined;
  }
}
