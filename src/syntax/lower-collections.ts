import { Lowering, NONE } from "./lowering.ts";
import { flag, type Kind } from "./tree.ts";

/** Longer texts (docs) are not kept as symbols; their place is. */
const LONGEST_SYMBOL = 240;

const COLON = 58;
const isQuote = (unit: number): boolean => unit === 34 || unit === 39;
const isSpace = (unit: number): boolean => unit === 32 || (unit >= 9 && unit <= 13);

/** Texts, lists, tuples, maps and keywords. */
export abstract class CollectionLowering extends Lowering {
  protected quoted(kind: "atom" | "string" | "charlist", node: number, parent: number): void {
    const t = this.types;
    const id = this.open(kind, this.start(node), this.end(node), parent);
    let text = "";
    const only = this.firstNamed(node);
    if (only !== NONE && this.type(only) !== t.interpolation && this.nextNamed(node, only) === NONE) {
      if (this.end(only) - this.start(only) <= LONGEST_SYMBOL) this.set(id, 4, this.symbolOf(only));
      this.close(id);
      return;
    }
    for (let child = only; child !== NONE; child = this.nextNamed(node, child)) {
      if (this.type(child) === t.interpolation) {
        this.add(id, flag.interpolated);
        for (const inner of this.namedChildren(child)) this.expression(inner, id);
      } else if (text.length <= LONGEST_SYMBOL) text += this.text(child);
    }
    if (text.length <= LONGEST_SYMBOL) this.set(id, 4, this.symbol(text));
    this.close(id);
  }

  protected sigil(node: number, parent: number): void {
    const t = this.types;
    const name = this.childOfType(node, t.sigilName);
    const written = name === NONE ? (/^~([a-z]|[A-Z][A-Z0-9]*)/.exec(this.text(node).slice(0, 12))?.[1] ?? "") : this.text(name);
    const id = this.open("sigil", this.start(node), this.end(node), parent, this.symbol(written));
    for (const child of this.namedChildren(node)) {
      if (this.type(child) !== t.interpolation) continue;
      this.add(id, flag.interpolated);
      for (const inner of this.namedChildren(child)) this.expression(inner, id);
    }
    this.close(id);
  }

  protected collection(node: number, parent: number, kind: Kind): void {
    const id = this.open(kind, this.start(node), this.end(node), parent);
    for (let child = this.firstNamed(node); child !== NONE; child = this.nextNamed(node, child)) {
      if (this.type(child) === this.types.keywords && kind === "tuple") this.keywords(child, id);
      else if (this.type(child) === this.types.keywords) for (const pair of this.namedChildren(child)) this.pair(pair, id);
      else this.element(child, id);
    }
    this.close(id);
  }

  protected element(node: number, parent: number): void {
    const operator = this.type(node) === this.types.binary ? this.childOfField(node, this.types.fields.operator) : NONE;
    if (operator === NONE || !this.source.startsWith("=>", this.start(operator))) {
      this.expression(node, parent);
      return;
    }
    const id = this.open("pair", this.start(node), this.end(node), parent);
    for (const child of this.namedChildren(node)) this.expression(child, id);
    this.close(id);
  }

  protected map(node: number, parent: number): void {
    const t = this.types;
    const struct = this.childOfType(node, t.struct);
    const id = this.open(struct === NONE ? "map" : "struct", this.start(node), this.end(node), parent);
    if (struct !== NONE) {
      const named = this.namedChildren(struct)[0] ?? NONE;
      const module = this.literalModule(named);
      if (module !== undefined) this.set(id, 4, this.symbol(module));
      else if (named !== NONE) {
        this.add(id, flag.computed);
        this.expression(named, id);
      }
    }
    const content = this.childOfType(node, t.mapContent);
    if (content !== NONE) this.namedChildren(content).forEach((child, i) => this.mapEntry(child, id, i === 0));
    this.close(id);
  }
  protected mapEntry(node: number, parent: number, isFirst: boolean): void {
    const t = this.types;
    const operator = this.type(node) === t.binary ? this.childOfField(node, t.fields.operator) : NONE;
    if (isFirst && operator !== NONE && this.text(operator) === "|") {
      this.add(parent, flag.update);
      this.expression(this.childOfField(node, t.fields.left), parent);
      const right = this.childOfField(node, t.fields.right);
      if (right !== NONE) this.mapEntry(right, parent, false);
    } else if (this.type(node) === t.keywords) for (const pair of this.namedChildren(node)) this.pair(pair, parent);
    else this.element(node, parent);
  }

  protected keywords(node: number, parent: number): void {
    this.keywordList(node, this.namedChildren(node), parent);
  }
  protected keywordList(node: number, pairs: readonly number[], parent: number): void {
    const id = this.open("list", this.start(pairs[0] ?? node), this.end(pairs.at(-1) ?? node), parent, NONE, flag.keyword);
    for (const pair of pairs) this.pair(pair, id);
    this.close(id);
  }
  protected pair(node: number, parent: number): void {
    const t = this.types;
    if (this.type(node) !== t.pair) {
      this.element(node, parent);
      return;
    }
    const key = this.childOfField(node, t.fields.key);
    const value = this.childOfField(node, t.fields.value);
    const id = this.open("pair", this.start(node), this.end(node), parent);
    if (key !== NONE) this.leaf("atom", key, id, this.keySymbol(key));
    if (value !== NONE) this.expression(value, id);
    this.close(id);
  }
  protected keyOf(pair: number): string {
    const key = this.childOfField(pair, this.types.fields.key);
    return key === NONE ? "" : this.source.slice(this.keyStart(key), this.keyEnd(key));
  }
  private keySymbol(key: number): number {
    return this.symbolAt(this.keyStart(key), this.keyEnd(key));
  }
  /** A key without its colon, the space behind it, and the quotes around it. */
  private keyStart(key: number): number {
    const start = this.start(key);
    return isQuote(this.source.charCodeAt(start)) ? start + 1 : start;
  }
  private keyEnd(key: number): number {
    let end = this.end(key);
    while (end > this.start(key) && isSpace(this.source.charCodeAt(end - 1))) end--;
    if (this.source.charCodeAt(end - 1) === COLON) end--;
    return Math.max(this.keyStart(key), isQuote(this.source.charCodeAt(end - 1)) ? end - 1 : end);
  }
  protected isDoKeywords(pairs: readonly number[]): boolean {
    for (const pair of pairs) if (this.isDo(this.childOfField(pair, this.types.fields.key))) return true;
    return false;
  }
  private isDo(key: number): boolean {
    return key !== NONE && this.keyEnd(key) - this.keyStart(key) === 2 && this.source.startsWith("do", this.keyStart(key));
  }
}
