import { type Expr, flag } from "../../syntax/tree.ts";
import { type Definition, definers } from "./module-source.ts";

/** A place where a function of this module is called, captured or named without parentheses. */
export type LocalCall = {
  readonly name: string;
  readonly arity: number;
  readonly at: Expr;
  /** `bare`: written like a variable, so a call only where no variable of that name is bound. */
  readonly form: "call" | "capture" | "bare";
  readonly inQuote: boolean;
};

/** What a piece of code refers to. */
export type References = {
  readonly local: readonly LocalCall[];
  /** Calls on the own module by name: `__MODULE__.f()`. */
  readonly self: readonly LocalCall[];
  /** Attributes that are read. */
  readonly attributes: ReadonlySet<string>;
  /** Modules named, with how often; the own one left out. */
  readonly modules: ReadonlyMap<string, number>;
  readonly fields: ReadonlyMap<string, number>;
  readonly atoms: ReadonlyMap<string, number>;
  /** `__ENV__`, `__CALLER__`, `__DIR__`, `__STACKTRACE__`. */
  readonly environment: string | undefined;
  readonly callsSuper: boolean;
  readonly quotes: boolean;
  readonly usesOwnStruct: boolean;
};

const environmentNames = new Set(["__ENV__", "__CALLER__", "__DIR__", "__STACKTRACE__"]);

class Collector {
  readonly local: LocalCall[] = [];
  readonly self: LocalCall[] = [];
  readonly attributes = new Set<string>();
  readonly modules = new Map<string, number>();
  readonly fields = new Map<string, number>();
  readonly atoms = new Map<string, number>();
  environment: string | undefined;
  callsSuper = false;
  quotes = false;
  usesOwnStruct = false;
  readonly #module: string;

  constructor(module: string) {
    this.#module = module;
  }

  visit(node: Expr, quoted: number): void {
    switch (node.kind) {
      case "call":
        this.#call(node, quoted);
        return;
      case "funref":
        this.#mention(node, "capture", quoted);
        break;
      case "var":
        if (environmentNames.has(node.name)) this.environment ??= node.name;
        else this.local.push({ name: node.name, arity: 0, at: node, form: "bare", inQuote: quoted > 0 });
        return;
      case "attribute":
        if (node.children.length === 0) this.attributes.add(node.name);
        break;
      case "alias":
        this.#module === node.name || count(this.modules, node.name);
        return;
      case "struct":
        if (node.name === this.#module) this.usesOwnStruct = true;
        else if (node.name !== "") count(this.modules, node.name);
        break;
      case "atom":
        if (!/^(true|false|nil)$/.test(node.name)) count(this.atoms, node.name);
        break;
      case "field":
        count(this.fields, node.name);
        break;
      case "op":
        if (node.name === "::") {
          this.#typed(node, quoted);
          return;
        }
        break;
      default:
    }
    for (const child of node.children) this.visit(child, quoted);
  }

  /** The right side of `::` in a bitstring names sizes and types, not functions; what is in parentheses is code. */
  #typed(node: Expr, quoted: number): void {
    const [left, right] = node.children;
    if (left !== undefined) this.visit(left, quoted);
    for (const inner of right?.descendants() ?? []) if (inner.kind === "call") for (const argument of inner.args) this.visit(argument, quoted);
  }

  #call(node: Expr, quoted: number): void {
    if (node.name === "super") this.callsSuper = true;
    this.#mention(node, "call", quoted);
    const inside = node.name === "quote" ? quoted + 1 : node.name === "unquote" || node.name === "unquote_splicing" ? Math.max(0, quoted - 1) : quoted;
    if (node.name === "quote") this.quotes = true;
    const isDefinition = definers.has(node.name) && !node.has(flag.remote);
    node.children.forEach((child, i) => {
      if (isDefinition && i === 0) this.#head(child, inside);
      else this.visit(child, inside);
    });
  }

  /** The name in a head is no call; its parameters and guard are code. */
  #head(node: Expr, quoted: number): void {
    if (node.kind === "op" && node.name === "when") {
      if (node.children[0] !== undefined) this.#head(node.children[0], quoted);
      for (const guard of node.children.slice(1)) this.visit(guard, quoted);
    } else if (node.kind !== "var") for (const child of node.children) this.visit(child, quoted);
  }

  #mention(node: Expr, form: "call" | "capture", quoted: number): void {
    const inQuote = quoted > 0;
    if (!node.has(flag.remote) && !node.has(flag.dynamic)) this.local.push({ name: node.name, arity: node.count, at: node, form, inQuote });
    else if (node.module === this.#module && this.#module !== "") this.self.push({ name: node.fun, arity: node.count, at: node, form, inQuote });
    else if (node.module !== "" && !node.module.startsWith(":") && node.name !== "Access.get") count(this.modules, node.module);
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** What `nodes` refer to, seen from inside `module`. */
export function referencesOf(module: string, nodes: Iterable<Expr>): References {
  const collector = new Collector(module);
  for (const node of nodes) collector.visit(node, 0);
  return collector;
}

/**
 * Names that a clause binds somewhere: parameters, left sides of `=` and `<-`, patterns of `fn` and `case`.
 * A name without parentheses that is never bound is a call.
 */
export function boundNames(definition: Definition): ReadonlySet<string> {
  const names = new Set<string>();
  const bind = (pattern: Expr | undefined): void => {
    for (const node of pattern?.descendants() ?? []) if (node.kind === "var") names.add(node.name);
  };
  for (const param of definition.params) bind(param.isOp("\\\\") ? param.children[0] : param);
  for (const node of definition.node.descendants()) {
    if (node.kind === "match") bind(node.left);
    else if (node.kind === "op" && node.name === "<-") bind(node.left);
    else if (node.kind === "clause") for (const param of node.params) bind(param);
  }
  return names;
}
