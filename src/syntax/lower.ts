import type { Span } from "../text/span.ts";
import { AliasScope } from "./alias-scope.ts";
import { type GrammarTypes, sectionNames } from "./grammar-types.ts";
import { RAW, rawFlag, type RawTree } from "./raw-tree.ts";
import { type Comment, flag, type Kind, kindId, STRIDE, type TreeData } from "./tree.ts";

const NONE = -1;
/** Longer texts (docs) are not kept as symbols; their place is. */
const LONGEST_SYMBOL = 240;

/** Turns the grammar's tree of one file into ours. Desugars once; see `Kind` for what comes out. Never throws on bad code. */
export function lower(source: string, raw: RawTree, types: GrammarTypes): TreeData {
  return new Lowering(source, raw, types).run();
}

let buffer = new Int32Array(1 << 18);

class Lowering {
  readonly #source: string;
  readonly #raw: RawTree;
  readonly #types: GrammarTypes;
  readonly #symbols: string[] = [];
  readonly #ids = new Map<string, number>();
  #count = 0;
  #scope = new AliasScope(undefined, "");

  constructor(source: string, raw: RawTree, types: GrammarTypes) {
    this.#source = source;
    this.#raw = raw;
    this.#types = types;
  }

  run(): TreeData {
    const root = this.#open("block", 0, this.#source.length, NONE);
    for (const child of this.#namedChildren(0)) this.#expression(child, root);
    this.#close(root);
    const { comments, errors } = this.#extras();
    return { nodes: buffer.slice(0, this.#count * STRIDE), symbols: this.#symbols, comments, errors };
  }

  // --- the array that is read

  #type(node: number): number {
    return (this.#raw[node * RAW] as number) & 0xffff;
  }
  #field(node: number): number {
    return ((this.#raw[node * RAW] as number) >> 16) & 0xff;
  }
  #isNamed(node: number): boolean {
    return (((this.#raw[node * RAW] as number) >>> 24) & rawFlag.named) !== 0;
  }
  #start(node: number): number {
    return this.#raw[node * RAW + 1] as number;
  }
  #end(node: number): number {
    return this.#raw[node * RAW + 2] as number;
  }
  #after(node: number): number {
    return this.#raw[node * RAW + 3] as number;
  }
  #text(node: number): string {
    return this.#source.slice(this.#start(node), this.#end(node));
  }
  #namedChildren(node: number): number[] {
    const found: number[] = [];
    for (let child = node + 1; child < this.#after(node); child = this.#after(child)) if (this.#isNamed(child) && this.#type(child) !== this.#types.comment) found.push(child);
    return found;
  }
  #childOfType(node: number, type: number): number {
    for (let child = node + 1; child < this.#after(node); child = this.#after(child)) if (this.#type(child) === type) return child;
    return NONE;
  }
  /** Parentheses around an expression carry its field, too; so except for operators only named nodes count. */
  #childOfField(node: number, field: number): number {
    const anyNode = field === this.#types.fields.operator;
    for (let child = node + 1; child < this.#after(node); child = this.#after(child)) if (this.#field(child) === field && (anyNode || this.#isNamed(child))) return child;
    return NONE;
  }

  // --- the array that is written

  #open(kind: Kind, start: number, end: number, parent: number, symbol = NONE, flags = 0): number {
    if ((this.#count + 1) * STRIDE > buffer.length) {
      const larger = new Int32Array(buffer.length * 2);
      larger.set(buffer);
      buffer = larger;
    }
    const at = this.#count * STRIDE;
    buffer[at] = kindId[kind] | (flags << 8);
    buffer[at + 1] = start;
    buffer[at + 2] = end;
    buffer[at + 4] = symbol;
    buffer[at + 5] = start;
    buffer[at + 6] = 0;
    buffer[at + 7] = parent;
    return this.#count++;
  }
  #close(id: number): void {
    buffer[id * STRIDE + 3] = this.#count;
  }
  #set(id: number, slot: 4 | 5 | 6, value: number): void {
    buffer[id * STRIDE + slot] = value;
  }
  #add(id: number, bit: number): void {
    buffer[id * STRIDE] = (buffer[id * STRIDE] as number) | (bit << 8);
  }
  #leaf(kind: Kind, node: number, parent: number, symbol = NONE, flags = 0): number {
    const id = this.#open(kind, this.#start(node), this.#end(node), parent, symbol, flags);
    this.#close(id);
    return id;
  }
  #symbol(name: string): number {
    let id = this.#ids.get(name);
    if (id === undefined) {
      id = this.#symbols.length;
      this.#symbols.push(name);
      this.#ids.set(name, id);
    }
    return id;
  }

  // --- expressions

  #expression(node: number, parent: number): void {
    const t = this.#types;
    switch (t.roles[this.#type(node)]) {
      case "identifier":
        if (this.#text(node) === "__MODULE__") this.#leaf("alias", node, parent, this.#symbol(this.#scope.module));
        else this.#leaf("var", node, parent, this.#symbol(this.#text(node)));
        return;
      case "alias":
        this.#leaf("alias", node, parent, this.#symbol(this.#scope.expand(this.#text(node))));
        return;
      case "call":
        this.#call(node, parent, NONE);
        return;
      case "binary":
        this.#binary(node, parent);
        return;
      case "unary":
        this.#unary(node, parent);
        return;
      case "access":
        this.#access(node, parent);
        return;
      case "dot":
        this.#dot(node, parent);
        return;
      case "atom":
        this.#leaf("atom", node, parent, this.#symbol(this.#text(node).replace(/^:/, "")));
        return;
      case "quoted-atom":
        this.#quoted("atom", node, parent);
        return;
      case "number":
        this.#leaf("number", node, parent, this.#symbol(this.#text(node)));
        return;
      case "string":
        this.#quoted("string", node, parent);
        return;
      case "charlist":
        this.#quoted("charlist", node, parent);
        return;
      case "sigil":
        this.#sigil(node, parent);
        return;
      case "list":
      case "tuple":
      case "bitstring":
        this.#collection(node, parent, t.roles[this.#type(node)] as Kind);
        return;
      case "map":
        this.#map(node, parent);
        return;
      case "keywords":
        this.#keywords(node, parent);
        return;
      case "pair":
        this.#pair(node, parent);
        return;
      case "fn":
        this.#anonymous(node, parent);
        return;
      case "block":
        this.#block(node, parent);
        return;
      case "clause":
        this.#clause(node, parent);
        return;
      case "error":
        this.#error(node, parent);
        return;
      case "comment":
        return;
      default:
        for (const child of this.#namedChildren(node)) this.#expression(child, parent);
    }
  }

  /** Whatever did not parse keeps its readable parts below an `error` node. */
  #error(node: number, parent: number): void {
    const id = this.#open("error", this.#start(node), this.#end(node), parent);
    for (const child of this.#namedChildren(node)) this.#expression(child, id);
    this.#close(id);
  }

  #call(node: number, parent: number, piped: number): void {
    const t = this.#types;
    const target = this.#childOfField(node, t.fields.target);
    const argumentList = this.#childOfType(node, t.arguments);
    const doBlock = this.#childOfType(node, t.doBlock);
    const isDot = target !== NONE && this.#type(target) === t.dot;
    const right = isDot ? this.#childOfField(target, t.fields.right) : NONE;
    if (isDot && argumentList === NONE && doBlock === NONE && piped === NONE && right !== NONE && !this.#isLiteralModule(this.#childOfField(target, t.fields.left))) {
      this.#fieldAccess(node, target, right, parent);
      return;
    }
    if (this.#isMisparsedRange(target, argumentList)) {
      this.#misparsedRange(node, target, argumentList, parent);
      return;
    }
    const start = piped === NONE ? this.#start(node) : this.#start(piped);
    const id = this.#open("call", start, this.#end(node), parent);
    if (argumentList === NONE || this.#source.charCodeAt(this.#start(argumentList)) !== 40) this.#add(id, flag.bare);
    const scope = this.#scope;
    const name = this.#callee(id, target, right);
    const heads = name === "defmodule" || name === "defprotocol" || name === "defimpl";
    const module = heads && argumentList !== NONE ? this.#moduleName(argumentList, name) : undefined;
    let count = 0;
    if (piped !== NONE) {
      this.#add(id, flag.piped);
      this.#expression(piped, id);
      count++;
    }
    if (module !== undefined) this.#scope = scope.inside(module);
    else if (doBlock !== NONE || name === "fn") this.#scope = scope.nested();
    const lists = argumentList === NONE ? [] : this.#namedChildren(argumentList);
    let sections: number[] = [];
    lists.forEach((argument, i) => {
      if (module !== undefined && i === 0) {
        this.#leaf("alias", argument, id, this.#symbol(module));
        count++;
      } else if (this.#type(argument) === t.keywords && i === lists.length - 1) {
        const pairs = this.#namedChildren(argument);
        sections = this.#isDoKeywords(pairs) ? pairs.filter((pair) => sectionNames.has(this.#keyOf(pair))) : [];
        if (pairs.length > sections.length) {
          this.#keywordList(argument, pairs.filter((pair) => !sections.includes(pair)), id);
          count++;
        }
      } else if (this.#type(argument) === t.dot && this.#isMultiAlias(argument)) count += this.#multiAlias(argument, id);
      else {
        this.#expression(argument, id);
        count++;
      }
    });
    for (const pair of sections) this.#keywordSection(pair, id);
    if (doBlock !== NONE) this.#sections(doBlock, id);
    if (sections.length > 0 || doBlock !== NONE) count++;
    this.#set(id, 6, count);
    this.#close(id);
    this.#scope = scope;
    if (module !== undefined && name !== "defimpl") scope.define(module, lists[0] === undefined ? "" : this.#text(lists[0]));
    else if (name === "alias" || name === "require") this.#declareAlias(id, name);
  }

  /** Writes the callee's name and computed target; returns the name. */
  #callee(id: number, target: number, right: number): string {
    const t = this.#types;
    if (target === NONE) return "";
    if (this.#type(target) === t.dot) {
      const left = this.#childOfField(target, t.fields.left);
      const fun = right === NONE ? "." : this.#unquoted(right);
      this.#set(id, 5, right === NONE ? this.#start(target) : this.#start(right));
      this.#add(id, flag.remote);
      const module = this.#literalModule(left);
      const name = module === undefined ? fun : `${module}.${fun}`;
      this.#set(id, 4, this.#symbol(name));
      if (module === undefined) {
        this.#add(id, flag.dynamic);
        if (left !== NONE) this.#expression(left, id);
      }
      return name;
    }
    this.#set(id, 5, this.#start(target));
    if (this.#type(target) === t.identifier) {
      const name = this.#text(target);
      this.#set(id, 4, this.#symbol(name));
      return name;
    }
    this.#set(id, 4, this.#symbol("."));
    this.#add(id, flag.dynamic);
    this.#expression(target, id);
    return ".";
  }

  #isLiteralModule(node: number): boolean {
    return this.#literalModule(node) !== undefined;
  }
  /** Name of a module that is written out: `Foo.Bar`, `:ets`, `__MODULE__`, `__MODULE__.Sub`. */
  #literalModule(node: number): string | undefined {
    const t = this.#types;
    if (node === NONE) return undefined;
    if (this.#type(node) === t.alias) return this.#scope.expand(this.#text(node));
    if (this.#type(node) === t.atom) return this.#text(node);
    if (this.#type(node) === t.identifier && this.#text(node) === "__MODULE__") return this.#scope.module;
    if (this.#type(node) === t.dot) {
      const right = this.#childOfField(node, t.fields.right);
      const left = this.#literalModule(this.#childOfField(node, t.fields.left));
      if (left !== undefined && right !== NONE && this.#type(right) === t.alias) return `${left}.${this.#text(right)}`;
    }
    return undefined;
  }
  #unquoted(node: number): string {
    return this.#text(node).replace(/^["']|["']$/g, "");
  }
  #moduleName(argumentList: number, declared: string): string | undefined {
    const first = this.#namedChildren(argumentList)[0];
    if (first === undefined) return undefined;
    if (this.#type(first) === this.#types.alias) {
      const name = this.#text(first);
      return declared === "defimpl" ? this.#implementationName(argumentList, this.#scope.expand(name)) : this.#scope.declared(name);
    }
    return this.#literalModule(first);
  }
  /** `defimpl Size, for: Cup` is the module `Size.Cup`. */
  #implementationName(argumentList: number, protocol: string): string {
    const last = this.#namedChildren(argumentList).at(-1);
    if (last === undefined || this.#type(last) !== this.#types.keywords) return `${protocol}.${this.#scope.module}`;
    const pair = this.#namedChildren(last).find((candidate) => this.#keyOf(candidate) === "for");
    const value = pair === undefined ? NONE : this.#childOfField(pair, this.#types.fields.value);
    return `${protocol}.${this.#literalModule(value) ?? "Any"}`;
  }

  #isMultiAlias(node: number): boolean {
    const right = this.#childOfField(node, this.#types.fields.right);
    return right !== NONE && this.#type(right) === this.#types.tuple;
  }
  /** `Foo.{A, B}` becomes `Foo.A`, `Foo.B`. */
  #multiAlias(node: number, parent: number): number {
    const base = this.#literalModule(this.#childOfField(node, this.#types.fields.left));
    const members = this.#namedChildren(this.#childOfField(node, this.#types.fields.right));
    for (const member of members) this.#leaf("alias", member, parent, this.#symbol(base === undefined ? this.#text(member) : `${base}.${this.#text(member)}`));
    return members.length;
  }
  #declareAlias(id: number, directive: string): void {
    let named: string | undefined;
    const targets: string[] = [];
    for (let child = id + 1; child < this.#count; child = buffer[child * STRIDE + 3] as number) {
      const kind = (buffer[child * STRIDE] as number) & 255;
      const symbol = this.#symbols[buffer[child * STRIDE + 4] as number] ?? "";
      if (kind === kindId.alias) targets.push(symbol);
      else if (kind === kindId.list) named = this.#asOption(child);
    }
    if (named !== undefined && targets[0] !== undefined) this.#scope.add(named, targets[0]);
    else if (directive === "alias") for (const target of targets) this.#scope.add(target.slice(target.lastIndexOf(".") + 1), target);
  }
  #asOption(list: number): string | undefined {
    for (let pair = list + 1; pair < (buffer[list * STRIDE + 3] as number); pair = buffer[pair * STRIDE + 3] as number) {
      const key = pair + 1;
      const value = key + 1;
      if (this.#symbols[buffer[key * STRIDE + 4] as number] !== "as") continue;
      const written = this.#source.slice(buffer[value * STRIDE + 1], buffer[value * STRIDE + 2]);
      return written;
    }
    return undefined;
  }

  #fieldAccess(node: number, dot: number, right: number, parent: number): void {
    const id = this.#open("field", this.#start(node), this.#end(node), parent, this.#symbol(this.#unquoted(right)));
    this.#set(id, 5, this.#start(right));
    const left = this.#childOfField(dot, this.#types.fields.left);
    if (left !== NONE) this.#expression(left, id);
    this.#close(id);
  }

  /** Inside call arguments the grammar reads `n..-1` as the call `n(.. - 1)`. */
  #isMisparsedRange(target: number, argumentList: number): boolean {
    if (target === NONE || argumentList === NONE || this.#type(target) !== this.#types.identifier) return false;
    const only = this.#namedChildren(argumentList);
    const first = only[0];
    if (first === undefined || only.length !== 1) return false;
    let left = first;
    while (this.#type(left) === this.#types.binary) {
      const next = this.#childOfField(left, this.#types.fields.left);
      if (next === NONE) return false;
      left = next;
    }
    return left !== first && this.#type(left) === this.#types.operatorIdentifier && this.#text(left) === "..";
  }
  #misparsedRange(node: number, target: number, argumentList: number, parent: number): void {
    const id = this.#open("op", this.#start(node), this.#end(node), parent, this.#symbol(".."));
    this.#leaf("var", target, id, this.#symbol(this.#text(target)));
    const operation = this.#namedChildren(argumentList)[0] as number;
    const negated = this.#open("unary", this.#start(operation) + 2, this.#end(operation), id, this.#symbol("-"));
    for (const child of this.#namedChildren(operation)) if (this.#field(child) === this.#types.fields.right) this.#expression(child, negated);
    this.#close(negated);
    this.#close(id);
  }

  #binary(node: number, parent: number): void {
    const t = this.#types;
    const left = this.#childOfField(node, t.fields.left);
    const right = this.#childOfField(node, t.fields.right);
    const operator = this.#childOfField(node, t.fields.operator);
    const name = operator === NONE ? "" : this.#text(operator);
    if (name === "|>" && left !== NONE && right !== NONE) {
      this.#pipe(node, left, right, parent);
      return;
    }
    const id = this.#open(name === "=" ? "match" : "op", this.#start(node), this.#end(node), parent, this.#symbol(name === "not in" ? "not in" : name));
    if (operator !== NONE) this.#set(id, 5, this.#start(operator));
    if (left !== NONE) this.#expression(left, id);
    if (right !== NONE) this.#expression(right, id);
    this.#close(id);
  }

  #pipe(node: number, left: number, right: number, parent: number): void {
    const t = this.#types;
    const type = this.#type(right);
    if (type === t.call) {
      this.#call(right, parent, left);
      return;
    }
    const isName = type === t.identifier || type === t.dot;
    const id = this.#open("call", this.#start(node), this.#end(node), parent, NONE, flag.piped | flag.bare);
    if (isName && type === t.identifier) {
      this.#set(id, 4, this.#symbol(this.#text(right)));
      this.#set(id, 5, this.#start(right));
    } else this.#callee(id, right, type === t.dot ? this.#childOfField(right, t.fields.right) : NONE);
    this.#expression(left, id);
    this.#set(id, 6, 1);
    this.#close(id);
  }

  #unary(node: number, parent: number): void {
    const t = this.#types;
    const operator = this.#childOfField(node, t.fields.operator);
    const operand = this.#childOfField(node, t.fields.operand);
    const name = operator === NONE ? "" : this.#text(operator);
    if (name === "@" && operand !== NONE) this.#attribute(node, operand, parent);
    else if (name === "&" && operand !== NONE) this.#capture(node, operand, parent);
    else {
      const id = this.#open(name === "^" ? "pin" : "unary", this.#start(node), this.#end(node), parent, this.#symbol(name));
      if (operand !== NONE) this.#expression(operand, id);
      this.#close(id);
    }
  }

  #attribute(node: number, operand: number, parent: number): void {
    const t = this.#types;
    const target = this.#type(operand) === t.call ? this.#childOfField(operand, t.fields.target) : operand;
    const id = this.#open("attribute", this.#start(node), this.#end(node), parent, this.#symbol(target === NONE ? "" : this.#text(target)));
    const argumentList = target === operand ? NONE : this.#childOfType(operand, t.arguments);
    if (argumentList !== NONE) for (const argument of this.#namedChildren(argumentList)) this.#expression(argument, id);
    this.#close(id);
  }

  /** `&f/1` names a function; `&1` is a parameter; anything else is an anonymous function. */
  #capture(node: number, operand: number, parent: number): void {
    const t = this.#types;
    if (t.roles[this.#type(operand)] === "number") {
      this.#leaf("var", node, parent, this.#symbol(this.#text(node)));
      return;
    }
    const left = this.#type(operand) === t.binary ? this.#childOfField(operand, t.fields.left) : NONE;
    const right = left === NONE ? NONE : this.#childOfField(operand, t.fields.right);
    const operator = left === NONE ? NONE : this.#childOfField(operand, t.fields.operator);
    if (left !== NONE && right !== NONE && operator !== NONE && this.#text(operator) === "/" && t.roles[this.#type(right)] === "number" && this.#isFunctionName(left)) {
      const id = this.#open("funref", this.#start(node), this.#end(node), parent);
      this.#set(id, 6, Number(this.#text(right)));
      const dot = this.#type(left) === t.call ? this.#childOfField(left, t.fields.target) : left;
      this.#callee(id, dot, this.#type(dot) === t.dot ? this.#childOfField(dot, t.fields.right) : NONE);
      this.#close(id);
      return;
    }
    const id = this.#open("fn", this.#start(node), this.#end(node), parent, NONE, flag.capture);
    const clause = this.#open("clause", this.#start(operand), this.#end(operand), id);
    const body = this.#open("block", this.#start(operand), this.#end(operand), clause);
    this.#expression(operand, body);
    this.#close(body);
    this.#close(clause);
    this.#close(id);
  }
  #isFunctionName(node: number): boolean {
    const t = this.#types;
    if (this.#type(node) === t.identifier || this.#type(node) === t.operatorIdentifier) return true;
    if (this.#type(node) === t.dot) return true;
    return this.#type(node) === t.call && this.#childOfType(node, t.arguments) === NONE && this.#type(this.#childOfField(node, t.fields.target)) === t.dot;
  }

  #access(node: number, parent: number): void {
    const id = this.#open("call", this.#start(node), this.#end(node), parent, this.#symbol("Access.get"), flag.remote);
    this.#set(id, 6, 2);
    for (const child of this.#namedChildren(node)) this.#expression(child, id);
    this.#close(id);
  }

  #dot(node: number, parent: number): void {
    const module = this.#literalModule(node);
    if (module !== undefined) {
      this.#leaf("alias", node, parent, this.#symbol(module));
      return;
    }
    if (this.#isMultiAlias(node)) {
      const id = this.#open("list", this.#start(node), this.#end(node), parent);
      this.#multiAlias(node, id);
      this.#close(id);
      return;
    }
    const right = this.#childOfField(node, this.#types.fields.right);
    if (right !== NONE) this.#fieldAccess(node, node, right, parent);
  }

  // --- texts and collections

  #quoted(kind: "atom" | "string" | "charlist", node: number, parent: number): void {
    const t = this.#types;
    const id = this.#open(kind, this.#start(node), this.#end(node), parent);
    let text = "";
    for (const child of this.#namedChildren(node)) {
      if (this.#type(child) === t.interpolation) {
        this.#add(id, flag.interpolated);
        for (const inner of this.#namedChildren(child)) this.#expression(inner, id);
      } else if (text.length <= LONGEST_SYMBOL) text += this.#text(child);
    }
    if (text.length <= LONGEST_SYMBOL) this.#set(id, 4, this.#symbol(text));
    this.#close(id);
  }

  #sigil(node: number, parent: number): void {
    const t = this.#types;
    const name = this.#childOfType(node, t.sigilName);
    const written = name === NONE ? (/^~([a-z]|[A-Z][A-Z0-9]*)/.exec(this.#text(node).slice(0, 12))?.[1] ?? "") : this.#text(name);
    const id = this.#open("sigil", this.#start(node), this.#end(node), parent, this.#symbol(written));
    for (const child of this.#namedChildren(node)) {
      if (this.#type(child) !== t.interpolation) continue;
      this.#add(id, flag.interpolated);
      for (const inner of this.#namedChildren(child)) this.#expression(inner, id);
    }
    this.#close(id);
  }

  #collection(node: number, parent: number, kind: Kind): void {
    const id = this.#open(kind, this.#start(node), this.#end(node), parent);
    for (const child of this.#namedChildren(node)) {
      if (this.#type(child) === this.#types.keywords) for (const pair of this.#namedChildren(child)) this.#pair(pair, id);
      else this.#element(child, id);
    }
    this.#close(id);
  }

  #element(node: number, parent: number): void {
    const operator = this.#type(node) === this.#types.binary ? this.#childOfField(node, this.#types.fields.operator) : NONE;
    if (operator === NONE || this.#text(operator) !== "=>") {
      this.#expression(node, parent);
      return;
    }
    const id = this.#open("pair", this.#start(node), this.#end(node), parent);
    for (const child of this.#namedChildren(node)) this.#expression(child, id);
    this.#close(id);
  }

  #map(node: number, parent: number): void {
    const t = this.#types;
    const struct = this.#childOfType(node, t.struct);
    const id = this.#open(struct === NONE ? "map" : "struct", this.#start(node), this.#end(node), parent);
    if (struct !== NONE) {
      const named = this.#namedChildren(struct)[0] ?? NONE;
      const module = this.#literalModule(named);
      if (module !== undefined) this.#set(id, 4, this.#symbol(module));
      else if (named !== NONE) {
        this.#add(id, flag.computed);
        this.#expression(named, id);
      }
    }
    const content = this.#childOfType(node, t.mapContent);
    if (content !== NONE) this.#namedChildren(content).forEach((child, i) => this.#mapEntry(child, id, i === 0));
    this.#close(id);
  }
  #mapEntry(node: number, parent: number, isFirst: boolean): void {
    const t = this.#types;
    const operator = this.#type(node) === t.binary ? this.#childOfField(node, t.fields.operator) : NONE;
    if (isFirst && operator !== NONE && this.#text(operator) === "|") {
      this.#add(parent, flag.update);
      this.#expression(this.#childOfField(node, t.fields.left), parent);
      const right = this.#childOfField(node, t.fields.right);
      if (right !== NONE) this.#mapEntry(right, parent, false);
    } else if (this.#type(node) === t.keywords) for (const pair of this.#namedChildren(node)) this.#pair(pair, parent);
    else this.#element(node, parent);
  }

  #keywords(node: number, parent: number): void {
    this.#keywordList(node, this.#namedChildren(node), parent);
  }
  #keywordList(node: number, pairs: readonly number[], parent: number): void {
    const id = this.#open("list", this.#start(pairs[0] ?? node), this.#end(pairs.at(-1) ?? node), parent, NONE, flag.keyword);
    for (const pair of pairs) this.#pair(pair, id);
    this.#close(id);
  }
  #pair(node: number, parent: number): void {
    const t = this.#types;
    if (this.#type(node) !== t.pair) {
      this.#element(node, parent);
      return;
    }
    const key = this.#childOfField(node, t.fields.key);
    const value = this.#childOfField(node, t.fields.value);
    const id = this.#open("pair", this.#start(node), this.#end(node), parent);
    if (key !== NONE) this.#leaf("atom", key, id, this.#symbol(this.#keyOf(node)));
    if (value !== NONE) this.#expression(value, id);
    this.#close(id);
  }
  #keyOf(pair: number): string {
    const key = this.#childOfField(pair, this.#types.fields.key);
    return key === NONE ? "" : this.#text(key).replace(/:\s*$/, "").replace(/^["']|["']$/g, "");
  }
  #isDoKeywords(pairs: readonly number[]): boolean {
    return pairs.some((pair) => this.#keyOf(pair) === "do");
  }

  // --- blocks and clauses

  #keywordSection(pair: number, parent: number): void {
    const value = this.#childOfField(pair, this.#types.fields.value);
    const id = this.#open("section", this.#start(pair), this.#end(pair), parent, this.#symbol(this.#keyOf(pair)));
    if (value !== NONE && this.#type(value) === this.#types.block) this.#bodyOf(value, id);
    else if (value !== NONE) this.#expression(value, id);
    this.#close(id);
  }

  #sections(doBlock: number, parent: number): void {
    const t = this.#types;
    const children = this.#namedChildren(doBlock);
    const others = children.filter((child) => t.sectionOf.has(this.#type(child)));
    const end = others[0] === undefined ? this.#end(doBlock) : this.#start(others[0]);
    const main = this.#open("section", this.#start(doBlock), end, parent, this.#symbol("do"));
    for (const child of children) if (!others.includes(child)) this.#expression(child, main);
    this.#close(main);
    for (const other of others) {
      const id = this.#open("section", this.#start(other), this.#end(other), parent, this.#symbol(t.sectionOf.get(this.#type(other)) ?? ""));
      for (const child of this.#namedChildren(other)) this.#expression(child, id);
      this.#close(id);
    }
  }

  #bodyOf(block: number, parent: number): void {
    for (const child of this.#namedChildren(block)) this.#expression(child, parent);
  }
  #block(node: number, parent: number): void {
    const children = this.#namedChildren(node);
    const only = children[0];
    if (children.length === 1 && only !== undefined && this.#type(only) !== this.#types.clause) {
      this.#expression(only, parent);
      return;
    }
    const id = this.#open("block", this.#start(node), this.#end(node), parent);
    const scope = this.#scope;
    this.#scope = scope.nested();
    for (const child of children) this.#expression(child, id);
    this.#scope = scope;
    this.#close(id);
  }

  #anonymous(node: number, parent: number): void {
    const id = this.#open("fn", this.#start(node), this.#end(node), parent);
    for (const child of this.#namedChildren(node)) this.#expression(child, id);
    this.#close(id);
  }

  #clause(node: number, parent: number): void {
    const t = this.#types;
    const id = this.#open("clause", this.#start(node), this.#end(node), parent);
    const left = this.#childOfField(node, t.fields.left);
    const right = this.#childOfField(node, t.fields.right);
    const scope = this.#scope;
    this.#scope = scope.nested();
    let params = left;
    let guard = NONE;
    if (left !== NONE && this.#type(left) === t.binary) {
      params = this.#childOfField(left, t.fields.left);
      guard = this.#childOfField(left, t.fields.right);
    }
    let count = 0;
    if (params !== NONE && this.#type(params) === t.arguments) {
      for (const param of this.#namedChildren(params)) {
        this.#expression(param, id);
        count++;
      }
    } else if (params !== NONE) {
      this.#expression(params, id);
      count = 1;
    }
    this.#set(id, 6, count);
    if (guard !== NONE) {
      this.#add(id, flag.guard);
      this.#expression(guard, id);
    }
    const body = this.#open("block", right === NONE ? this.#end(node) : this.#start(right), this.#end(node), id);
    if (right !== NONE) for (const child of this.#namedChildren(right)) this.#expression(child, body);
    this.#close(body);
    this.#scope = scope;
    this.#close(id);
  }

  /** Comments, and every place the grammar had to skip or make up, wherever in the tree it hid them. */
  #extras(): { comments: Comment[]; errors: Span[] } {
    const comments: Comment[] = [];
    const errors: Span[] = [];
    const { comment } = this.#types;
    for (let node = 0; node * RAW < this.#raw.length; node++) {
      if (((this.#raw[node * RAW] as number) >>> 24) & (rawFlag.error | rawFlag.missing)) errors.push({ start: this.#start(node), end: this.#end(node) });
      if (this.#type(node) !== comment) continue;
      const start = this.#start(node);
      let before = start - 1;
      while (before >= 0 && (this.#source.charCodeAt(before) === 32 || this.#source.charCodeAt(before) === 9)) before--;
      comments.push({ start, end: this.#end(node), ownLine: before < 0 || this.#source.charCodeAt(before) === 10 || this.#source.charCodeAt(before) === 13 });
    }
    return { comments, errors };
  }
}
