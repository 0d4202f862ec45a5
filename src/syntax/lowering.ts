import { AliasScope, declareAliases } from "./alias-scope.ts";
import type { GrammarTypes } from "./grammar-types.ts";
import { RAW, rawFlag, type RawTree } from "./raw-tree.ts";
import { type Kind, kindId, STRIDE, type TreeData } from "./tree.ts";

/** No node: the answer of a search among children. */
export const NONE = -1;

const UNDERSCORE = 95;

let buffer = new Int32Array(1 << 18);

/** Reading the grammar's array and writing ours; what the steps of lowering are built on. */
export abstract class Lowering {
  protected readonly source: string;
  protected readonly raw: RawTree;
  protected readonly types: GrammarTypes;
  protected scope: AliasScope;
  private readonly symbols: string[] = [];
  private readonly ids = new Map<string, number>();
  private count = 0;

  /** `scope` holds what the text around the source says of names, for a part of a file. */
  constructor(source: string, raw: RawTree, types: GrammarTypes, scope = new AliasScope(undefined, "")) {
    this.scope = scope;
    this.source = source;
    this.raw = raw;
    this.types = types;
  }

  /** Writes the expression at `node` of the grammar's array below `parent` of ours. */
  protected abstract expression(node: number, parent: number): void;

  protected type(node: number): number {
    return (this.raw[node * RAW] as number) & 0xffff;
  }
  /** As `type`, and no type for no node. */
  protected typeOf(node: number): number {
    return node === NONE ? NONE : this.type(node);
  }
  protected field(node: number): number {
    return ((this.raw[node * RAW] as number) >> 16) & 0xff;
  }
  protected isNamed(node: number): boolean {
    return (((this.raw[node * RAW] as number) >>> 24) & rawFlag.named) !== 0;
  }
  protected start(node: number): number {
    return this.raw[node * RAW + 1] as number;
  }
  protected end(node: number): number {
    return this.raw[node * RAW + 2] as number;
  }
  protected after(node: number): number {
    return this.raw[node * RAW + 3] as number;
  }
  protected text(node: number): string {
    return this.source.slice(this.start(node), this.end(node));
  }
  protected namedChildren(node: number): number[] {
    const found: number[] = [];
    for (let child = this.firstNamed(node); child !== NONE; child = this.nextNamed(node, child)) found.push(child);
    return found;
  }
  /** The first child that is no comment and no token; `nextNamed` goes on from one. */
  protected firstNamed(node: number): number {
    return this.namedFrom(node + 1, this.after(node));
  }
  protected nextNamed(node: number, child: number): number {
    return this.namedFrom(this.after(child), this.after(node));
  }
  private namedFrom(first: number, end: number): number {
    const { raw } = this;
    const { comment } = this.types;
    for (let child = first; child < end; child = raw[child * RAW + 3] as number) {
      const head = raw[child * RAW] as number;
      if ((head >>> 24) & rawFlag.named && (head & 0xffff) !== comment) return child;
    }
    return NONE;
  }
  protected childOfType(node: number, type: number): number {
    for (let child = node + 1; child < this.after(node); child = this.after(child)) if (this.type(child) === type) return child;
    return NONE;
  }
  /** Parentheses around an expression carry its field, too; so except for operators only named nodes count. */
  protected childOfField(node: number, field: number): number {
    const anyNode = field === this.types.fields.operator;
    for (let child = node + 1; child < this.after(node); child = this.after(child)) if (this.field(child) === field && (anyNode || this.isNamed(child))) return child;
    return NONE;
  }

  /** Name of a module that is written out: `Foo.Bar`, `:ets`, `__MODULE__`, `__MODULE__.Sub`. */
  protected literalModule(node: number): string | undefined {
    const t = this.types;
    if (node === NONE) return undefined;
    if (this.type(node) === t.alias) return this.scope.expand(this.text(node));
    if (this.type(node) === t.atom) return this.text(node);
    if (this.type(node) === t.identifier && this.isThisModule(node)) return this.scope.module;
    if (this.type(node) === t.dot) {
      const right = this.childOfField(node, t.fields.right);
      const left = this.literalModule(this.childOfField(node, t.fields.left));
      if (left !== undefined && right !== NONE && this.type(right) === t.alias) return `${left}.${this.text(right)}`;
    }
    return undefined;
  }

  protected isThisModule(node: number): boolean {
    return this.source.charCodeAt(this.start(node)) === UNDERSCORE && this.text(node) === "__MODULE__";
  }

  // --- the array that is written

  protected open(kind: Kind, start: number, end: number, parent: number, symbol = NONE, flags = 0): number {
    if ((this.count + 1) * STRIDE > buffer.length) {
      const larger = new Int32Array(buffer.length * 2);
      larger.set(buffer);
      buffer = larger;
    }
    const at = this.count * STRIDE;
    buffer[at] = kindId[kind] | (flags << 8);
    buffer[at + 1] = start;
    buffer[at + 2] = end;
    buffer[at + 4] = symbol;
    buffer[at + 5] = start;
    buffer[at + 6] = 0;
    buffer[at + 7] = parent;
    return this.count++;
  }
  protected close(id: number): void {
    buffer[id * STRIDE + 3] = this.count;
  }
  protected set(id: number, slot: 4 | 5 | 6, value: number): void {
    buffer[id * STRIDE + slot] = value;
  }
  protected add(id: number, bit: number): void {
    buffer[id * STRIDE] = (buffer[id * STRIDE] as number) | (bit << 8);
  }
  protected leaf(kind: Kind, node: number, parent: number, symbol = NONE, flags = 0): number {
    const id = this.open(kind, this.start(node), this.end(node), parent, symbol, flags);
    this.close(id);
    return id;
  }
  protected symbol(name: string): number {
    let id = this.ids.get(name);
    if (id === undefined) {
      id = this.symbols.length;
      this.symbols.push(name);
      this.ids.set(name, id);
    }
    return id;
  }
  protected symbolAt(start: number, end: number): number {
    return this.symbol(this.source.slice(start, end));
  }
  protected nameOf(symbol: number): string {
    return this.symbols[symbol] as string;
  }
  protected symbolOf(node: number): number {
    return this.symbolAt(this.start(node), this.end(node));
  }

  protected declareAlias(id: number, directive: "alias" | "require"): void {
    declareAliases(this.scope, directive, id, { nodes: buffer, symbols: this.symbols, source: this.source });
  }
  /** What was written so far. */
  protected written(): Pick<TreeData, "nodes" | "symbols"> {
    return { nodes: buffer.slice(0, this.count * STRIDE), symbols: this.symbols };
  }
}
