import { CallSite } from "./call-site.ts";
import { Clause, Fn, Module } from "./module.ts";
import { type Dependent, currentRecords, type Key, look, type Records } from "./reading.ts";
import { Expr } from "../syntax/tree.ts";
import { addTo } from "../text/groups.ts";
import { hashOf } from "../text/hash.ts";
import type { SourceFile } from "./source-file.ts";
import type { Workspace } from "./workspace.ts";

/** What a module adds to an index: pairs of a key and a value. `about` tells the indexes of one family apart. */
type Adds<V> = (module: Module, about: string) => Iterable<readonly [string, V]>;

const families = new Map<string, Adds<unknown>>();

/**
 * Declares what is known over the whole workspace: which modules have something under a key. Whoever asks for a key depends on
 * what stands under that key and on nothing else; an edit takes only what its own file adds anew.
 */
export function indexed<V>(name: string, adds: (module: Module) => Iterable<readonly [string, V]>): (workspace: Workspace) => Index<V> {
  families.set(name, adds);
  return (workspace) => workspace.index(name, "") as Index<V>;
}

/** The same for indexes that exist once for each text they are about, such as the names of some calls. */
export function indexedAbout<V>(name: string, adds: Adds<V>): (workspace: Workspace, about: string) => Index<V> {
  families.set(name, adds);
  return (workspace, about) => workspace.index(name, about) as Index<V>;
}

/** What one file adds, in the order of its modules. */
class Part<V> implements Dependent {
  keys: ReadonlySet<Key> = new Set();
  readonly byKey = new Map<string, V[]>();
  readonly stale: () => void;
  #digests: ReadonlyMap<string, string> | undefined;

  constructor(stale: () => void) {
    this.stale = stale;
  }
  get digests(): ReadonlyMap<string, string> {
    return (this.#digests ??= new Map([...this.byKey].map(([key, values]) => [key, digestOf(values)])));
  }
}

/** What an index holds, as plain data: for each file what it has under which key, by digests, and what that rests on. */
export type KeptIndex = { readonly name: string; readonly about: string; readonly parts: readonly KeptPart[] };
type KeptPart = readonly [path: string, entries: readonly (readonly [key: string, digest: string])[], grounds: readonly string[]];

type Digests = ReadonlyMap<string, string>;
const nothing: Digests = new Map();

/** What the modules of a workspace have under keys, in the order of files. */
export class Index<V> {
  readonly #id: string;
  readonly #adds: (module: Module) => Iterable<readonly [string, V]>;
  readonly #workspace: Workspace;
  /** The files that have something under a key. */
  readonly #holders = new Map<string, Set<SourceFile>>();
  readonly #parts = new Map<SourceFile, Part<V>>();
  readonly #lists = new Map<string, readonly V[]>();
  /** Files whose part no longer holds, and the file that stands in the place of each: another, the same, or none. */
  readonly #stale = new Map<SourceFile, SourceFile | undefined>();
  /** Parts that an earlier process took. */
  readonly #known = new Map<SourceFile, KeptPart>();
  readonly #knownOn = new Map<string, SourceFile[]>();
  readonly #name: string;
  readonly #about: string;

