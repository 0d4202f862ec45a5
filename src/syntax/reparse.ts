import { AliasScope, declareAliases } from "./alias-scope.ts";
import { type Comment, flag, kindId, STRIDE, Tree, type TreeData } from "./tree.ts";

/** Lowers a part of a file, parsed by itself, in the scope that surrounds it; undefined when it may read differently where it stands. */
export type LowerPart = (text: string, scope: AliasScope) => TreeData | undefined;

/**
 * The tree of the next version of a text when all that differs lies inside one function, test or other statement with a do-block:
 * only that statement is parsed, and takes its place among what is known of the others. Undefined when more may be different;
 * then the whole text has to be parsed. An incremental parse of tree-sitter is no help here: in Elixir's grammar most of what lies between
 * two newlines could for a while be something else, and nothing of that is used again (it costs 80 % of a whole parse).
 */
export function reparsed(before: Tree, source: string, lowerPart: LowerPart): Tree | undefined {
  if (before.data.errors.length > 0) return undefined;
  const change = changeBetween(before.source, source);
  const around = statementAround(before, change.start, change.end);
  if (around === undefined) return undefined;
  const { id, scope } = around;
  const { nodes } = before.data;
  const start = nodes[id * STRIDE + 1] as number;
  const end = nodes[id * STRIDE + 2] as number;
  const text = source.slice(start, end + change.longer);
  if (!/[\s(]/.test(text.slice(0, change.start - start))) return undefined; // its first word may be another
  const part = lowerPart(text, scope);
  return part !== undefined && isOneStatement(part, text) ? new Tree(before.path, source, spliced(before.data, id, part, change.longer)) : undefined;
}

/** The stretch of `before` in which two texts differ, and by how much the second is longer. */
function changeBetween(before: string, after: string): { readonly start: number; readonly end: number; readonly longer: number } {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let same = 0;
  while (same < shorter - start && before.charCodeAt(before.length - 1 - same) === after.charCodeAt(after.length - 1 - same)) same++;
  return { start, end: before.length - same, longer: after.length - before.length };
}

const moduleHeads: ReadonlySet<string> = new Set(["defmodule", "defprotocol", "defimpl"]);
/** What holds statements of a file rather than being one. */
const isContainer = (name: string): boolean => moduleHeads.has(name) || name === "describe";

/** The innermost statement of a module that holds a stretch strictly inside, and the scope in which it stands. */
function statementAround({ data, source }: Tree, from: number, to: number): { readonly id: number; readonly scope: AliasScope } | undefined {
  const { nodes } = data;
  let scope = new AliasScope(undefined, "");
  for (let container = 0; ; ) {
    let id = container + 1;
    const last = nodes[container * STRIDE + 3] as number;
    for (; id < last && (nodes[id * STRIDE + 2] as number) <= from; id = nodes[id * STRIDE + 3] as number) passDirectives(data, source, scope, id);
    if (id >= last || (nodes[id * STRIDE + 1] as number) >= from || to >= (nodes[id * STRIDE + 2] as number)) return undefined;
    const body = statementBody(data, source, id);
    if (body === undefined) return undefined;
    const name = nameOf(data, id);
    if (!isContainer(name)) return { id, scope };
    if ((nodes[body * STRIDE + 1] as number) + 2 > from) return undefined;
    const module = moduleHeads.has(name) ? aliasAt(data, id + 1) : undefined;
    scope = module === undefined ? scope.nested() : scope.inside(module);
    container = body;
  }
}

/** What a statement, or an expression in it that is no scope of its own, says of names to what stands behind it. */
function passDirectives(data: TreeData, source: string, scope: AliasScope, id: number): void {
  const { nodes } = data;
  const kind = (nodes[id * STRIDE] as number) & 255;
  const name = kind === kindId.call ? nameOf(data, id) : "";
  const module = name === "defmodule" || name === "defprotocol" ? aliasAt(data, id + 1) : undefined;
  if (module !== undefined) scope.define(module, source.slice(nodes[(id + 1) * STRIDE + 1], nodes[(id + 1) * STRIDE + 2]));
  if (kind === kindId.clause || kind === kindId.block || moduleHeads.has(name) || (kind === kindId.call && doBlockOf(data, source, id) !== undefined)) return;
  for (let child = id + 1; child < (nodes[id * STRIDE + 3] as number); child = nodes[child * STRIDE + 3] as number) passDirectives(data, source, scope, child);
  if (name === "alias" || name === "require") declareAliases(scope, name, id, { ...data, source });
}

/** The full name of a module that is written out. */
const aliasAt = (data: TreeData, id: number): string | undefined => (((data.nodes[id * STRIDE] ?? -1) & 255) === kindId.alias ? nameOf(data, id) : undefined);
const nameOf = ({ nodes, symbols }: TreeData, id: number): string => symbols[nodes[id * STRIDE + 4] as number] ?? "";

/** The `do` section of a call that is not a keyword. */
function doBlockOf(data: TreeData, source: string, id: number): number | undefined {
  const { nodes } = data;
  for (let child = id + 1; child < (nodes[id * STRIDE + 3] as number); child = nodes[child * STRIDE + 3] as number) {
    const start = nodes[child * STRIDE + 1] as number;
    if (((nodes[child * STRIDE] as number) & 255) === kindId.section && nameOf(data, child) === "do") return source.startsWith("do", start) && source[start + 2] !== ":" ? child : undefined;
  }
  return undefined;
}

/** The do-block of a call that begins with its name and ends with `end`. */
function statementBody(data: TreeData, source: string, id: number): number | undefined {
  const head = data.nodes[id * STRIDE] as number;
  const isStatement = (head & 255) === kindId.call && ((head >> 8) & (flag.piped | flag.dynamic)) === 0 && source.startsWith("end", (data.nodes[id * STRIDE + 2] as number) - 3);
  return isStatement ? doBlockOf(data, source, id) : undefined;
}

const BLOCK_WORD = /\b(?:do|end|else|rescue|catch|after)\b/;

/**
 * Whether a part came out as one call with a do-block from its first to its last letter, and as nothing that holds statements of the file.
 * Where no block is open the grammar takes a word such as `else` for a name; before the part's own block it has to be asked with what is around.
 */
function isOneStatement(part: TreeData, text: string): boolean {
  const { nodes, errors } = part;
  const isWhole = errors.length === 0 && nodes.length > STRIDE && (nodes[STRIDE + 1] as number) === 0 && (nodes[STRIDE + 2] as number) === text.length && (nodes[STRIDE + 3] as number) * STRIDE === nodes.length;
  const body = isWhole ? statementBody(part, text, 1) : undefined;
  return body !== undefined && !isContainer(nameOf(part, 1)) && !BLOCK_WORD.test(text.slice(0, nodes[body * STRIDE + 1]));
}

/** Puts a part in the place of a subtree; all that stands behind it moves by `longer`. */
function spliced({ nodes, symbols, comments }: TreeData, id: number, part: TreeData, longer: number): TreeData {
  const next = nodes[id * STRIDE + 3] as number;
  const start = nodes[id * STRIDE + 1] as number;
  const end = nodes[id * STRIDE + 2] as number;
  const more = part.nodes.length / STRIDE - 1 - (next - id);
  const out = new Int32Array(nodes.length + more * STRIDE);
  out.set(nodes.subarray(0, id * STRIDE));
  out.set(part.nodes.subarray(STRIDE), id * STRIDE);
  out.set(nodes.subarray(next * STRIDE), (next + more) * STRIDE);
  const names = new Numbering(symbols, part.symbols);
  for (let at = 0; at < id * STRIDE; at += STRIDE) {
    if ((out[at + 2] as number) >= end) out[at + 2] = (out[at + 2] as number) + longer;
    if ((out[at + 3] as number) >= next) out[at + 3] = (out[at + 3] as number) + more;
    if ((out[at + 5] as number) >= end) out[at + 5] = (out[at + 5] as number) + longer;
    out[at + 4] = names.kept(out[at + 4] as number);
  }
  const parent = nodes[id * STRIDE + 7] as number;
  const behind = (next + more) * STRIDE;
  for (let at = id * STRIDE; at < behind; at += STRIDE) {
    out[at + 1] = (out[at + 1] as number) + start;
    out[at + 2] = (out[at + 2] as number) + start;
    out[at + 3] = (out[at + 3] as number) + id - 1;
    out[at + 4] = names.fresh(out[at + 4] as number);
    out[at + 5] = (out[at + 5] as number) + start;
    out[at + 7] = at === id * STRIDE ? parent : (out[at + 7] as number) + id - 1;
  }
  for (let at = behind; at < out.length; at += STRIDE) {
    // A call in a pipe behind a do-block begins, with its first argument, before the block.
    if ((out[at + 1] as number) >= end) out[at + 1] = (out[at + 1] as number) + longer;
    out[at + 2] = (out[at + 2] as number) + longer;
    out[at + 3] = (out[at + 3] as number) + more;
    out[at + 4] = names.kept(out[at + 4] as number);
    out[at + 5] = (out[at + 5] as number) + longer;
    if ((out[at + 7] as number) >= next) out[at + 7] = (out[at + 7] as number) + more;
  }
  return { nodes: out, symbols: names.symbols, comments: splicedComments(comments, part.comments, start, end, longer), errors: [] };
}

function splicedComments(comments: readonly Comment[], within: readonly Comment[], start: number, end: number, longer: number): readonly Comment[] {
  const moved = (by: number) => (comment: Comment): Comment => ({ ...comment, start: comment.start + by, end: comment.end + by });
  return [...comments.filter((comment) => comment.start < start), ...within.map(moved(start)), ...comments.filter((comment) => comment.start >= end).map(moved(longer))];
}

/** Numbers the symbols of two lists anew as nodes ask for them: those that nobody names any more are gone. */
class Numbering {
  readonly symbols: string[] = [];
  readonly #before: readonly string[];
  readonly #part: readonly string[];
  readonly #keptIds: Int32Array;
  readonly #freshIds: Int32Array;
  readonly #ids = new Map<string, number>();

  constructor(before: readonly string[], part: readonly string[]) {
    this.#before = before;
    this.#part = part;
    this.#keptIds = new Int32Array(before.length).fill(-1);
    this.#freshIds = new Int32Array(part.length).fill(-1);
  }
  kept(symbol: number): number {
    return symbol < 0 ? symbol : this.#numbered(symbol, this.#keptIds, this.#before);
  }
  fresh(symbol: number): number {
    return symbol < 0 ? symbol : this.#numbered(symbol, this.#freshIds, this.#part);
  }
  #numbered(symbol: number, known: Int32Array, names: readonly string[]): number {
    let id = known[symbol] as number;
    if (id >= 0) return id;
    const name = names[symbol] as string;
    id = this.#ids.get(name) ?? -1;
    if (id < 0) {
      id = this.symbols.push(name) - 1;
      this.#ids.set(name, id);
    }
    known[symbol] = id;
    return id;
  }
}
