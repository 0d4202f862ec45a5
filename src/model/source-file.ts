import { Asked } from "./reading.ts";
import type { Tree } from "../syntax/tree.ts";
import { hashOf } from "../text/hash.ts";
import type { CallSite } from "./call-site.ts";
import type { CodeKind } from "./code-kind.ts";
import type { ServerKind } from "./known.ts";
import type { Calls } from "./links.ts";
import type { Module } from "./module.ts";
import { modulesOf } from "./outline.ts";
import type { Workspace } from "./workspace.ts";

/** What others may ask of a file without anybody looking into it. Plain data: it outlives the process. */
export type FileFacts = {
  readonly path: string;
  /** Of its content. */
  readonly stamp: string;
  readonly modules: readonly { readonly name: string; readonly kinds: readonly ServerKind[]; readonly unknownUses: readonly string[] }[];
  /** Modules whose macros decided about those kinds. */
  readonly used: readonly string[];
  /** Modules that the file may name. */
  readonly mentions: readonly string[];
  /** Equal as long as calls from other files lead to the same functions. */
  readonly surface: string;
  readonly calls: Calls;
};

/** A file that nobody has looked into yet: it is read from its tree when somebody does. */
export type Sleeping = { readonly facts: FileFacts; readonly tree: () => Tree };

/** A file with its tree and modules. */
export class SourceFile extends Asked {
  readonly path: string;
  readonly kind: CodeKind;
  /** Modules whose macros decided what kinds of process its modules are. */
  readonly used: Set<string>;
  readonly #workspace: Workspace;
  readonly #sleeping: Sleeping | undefined;
  #tree: Tree | undefined;
  #modules: readonly Module[] | undefined;
  #surface: string | undefined;
  #names: readonly string[] | undefined;
  #sites: readonly CallSite[] | undefined;

  constructor(workspace: Workspace, source: Tree | Sleeping, kind: CodeKind) {
    super();
    this.#workspace = workspace;
    this.kind = kind;
    if ("facts" in source) {
      this.path = source.facts.path;
      this.#sleeping = source;
      this.used = new Set(source.facts.used);
    } else {
      this.path = source.path;
      this.#tree = source;
      this.used = new Set();
    }
  }

  get place(): string {
    return this.path;
  }
  get isAwake(): boolean {
    return this.#modules !== undefined;
  }
  get tree(): Tree {
    return (this.#tree ??= (this.#sleeping as Sleeping).tree());
  }
  get modules(): readonly Module[] {
    return this.#modules ?? this.#read();
  }
  /** All call sites in the order of linking. */
  get sites(): readonly CallSite[] {
    return (this.#sites ??= this.modules.flatMap((module) => module.functions.flatMap((fn) => fn.sites)));
  }
  /** Equal for equal contents. */
  get stamp(): string {
    return this.#sleeping?.facts.stamp ?? this.tree.stamp;
  }
  /** Names of its modules, in order. */
  get names(): readonly string[] {
    return (this.#names ??= (this.#sleeping?.facts.modules ?? this.modules).map(({ name }) => name));
  }
  get mentions(): Iterable<string> {
    return this.#sleeping?.facts.mentions ?? namesIn(this);
  }
  get surface(): string {
    return (this.#surface ??= this.#sleeping?.facts.surface ?? surfaceOf(this.modules));
  }
  get facts(): FileFacts {
    if (!this.isAwake && this.#sleeping !== undefined) return this.#sleeping.facts;
    const { path, tree, modules, used, mentions, surface } = this;
    return { path, stamp: tree.stamp, modules: modules.map(({ name, kinds, unknownUses }) => ({ name, kinds, unknownUses })), used: [...used], mentions: [...mentions], surface, calls: this.#workspace.links.callsOf(this) };
  }

  #read(): readonly Module[] {
    const modules = modulesOf(this.#workspace, this);
    this.#modules = modules;
    for (const [i, module] of modules.entries()) {
      module.ordinal = i;
      const known = this.#sleeping?.facts.modules[i];
      if (known === undefined) continue;
      module.kinds = known.kinds;
      module.unknownUses = known.unknownUses;
    }
    if (this.#sleeping !== undefined) this.#workspace.links.woken(this);
    return modules;
  }
}

/** Modules that a file may name, as callees' modules or alone. */
function namesIn({ tree, modules }: SourceFile): ReadonlySet<string> {
  const names = new Set<string>(modules.flatMap((module) => [module.name, ...module.imports.map(({ name }) => name)]));
  for (const symbol of tree.data.symbols) {
    if (!/^[A-Z:]/.test(symbol)) continue;
    names.add(symbol);
    const dot = symbol.lastIndexOf(".");
    if (dot > 0) names.add(symbol.slice(0, dot));
  }
  return names;
}

/** All by which calls from elsewhere find functions. */
const surfaceOf = (modules: readonly Module[]): string =>
  hashOf(JSON.stringify(modules.map((module) => [module.name, module.functions.filter(({ kind }) => kind !== "block").map(({ id, kind, defaults, delegate }) => [id, kind, defaults, delegate])])));
