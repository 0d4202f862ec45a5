import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { before, describe, it } from "mocha";
import { type Grammar, loadGrammar } from "../../src/syntax/grammar.ts";
import { elixirParser } from "../../src/syntax/parse.ts";
import { agrees, cursorReader, memoryReader } from "../../src/syntax/raw-tree.ts";

const resolve = createRequire(`${process.cwd()}/package.json`).resolve;
const golden = "test/syntax/golden/language.ex";

describe("the two tree readers", () => {
  let grammar: Grammar;
  before(async () => {
    grammar = await loadGrammar({ core: readFileSync(resolve("web-tree-sitter/tree-sitter.wasm")), elixir: readFileSync(resolve("tree-sitter-wasms/out/tree-sitter-elixir.wasm")) });
  });

  const sources: Record<string, string> = {
    "the golden file": readFileSync(golden, "utf8"),
    "an empty file": "",
    "a comment alone": "# nothing here\n",
    "syntax errors": "defmodule A do\n  def ) oops(\n  end end %{\n",
    "text beyond the basic plane": 'x = "🥖 é"\ny = :"naïve"\n',
    "a file larger than the first buffer": `[${"{:ok, %{a: 1}}, ".repeat(30_000)}]\n`,
    "deep nesting": `${"[".repeat(400)}1${"]".repeat(400)}\n`,
  };
  for (const [name, source] of Object.entries(sources)) {
    it(`see the same tree in ${name}`, () => {
      const tree = grammar.parser.parse(source);
      assert.ok(tree);
      try {
        assert.ok(agrees(tree, memoryReader(grammar), cursorReader()));
      } finally {
        tree.delete();
      }
    });
  }

  it("give the same lowered tree through either", () => {
    const source = readFileSync(golden, "utf8");
    const fast = elixirParser(grammar)("a.ex", source).data;
    const plain = elixirParser(grammar, "cursor")("a.ex", source).data;
    assert.deepEqual(fast.nodes, plain.nodes);
    assert.deepEqual(fast.symbols, plain.symbols);
  });
});
