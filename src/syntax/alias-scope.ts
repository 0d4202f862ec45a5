import { kindId, STRIDE } from "./tree.ts";

/** Which short module names mean what, at one place of a file. Scopes nest as Elixir's lexical scopes do. */
export class AliasScope {
  /** The module the place is in; "" outside of any. */
  readonly module: string;
  readonly #outer: AliasScope | undefined;
  #names: Map<string, string> | undefined;

  constructor(outer: AliasScope | undefined, module: string) {
    this.#outer = outer;
    this.module = module;
  }

  nested(): AliasScope {
    return new AliasScope(this, this.module);
  }
  inside(module: string): AliasScope {
    return new AliasScope(this, module);
  }
  add(short: string, full: string): void {
    this.#names ??= new Map();
    this.#names.set(short, full);
  }

  /** Full name of a module as written here. */
  expand(written: string): string {
    const plain = written.includes(" ") || written.includes("\n") ? written.replace(/\s+/g, "") : written;
    if (plain.startsWith("Elixir.")) return plain.slice(7);
    const dot = plain.indexOf(".");
    const head = dot < 0 ? plain : plain.slice(0, dot);
    for (let scope: AliasScope | undefined = this; scope !== undefined; scope = scope.#outer) {
      const full = scope.#names?.get(head);
      if (full !== undefined) return dot < 0 ? full : full + plain.slice(dot);
    }
    return plain;
  }

  /** Full name of a module declared here under `written`: nested in the module around it. */
  declared(written: string): string {
    if (written.startsWith("Elixir.")) return written.slice(7);
    return this.module === "" ? this.expand(written) : `${this.module}.${written}`;
  }

  /** A nested `defmodule Cup` lets the code after it say `Cup`. */
  define(full: string, written: string): void {
    if (this.module === "") return;
    const head = written.split(".")[0] ?? written;
    this.add(head, full.slice(0, full.length - written.length) + head);
  }
}

/** What directives are read from: a tree that is finished, or as far as it is written. */
type Written = { readonly nodes: Int32Array; readonly symbols: readonly string[]; readonly source: string };

/** Adds to a scope what the `alias` or `require` at a node says to the code after it. */
export function declareAliases(scope: AliasScope, directive: "alias" | "require", id: number, written: Written): void {
  const { nodes, symbols } = written;
  let named: string | undefined;
  const targets: string[] = [];
  for (let child = id + 1; child < (nodes[id * STRIDE + 3] as number); child = nodes[child * STRIDE + 3] as number) {
    const kind = (nodes[child * STRIDE] as number) & 255;
    if (kind === kindId.alias) targets.push(symbols[nodes[child * STRIDE + 4] as number] ?? "");
    else if (kind === kindId.list) named = asOption(child, written);
  }
  if (named !== undefined && targets[0] !== undefined) scope.add(named, targets[0]);
  else if (directive === "alias") for (const target of targets) scope.add(target.slice(target.lastIndexOf(".") + 1), target);
}

function asOption(list: number, { nodes, symbols, source }: Written): string | undefined {
  for (let pair = list + 1; pair < (nodes[list * STRIDE + 3] as number); pair = nodes[pair * STRIDE + 3] as number) {
    const key = pair + 1;
    const value = key + 1;
    if (symbols[nodes[key * STRIDE + 4] as number] === "as") return source.slice(nodes[value * STRIDE + 1], nodes[value * STRIDE + 2]);
  }
  return undefined;
}
