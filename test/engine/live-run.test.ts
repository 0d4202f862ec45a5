import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { LiveRun } from "../../src/engine/live-run.ts";
import { defineRule, type Rule } from "../../src/engine/rule.ts";
import { type RunOptions, runRules } from "../../src/engine/run.ts";
import { implementedIn } from "../../src/model/implemented.ts";
import { indexed } from "../../src/model/indexes.ts";
import { Workspace } from "../../src/model/workspace.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import type { Tree } from "../../src/syntax/tree.ts";
import { elixirForTests } from "../support/elixir.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});

const loaves = indexed("loaves of a test", (module) => {
  if (module.fn("burn", 0) !== undefined) throw new Error("the loaf is burnt");
  return module.functions.map((fn) => [fn.name, module.name] as const);
});
/** Asks an index, as most rules do, and says where somebody bakes. */
const rule = defineRule({
  id: "baking",
  family: "design",
  title: "Baking",
  severity: "info",
  set: "default",
  fix: { kind: "manual", title: "Buy bread" },
  source: "https://hexdocs.pm/elixir",
  doc: { what: "", why: "", instead: "", fine: [], sure: "" },
  bad: [],
  good: [],
  checkModule: (module) => (loaves(module.workspace).has("bake") ? module.functions.map((fn) => ({ at: fn.node, message: "bakes", confidence: "proven" as const })) : []),
});
const oven = (functions: string): Tree => parse("lib/oven.ex", `defmodule Bakery.Oven do\n${functions}\nend\n`);
const till = (): Tree => parse("lib/till.ex", "defmodule Bakery.Till do\n  def pay, do: :ok\nend\n");
const options: RunOptions = { rules: [rule] };

describe("a run that goes on after edits", () => {
  it("gives up where what it goes on from cannot be known, and a run made anew says why", () => {
    for (const isKept of [false, true]) {
      const trees = [oven("  def bake, do: :ok"), till()];
      const first = LiveRun.start(new Workspace(trees), options);
      const sleeping = (): Workspace => new Workspace(first.kept.files.map(({ facts }, i) => ({ facts, tree: () => trees[i] as Tree })));
      const run = isKept ? LiveRun.resume(sleeping(), options, first.kept) : first;
      assert.equal(run.result.findings.length, 2);
      const burnt = oven("  def bake, do: :ok\n  def burn, do: :ok");
      assert.equal(run.edit([["lib/oven.ex", burnt]]), false);
      assert.deepEqual(LiveRun.start(new Workspace([burnt, till()]), options).result, runRules(new Workspace([burnt, till()]), options));
      assert.match(runRules(new Workspace([burnt, till()]), options).problems[0]?.message ?? "", /the loaf is burnt/);
    }
  });
  it("keeps nothing of a rule that said nothing and looked at no other file", () => {
    const silent: Rule = defineRule({ ...rule, checkModule: (module) => (implementedIn(module).size === 0 && module.fn("pay", 0) === undefined ? loaves(module.workspace).get("knead").map(() => ({ at: module.node, message: "kneads", confidence: "proven" as const })) : []) });
    const { files } = LiveRun.start(new Workspace([oven("  def bake, do: :ok"), till()]), { rules: [silent] }).kept;
    assert.deepEqual(files.map(({ units }) => units.length), [1, 0]);
  });
});
