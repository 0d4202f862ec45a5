import type { Grammar } from "./grammar.ts";
import { type GrammarTypes, grammarTypes } from "./grammar-types.ts";
import { lower } from "./lower.ts";
import { agrees, cursorReader, memoryReader, type RawReader } from "./raw-tree.ts";
import { Tree } from "./tree.ts";

/** Turns Elixir source into a `Tree`. Never throws on bad code: what does not parse is listed in `tree.data.errors`. */
export type ParseElixir = (path: string, source: string) => Tree;

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
    const text = withoutMisreadSigils(source);
    const parsed = grammar.parser.parse(text);
    if (parsed === null) throw new Error("the parser gave no tree");
    try {
      return new Tree(path, source, lower(source, read(parsed), types));
    } finally {
      parsed.delete();
    }
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
