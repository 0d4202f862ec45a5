import type { Span } from "../text/span.ts";
import type { AliasScope } from "./alias-scope.ts";
import type { GrammarTypes } from "./grammar-types.ts";
import { CallLowering } from "./lower-calls.ts";
import { NONE } from "./lowering.ts";
import { RAW, rawFlag, type RawTree } from "./raw-tree.ts";
import { type Comment, flag, type Kind, type TreeData } from "./tree.ts";

/**
 * Turns the grammar's tree of one file into ours. Desugars once; see `Kind` for what comes out. Never throws on bad code.
 * `scope` is what surrounds the source when it is a part of a file.
 */
export function lower(source: string, raw: RawTree, types: GrammarTypes, scope?: AliasScope): TreeData {
  return new FileLowering(source, raw, types, scope).run();
}

/** Expressions, operators, blocks and clauses; the entry for a whole file. */
class FileLowering extends CallLowering {
  run(): TreeData {
    const root = this.open("block", 0, this.source.length, NONE);
    this.parts(0, root);
    this.close(root);
    return { ...this.written(), ...this.extras() };
  }

  protected expression(node: number, parent: number): void {
    const t = this.types;
    switch (t.roles[this.type(node)]) {
      case "identifier":
        if (this.isThisModule(node)) this.leaf("alias", node, parent, this.symbol(this.scope.module));
        else this.leaf("var", node, parent, this.symbolOf(node));
        return;
      case "alias":
        this.leaf("alias", node, parent, this.symbol(this.scope.expand(this.text(node))));
        return;
      case "call":
        this.call(node, parent, NONE);
        return;
      case "binary":
        this.binary(node, parent);
        return;
      case "unary":
        this.unary(node, parent);
        return;
      case "access":
        this.access(node, parent);
        return;
      case "dot":
        this.dot(node, parent);
        return;
      case "atom":
        this.leaf("atom", node, parent, this.symbolAt(this.source.charCodeAt(this.start(node)) === 58 ? this.start(node) + 1 : this.start(node), this.end(node)));
        return;
      case "quoted-atom":
        this.quoted("atom", node, parent);
        return;
      case "number":
        this.leaf("number", node, parent, this.symbolOf(node));
        return;
      case "string":
        this.quoted("string", node, parent);
        return;
      case "charlist":
        this.quoted("charlist", node, parent);
        return;
      case "sigil":
        this.sigil(node, parent);
        return;
      case "list":
      case "tuple":
      case "bitstring":
        this.collection(node, parent, t.roles[this.type(node)] as Kind);
        return;
      case "map":
        this.map(node, parent);
        return;
      case "keywords":
        this.keywords(node, parent);
        return;
      case "pair":
        this.pair(node, parent);
        return;
      case "fn":
        this.anonymous(node, parent);
        return;
      case "block":
        this.block(node, parent);
        return;
      case "clause":
        this.clause(node, parent);
        return;
      case "error":
        this.error(node, parent);
        return;
      case "comment":
        return;
      default:
        this.parts(node, parent);
    }
  }
  private parts(node: number, parent: number): void {
    for (let child = this.firstNamed(node); child !== NONE; child = this.nextNamed(node, child)) this.expression(child, parent);
  }

  /** Whatever did not parse keeps its readable parts below an `error` node. */
  protected error(node: number, parent: number): void {
    const id = this.open("error", this.start(node), this.end(node), parent);
    this.parts(node, id);
    this.close(id);
  }

  protected binary(node: number, parent: number): void {
    const t = this.types;
    const left = this.childOfField(node, t.fields.left);
    const right = this.childOfField(node, t.fields.right);
    const operator = this.childOfField(node, t.fields.operator);
    const name = operator === NONE ? "" : this.text(operator);
    if (name === "|>" && left !== NONE && right !== NONE) {
      this.pipe(node, left, right, parent);
      return;
    }
    const id = this.open(name === "=" ? "match" : "op", this.start(node), this.end(node), parent, this.symbol(name));
    if (operator !== NONE) this.set(id, 5, this.start(operator));
    if (left !== NONE) this.expression(left, id);
    if (right !== NONE) this.expression(right, id);
    this.close(id);
  }

  protected pipe(node: number, left: number, right: number, parent: number): void {
    const t = this.types;
    const type = this.type(right);
    if (type === t.call) {
      this.call(right, parent, left);
      return;
    }
    const isName = type === t.identifier || type === t.dot;
    const id = this.open("call", this.start(node), this.end(node), parent, NONE, flag.piped | flag.bare);
    if (isName && type === t.identifier) {
      this.set(id, 4, this.symbolOf(right));
      this.set(id, 5, this.start(right));
    } else this.callee(id, right, type === t.dot ? this.childOfField(right, t.fields.right) : NONE);
    this.expression(left, id);
    this.set(id, 6, 1);
    this.close(id);
  }

  protected unary(node: number, parent: number): void {
    const t = this.types;
    const operator = this.childOfField(node, t.fields.operator);
    const operand = this.childOfField(node, t.fields.operand);
    const name = operator === NONE ? "" : this.text(operator);
    if (name === "@" && operand !== NONE) this.attribute(node, operand, parent);
    else if (name === "&" && operand !== NONE) this.capture(node, operand, parent);
    else {
      const id = this.open(name === "^" ? "pin" : "unary", this.start(node), this.end(node), parent, this.symbol(name));
      if (operand !== NONE) this.expression(operand, id);
      this.close(id);
    }
  }

