import { sectionNames } from "./grammar-types.ts";
import { CollectionLowering } from "./lower-collections.ts";
import { NONE } from "./lowering.ts";
import { flag } from "./tree.ts";

const none: readonly number[] = [];

/** Calls with their callee, their module and alias directives, and their do-blocks. */
export abstract class CallLowering extends CollectionLowering {
  protected call(node: number, parent: number, piped: number): void {
    const t = this.types;
    const target = this.childOfField(node, t.fields.target);
    const argumentList = this.childOfType(node, t.arguments);
    const doBlock = this.childOfType(node, t.doBlock);
    const right = this.typeOf(target) === t.dot ? this.childOfField(target, t.fields.right) : NONE;
    const isPlain = argumentList === NONE && doBlock === NONE && piped === NONE;
    if (isPlain && right !== NONE && !this.isLiteralModule(this.childOfField(target, t.fields.left))) {
      this.fieldAccess(node, target, right, parent);
      return;
    }
    if (this.isMisparsedRange(target, argumentList)) {
      this.misparsedRange(node, target, argumentList, parent);
      return;
    }
    const start = piped === NONE ? this.start(node) : this.start(piped);
    const id = this.open("call", start, this.end(node), parent);
    if (argumentList === NONE || this.source.charCodeAt(this.start(argumentList)) !== 40) this.add(id, flag.bare);
    const scope = this.scope;
    const name = this.callee(id, target, right);
    const heads = name === "defmodule" || name === "defprotocol" || name === "defimpl";
    const module = heads && argumentList !== NONE ? this.moduleName(argumentList, name) : undefined;
    if (piped !== NONE) {
      this.add(id, flag.piped);
      this.expression(piped, id);
    }
    let count = piped === NONE ? 0 : 1;
    if (module !== undefined) this.scope = scope.inside(module);
    else if (doBlock !== NONE || name === "fn") this.scope = scope.nested();
    const first = argumentList === NONE ? NONE : this.firstNamed(argumentList);
    if (first !== NONE) count += this.arguments(argumentList, first, id, module);
    if (doBlock !== NONE) {
      this.sections(doBlock, id);
      count++;
    }
    this.set(id, 6, count);
    this.close(id);
    this.scope = scope;
    if (module !== undefined && name !== "defimpl") scope.define(module, first === NONE ? "" : this.text(first));
    else if (name === "alias" || name === "require") this.declareAlias(id, name);
  }

  /** Writes the arguments and the sections of a keyword do-block; answers how many arguments they are, the do-block one of them. */
  private arguments(argumentList: number, first: number, id: number, module: string | undefined): number {
    const t = this.types;
    let count = 0;
    let sections: readonly number[] = none;
    for (let argument = first; argument !== NONE; argument = this.nextNamed(argumentList, argument)) {
      if (module !== undefined && argument === first) {
        this.leaf("alias", argument, id, this.symbol(module));
        count++;
      } else if (this.type(argument) === t.keywords && this.nextNamed(argumentList, argument) === NONE) {
        const pairs = this.namedChildren(argument);
        sections = this.isDoKeywords(pairs) ? pairs.filter((pair) => sectionNames.has(this.keyOf(pair))) : none;
        if (pairs.length > sections.length) {
          this.keywordList(argument, sections === none ? pairs : pairs.filter((pair) => !sections.includes(pair)), id);
          count++;
        }
      } else if (this.type(argument) === t.dot && this.isMultiAlias(argument)) count += this.multiAlias(argument, id);
      else {
        this.expression(argument, id);
        count++;
      }
    }
    for (const pair of sections) this.keywordSection(pair, id);
    return sections.length > 0 ? count + 1 : count;
  }

  /** Writes the callee's name and computed target; returns the name. */
  protected callee(id: number, target: number, right: number): string {
    const t = this.types;
    if (target === NONE) return "";
    if (this.type(target) === t.dot) {
      const left = this.childOfField(target, t.fields.left);
      const fun = right === NONE ? "." : this.unquoted(right);
      this.set(id, 5, right === NONE ? this.start(target) : this.start(right));
      this.add(id, flag.remote);
      const module = this.literalModule(left);
      const name = module === undefined ? fun : `${module}.${fun}`;
      this.set(id, 4, this.symbol(name));
      if (module === undefined) {
        this.add(id, flag.dynamic);
        if (left !== NONE) this.expression(left, id);
      }
      return name;
    }
    this.set(id, 5, this.start(target));
    if (this.type(target) === t.identifier) {
      const symbol = this.symbolOf(target);
      this.set(id, 4, symbol);
      return this.nameOf(symbol);
    }
    this.set(id, 4, this.symbol("."));
    this.add(id, flag.dynamic);
    this.expression(target, id);
    return ".";
  }

