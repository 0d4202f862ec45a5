import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import fc from "fast-check";
import { before, describe, it } from "mocha";
import { type Grammar, loadGrammar } from "../../src/syntax/grammar.ts";
import { editingParser, elixirParser, type ParseElixir, type ReparseElixir } from "../../src/syntax/parse.ts";
import { reparsed } from "../../src/syntax/reparse.ts";
import { STRIDE, type Tree } from "../../src/syntax/tree.ts";

const resolve = createRequire(`${process.cwd()}/package.json`).resolve;

const till = `defmodule Bakery.Till do
  alias Bakery.Money, as: Coins
  alias Bakery.{Oven, Round}

  defmodule Drawer do
    def open(x), do: Coins.open(x)
  end

  @doc "Pays."
  def pay(order) do
    # in full
    Oven.bake(order) |> Coins.count()
  end

  if Mix.env() == :test do
    def reset, do: Drawer.open(1)
  end |> tap()

  def close(state) do
    alias Bakery.Night
    Night.begin(state)
  end
end
`;

/** What a tree says, whatever numbers its symbols have. */
function told({ data: { nodes, symbols, comments, errors } }: Tree): object {
  const lines: string[] = [];
  for (let at = 0; at < nodes.length; at += STRIDE) lines.push([...nodes.subarray(at, at + 4), symbols[nodes[at + 4] as number] ?? "", ...nodes.subarray(at + 5, at + STRIDE)].join(" "));
  return { nodes: lines, comments, errors };
}

describe("parsing the next version of a text", () => {
  let parse: ParseElixir;
  let reparse: ReparseElixir;
  before(async () => {
    const grammar: Grammar = await loadGrammar({ core: readFileSync(resolve("web-tree-sitter/tree-sitter.wasm")), elixir: readFileSync(resolve("tree-sitter-wasms/out/tree-sitter-elixir.wasm")) });
    parse = elixirParser(grammar);
    reparse = editingParser(grammar, parse);
  });

  const edited = (text: string, [from, to]: readonly [string, string]): string => {
    assert.ok(text.includes(from));
    return text.replace(from, to);
  };
  /** The parts that are parsed by themselves on the way from one text to the next. */
  const partsOf = (before: string, after: string): readonly string[] => {
    const parts: string[] = [];
    reparsed(parse("lib/till.ex", before), after, (part) => void parts.push(part));
    return parts;
  };

  for (const [name, edit, part] of [
    ["a body", ["Coins.count()", "Coins.count() |> Round.up(Drawer)"], "def pay(order) do"],
    ["a name longer than before", ["Night.begin", "Night.begin_slowly"], "def close(state) do"],
    ["a comment", ["# in full", "# in full\n    # and at once"], "def pay(order) do"],
    ["parameters", ["close(state)", "close(state, Oven)"], "def close(state, Oven) do"],
    ["a block in a pipe", ["Drawer.open(1)", "Drawer.open(12)"], undefined],
    ["what the block is called with", ["def pay", "defp pay"], undefined],
    ["an alias", ["as: Coins", "as: Coin"], undefined],
    ["text between functions", ['"Pays."', '"Pays, at last."'], undefined],
    ["a function into two", ["Oven.bake(order) |> Coins.count()", "Oven.bake(order)\n  end\n\n  def count(order) do\n    Coins.count(order)"], undefined],
    ["a word into one that opens a block", ["def close", "do close"], undefined],
    ["code that no longer parses", ["Night.begin(state)", "Night.begin(state"], undefined],
  ] as const)
    it(`gives the tree of the whole when an edit changes ${name}`, () => {
      const after = edited(till, edit);
      const whole = parse("lib/till.ex", after);
      const first = reparse(parse("lib/till.ex", till), after);
      assert.deepEqual(told(first), told(whole));
      assert.deepEqual(told(reparse(first, till)), told(parse("lib/till.ex", till)));
      const parts = partsOf(till, after);
      if (part !== undefined) assert.ok(parts.length === 1 && parts[0]?.startsWith(part), parts.join());
    });

  it("does so after any edits of any code", function () {
    this.timeout(60_000);
    const sources = [till, readFileSync("test/syntax/golden/language.ex", "utf8"), ...readdirSync("examples/bakery", { recursive: true }).map(String).filter((name) => /\.exs?$/.test(name)).map((name) => readFileSync(`examples/bakery/${name}`, "utf8"))];
    const words = ["x", " ", "\n", "(", ")", '"', "end", " do", "foo(1)", "# c\n", "|> bar()", "alias Foo.Bar, as: X\n", ":a", "~s(x)", '"""\n', "fn a -> a end", "%{", "é", "order\n\n   order", "else ", "after ", " rescue x ->", "do ", "end "];
    const change = fc.oneof(
      fc.tuple(fc.nat(), fc.constantFrom(...words)).map(([at, word]) => (text: string) => text.slice(0, at % text.length) + word + text.slice(at % text.length)),
      fc.tuple(fc.nat(), fc.integer({ min: 1, max: 6 })).map(([at, length]) => (text: string) => text.slice(0, at % text.length) + text.slice((at % text.length) + length)),
      fc.tuple(fc.nat(), fc.nat()).map(([from, to]) => (text: string) => {
        const lines = text.split("\n");
        lines.splice(to % lines.length, 0, lines[from % lines.length] ?? "");
        return lines.join("\n");
      }),
    );
    fc.assert(
      fc.property(fc.constantFrom(...sources), fc.array(change, { minLength: 1, maxLength: 6 }), (source, changes) => {
        let tree = parse("lib/a.ex", source);
        for (const next of changes.map((make) => make(tree.source))) {
          const whole = parse("lib/a.ex", next);
          const again = reparse(tree, next);
          assert.deepEqual(told(again), told(whole));
          if (whole.data.errors.length === 0) tree = again;
        }
      }),
      { numRuns: Number(process.env["EDIT_RUNS"] ?? 150) },
    );
  });
});