  /** Takes the parts of all files, or goes on from those of an earlier process. */
  constructor(workspace: Workspace, name: string, about: string, kept?: KeptIndex) {
    const adds = families.get(name) as Adds<V> | undefined;
    if (adds === undefined) throw new Error(`there is no index ${name}`);
    this.#id = `${name}\t${about}`;
    this.#adds = (module) => adds(module, about);
    this.#workspace = workspace;
    this.#name = name;
    this.#about = about;
    for (const part of kept?.parts ?? []) {
      const file = workspace.fileAt(part[0]);
      if (file === undefined) continue;
      this.#known.set(file, part);
      for (const ground of part[2]) addTo(this.#knownOn, ground, file);
      this.#hold(file, part[1].map(([key]) => key));
    }
    if (kept === undefined) for (const file of workspace.everyFile) this.#hold(file, this.#take(file).byKey.keys());
  }

  get(key: string): readonly V[] {
    look(`${this.#id}\t${key}`);
    let list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, (list = this.#workspace.inOrder(this.#holders.get(key) ?? []).flatMap((file) => this.#valuesOf(file, key))));
    return list;
  }
  has(key: string): boolean {
    look(`${this.#id}\t${key}`);
    return this.#holders.has(key);
  }
  /** All pairs. Whoever asks depends on every one of them. */
  all(): readonly (readonly [string, V])[] {
    look(this.#id);
    const files = new Set([...this.#holders.values()].flatMap((holders) => [...holders]));
    return this.#workspace.inOrder(files).flatMap((file) => this.#keysOf(file).flatMap((key) => this.#valuesOf(file, key).map((value) => [key, value] as const)));
  }

  /** Notes that a part has to be taken anew: another file stands in the place of one, or none, or the file's calls lead elsewhere. */
  replaced(old: SourceFile, file: SourceFile | undefined): void {
    this.#stale.set(old, file);
  }
  /** Takes the parts anew that no longer hold; answers the keys under which something else stands now. */
  renewed(records: Records): readonly Key[] {
    const changed = new Set<string>();
    for (const [old, file] of this.#stale) {
      this.#stale.delete(old);
      const before = this.#dropped(old, records);
      const after = file === undefined ? nothing : this.#take(file).digests;
      if (file !== undefined) this.#hold(file, after.keys());
      for (const key of new Set([...before.keys(), ...after.keys()])) {
        this.#lists.delete(key);
        if (before.get(key) !== after.get(key)) changed.add(`${this.#id}\t${key}`);
      }
    }
    return changed.size === 0 ? [] : [this.#id, ...changed];
  }

  kept(grounds: (dependent: Dependent) => ReadonlySet<string>): KeptIndex {
    const parts = this.#workspace.everyFile.flatMap((file): readonly KeptPart[] => {
      const part = this.#parts.get(file);
      const known = part === undefined ? this.#known.get(file) : ([file.path, [...part.digests], [...grounds(part)]] as const);
      return known === undefined ? [] : [known];
    });
    return { name: this.#name, about: this.#about, parts };
  }
  /** A key changed on which parts that an earlier process took may rest. Answers whether one does. */
  touch(key: string): boolean {
    const files = this.#knownOn.get(key)?.filter((file) => this.#known.has(file)) ?? [];
    for (const file of files) this.#doubt(file);
    return files.length > 0;
  }
  #doubt(file: SourceFile): void {
    if (!this.#stale.has(file)) this.#stale.set(file, file);
  }

  #keysOf(file: SourceFile): readonly string[] {
    return [...(this.#parts.get(file)?.byKey.keys() ?? this.#known.get(file)?.[1].map(([key]) => key) ?? [])];
  }
  #digestsOf(file: SourceFile): Digests {
    return this.#parts.get(file)?.digests ?? new Map(this.#known.get(file)?.[1]);
  }
  #dropped(file: SourceFile, records: Records): Digests {
    const digests = this.#digestsOf(file);
    const part = this.#parts.get(file);
    if (part !== undefined) records.forget(part);
    this.#parts.delete(file);
    this.#known.delete(file);
    for (const key of digests.keys()) this.#release(file, key);
    return digests;
  }
  /** What a file has under a key; plain data that an earlier process took is there without looking into the file. */
  #valuesOf(file: SourceFile, key: string): readonly V[] {
    const digest = this.#known.get(file)?.[1].find(([known]) => known === key)?.[1];
    if (digest?.startsWith(PLAIN) === true) return JSON.parse(digest.slice(PLAIN.length)) as V[];
    return (this.#parts.get(file) ?? this.#take(file)).byKey.get(key) ?? [];
  }
  #take(file: SourceFile): Part<V> {
    const part = new Part<V>(() => {
      this.#doubt(file);
      this.#workspace.staleIndexes.add(this as Index<unknown>);
    });
    const fill = (): void => {
      for (const module of file.modules) for (const [key, value] of this.#adds(module)) addTo(part.byKey, key, value);
    };
    const by = currentRecords();
    if (by === undefined) fill();
    else by.follow(part, fill, file.path);
    this.#known.delete(file);
    if (part.byKey.size > 0 || part.keys.size > 0) this.#parts.set(file, part);
    return part;
  }
  #hold(file: SourceFile, keys: Iterable<string>): void {
    for (const key of keys) {
      const holders = this.#holders.get(key);
      if (holders === undefined) this.#holders.set(key, new Set([file]));
      else holders.add(file);
    }
  }
  #release(file: SourceFile, key: string): void {
    const holders = this.#holders.get(key);
    holders?.delete(file);
    if (holders?.size === 0) this.#holders.delete(key);
  }
}

/** A text that is equal for values of which everything is equal: plain data as it is, and places in files by the file's content. */
const digestOf = (values: readonly unknown[]): string => (values.every(isPlain) ? PLAIN + JSON.stringify(values) : hashOf(written(values)));
const PLAIN = "=";
const isPlain = (value: unknown): boolean => (typeof value === "object" && value !== null ? Object.getPrototypeOf(value) === Object.prototype && Object.values(value).every(isPlain) : typeof value === "string" || typeof value === "boolean" || typeof value === "number");
function written(value: unknown): string {
  if (typeof value !== "object" || value === null) return typeof value === "string" ? JSON.stringify(value) : String(value);
  if (value instanceof Expr || value instanceof CallSite) return `${value instanceof Expr ? "e" : "s"}${value.id}@${value.tree.path}#${value.tree.stamp}`;
  if (value instanceof Module) return `m${value.node.id}@${value.file.path}#${value.file.tree.stamp}`;
  if (value instanceof Fn) return `f${value.id} ${written(value.module)}`;
  if (value instanceof Clause) return `c${written(value.node)}`;
  if (Array.isArray(value)) return `[${value.map(written).join()}]`;
  if (value instanceof Map || value instanceof Set) return `{${[...value].map(written).join()}}`;
  return `{${Object.entries(value).map(([key, part]) => `${key}:${written(part)}`).join()}}`;
}
