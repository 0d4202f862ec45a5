import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { coChangeOf } from "../../src/wizard/co-change.ts";
import { placesIn } from "../../src/wizard/mix-output.ts";

const stepOf = (file: string): string | undefined => (file === "lib/shop/till.ex" ? "Extract Till" : undefined);

describe("what mix prints", () => {
  it("leads to the places and the steps, in the words of Elixir 1.14", () => {
    const output = [
      "Compiling 2 files (.ex)",
      'warning: variable "y" is unused (if the variable is not meant to be used, prefix it with an underscore)',
      "  lib/shop/till.ex:3: Shop.Till.sum/1",
      "",
      "",
      "== Compilation error in file lib/shop.ex ==",
      "** (CompileError) lib/shop.ex:4: undefined function round_up/1",
      "    (stdlib 4.2) lists.erl:1462: :lists.mapfoldl_1/3",
    ].join("\n");
    assert.deepEqual(placesIn(output, stepOf), [
      { file: "lib/shop/till.ex", line: 3, message: 'variable "y" is unused (if the variable is not meant to be used, prefix it with an underscore)', step: "Extract Till" },
      { file: "lib/shop.ex", line: 4, message: "undefined function round_up/1", step: undefined },
    ]);
  });
  it("leads to them in the boxes of later versions, too", () => {
    const output = ["    error: undefined function round_up/1 (expected Shop.Till to define such a function)", "    │", "  4 │     round_up(x)", "    │     ^^^^^^^^", "    │", "    └─ lib/shop/till.ex:4:5: Shop.Till.sum/1"].join("\n");
    assert.deepEqual(placesIn(output, stepOf).map(({ file, line, step }) => ({ file, line, step })), [{ file: "lib/shop/till.ex", line: 4, step: "Extract Till" }]);
  });
  it("leads to failed tests", () => {
    const output = ["", "  1) test bread is sold (ShopTest)", "     test/shop_test.exs:13", "     Assertion with == failed", "     stacktrace:", "       test/shop_test.exs:16: (test)", ""].join("\n");
    assert.deepEqual(placesIn(output, stepOf)[0], { file: "test/shop_test.exs", line: 13, message: "test bread is sold (ShopTest)", step: undefined });
  });
  it("leads to the lines that a test failed at, with or without colours, and to none of what follows", () => {
    const output = ["\u001b[31m  1) test bread is sold (ShopTest)\u001b[0m", "     test/shop_test.exs:13", "     ** (KeyError) key :rye not found in: %{}", "     stacktrace:", "       (stdlib 4.2) maps.erl:3: :maps.get/2", "       lib/shop/till.ex:4: Shop.Till.sum/1", "       test/shop_test.exs:16: (test)", "", "Finished in 0.1 seconds", "  lib/shop.ex:1"].join("\n");
    assert.deepEqual(placesIn(output, stepOf).map(({ file, line, step }) => `${file}:${line} ${step ?? ""}`), ["test/shop_test.exs:13 ", "lib/shop/till.ex:4 Extract Till", "test/shop_test.exs:16 "]);
  });
  it("names no place where nothing is wrong", () => {
    assert.deepEqual(placesIn("Compiling 9 files (.ex)\nGenerated shop app\n", stepOf), []);
  });
});

describe("the history of a file", () => {
  it("names what changed with it at least twice, and leaves sweeps over everything out", () => {
    const sweep = Array.from({ length: 60 }, (_, i) => `lib/shop/part${i}.ex`);
    const history = coChangeOf("lib/shop.ex", [
      { author: "a", files: ["lib/shop.ex", "test/shop_test.exs", "README.md"] },
      { author: "b", files: ["lib/shop.ex", "test/shop_test.exs", "lib/shop/cart.ex"] },
      { author: "a", files: ["lib/shop.ex", ...sweep, "lib/shop/cart.ex"] },
    ]);
    assert.deepEqual(history, { commits: 3, authors: 2, together: [{ file: "test/shop_test.exs", times: 2 }] });
  });
});
