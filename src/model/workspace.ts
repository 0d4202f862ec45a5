import type { Expr, Tree } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { type CodeKind, codeKindOf, isInLib } from "./code-kind.ts";
import { conventionalUses, harmlessUses, type ServerKind, serverKindOf } from "./known.ts";
import { Links } from "./links.ts";
import type { Module } from "./module.ts";
import { modulesOf } from "./outline.ts";
import { Index, indexedAbout } from "./indexes.ts";
import { everything, type Key, look, type Records } from "./reading.ts";

/** A file with its tree and modules. */
export type SourceFile = { readonly path: string; readonly tree: Tree; readonly kind: CodeKind; modules: readonly Module[] };

export type WorkspaceOptions = {
  /** Team macros: `use MyApp.Worker` makes a GenServer. */
  readonly servers?: ReadonlyMap<string, ServerKind>;
};

/** Everything the rules ask: modules, functions, calls and who runs where. Built from trees and linked; a file can be replaced. */
export class Workspace {
  readonly #files: SourceFile[] = [];
  #modules: readonly Module[] = [];
  #libModules: readonly Module[] = [];
  #byName = new Map<string, Module>();
  readonly #hasLib: boolean;
  readonly #options: WorkspaceOptions;
  #ranks: ReadonlyMap<SourceFile, number> = new Map();
  readonly #indexes = new Map<string, Index<unknown>>();
  /** Indexes of which a part no longer holds. */
  readonly staleIndexes = new Set<Index<unknown>>();
  readonly #links = new Links((name) => this.#byName.get(name));

