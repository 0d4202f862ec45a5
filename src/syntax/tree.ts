import { stampOf } from "../text/hash.ts";
import { lineStartsOf, type Position, positionAt, type Span } from "../text/span.ts";

/**
 * What an expression can be, in Elixir's words. Sugar is gone: pipes, captures with `&1`, keyword do-blocks, calls without
 * parentheses and aliases look like what they mean.
 *
 * - `block`: expressions in order. `section`: the `do`, `else`, `rescue`, `catch` or `after` part of a call (in `name`).
 * - `clause`: a stab clause: parameters, optional guard, body (always a block).
 * - `call`: `name` is `f` for a local call, `Mod.f` or `:erl.f` for a call on a literal module (alias-expanded), `f` with a
 *   `target` for `expr.f()`, and `.` with a `target` for `fun.()`. Special forms (`case`, `def`, `if`) are calls, too.
 * - `field`: `expr.name` without parentheses on something that is no module. `attribute`: `@name`, with a value when it is set.
 * - `fn`: an anonymous function, also one written as `&(&1 + 1)`. `funref`: `&f/1` or `&Mod.f/1`, arity in `count`.
 * - `pair`: `key => value` or `key: value`. `list` holds a call's trailing keywords, too (`isKeyword`).
 */
export const kinds = ["block", "call", "section", "clause", "var", "alias", "atom", "number", "string", "charlist", "sigil", "list", "tuple", "map", "struct", "pair", "fn", "funref", "match", "op", "unary", "pin", "attribute", "field", "bitstring", "error"] as const;
export type Kind = (typeof kinds)[number];
export const kindId = Object.fromEntries(kinds.map((kind, id) => [kind, id])) as Record<Kind, number>;

/** Bits that travel with a node. */
export const flag = {
  /** The first argument came through a pipe. */ piped: 1,
  /** The call's first child is its computed target. */ dynamic: 2,
  /** The callee is written `Mod.f` or `expr.f`. */ remote: 4,
  /** No parentheses around the arguments. */ bare: 8,
  /** A map or struct that updates its first child. */ update: 16,
  /** The list is a keyword list without brackets. */ keyword: 32,
  /** The clause has a guard before its body. */ guard: 64,
  /** The function was written with `&`. */ capture: 128,
  /** The text holds interpolation. */ interpolated: 256,
  /** The struct's name is computed. */ computed: 512,
} as const;

/** Numbers a node takes: kind | flags << 8, start, end, index after its subtree, symbol, anchor, count, parent. */
export const STRIDE = 8;

/** A comment with its text's place; `#` included. */
export type Comment = Span & { readonly ownLine: boolean };

/** One file as plain data: crosses threads and disk as it is. */
export type TreeData = {
  readonly nodes: Int32Array;
  readonly symbols: readonly string[];
  readonly comments: readonly Comment[];
  /** Places that did not parse, in order. */
  readonly errors: readonly Span[];
};

/** The syntax of one file. Expressions are made on demand and kept, so the same place is the same object. */
export class Tree {
  readonly data: TreeData;
  readonly source: string;
  readonly path: string;
  /** By id. Sized at once: an array that grows by far-off ids becomes a hash table. */
  #expressions: (Expr | undefined)[] | undefined;
  #lineStarts: Int32Array | undefined;
  #stamp: string | undefined;
  #speaks: boolean | undefined;
  #isKept = false;

  constructor(path: string, source: string, data: TreeData) {
    this.path = path;
    this.source = source;
    this.data = data;
  }

  get size(): number {
    return this.data.nodes.length / STRIDE;
  }

