import type { Expr, Tree } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { codeKindOf, isInLib, projectOf } from "./code-kind.ts";
import { Index, indexedAbout, type KeptIndex } from "./indexes.ts";
import { conventionalUses, harmlessUses, type ServerKind, serverKindOf } from "./known.ts";
import { Links } from "./links.ts";
import type { Fn, Module } from "./module.ts";
import { type Dependent, everything, type Key, look, type Records } from "./reading.ts";
import { type Sleeping, SourceFile } from "./source-file.ts";

export type WorkspaceOptions = {
  /** Team macros: `use MyApp.Worker` makes a GenServer. */
  readonly servers?: ReadonlyMap<string, ServerKind>;
};

/**
 * Everything the rules ask: modules, functions, calls and who runs where. Built from trees and linked, or from what is known of
 * files that are looked into when somebody asks. A file can be replaced.
 */
export class Workspace {
  readonly #files: SourceFile[] = [];
  #modules: readonly Module[] | undefined;
  #libModules: readonly Module[] | undefined;
  #byName = new Map<string, Place>();
  /** All places of a name that modules of several files have, as in projects beside each other that know nothing of one another. */
  #namesakes = new Map<string, readonly Place[]>();
  #byPath = new Map<string, SourceFile>();
  /** Functions that were found by their keys since the last edit. */
  readonly #byKey = new Map<string, Fn>();
  #ranks = new Map<SourceFile, number>();
  readonly #hasLib: boolean;
  readonly #options: WorkspaceOptions;
  readonly #indexes = new Map<string, Index<unknown>>();
  /** Indexes of which a part no longer holds. */
  readonly staleIndexes = new Set<Index<unknown>>();
  readonly links = new Links({ module: (name, near) => this.#named(name, near), hasNamesakes: (name) => this.#namesakes.has(name), inOrder: (files) => this.inOrder(files), awakeFn: (key) => this.#fnAt(key, true) });

  constructor(sources: readonly (Tree | Sleeping)[], options: WorkspaceOptions = {}) {
    this.#options = options;
    this.#hasLib = sources.some((source) => isInLib("facts" in source ? source.facts.path : source.path));
    for (const source of sources) this.#files.push(this.#fileOf(source));
    this.#index();
    for (const [i, source] of sources.entries()) {
      const file = this.#files[i] as SourceFile;
      if ("facts" in source) this.links.know(file, source.facts.calls);
      else for (const module of file.modules) this.#classify(module);
    }
    for (const [i, source] of sources.entries()) if (!("facts" in source)) this.links.link(this.#files[i] as SourceFile);
  }

  get files(): readonly SourceFile[] {
    look(everything);
    return this.#files;
  }
  get modules(): readonly Module[] {
    look(everything);
    return (this.#modules ??= this.#files.flatMap(({ modules }) => modules));
  }
  get libModules(): readonly Module[] {
    look(everything);
    return (this.#libModules ??= this.modules.filter((module) => module.isLib));
  }
  /** The module with a name; of several, the one in the Mix project of the module that asks for it. */
  module(name: string, near?: Module): Module | undefined {
    const found = this.#named(name, near);
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
    const id = `${name}\t${about}`;
    let index = this.#indexes.get(id);
    if (index === undefined) this.#indexes.set(id, (index = new Index<unknown>(this, name, about)));
    return index;
  }
  /** Goes on with indexes of an earlier process. */
  knowIndexes(indexes: readonly KeptIndex[]): void {
    for (const kept of indexes) this.#indexes.set(`${kept.name}\t${kept.about}`, new Index<unknown>(this, kept.name, kept.about, kept));
  }
  keptIndexes(grounds: (dependent: Dependent) => ReadonlySet<string>): readonly KeptIndex[] {
    return [...this.#indexes.values()].map((index) => index.kept(grounds));
  }
  /** A key changed on which parts that an earlier process took may rest. */
  touch(key: string): void {
    for (const index of this.#indexes.values()) if (index.touch(key)) this.staleIndexes.add(index);
  }
  /** For indexes, which note themselves who asks them for what. */
  get everyFile(): readonly SourceFile[] {
    return this.#files;
  }
  fileAt(path: string): SourceFile | undefined {
    return this.#byPath.get(path);
  }
  /** The function with a key. */
  fnAt(key: string): Fn | undefined {
    return this.#fnAt(key, false);
  }
  #fnAt(key: string, onlyAwake: boolean): Fn | undefined {
    const found = this.#byKey.get(key);
    if (found !== undefined) return found;
    const [path = "", ordinal, id = ""] = key.split("\t");
    const file = this.#byPath.get(path);
    const fn = file === undefined || (onlyAwake && !file.isAwake) ? undefined : file.modules[Number(ordinal)]?.fnWithId(id);
    if (fn !== undefined) this.#byKey.set(key, fn);
    return fn;
  }
  /** The name of the module of the function with a key, unless it is the given one. Nobody looks into that module for it. */
  nameOfModule(key: string, besides: Module): string | undefined {
    const [path = "", ordinal] = key.split("\t");
    const file = this.#byPath.get(path);
    return file === besides.file && Number(ordinal) === besides.ordinal ? undefined : file?.names[Number(ordinal)];
  }
  #named(name: string, near?: Module): Module | undefined {
    const namesakes = near === undefined ? undefined : this.#namesakes.get(name);
    const found = namesakes === undefined || near === undefined ? this.#byName.get(name) : nearest(namesakes, near.file);
    return found?.file.modules[found.at];
  }
  inOrder(files: Iterable<SourceFile>): readonly SourceFile[] {
    return [...files].sort((a, b) => (this.#ranks.get(a) ?? 0) - (this.#ranks.get(b) ?? 0));
  }

  /**
   * Puts other trees in the places of files', adds files, or takes some that are there out (`undefined`). Answers the keys of all that
   * has changed; undefined when the change is one for which a new workspace has to be made.
   */
  replace(trees: ReadonlyMap<string, Tree | undefined>): ReadonlySet<Key> | undefined {
    const stay = this.#files.filter(({ path }) => !trees.has(path));
    if ((stay.some(({ path }) => isInLib(path)) || [...trees].some(([path, tree]) => tree !== undefined && isInLib(path))) !== this.#hasLib) return undefined;
    this.#byKey.clear();
    const changes = [...trees].map(([path, tree]) => ({ old: this.#byPath.get(path), file: tree === undefined ? undefined : this.#fileOf(tree) }));
    for (const { old, file } of changes) {
      if (old !== undefined && file !== undefined) this.#exchange(old, file);
      else if (old !== undefined) this.#files.splice(this.#files.indexOf(old), 1);
      else if (file !== undefined) this.#files.splice(this.#files.filter((other) => other.path < file.path).length, 0, file);
    }
    if (changes.some(({ old, file }) => old === undefined || file === undefined || !isSameList(old.names, file.names))) this.#index();
    const names = new Set(changes.flatMap(({ old, file }) => [...(old?.names ?? []), ...(file?.names ?? [])]));
    const keys = new Set<Key>([everything, ...trees.keys(), ...names]);
    for (const other of this.#files) {
      if (!trees.has(other.path) && !any(other.used, names)) continue;
      for (const module of other.modules) if (this.#classify(module)) keys.add(other.path);
    }
    for (const key of this.links.replace(changes, this.#files)) keys.add(key);
    for (const { old, file } of changes) this.#takeAnew(old ?? (file as SourceFile), file);
    for (const other of this.#files) if (keys.has(other.path) && !trees.has(other.path)) this.#takeAnew(other, other);
    return keys;
  }

  /** Takes anew what indexes have of edited files, and what no longer holds; what comes out differently is told on. */
  renewIndexes(records: Records): void {
    for (const index of this.staleIndexes) {
      this.staleIndexes.delete(index);
      records.changed(index.renewed(records));
    }
  }

  #takeAnew(old: SourceFile, file: SourceFile | undefined): void {
    for (const index of this.#indexes.values()) {
      index.replaced(old, file);
      this.staleIndexes.add(index);
    }
  }
  #fileOf(source: Tree | Sleeping): SourceFile {
    return new SourceFile(this, source, codeKindOf("facts" in source ? source.facts.path : source.path, this.#hasLib));
  }
  /** Puts a file in the place of one with the same path, and where it has the same modules in theirs. */
  #exchange(old: SourceFile, file: SourceFile): void {
    const rank = this.#files.indexOf(old);
    this.#files[rank] = file;
    this.#ranks.delete(old);
    this.#ranks.set(file, rank);
    this.#byPath.set(file.path, file);
    this.#modules = this.#libModules = undefined;
    for (const [at, name] of file.names.entries()) {
      if (this.#byName.get(name)?.file === old) this.#byName.set(name, { file, at });
      const namesakes = this.#namesakes.get(name);
      if (namesakes !== undefined) this.#namesakes.set(name, namesakes.map((place) => (place.file === old ? { file, at } : place)));
    }
  }
  #index(): void {
    this.#ranks = new Map(this.#files.map((file, rank) => [file, rank]));
    this.#byPath = new Map(this.#files.map((file) => [file.path, file]));
    this.#modules = this.#libModules = undefined;
    this.#byName = new Map();
    this.#namesakes = new Map();
    for (const file of this.#files)
      for (const [at, name] of file.names.entries()) {
        if (name === "") continue;
        const same = this.#byName.get(name);
        if (same !== undefined && same.file !== file) this.#namesakes.set(name, [...(this.#namesakes.get(name) ?? [same]), { file, at }]);
        if (same === undefined || (same.file.kind !== "lib" && file.kind === "lib")) this.#byName.set(name, { file, at });
      }
  }

  /** What kinds of process a module is, by its `use` and `@behaviour`; `use` of a workspace macro is followed. Answers whether that is news. */
  #classify(module: Module): boolean {
    const kinds: ServerKind[] = [];
    const unknown: string[] = [];
    for (const use of module.uses) {
      const kind = this.#kindOfUse(use.name, use.options, module, 0);
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
  #kindOfUse(name: string, options: Expr | undefined, user: Module, depth: number): ServerKind | undefined {
    const known = this.#options.servers?.get(name) ?? serverKindOf.get(name);
    if (known !== undefined) return known;
    if (options?.kind === "atom" && conventionalUses.has(options.name)) return conventionalUses.get(options.name);
    user.file.used.add(name);
    const owner = this.#named(name, user);
    const using = owner?.fn("__using__", 1);
    if (using === undefined || depth > 3) return undefined;
    // `use MyAppWeb, :page` is `apply(__MODULE__, :page, [])`: the quoted code stands in the function of that name.
    const chosen = options?.kind === "atom" && using.sites.some((site) => /^(Kernel\.)?apply$/.test(site.name)) ? owner?.fn(options.name, 0) : undefined;
    for (const site of [...using.sites, ...(chosen?.sites ?? [])]) {
      if (site.name !== "use" || !site.around.quoted || site.args[0]?.kind !== "alias") continue;
      const kind = this.#kindOfUse(site.args[0].name, site.args[1], user, depth + 1);
      if (kind !== undefined) return kind;
    }
    return undefined;
  }
}

/** Where a module is defined: its file, and its number in it. */
type Place = { readonly file: SourceFile; readonly at: number };

/** The place in the same file, or else in the same project, code of `lib` first. */
function nearest(places: readonly Place[], file: SourceFile): Place | undefined {
  const project = projectOf(file.path);
  const own = places.find((place) => place.file === file);
  const beside = places.filter((place) => projectOf(place.file.path) === project);
  return own ?? beside.find((place) => place.file.kind === "lib") ?? beside[0] ?? places.find((place) => place.file.kind === "lib") ?? places[0];
}

const callsOf = indexedAbout("calls of", (module, names): Iterable<readonly [string, CallSite]> => module.calls(...names.split(" ")).map((site) => ["", site] as const));

function any<T>(items: ReadonlySet<T>, among: ReadonlySet<T>): boolean {
  for (const item of items) if (among.has(item)) return true;
  return false;
}
const isSameList = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((item, i) => item === b[i]);
