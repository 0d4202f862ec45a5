import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { before, describe, it } from "mocha";
import type { Rule } from "../../src/engine/rule.ts";
import { runRules } from "../../src/engine/run.ts";
import { Workspace } from "../../src/model/workspace.ts";
import { rules } from "../../src/rules/index.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { elixirForTests } from "../support/elixir.ts";
import { casesOf, type SpecificationCase, withoutMarks } from "../support/specification.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});

/** Runs one rule over the files of a case and compares findings with marks: same lines, same number, same words. */
function assertCase(rule: Rule, { name, files, options }: SpecificationCase): void {
  const trees = files.map((file) => parse(file.path, file.source));
  for (const tree of trees) assert.deepEqual(tree.data.errors, [], `${name}: ${tree.path} does not parse`);
  const { findings, problems } = runRules(new Workspace(trees), { rules: [rule], ...(options === undefined ? {} : { optionsOf: () => options }) });
  assert.deepEqual(problems, []);
  const found = findings.map((finding) => `${finding.file}:${finding.startLine}`).sort();
  const expected = files.flatMap((file) => file.marks.map((mark) => `${file.path}:${mark.line}`)).sort();
  assert.deepEqual(found, expected, `${name}\n${findings.map((finding) => `  ${finding.file}:${finding.startLine} ${finding.message}`).join("\n")}`);
  for (const file of files)
    for (const mark of file.marks) {
      const here = findings.filter((finding) => finding.file === file.path && finding.startLine === mark.line);
      assert.ok(here.some((finding) => finding.message.includes(mark.words) && (mark.severity ?? finding.severity) === finding.severity && (mark.confidence ?? finding.confidence) === finding.confidence), `${name}: line ${mark.line} says ${here.map((finding) => `(${finding.severity}, ${finding.confidence}) ${finding.message}`).join(" | ")}, not "${mark.words}"`);
    }
}

const only = process.env["RULE"];
for (const rule of rules.filter((candidate) => only === undefined || candidate.id === only)) {
  describe(`rule ${rule.id}`, () => {
    rule.good.forEach((source, i) => it(`is silent on good example ${i + 1}`, () => assertCase(rule, { name: "good", files: [{ path: "lib/example.ex", ...withoutMarks(source) }] })));
    rule.bad.forEach((source, i) =>
      it(`speaks on bad example ${i + 1}`, () => {
        const file = { path: rule.family === "tests" ? "test/example_test.exs" : "lib/example.ex", ...withoutMarks(source) };
        assert.ok(file.marks.length > 0, "a bad example marks its finding with #!");
        assertCase(rule, { name: "bad", files: [file] });
      }),
    );
    const path = `test/rules/${rule.id}.md`;
    if (!existsSync(path)) {
      it("has a specification", () => assert.fail(`${path} is missing`));
      return;
    }
    const cases = casesOf(readFileSync(path, "utf8"));
    it("has at least 6 cases that speak and 8 that are silent", () => {
      const speaking = cases.filter((candidate) => candidate.files.some((file) => file.marks.length > 0)).length;
      assert.ok(speaking >= 6 && cases.length - speaking >= 8, `${speaking} speak, ${cases.length - speaking} are silent`);
    });
    for (const candidate of cases) it(candidate.name, () => assertCase(rule, candidate));
  });
}

describe("the rule list", () => {
  it("has one specification for each rule and none besides", () => {
    const written = readdirSync("test/rules").filter((name) => name.endsWith(".md")).map((name) => name.slice(0, -3)).sort();
    assert.deepEqual(written.filter((id) => !rules.some((rule) => rule.id === id)), []);
  });
  it("is sorted and without doubles", () => {
    const ids = rules.map((rule) => rule.id);
    assert.deepEqual(ids, [...new Set(ids)].sort());
  });
});