  /** Equal for equal sources. */
  get stamp(): string {
    return (this.#stamp ??= stampOf(this.source));
  }

  /** Whether it says something by itself: it did not parse whole, or holds comments to this program. */
  get speaks(): boolean {
    return (this.#speaks ??= this.data.errors.length > 0 || this.source.includes("otp_audit:"));
  }

  get root(): Expr {
    return this.at(0);
  }

  get lineStarts(): Int32Array {
    this.#lineStarts ??= lineStartsOf(this.source);
    return this.#lineStarts;
  }

  at(id: number): Expr {
    const made = (this.#expressions ??= new Array<Expr | undefined>(this.size));
    return (made[id] ??= new Expr(this, id));
  }

  positionAt(offset: number): Position {
    return positionAt(this.lineStarts, offset);
  }

  /** From now on the same place stays the same object: somebody holds on to expressions. */
  keep(): void {
    this.#isKept = true;
  }
  /** Forgets the expression objects, unless they are kept; ids stay valid. */
  release(): void {
    if (this.#isKept) return;
    this.#expressions = undefined;
    this.#lineStarts = undefined;
  }
}

/** One expression. Two handles of the same place are the same object as long as the tree is not released. */
export class Expr {
  readonly tree: Tree;
  readonly id: number;
  #children: readonly Expr[] | undefined;

  constructor(tree: Tree, id: number) {
    this.tree = tree;
    this.id = id;
  }

  #slot(index: number): number {
    return this.tree.data.nodes[this.id * STRIDE + index] as number;
  }

  get kind(): Kind {
    return kinds[this.#slot(0) & 255] as Kind;
  }
  has(bit: number): boolean {
    return ((this.#slot(0) >> 8) & bit) !== 0;
  }
  get start(): number {
    return this.#slot(1);
  }
  get end(): number {
    return this.#slot(2);
  }
  get span(): Span {
    return { start: this.start, end: this.end };
  }
  /** Id of the first node after this subtree. */
  get next(): number {
    return this.#slot(3);
  }
  /** The name: callee, variable, module, atom (without colon), text of a plain string, operator; "" where there is none. */
  get name(): string {
    const symbol = this.#slot(4);
    return symbol < 0 ? "" : (this.tree.data.symbols[symbol] as string);
  }
  /** Where the name is written, for calls: offset of the function name. */
  get anchor(): number {
    return this.#slot(5);
  }
  /** Arity of a call (a do-block counts as one argument) or function reference, number of parameters of a clause. */
  get count(): number {
    return this.#slot(6);
  }
  get parent(): Expr | undefined {
    const id = this.#slot(7);
    return id < 0 ? undefined : this.tree.at(id);
  }
  get line(): number {
    return this.tree.positionAt(this.start).line;
  }
  /** The line on which the call's name stands; in a pipe that is not where its first argument begins. */
  get nameLine(): number {
    return this.tree.positionAt(this.anchor).line;
  }
  get text(): string {
    return this.tree.source.slice(this.start, this.end);
  }

  get children(): readonly Expr[] {
    if (this.#children !== undefined) return this.#children;
    const found: Expr[] = [];
    for (let id = this.id + 1; id < this.next; id = this.tree.data.nodes[id * STRIDE + 3] as number) found.push(this.tree.at(id));
    this.#children = found;
    return found;
  }

  /** Arguments of a call in order, a piped one first; sections and the computed target are not arguments. */
  get args(): readonly Expr[] {
    if (this.kind !== "call") return [];
    const { children } = this;
    let end = children.length;
    while (end > 0 && children[end - 1]?.kind === "section") end--; // sections come last
    const start = this.has(flag.dynamic) ? 1 : 0;
    return start === 0 && end === children.length ? children : children.slice(start, end);
  }
  /** What `expr.f()` and `fun.()` are called on. */
  get target(): Expr | undefined {
    if (this.kind === "field") return this.children[0];
    return this.kind === "call" && this.has(flag.dynamic) ? this.children[0] : undefined;
  }
  /** Module part of a call on a literal module: `GenServer` of `GenServer.call`, `:ets` of `:ets.insert`; "" otherwise. */
  get module(): string {
    if ((this.kind !== "call" && this.kind !== "funref") || !this.has(flag.remote) || this.has(flag.dynamic)) return "";
    return this.name.slice(0, this.name.lastIndexOf("."));
  }
  /** Function part of the callee. */
  get fun(): string {
    if (this.kind !== "call" && this.kind !== "funref") return "";
    return this.module === "" ? this.name : this.name.slice(this.name.lastIndexOf(".") + 1);
  }
  /** A part of a call's do-block. */
  section(name: "do" | "else" | "rescue" | "catch" | "after"): Expr | undefined {
    const { nodes, symbols } = this.tree.data;
    for (let id = this.id + 1; id < this.next; id = nodes[id * STRIDE + 3] as number) if (((nodes[id * STRIDE] as number) & 255) === kindId.section && symbols[nodes[id * STRIDE + 4] as number] === name) return this.tree.at(id);
    return undefined;
  }
  /** Clauses of an anonymous function, of a section, or of a call's `do`. */
  get clauses(): readonly Expr[] {
    const holder = this.kind === "call" ? this.section("do") : this;
    return holder?.children.filter((child) => child.kind === "clause") ?? [];
  }
  get params(): readonly Expr[] {
    return this.kind === "clause" ? this.children.slice(0, this.count) : [];
  }
  get guard(): Expr | undefined {
    return this.kind === "clause" && this.has(flag.guard) ? this.children[this.count] : undefined;
  }
  /** The block of a clause or section: its expressions in order. */
  get body(): readonly Expr[] {
    if (this.kind === "clause") return this.children.at(-1)?.children ?? [];
    if (this.kind === "section" || this.kind === "block") return this.children;
    return [];
  }
  /** The expression whose value the block, clause or section has. */
  get result(): Expr | undefined {
    return this.body.at(-1);
  }
  /** Base of `%{base | …}`. */
  get updated(): Expr | undefined {
    return this.has(flag.update) ? this.children[this.has(flag.computed) ? 1 : 0] : undefined;
  }
  get pairs(): readonly Expr[] {
    return this.children.filter((child) => child.kind === "pair");
  }
  get key(): Expr | undefined {
    return this.kind === "pair" ? this.children[0] : undefined;
  }
  get value(): Expr | undefined {
    return this.kind === "pair" ? this.children[1] : this.kind === "attribute" ? this.children[0] : undefined;
  }
  /** Value under an atom key of a keyword list or map. */
  get(key: string): Expr | undefined {
    return this.pairs.find((pair) => pair.key?.kind === "atom" && pair.key.name === key)?.value;
  }
  get left(): Expr | undefined {
    return this.kind === "match" || this.kind === "op" ? this.children[0] : undefined;
  }
  get right(): Expr | undefined {
    return this.kind === "match" || this.kind === "op" ? this.children[1] : undefined;
  }
  isAtom(name?: string): boolean {
    return this.kind === "atom" && (name === undefined || this.name === name);
  }
  isVar(name?: string): boolean {
    return this.kind === "var" && (name === undefined || this.name === name);
  }
  isCall(...names: readonly string[]): boolean {
    return this.kind === "call" && (names.length === 0 || names.includes(this.name));
  }
  isOp(...names: readonly string[]): boolean {
    return (this.kind === "op" || this.kind === "unary") && names.includes(this.name);
  }

  /** This expression and everything below it, in source order of the desugared tree. */
  *descendants(): Generator<Expr> {
    for (let id = this.id; id < this.next; id++) yield this.tree.at(id);
  }
  /** Those of the kinds among `descendants`, in the same order; no objects are made for the others. */
  descendantsOf(...wanted: readonly Kind[]): Expr[] {
    let mask = 0;
    for (const kind of wanted) mask |= 1 << kindId[kind];
    const { nodes } = this.tree.data;
    const found: Expr[] = [];
    for (let { id, next } = this; id < next; id++) if ((mask >> ((nodes[id * STRIDE] as number) & 255)) & 1) found.push(this.tree.at(id));
    return found;
  }
  /** Expressions around this one, nearest first. */
  *ancestors(): Generator<Expr> {
    for (let above = this.parent; above !== undefined; above = above.parent) yield above;
  }
  contains(other: Expr): boolean {
    return this.tree === other.tree && this.id <= other.id && other.id < this.next;
  }
}
