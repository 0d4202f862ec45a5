import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { Finding } from "../../src/engine/finding.ts";
import { fits, withEdits } from "../../src/engine/ready-fix.ts";
import { defineRule, type FixDraft } from "../../src/engine/rule.ts";
import { runRules } from "../../src/engine/run.ts";
import { Workspace } from "../../src/model/workspace.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { elixirForTests } from "../support/elixir.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});

/** A rule that reports each call of `bake` and hands out what `drafts` writes for it. */
function found(source: string, drafts?: (call: { readonly start: number; readonly end: number }, tree: FixDraft["edits"][number]["tree"]) => Iterable<FixDraft>): readonly Finding[] {
  const doc = { what: "", why: "", instead: "", fine: [], sure: "" };
  const rule = defineRule({
    id: "baked", family: "design", title: "", severity: "low", set: "default", fix: { kind: "automatic", title: "Roast" }, source: "", doc, bad: [], good: [],
    *checkModule(module) {
      for (const { node } of module.calls("bake")) yield { at: node, message: "bakes", confidence: "proven", ...(drafts === undefined ? {} : { ready: () => drafts(node.span, node.tree) }) };
    },
  });
  const { findings, problems } = runRules(new Workspace([parse("lib/oven.ex", source)]), { rules: [rule] });
  assert.deepEqual(problems, []);
  return findings;
}

const lines = ["defmodule Oven do", '  def day, do: {"🥖", bake(:rye)}', "end", ""];

describe("a fix that is written out", () => {
  it("is plain data with places as findings have them, and the hash of the text it fits", () => {
    const source = lines.join("\n");
    const [finding] = found(source, function* ({ start }, tree) {
      yield { title: "Roast it", safe: true, edits: [{ tree, span: { start, end: start + 4 }, text: "roast" }, { tree, span: { start: 0, end: 0 }, text: "# warm\n" }] };
    });
    assert.deepEqual(finding?.fix, {
      kind: "automatic",
      title: "Roast",
      ready: [{ title: "Roast it", safe: true, files: [{ file: "lib/oven.ex", textHash: parse("lib/oven.ex", source).stamp, edits: [{ startLine: 1, startColumn: 1, endLine: 1, endColumn: 1, newText: "# warm\n" }, { startLine: 2, startColumn: 23, endLine: 2, endColumn: 27, newText: "roast" }] }] }],
    });
    const [file] = finding.fix.ready?.[0]?.files ?? [];
    assert.ok(file !== undefined && fits(file, source) && !fits(file, `${source}\n`));
    assert.deepEqual(JSON.parse(JSON.stringify(finding)), finding);
    assert.deepEqual(structuredClone(finding), finding);
    assert.equal(withEdits(source, finding.fix.ready?.[0]?.files[0]?.edits ?? []), `# warm\n${source.replace("bake", "roast")}`);
  });
  it("leaves the fingerprint alone, and is absent where nothing is written", () => {
    const source = lines.join("\n");
    const [plain] = found(source);
    const [none] = found(source, () => []);
    const [written] = found(source, ({ start }, tree) => [{ title: "Roast it", safe: false, edits: [{ tree, span: { start, end: start + 4 }, text: "roast" }] }]);
    assert.deepEqual(none, plain);
    assert.deepEqual({ ...written, fix: plain?.fix }, plain);
    assert.deepEqual(plain?.fix, { kind: "automatic", title: "Roast" });
  });
  it("ends lines as the file does", () => {
    const source = lines.join("\r\n");
    const [finding] = found(source, ({ end }, tree) => [{ title: "Cool it", safe: false, edits: [{ tree, span: { start: tree.source.indexOf("end", end), end: tree.source.indexOf("end", end) }, text: "  def cool, do: :ok\n" }] }]);
    const after = withEdits(source, finding?.fix?.ready?.[0]?.files[0]?.edits ?? []);
    assert.equal(after, [...lines.slice(0, 2), "  def cool, do: :ok", ...lines.slice(2)].join("\r\n"));
  });
  it("holds several that exclude each other, the best first", () => {
    const [finding] = found(lines.join("\n"), ({ start }, tree) => ["roast", "fry"].map((text) => ({ title: text, safe: false, edits: [{ tree, span: { start, end: start + 4 }, text }] })));
    assert.deepEqual(finding?.fix?.ready?.map(({ title }) => title), ["roast", "fry"]);
  });
});
