/** What a name alone decides, asked once for each name. Lives as long as the program: names repeat from file to file and scan to scan. */
export class ByName<T> {
  readonly #known: Map<string, T>;
  readonly #decide: (name: string) => T;

  constructor(decide: (name: string) => T, known: Iterable<readonly [string, T]> = []) {
    this.#decide = decide;
    this.#known = new Map(known);
  }

  of(name: string): T {
    const known = this.#known.get(name);
    if (known !== undefined || this.#known.has(name)) return known as T;
    const decided = this.#decide(name);
    this.#known.set(copied(name), decided);
    return decided;
  }
}

/** The same text in memory of its own: a slice keeps the whole source alive that it was cut from. */
const copied = (text: string): string => ` ${text}`.slice(1);
