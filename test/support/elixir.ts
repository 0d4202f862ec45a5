import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { loadGrammar } from "../../src/syntax/grammar.ts";
import { elixirParser, type ParseElixir } from "../../src/syntax/parse.ts";

const resolve = createRequire(`${process.cwd()}/package.json`).resolve;
let parser: Promise<ParseElixir> | undefined;

/** The real parser, loaded once for a test run. */
export function elixirForTests(): Promise<ParseElixir> {
  parser ??= loadGrammar({ core: readFileSync(resolve("web-tree-sitter/tree-sitter.wasm")), elixir: readFileSync(resolve("tree-sitter-wasms/out/tree-sitter-elixir.wasm")) }).then((grammar) => elixirParser(grammar));
  return parser;
}
