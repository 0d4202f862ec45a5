/**
 * What a computation has looked at, so that an edit repeats only what it concerns. A key is a file's path (its code was
 * reached), a module's name (it was looked up, perhaps in vain), a function (its callers were asked for), `everything`, or
 * a remembered result. What a module's own code says needs no key: an edit replaces the module, and all that is kept of it.
 */
export type Key = unknown;

/** The key of whoever walks over all modules or files. */
export const everything = Symbol("everything");

let reading: Set<Key> | undefined;
let records: Records | undefined;

/** Notes that the computation under way has looked at something. Costs nothing when nobody keeps a record. */
export function look(key: Key): void {
  reading?.add(key);
}

/** Something that has to be done again when one of its keys changes. */
export type Dependent = { keys: ReadonlySet<Key>; readonly stale: () => void };

/** Who has looked at what. Kept only while a workspace is edited. */
export class Records {
  readonly #dependents = new Map<Key, Set<Dependent>>();

  /** Runs something while this record is kept. Nothing else may run in between: the record is one of the thread. */
  during<T>(run: () => T): T {
    const before = records;
    records = this;
    try {
      return run();
    } finally {
      records = before;
    }
  }

  /** Runs a computation and files it under all that it looks at, besides the file whose edit ends it anyway. */
  follow<T>(dependent: Dependent, run: () => T, own?: string): T {
    const outer = reading;
    const keys = new Set<Key>();
    reading = keys;
    try {
      return run();
    } finally {
      reading = outer;
      keys.delete(own);
      for (const key of dependent.keys) if (!keys.has(key)) this.#remove(key, dependent);
      for (const key of keys) {
        if (dependent.keys.has(key)) continue;
        const others = this.#dependents.get(key);
        if (others === undefined) this.#dependents.set(key, new Set([dependent]));
        else others.add(dependent);
      }
      dependent.keys = keys;
    }
  }

