import type { Tree as ParserTree } from "web-tree-sitter";
import type { Span } from "../text/span.ts";
import type { AliasScope } from "./alias-scope.ts";
import type { Grammar } from "./grammar.ts";
import { grammarTypes } from "./grammar-types.ts";
import { lower } from "./lower.ts";
import { reparsed } from "./reparse.ts";
import { agrees, cursorReader, memoryReader, type RawReader } from "./raw-tree.ts";
import { kindId, STRIDE, Tree, type TreeData } from "./tree.ts";

/** Turns Elixir source into a `Tree`. Never throws on bad code: what does not parse is listed in `tree.data.errors`. */
export type ParseElixir = (path: string, source: string) => Tree;

/** The tree of the next version of a text; as `ParseElixir`, and cheaper where little has changed. */
export type ReparseElixir = (before: Tree, source: string) => Tree;

/** Parses texts that are being edited: as a rule only the function in which somebody types. What comes out is always the tree of the whole text. */
export function editingParser(grammar: Grammar, parse: ParseElixir): ReparseElixir {
  const lowered = lowering(grammar, checkedReader(grammar));
  return (before, source) => reparsed(before, source, (part, scope) => trusted(part, lowered(withoutMisreadSigils(part), part, scope))) ?? parse(before.path, source);
}

/** What came of a part, unless the grammar took a word for something that it may not be where more text is around it. */
const trusted = (part: string, data: TreeData): TreeData | undefined => (data.symbols.includes("end") || splitNames(part, data).length > 0 ? undefined : data);

/** Parses a text and lowers it; what is quoted comes from `source`, which has the same offsets. */
function lowering({ parser, language }: Grammar, read: RawReader): (text: string, source: string, scope?: AliasScope) => TreeData {
  const types = grammarTypes(language);
  return (text, source, scope) => {
    const parsed = parser.parse(text);
    if (parsed === null) throw new Error("the parser gave no tree");
    try {
      const data = lower(source, read(parsed), types, scope);
      return data.errors.length === 0 && parsed.rootNode.hasError ? { ...data, errors: [unseenError(parsed)] } : data;
    } finally {
      parsed.delete();
    }
  };
}

/** Where the parser made up a token that has no node of its own, such as a new line. */
function unseenError(tree: ParserTree): Span {
  let node = tree.rootNode;
  for (let inner: typeof node | null | undefined = node; inner !== null && inner !== undefined; inner = node.children.find((child) => child?.hasError === true)) node = inner;
  return { start: node.startIndex, end: node.endIndex };
}

/** Exercises every kind of record the memory reader knows: inline and heap nodes, aliases, fields, extras, errors. */
const SAMPLE = 'defmodule Till do\n  # comment\n  @doc "é"\n  def pay(x, y \\\\ 1) when x > 0, do: x |> f(&1) |> Cup.g(a: 1)\n  def t(%{s | a: 1}), do: (case s do\n    {:ok, _} -> "a#{b}" \n    _ -> [h | t] end)\n  ) oops(\nend\n';

/**
 * A parser over a loaded grammar. The fast reader is used only if it sees the sample exactly as the public cursor does.
 * `reader` forces one of them (for tests).
 */
export function elixirParser(grammar: Grammar, reader: "checked" | "cursor" = "checked"): ParseElixir {
  const lowered = lowering(grammar, reader === "cursor" ? cursorReader() : checkedReader(grammar));
  return (path, source) => {
    const text = withoutMisreadSigils(source);
    const data = lowered(text, source);
    const mended = withoutSplitNames(text, data);
    return new Tree(path, source, mended === text ? data : lowered(mended, source));
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
function withoutSplitNames(text: string, data: TreeData): string {
  if (!BEGINS_LIKE_OPERATOR.test(text)) return text;
  let mended = text;
  for (const begin of splitNames(text, data)) if (/^\n[ \t]+$/.test(text.slice(text.lastIndexOf("\n", begin), begin))) mended = `${mended.slice(0, begin - 1)};${mended.slice(begin)}`;
  return mended;
}

/** Where an operator that is a word stands against its right operand, as if they were one name. */
function splitNames(text: string, { nodes, symbols }: TreeData): readonly number[] {
  const found: number[] = [];
  for (let at = 0; at < nodes.length; at += STRIDE) {
    const name = symbols[nodes[at + 4] as number] ?? "";
    if (((nodes[at] as number) & 255) !== kindId.op || !wordOperators.has(name)) continue;
    const right = rightOperand(nodes, at);
    const begin = right === undefined ? 0 : right - name.length;
    if (begin > 0 && text.startsWith(name, begin)) found.push(begin);
  }
  return found;
}

/** Where the second operand begins. */
function rightOperand(nodes: Int32Array, at: number): number | undefined {
  const left = at + STRIDE;
  const right = (nodes[left + 3] as number) * STRIDE;
  return right < nodes.length ? nodes[right + 1] : undefined;
}
