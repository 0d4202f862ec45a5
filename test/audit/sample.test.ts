import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import type { ScanResult } from "../../src/engine/finding.ts";
import { ruleInfos } from "../../src/audit/rules.ts";
import { otpAudit } from "../support/command-line.ts";

const flawed = "lib/bakery/flawed";
const known = new Set(ruleInfos.map(({ id }) => id));

/** Rules that the comments of a sample file promise, with the line of the comment: `# self-call, bare-spawn: why`. */
function promisesIn(path: string): { readonly rule: string; readonly line: number }[] {
  return readFileSync(`examples/bakery/${path}`, "utf8")
    .split("\n")
    .flatMap((text, i) => (/^\s*# ([a-z-]+(?:, [a-z-]+)*): /.exec(text)?.[1]?.split(", ") ?? []).map((rule) => ({ rule, line: i + 1 })));
}

describe("the sample project", () => {
  let result: ScanResult;
  before(async () => {
    result = JSON.parse((await otpAudit("examples/bakery", ["scan", ".", "--format", "json", "--fail-on", "never"])).out) as ScanResult;
  });

  for (const name of readdirSync(`examples/bakery/${flawed}`).filter((file) => file !== "suppressed.ex"))
    it(`has each flaw that the comments of ${name} name, within the lines below`, () => {
      const promises = promisesIn(`${flawed}/${name}`);
      assert.ok(promises.length > 0);
      for (const { rule, line } of promises) {
        assert.ok(known.has(rule), `line ${line}: there is no rule ${rule}`);
        assert.ok(result.findings.some((finding) => finding.file === `${flawed}/${name}` && finding.rule === rule && finding.startLine > line && finding.startLine <= line + 9), `line ${line}: nothing is found of ${rule}`);
      }
    });
  it("has healthy twins without a finding", () => {
    assert.deepEqual(result.findings.filter(({ file }) => file.includes("/healthy/")).map(({ rule, file, startLine }) => `${rule} at ${file}:${startLine}`), []);
  });
  it("shows most of the families", () => {
    const families = new Set(result.findings.map(({ family }) => family));
    assert.ok(families.size >= 12, [...families].sort().join(", "));
  });
});