  forget(dependent: Dependent): void {
    for (const key of dependent.keys) this.#remove(key, dependent);
    dependent.keys = none;
  }
  #remove(key: Key, dependent: Dependent): void {
    const others = this.#dependents.get(key);
    others?.delete(dependent);
    if (others?.size === 0) this.#dependents.delete(key);
  }

  /** Tells all that has looked at one of the keys. */
  changed(keys: Iterable<Key>): void {
    for (const key of keys) for (const dependent of [...(this.#dependents.get(key) ?? [])]) dependent.stale();
  }
}

const none: ReadonlySet<Key> = new Set();

/** One remembered result; itself a key. */
class Cell<T> implements Dependent {
  keys: ReadonlySet<Key> = none;
  isValid = false;
  value: T | undefined;
  readonly #records: Records;

  constructor(records: Records) {
    this.#records = records;
  }

  stale(): void {
    if (!this.isValid) return;
    this.isValid = false;
    this.#records.changed([this]);
  }
}

type Owner = { readonly path: string } | { readonly file: { readonly path: string } } | { readonly module: { readonly file: { readonly path: string } } };
const pathOf = (owner: Owner): string => ("path" in owner ? owner.path : "file" in owner ? owner.file.path : owner.module.file.path);

/**
 * A question about a module, function or file that is answered once for each. Every answer that is kept between questions is
 * kept this way, because an edit has to know what it rests on.
 */
export function remembered<O extends Owner, T>(compute: (owner: O) => T): (owner: O) => T {
  const plain = new WeakMap<O, { readonly value: T }>();
  const cells = new WeakMap<O, Cell<T>>();
  return (owner) => {
    if (records === undefined) {
      const known = plain.get(owner);
      if (known !== undefined) return known.value;
      const value = compute(owner);
      plain.set(owner, { value });
      return value;
    }
    let cell = cells.get(owner);
    if (cell === undefined) cells.set(owner, (cell = new Cell<T>(records)));
    if (!cell.isValid) {
      const target = cell;
      target.value = records.follow(target, () => {
        look(pathOf(owner));
        return compute(owner);
      });
      target.isValid = true;
    }
    look(cell);
    return cell.value as T;
  };
}

/**
 * A result over the whole workspace; itself a key. When it is stale it is computed again before anything that rests on it.
 * Of a map, each entry that somebody asked for is a key of its own.
 */
export class Note<T> implements Dependent {
  keys: ReadonlySet<Key> = none;
  #value: T | undefined;
  #isKnown = false;
  #view: LookedUp<unknown, unknown> | undefined;
  readonly #compute: () => T;
  readonly #onStale: (note: Note<T>) => void;

  constructor(compute: () => T, onStale: (note: Note<T>) => void) {
    this.#compute = compute;
    this.#onStale = onStale;
  }

  get current(): T {
    if (!this.#isKnown) {
      this.#value = records === undefined ? this.#compute() : records.follow(this, this.#compute);
      this.#isKnown = true;
    }
    if (records !== undefined && this.#value instanceof Map) return (this.#view ??= new LookedUp(this, this.#value)) as T;
    look(this);
    return this.#value as T;
  }
  stale(): void {
    if (this.#isKnown) this.#onStale(this);
  }
  /** Computes anew; answers what of it is different. An equal result stays the one that is known. */
  renewed(by: Records): readonly Key[] {
    const before = this.#value;
    try {
      const after = by.follow(this, this.#compute);
      if (isSame(before, after)) return [];
      this.#value = after;
      return this.#view !== undefined && after instanceof Map ? [this, ...this.#view.replaced(after)] : [this];
    } catch {
      this.#isKnown = false; // whoever asks next gets the error, and says so
      return [this, ...(this.#view?.replaced(new Map()) ?? [])];
    }
  }
}

/** A map of which it is noted who asked for which entry. */
class LookedUp<K, V> implements ReadonlyMap<K, V> {
  readonly #note: Key;
  #map: ReadonlyMap<K, V>;
  readonly #entries = new Map<K, object>();

  constructor(note: Key, map: ReadonlyMap<K, V>) {
    this.#note = note;
    this.#map = map;
  }

  get(key: K): V | undefined {
    this.#look(key);
    return this.#map.get(key);
  }
  has(key: K): boolean {
    this.#look(key);
    return this.#map.has(key);
  }
  get size(): number {
    return this.#whole.size;
  }
  forEach(visit: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    this.#whole.forEach(visit);
  }
  entries(): MapIterator<[K, V]> {
    return this.#whole.entries();
  }
  keys(): MapIterator<K> {
    return this.#whole.keys();
  }
  values(): MapIterator<V> {
    return this.#whole.values();
  }
  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.#whole[Symbol.iterator]();
  }

  /** Takes another map; answers the keys of entries that were asked for and are different now. */
  replaced(map: ReadonlyMap<K, V>): readonly Key[] {
    const before = this.#map;
    this.#map = map;
    return [...this.#entries].flatMap(([key, entry]) => (before.has(key) === map.has(key) && isSame(before.get(key), map.get(key)) ? [] : [entry]));
  }

  get #whole(): ReadonlyMap<K, V> {
    look(this.#note);
    return this.#map;
  }
  #look(key: K): void {
    if (reading === undefined) return;
    let entry = this.#entries.get(key);
    if (entry === undefined) this.#entries.set(key, (entry = {}));
    look(entry);
  }
}

/** Equal in all plain data; modules, functions, sites and expressions have to be the same objects. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  if (a instanceof Map) return b instanceof Map && a.size === b.size && isSame([...a], [...b]);
  if (a instanceof Set) return b instanceof Set && a.size === b.size && isSame([...a], [...b]);
  if (Object.getPrototypeOf(a) !== Object.prototype || Object.getPrototypeOf(b) !== Object.prototype) return false;
  const [left, right] = [Object.entries(a), new Map(Object.entries(b))];
  return left.length === right.size && left.every(([key, value]) => right.has(key) && isSame(value, right.get(key)));
}
