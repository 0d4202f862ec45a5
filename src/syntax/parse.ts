import type { Edit, Tree as ParserTree } from "web-tree-sitter";
import type { Grammar } from "./grammar.ts";
import { type GrammarTypes, grammarTypes } from "./grammar-types.ts";
import { lower } from "./lower.ts";
import { agrees, cursorReader, memoryReader, type RawReader } from "./raw-tree.ts";
import { kindId, STRIDE, Tree, type TreeData } from "./tree.ts";

/** Turns Elixir source into a `Tree`. Never throws on bad code: what does not parse is listed in `tree.data.errors`. */
export type ParseElixir = (path: string, source: string) => Tree;

/** Trees of the parser that are kept so that the next version of the text costs little: of the files being edited. */
const MOST_OPEN = 4;

/**
 * A parser for files that change again and again. It parses what is new of a text it has seen before; what comes out is
 * always the tree of the whole text. Text with errors is parsed whole, since recovery may depend on what was there before.
 */
export function editingParser(grammar: Grammar): ParseElixir {
  const types = grammarTypes(grammar.language);
  const read = checkedReader(grammar);
  const open = new Map<string, { readonly text: string; readonly parsed: ParserTree }>();
  return (path, source) => {
    const text = withoutMisreadSigils(source);
    const kept = open.get(path);
    open.delete(path);
    let parsed = reparsed(grammar, text, kept);
    kept?.parsed.delete();
    if (kept !== undefined && parsed.rootNode.hasError) {
      parsed.delete();
      parsed = reparsed(grammar, text, undefined);
    }
    let data = lower(source, read(parsed), types);
    const mended = withoutSplitNames(text, data);
    if (mended !== text) {
      parsed.delete();
      parsed = reparsed(grammar, mended, undefined);
      data = lower(source, read(parsed), types);
    }
    open.set(path, { text: mended, parsed });
    for (const [oldest, { parsed: unused }] of open) {
      if (open.size <= MOST_OPEN) break;
      unused.delete();
      open.delete(oldest);
    }
    return new Tree(path, source, data);
  };
}

function reparsed({ parser }: Grammar, text: string, kept: { readonly text: string; readonly parsed: ParserTree } | undefined): ParserTree {
  if (kept !== undefined) kept.parsed.edit(editBetween(kept.text, text));
  const parsed = parser.parse(text, kept?.parsed);
  if (parsed === null) throw new Error("the parser gave no tree");
  return parsed;
}

/** The one stretch in which two texts differ, as the parser wants it told. */
function editBetween(before: string, after: string): Edit {
  const shorter = Math.min(before.length, after.length);
  let startIndex = 0;
  while (startIndex < shorter && before.charCodeAt(startIndex) === after.charCodeAt(startIndex)) startIndex++;
  let same = 0;
  while (same < shorter - startIndex && before.charCodeAt(before.length - 1 - same) === after.charCodeAt(after.length - 1 - same)) same++;
  const [oldEndIndex, newEndIndex] = [before.length - same, after.length - same];
  const startPosition = pointAfter({ row: 0, column: 0 }, before, 0, startIndex);
  return { startIndex, oldEndIndex, newEndIndex, startPosition, oldEndPosition: pointAfter(startPosition, before, startIndex, oldEndIndex), newEndPosition: pointAfter(startPosition, after, startIndex, newEndIndex) };
}

type Point = { readonly row: number; readonly column: number };

/** Where `to` lies, told from where `from` does: a file is long and an edit is short. */
function pointAfter({ row, column }: Point, text: string, from: number, to: number): Point {
  let line = from - column;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", line)) {
    row++;
    line = at + 1;
  }
  return { row, column: to - line };
}

/** Exercises every kind of record the memory reader knows: inline and heap nodes, aliases, fields, extras, errors. */
const SAMPLE = 'defmodule Till do\n  # comment\n  @doc "é"\n  def pay(x, y \\\\ 1) when x > 0, do: x |> f(&1) |> Cup.g(a: 1)\n  def t(%{s | a: 1}), do: (case s do\n    {:ok, _} -> "a#{b}" \n    _ -> [h | t] end)\n  ) oops(\nend\n';

/**
 * A parser over a loaded grammar. The fast reader is used only if it sees the sample exactly as the public cursor does.
 * `reader` forces one of them (for tests).
 */
export function elixirParser(grammar: Grammar, reader: "checked" | "cursor" = "checked"): ParseElixir {
  const types: GrammarTypes = grammarTypes(grammar.language);
  const read = reader === "cursor" ? cursorReader() : checkedReader(grammar);
  return (path, source) => {
    const lowered = (text: string): TreeData => {
      const parsed = grammar.parser.parse(text);
      if (parsed === null) throw new Error("the parser gave no tree");
      try {
        return lower(source, read(parsed), types);
      } finally {
        parsed.delete();
      }
    };
    const text = withoutMisreadSigils(source);
    const data = lowered(text);
    const mended = withoutSplitNames(text, data);
    return new Tree(path, source, mended === text ? data : lowered(mended));
  };
}

function checkedReader(grammar: Grammar): RawReader {
  const cursor = cursorReader();
  const tree = grammar.parser.parse(SAMPLE);
  if (tree === null) return cursor;
  try {
    const fast = memoryReader(grammar);
    return agrees(tree, fast, cursor) ? fast : cursor;
  } catch {
    return cursor; // another memory layout: the public way is slower, and right
  } finally {
    tree.delete();
  }
}

const UPPER_SIGIL_WITH_BACKSLASHES = /(~[A-Z]+([[({<|/"'])[^\n]*?)\\\\(?=[\])}>|/"'])/g;

/**
 * The grammar takes the second backslash of `~S[\\]` for an escape of the closing delimiter and eats the text behind it.
 * Two underscores of the same length keep every offset; the source that findings quote is left alone.
 */
function withoutMisreadSigils(source: string): string {
  return source.includes("\\\\") && /~[A-Z]/.test(source) ? source.replace(UPPER_SIGIL_WITH_BACKSLASHES, "$1__") : source;
}

const BEGINS_LIKE_OPERATOR = /\n[ \t]*\r?\n[ \t]+(?:in|or|and|when)\w/;
const wordOperators = new Set(["in", "or", "and", "when"]);

/**
 * Behind some tuples and calls the grammar takes the beginning of a name that starts the next line for an operator: `invalid ->` is
 * read as `in valid`. A semicolon in the place of the blank before such a name keeps every offset and says what a new line means.
 */
function withoutSplitNames(text: string, { nodes, symbols }: TreeData): string {
  if (!BEGINS_LIKE_OPERATOR.test(text)) return text;
  let mended = text;
  for (let at = 0; at < nodes.length; at += STRIDE) {
    const name = symbols[nodes[at + 4] as number] ?? "";
    if (((nodes[at] as number) & 255) !== kindId.op || !wordOperators.has(name)) continue;
    const right = rightOperand(nodes, at);
    const begin = right === undefined ? 0 : right - name.length;
    if (begin > 0 && text.startsWith(name, begin) && /^\n[ \t]+$/.test(text.slice(text.lastIndexOf("\n", begin), begin))) mended = `${mended.slice(0, begin - 1)};${mended.slice(begin)}`;
  }
  return mended;
}

/** Where the second operand begins. */
function rightOperand(nodes: Int32Array, at: number): number | undefined {
  const left = at + STRIDE;
  const right = (nodes[left + 3] as number) * STRIDE;
  return right < nodes.length ? nodes[right + 1] : undefined;
}
