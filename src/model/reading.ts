/**
 * What a computation has looked at, so that an edit repeats only what it concerns. A key is a file's path (its code was
 * reached), a module's name (it was looked up, perhaps in vain), a function (its callers were asked for), an entry of an index,
 * `everything`, or a remembered result. What a module's own code says needs no key: an edit replaces the module, and all that is kept of it.
 */
export type Key = unknown;

/** The key of whoever walks over all modules or files. */
export const everything = "\teverything";

let reading: Set<Key> | undefined;
let records: Records | undefined;

/** Notes that the computation under way has looked at something. Costs nothing when nobody keeps a record. */
export function look(key: Key): void {
  reading?.add(key);
}

/** The record that is kept at the moment. */
export const currentRecords = (): Records | undefined => records;

/** Something that has to be done again when one of its keys changes. */
export type Dependent = { keys: ReadonlySet<Key>; readonly stale: () => void };

/** Who has looked at what. Kept only while a workspace is edited. */
export class Records {
  readonly #dependents = new Map<Key, Set<Dependent>>();
  readonly #onChange: (key: string) => void;

  /** `onChange` is told of each key that changed and has a name. */
  constructor(onChange: (key: string) => void) {
    this.#onChange = onChange;
  }

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
    for (const key of keys) {
      if (typeof key === "string") this.#onChange(key);
      for (const dependent of this.#dependents.get(key) ?? []) dependent.stale();
    }
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
    this.value = undefined;
    // Nobody may ever ask again: a replaced module's answers go with it.
    this.#records.forget(this);
    this.#records.changed([this]);
  }
}

/** Answers for dependents what they rest on in the end: their keys, and those of the remembered results among them. */
export function groundsOf(): (dependent: Dependent) => ReadonlySet<string> {
  const known = new Map<Dependent, Set<string>>();
  const grounds = (dependent: Dependent): ReadonlySet<string> => {
    let found = known.get(dependent);
    if (found !== undefined) return found;
    known.set(dependent, (found = new Set()));
    for (const key of dependent.keys) {
      if (typeof key === "string") found.add(key);
      else if (key instanceof Cell) for (const ground of grounds(key)) found.add(ground);
    }
    return found;
  };
  return grounds;
}

/**
 * What questions are asked about: a module, function or file. The answers lie with it, by the number of the question, and go when it
 * goes; tables of weak references would cost a search for each answer and much of the collector's time.
 */
export abstract class Asked {
  answers: unknown[] | undefined = undefined;
  cells: (Cell<unknown> | undefined)[] | undefined = undefined;
  /** The path of the file it stands in. */
  abstract get place(): string;
}

/** Stands for an answer that is undefined. */
const nothing = Symbol("nothing");
/** How many questions there are about each kind of things. */
const counts = new Map<unknown, number>();

/**
 * A question about a module, function or file that is answered once for each. Every answer that is kept between questions is
 * kept this way, because an edit has to know what it rests on.
 */
export function remembered<O extends Asked, T>(compute: (owner: O) => T): (owner: O) => T {
  let kind: unknown;
  let number = 0;
  return (owner) => {
    if (kind === undefined) {
      kind = owner.constructor;
      number = counts.get(kind) ?? 0;
      counts.set(kind, number + 1);
    } else if (owner.constructor !== kind) throw new Error("one question is asked about things of two kinds");
    if (records === undefined) {
      const answers = (owner.answers ??= []);
      const known = answers[number];
      if (known !== undefined) return (known === nothing ? undefined : known) as T;
      const value = compute(owner);
      answers[number] = value === undefined ? nothing : value;
      return value;
    }
    const cells = (owner.cells ??= []);
    const cell = (cells[number] ??= new Cell<unknown>(records)) as Cell<T>;
    if (!cell.isValid) {
      cell.value = records.follow(cell, () => {
        look(owner.place);
        return compute(owner);
      });
      cell.isValid = true;
    }
    look(cell);
    return cell.value as T;
  };
}
