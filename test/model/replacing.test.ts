import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { Workspace } from "../../src/model/workspace.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import type { Tree } from "../../src/syntax/tree.ts";
import { elixirForTests } from "../support/elixir.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});

const bakery: Readonly<Record<string, string>> = {
  "lib/oven.ex": "defmodule Bakery.Oven do\n  def heat(0), do: :hot\n  def heat(n), do: heat(n - 1)\n  def clean do\n    Task.start(Bakery.Till, :count, [])\n    Bakery.Till.count()\n  end\nend\n",
  "lib/recipe.ex": "defmodule Bakery.Recipe do\n  defmacro warm do\n    quote do\n      Bakery.Oven.heat(3)\n    end\n  end\nend\n",
  "lib/till.ex": "defmodule Bakery.Till do\n  def count, do: Enum.each(1..3, &Bakery.Oven.heat/1)\n  def close, do: count()\nend\n",
};
const treesOf = (texts: Readonly<Record<string, string>>): readonly Tree[] => Object.entries(texts).map(([path, text]) => parse(path, text));
const edited = (path: string, old: string, text: string): Readonly<Record<string, string>> => ({ ...bakery, [path]: (bakery[path] ?? "").replace(old, text) });

/** A workspace as a later process has it: nobody has looked into a file yet. */
function sleeping(texts: Readonly<Record<string, string>>): Workspace {
  const trees = treesOf(texts);
  return new Workspace(new Workspace(trees).files.map(({ facts }, i) => ({ facts, tree: () => trees[i] as Tree })));
}
const replaced = (workspace: Workspace, texts: Readonly<Record<string, string>>, path: string): void => {
  assert.ok(workspace.replace(new Map([[path, parse(path, texts[path] ?? "")]])) !== undefined);
};
/** `heat/1 < lib/till.ex:2#…`: who calls each function, by the text in which the call stands. */
const callersIn = (workspace: Workspace): readonly string[] =>
  workspace.modules.flatMap(({ functions }) => functions.flatMap((fn) => fn.callers.map((site) => `${fn.key} < ${site.tree.path}:${site.node.line}#${site.tree.stamp}${site.closure === undefined ? "" : " elsewhere"}`)));

describe("a file in the place of another", () => {
  const changes = [
    { what: "of a file that calls itself", path: "lib/oven.ex", texts: edited("lib/oven.ex", ":hot", ":very_hot") },
    { what: "of a file that calls others", path: "lib/till.ex", texts: edited("lib/till.ex", "1..3", "1..4") },
    { what: "of a file with a function more", path: "lib/till.ex", texts: edited("lib/till.ex", "  def close", "  def open, do: count()\n  def close") },
  ];
  for (const { what, path, texts } of changes) {
    const fresh = (): readonly string[] => callersIn(new Workspace(treesOf(texts)));
    it(`leaves no call of its old text behind: ${what}`, () => {
      const workspace = new Workspace(treesOf(bakery));
      callersIn(workspace);
      replaced(workspace, texts, path);
      assert.deepEqual(callersIn(workspace), fresh());
    });
    it(`leaves none behind where an earlier process linked the calls: ${what}`, () => {
      const workspace = sleeping(bakery);
      assert.deepEqual(callersIn(workspace), callersIn(new Workspace(treesOf(bakery))));
      replaced(workspace, texts, path);
      assert.deepEqual(callersIn(workspace), fresh());
    });
  }
  it("is where quoted calls of others lead, too", () => {
    for (const workspace of [new Workspace(treesOf(bakery)), sleeping(bakery)]) {
      const quoted = workspace.module("Bakery.Recipe")?.fn("warm", 0)?.sites.find(({ name }) => name === "Bakery.Oven.heat");
      assert.ok(quoted?.around.quoted);
      assert.ok(quoted.callee === workspace.module("Bakery.Oven")?.fn("heat", 1));
      replaced(workspace, edited("lib/oven.ex", ":hot", ":very_hot"), "lib/oven.ex");
      assert.ok(quoted.callee !== undefined && quoted.callee === workspace.module("Bakery.Oven")?.fn("heat", 1));
    }
  });
});