  constructor(trees: readonly Tree[], options: WorkspaceOptions = {}) {
    this.#options = options;
    this.#hasLib = trees.some((tree) => isInLib(tree.path));
    for (const tree of trees) this.#files.push(this.#fileOf(tree));
    this.#index();
    for (const module of this.#modules) this.#classify(module);
    for (const file of this.#files) this.#links.link(file);
  }

  get files(): readonly SourceFile[] {
    look(everything);
    return this.#files;
  }
  get modules(): readonly Module[] {
    look(everything);
    return this.#modules;
  }
  get libModules(): readonly Module[] {
    look(everything);
    return this.#libModules;
  }
  module(name: string): Module | undefined {
    const found = this.#byName.get(name);
    look(name);
    if (found !== undefined) look(found.file.path);
    return found;
  }
  /** Call sites by callee name over all modules. */
  calls(...names: readonly string[]): readonly CallSite[] {
    return callsOf(this, names.join(" ")).get("");
  }
  /** The index that `indexed` declared under the name; made at its first use. */
  index(name: string, about: string): Index<unknown> {
    const id = `${name}\0${about}`;
    let index = this.#indexes.get(id);
    if (index === undefined) this.#indexes.set(id, (index = new Index<unknown>(this, name, about)));
    return index;
  }
  /** For indexes, which note themselves who asks them for what. */
  get everyFile(): readonly SourceFile[] {
    return this.#files;
  }
  inOrder(files: Iterable<SourceFile>): readonly SourceFile[] {
    return [...files].sort((a, b) => (this.#ranks.get(a) ?? 0) - (this.#ranks.get(b) ?? 0));
  }

  /**
   * Puts another tree in the place of a file's, adds a file, or takes one out (`undefined`). Answers the keys of all that
   * has changed; undefined when the change is one for which a new workspace has to be made.
   */
  replace(path: string, tree: Tree | undefined): ReadonlySet<Key> | undefined {
    const at = this.#files.findIndex((file) => file.path === path);
    const old = this.#files[at];
    if ((this.#files.some((file) => file !== old && isInLib(file.path)) || (tree !== undefined && isInLib(path))) !== this.#hasLib) return undefined;
    const file = tree === undefined ? undefined : this.#fileOf(tree);
    if (old !== undefined) this.#files.splice(at, 1, ...(file === undefined ? [] : [file]));
    else if (file !== undefined) this.#files.splice(this.#files.filter((other) => other.path < path).length, 0, file);
    this.#index();
    for (const index of this.#indexes.values()) {
      index.replaced(old, file);
      this.staleIndexes.add(index);
    }
    const keys = new Set<Key>([everything, path]);
    for (const module of [...(old?.modules ?? []), ...(file?.modules ?? [])]) keys.add(module.name);
    for (const module of isQuiet(old, file) ? (file?.modules ?? []) : this.#modules) if (this.#classify(module)) keys.add(module.file.path);
    for (const key of this.#links.replace(old, file, this.#files)) keys.add(key);
    return keys;
  }

  /** Takes anew what indexes have of edited files, and what no longer holds; what comes out differently is told on. */
  renewIndexes(records: Records): void {
    for (const index of this.staleIndexes) {
      this.staleIndexes.delete(index);
      records.changed(index.renewed(records));
    }
  }

  #fileOf(tree: Tree): SourceFile {
    const file: SourceFile = { path: tree.path, tree, kind: codeKindOf(tree.path, this.#hasLib), modules: [] };
    file.modules = modulesOf(this, file);
    return file;
  }
  #index(): void {
    this.#ranks = new Map(this.#files.map((file, rank) => [file, rank]));
    this.#modules = this.#files.flatMap((file) => file.modules);
    this.#libModules = this.#modules.filter((module) => module.isLib);
    this.#byName = new Map();
    for (const module of this.#modules) {
      const same = this.#byName.get(module.name);
      if (module.name !== "" && (same === undefined || (!same.isLib && module.isLib))) this.#byName.set(module.name, module);
    }
  }

  /** What kinds of process a module is, by its `use` and `@behaviour`; `use` of a workspace macro is followed. Answers whether that is news. */
  #classify(module: Module): boolean {
    const kinds: ServerKind[] = [];
    const unknown: string[] = [];
    for (const use of module.uses) {
      const kind = this.#kindOfUse(use.name, use.options, 0);
      if (kind !== undefined) kinds.push(kind);
      else if (!harmlessUses.has(use.name) && this.#byName.get(use.name) === undefined) unknown.push(use.name);
    }
    for (const behaviour of module.behaviours) {
      const kind = this.#options.servers?.get(behaviour) ?? serverKindOf.get(behaviour);
      if (kind !== undefined) kinds.push(kind);
    }
    const distinct = [...new Set(kinds)];
    if (isSameList(distinct, module.kinds) && isSameList(unknown, module.unknownUses)) return false;
    module.kinds = distinct;
    module.unknownUses = unknown;
    return true;
  }
  #kindOfUse(name: string, options: Expr | undefined, depth: number): ServerKind | undefined {
    const known = this.#options.servers?.get(name) ?? serverKindOf.get(name);
    if (known !== undefined) return known;
    if (options?.kind === "atom" && conventionalUses.has(options.name)) return conventionalUses.get(options.name);
    const using = this.#byName.get(name)?.fn("__using__", 1);
    if (using === undefined || depth > 3) return undefined;
    for (const site of using.sites) {
      if (site.name !== "use" || !site.around.quoted || site.args[0]?.kind !== "alias") continue;
      const kind = this.#kindOfUse(site.args[0].name, site.args[1], depth + 1);
      if (kind !== undefined) return kind;
    }
    return undefined;
  }
}

const callsOf = indexedAbout("calls of", (module, names): Iterable<readonly [string, CallSite]> => module.calls(...names.split(" ")).map((site) => ["", site] as const));

/** Whether the edit can change only what the file's own modules are: the same modules stand in it, and none of them is there to be used. */
function isQuiet(old: SourceFile | undefined, file: SourceFile | undefined): boolean {
  if (old === undefined || file === undefined) return false;
  const names = (modules: readonly Module[]): readonly string[] => modules.map(({ name }) => name);
  return isSameList(names(old.modules), names(file.modules)) && [...old.modules, ...file.modules].every((module) => module.fn("__using__", 1) === undefined);
}

const isSameList = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((item, i) => item === b[i]);