  protected attribute(node: number, operand: number, parent: number): void {
    const t = this.types;
    const target = this.type(operand) === t.call ? this.childOfField(operand, t.fields.target) : operand;
    const id = this.open("attribute", this.start(node), this.end(node), parent, this.symbol(target === NONE ? "" : this.text(target)));
    const argumentList = target === operand ? NONE : this.childOfType(operand, t.arguments);
    if (argumentList !== NONE) this.parts(argumentList, id);
    this.close(id);
  }

  /** `&f/1` names a function; `&1` is a parameter; anything else is an anonymous function. */
  protected capture(node: number, operand: number, parent: number): void {
    const t = this.types;
    if (t.roles[this.type(operand)] === "number") {
      this.leaf("var", node, parent, this.symbolOf(node));
      return;
    }
    const left = this.type(operand) === t.binary ? this.childOfField(operand, t.fields.left) : NONE;
    const right = left === NONE ? NONE : this.childOfField(operand, t.fields.right);
    const operator = left === NONE ? NONE : this.childOfField(operand, t.fields.operator);
    if (left !== NONE && right !== NONE && operator !== NONE && this.text(operator) === "/" && t.roles[this.type(right)] === "number" && this.isFunctionName(left)) {
      const id = this.open("funref", this.start(node), this.end(node), parent);
      this.set(id, 6, Number(this.text(right)));
      const dot = this.type(left) === t.call ? this.childOfField(left, t.fields.target) : left;
      this.callee(id, dot, this.type(dot) === t.dot ? this.childOfField(dot, t.fields.right) : NONE);
      this.close(id);
      return;
    }
    const id = this.open("fn", this.start(node), this.end(node), parent, NONE, flag.capture);
    const clause = this.open("clause", this.start(operand), this.end(operand), id);
    const body = this.open("block", this.start(operand), this.end(operand), clause);
    this.expression(operand, body);
    this.close(body);
    this.close(clause);
    this.close(id);
  }
  protected isFunctionName(node: number): boolean {
    const t = this.types;
    if (this.type(node) === t.identifier || this.type(node) === t.operatorIdentifier) return true;
    if (this.type(node) === t.dot) return true;
    return this.type(node) === t.call && this.childOfType(node, t.arguments) === NONE && this.type(this.childOfField(node, t.fields.target)) === t.dot;
  }

  protected access(node: number, parent: number): void {
    const id = this.open("call", this.start(node), this.end(node), parent, this.symbol("Access.get"), flag.remote);
    this.set(id, 6, 2);
    this.parts(node, id);
    this.close(id);
  }

  protected dot(node: number, parent: number): void {
    const module = this.literalModule(node);
    if (module !== undefined) {
      this.leaf("alias", node, parent, this.symbol(module));
      return;
    }
    if (this.isMultiAlias(node)) {
      const id = this.open("list", this.start(node), this.end(node), parent);
      this.multiAlias(node, id);
      this.close(id);
      return;
    }
    const right = this.childOfField(node, this.types.fields.right);
    if (right !== NONE) this.fieldAccess(node, node, right, parent);
  }

  protected block(node: number, parent: number): void {
    const only = this.firstNamed(node);
    if (only !== NONE && this.nextNamed(node, only) === NONE && this.type(only) !== this.types.clause) {
      this.expression(only, parent);
      return;
    }
    const id = this.open("block", this.start(node), this.end(node), parent);
    const scope = this.scope;
    this.scope = scope.nested();
    this.parts(node, id);
    this.scope = scope;
    this.close(id);
  }

  protected anonymous(node: number, parent: number): void {
    const id = this.open("fn", this.start(node), this.end(node), parent);
    this.parts(node, id);
    this.close(id);
  }

  protected clause(node: number, parent: number): void {
    const t = this.types;
    const id = this.open("clause", this.start(node), this.end(node), parent);
    const left = this.childOfField(node, t.fields.left);
    const right = this.childOfField(node, t.fields.right);
    const scope = this.scope;
    this.scope = scope.nested();
    let params = left;
    let guard = NONE;
    if (left !== NONE && this.type(left) === t.binary) {
      params = this.childOfField(left, t.fields.left);
      guard = this.childOfField(left, t.fields.right);
    }
    let count = 0;
    if (params !== NONE && this.type(params) === t.arguments) {
      for (let param = this.firstNamed(params); param !== NONE; param = this.nextNamed(params, param)) {
        this.expression(param, id);
        count++;
      }
    } else if (params !== NONE) {
      this.expression(params, id);
      count = 1;
    }
    this.set(id, 6, count);
    if (guard !== NONE) {
      this.add(id, flag.guard);
      this.expression(guard, id);
    }
    const body = this.open("block", right === NONE ? this.end(node) : this.start(right), this.end(node), id);
    if (right !== NONE) this.parts(right, body);
    this.close(body);
    this.scope = scope;
    this.close(id);
  }

  /** Comments, and every place the grammar had to skip or make up, wherever in the tree it hid them. */
  protected extras(): { comments: Comment[]; errors: Span[] } {
    const comments: Comment[] = [];
    const errors: Span[] = [];
    const { comment } = this.types;
    const { raw } = this;
    for (let node = 0, at = 0; at < raw.length; node++, at += RAW) {
      const head = raw[at] as number;
      if ((head >>> 24) & (rawFlag.error | rawFlag.missing)) errors.push({ start: this.start(node), end: this.end(node) });
      if ((head & 0xffff) !== comment) continue;
      const start = this.start(node);
      let before = start - 1;
      while (before >= 0 && (this.source.charCodeAt(before) === 32 || this.source.charCodeAt(before) === 9)) before--;
      comments.push({ start, end: this.end(node), ownLine: before < 0 || this.source.charCodeAt(before) === 10 || this.source.charCodeAt(before) === 13 });
    }
    return { comments, errors };
  }
}