  protected isLiteralModule(node: number): boolean {
    return this.literalModule(node) !== undefined;
  }
  protected unquoted(node: number): string {
    const first = this.source.charCodeAt(this.start(node));
    return first === 34 || first === 39 ? this.text(node).replace(/^["']|["']$/g, "") : this.text(node);
  }
  protected moduleName(argumentList: number, declared: string): string | undefined {
    const first = this.namedChildren(argumentList)[0];
    if (first === undefined) return undefined;
    if (this.type(first) === this.types.alias) {
      const name = this.text(first);
      return declared === "defimpl" ? this.implementationName(argumentList, this.scope.expand(name)) : this.scope.declared(name);
    }
    return this.literalModule(first);
  }
  /** `defimpl Size, for: Cup` is the module `Size.Cup`. */
  protected implementationName(argumentList: number, protocol: string): string {
    const last = this.namedChildren(argumentList).at(-1);
    if (last === undefined || this.type(last) !== this.types.keywords) return `${protocol}.${this.scope.module}`;
    const pair = this.namedChildren(last).find((candidate) => this.keyOf(candidate) === "for");
    const value = pair === undefined ? NONE : this.childOfField(pair, this.types.fields.value);
    return `${protocol}.${this.literalModule(value) ?? "Any"}`;
  }

  protected isMultiAlias(node: number): boolean {
    const right = this.childOfField(node, this.types.fields.right);
    return right !== NONE && this.type(right) === this.types.tuple;
  }
  /** `Foo.{A, B}` becomes `Foo.A`, `Foo.B`. */
  protected multiAlias(node: number, parent: number): number {
    const base = this.literalModule(this.childOfField(node, this.types.fields.left));
    const members = this.namedChildren(this.childOfField(node, this.types.fields.right));
    for (const member of members) this.leaf("alias", member, parent, this.symbol(base === undefined ? this.text(member) : `${base}.${this.text(member)}`));
    return members.length;
  }

  protected fieldAccess(node: number, dot: number, right: number, parent: number): void {
    const id = this.open("field", this.start(node), this.end(node), parent, this.symbol(this.unquoted(right)));
    this.set(id, 5, this.start(right));
    const left = this.childOfField(dot, this.types.fields.left);
    if (left !== NONE) this.expression(left, id);
    this.close(id);
  }

  /** Inside call arguments the grammar reads `n..-1` as the call `n(.. - 1)`. */
  protected isMisparsedRange(target: number, argumentList: number): boolean {
    if (target === NONE || argumentList === NONE || this.type(target) !== this.types.identifier) return false;
    const first = this.firstNamed(argumentList);
    if (first === NONE || this.type(first) !== this.types.binary || this.nextNamed(argumentList, first) !== NONE) return false;
    let left = first;
    while (this.type(left) === this.types.binary) {
      const next = this.childOfField(left, this.types.fields.left);
      if (next === NONE) return false;
      left = next;
    }
    return left !== first && this.type(left) === this.types.operatorIdentifier && this.text(left) === "..";
  }
  protected misparsedRange(node: number, target: number, argumentList: number, parent: number): void {
    const id = this.open("op", this.start(node), this.end(node), parent, this.symbol(".."));
    this.leaf("var", target, id, this.symbol(this.text(target)));
    const operation = this.namedChildren(argumentList)[0] as number;
    const negated = this.open("unary", this.start(operation) + 2, this.end(operation), id, this.symbol("-"));
    for (const child of this.namedChildren(operation)) if (this.field(child) === this.types.fields.right) this.expression(child, negated);
    this.close(negated);
    this.close(id);
  }

  protected keywordSection(pair: number, parent: number): void {
    const value = this.childOfField(pair, this.types.fields.value);
    const id = this.open("section", this.start(pair), this.end(pair), parent, this.symbol(this.keyOf(pair)));
    if (value !== NONE && this.type(value) === this.types.block) this.bodyOf(value, id);
    else if (value !== NONE) this.expression(value, id);
    this.close(id);
  }

  protected sections(doBlock: number, parent: number): void {
    const t = this.types;
    let other = this.firstNamed(doBlock);
    while (other !== NONE && !t.sectionOf.has(this.type(other))) other = this.nextNamed(doBlock, other);
    const main = this.open("section", this.start(doBlock), other === NONE ? this.end(doBlock) : this.start(other), parent, this.symbol("do"));
    for (let child = this.firstNamed(doBlock); child !== NONE; child = this.nextNamed(doBlock, child)) if (!t.sectionOf.has(this.type(child))) this.expression(child, main);
    this.close(main);
    for (; other !== NONE; other = this.nextNamed(doBlock, other)) {
      if (!t.sectionOf.has(this.type(other))) continue;
      const id = this.open("section", this.start(other), this.end(other), parent, this.symbol(t.sectionOf.get(this.type(other)) ?? ""));
      this.bodyOf(other, id);
      this.close(id);
    }
  }

  protected bodyOf(block: number, parent: number): void {
    for (let child = this.firstNamed(block); child !== NONE; child = this.nextNamed(block, child)) this.expression(child, parent);
  }
}
