import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";
import { validateXML } from "xmllint-wasm";
import { ruleInfos } from "../../src/audit/rules.ts";
import { remembered } from "../../src/engine/comparison.ts";
import type { Finding, ScanResult } from "../../src/engine/finding.ts";
import { csvReport } from "../../src/report/csv.ts";
import { githubReport } from "../../src/report/github.ts";
import { gitlabReport } from "../../src/report/gitlab.ts";
import { jsonReport } from "../../src/report/json.ts";
import { junitReport } from "../../src/report/junit.ts";
import { sarifReport } from "../../src/report/sarif.ts";
import { finding, readyFix, scanResult } from "../support/finding.ts";

const awkward = finding({ file: "lib/öfen/größe a.ex", startLine: 9, message: 'Says "hot" & <cold>,\nin two lines: 100 %', fingerprint: "b", severity: "critical", related: [{ file: "lib/a.ex", startLine: 1, message: "handle_call/3 of Oven starts here" }, { file: "lib/a.ex", startLine: 2, message: "calls heat/0" }] });
const review = finding({ confidence: "review", severity: "low", startLine: 12, fingerprint: "c" });
const off: Finding = finding({ startLine: 20, fingerprint: "d", suppressed: { reason: "asked at start only", by: "comment" } });
const result: ScanResult = scanResult([awkward, finding({ fingerprint: "a" }), review], { suppressed: [off], known: [finding({ startLine: 30, fingerprint: "e" })], gone: [remembered(finding({ startLine: 40, fingerprint: "f" }))], problems: [{ kind: "parse-error", file: "lib/b.ex", line: 3, column: 1, message: "lib/b.ex:3:1 did not parse as Elixir." }] });

function validatorOf(schema: Record<string, unknown>) {
  return new Ajv({ strict: false, unicodeRegExp: false, validateFormats: false, allErrors: true }).compile(schema);
}

describe("SARIF", () => {
  it("holds to the schema of version 2.1.0", () => {
    const { $schema: _draft, id: _id, ...schema } = JSON.parse(readFileSync(join(__dirname, "schemas/sarif-2.1.0.json"), "utf8"));
    const validate = validatorOf(schema);
    for (const each of [scanResult([]), result, scanResult([finding({ fix: readyFix })])]) assert.ok(validate(JSON.parse(sarifReport(each, ruleInfos))), JSON.stringify(validate.errors, undefined, 1));
    assert.equal(validate({ version: "2.1.0" }), false);
  });
  it("holds a text edit as a fix: what is taken out of which file, and what is put in", () => {
    const removal = { title: "Leave it out", safe: false, files: [{ file: "lib/öfen.ex", textHash: "0", edits: [{ startLine: 2, startColumn: 1, endLine: 3, endColumn: 1, newText: "" }] }] };
    const [run] = JSON.parse(sarifReport(scanResult([finding({ fix: { ...readyFix, ready: [...(readyFix.ready ?? []), removal] } }), finding()]), ruleInfos)).runs;
    assert.deepEqual(run.results[1].fixes, undefined);
    const [first, second] = run.results[0].fixes;
    assert.deepEqual(first, {
      description: { text: "Use state.heat." },
      artifactChanges: [
        {
          artifactLocation: { uri: "lib/bakery/oven.ex", uriBaseId: "SRCROOT" },
          replacements: [
            { deletedRegion: { startLine: 3, startColumn: 5, endLine: 3, endColumn: 38 }, insertedContent: { text: "state.heat" } },
            { deletedRegion: { startLine: 9, startColumn: 1, endLine: 9, endColumn: 1 }, insertedContent: { text: "  # cools <down>\n" } },
          ],
        },
      ],
      properties: { safe: true },
    });
    assert.deepEqual(second.artifactChanges, [{ artifactLocation: { uri: "lib/%C3%B6fen.ex", uriBaseId: "SRCROOT" }, replacements: [{ deletedRegion: { startLine: 2, startColumn: 1, endLine: 3, endColumn: 1 } }] }]);
  });
  it("marks new, known and switched-off findings, and carries fingerprints, paths and reasons", () => {
    const [run] = JSON.parse(sarifReport(result, ruleInfos)).runs;
    assert.deepEqual(run.results.map((each: { baselineState?: string }) => each.baselineState), ["new", "new", "new", "unchanged", undefined, "absent"]);
    assert.deepEqual(run.results.at(-2).suppressions, [{ kind: "inSource", justification: "asked at start only" }]);
    assert.equal(run.results[0].locations[0].physicalLocation.artifactLocation.uri, "lib/%C3%B6fen/gr%C3%B6%C3%9Fe%20a.ex");
    assert.equal(run.results[0].codeFlows[0].threadFlows[0].locations.length, 3);
    assert.equal(new Set(run.results.map((each: { partialFingerprints: Record<string, string> }) => each.partialFingerprints["otpAudit/v1"])).size, 6);
    assert.equal(run.invocations[0].toolExecutionNotifications.length, 1);
  });
});

describe("GitLab code quality", () => {
  it("holds to what GitLab reads", () => {
    const lines = { type: "object", required: ["begin"], properties: { begin: { type: "integer", minimum: 1 } } };
    const issue = { type: "object", required: ["description", "check_name", "fingerprint", "severity", "location"], properties: { description: { type: "string" }, check_name: { type: "string" }, fingerprint: { type: "string" }, severity: { enum: ["info", "minor", "major", "critical", "blocker"] }, location: { type: "object", required: ["path", "lines"], properties: { path: { type: "string", pattern: "^[^/]" }, lines } } } };
    const validate = validatorOf({ type: "array", items: issue });
    const issues = JSON.parse(gitlabReport(result));
    assert.ok(validate(issues), JSON.stringify(validate.errors));
    assert.equal(new Set(issues.map((each: { fingerprint: string }) => each.fingerprint)).size, issues.length);
  });
});

describe("JUnit", () => {
  it("holds to the schema of its readers, whatever users wrote", async () => {
    const schema = readFileSync(join(__dirname, "schemas/junit.xsd"), "utf8");
    const errorsIn = async (xml: string): Promise<readonly string[]> => (await validateXML({ xml: [{ fileName: "junit.xml", contents: xml }], schema: [schema] })).errors.map(({ message }) => message);
    for (const each of [scanResult([]), result]) assert.deepEqual(await errorsIn(junitReport(each)), []);
    assert.equal((await errorsIn('<testsuites name="x" tests="one" failures="0" errors="0"/>')).length, 1);
  });
  it("counts what it holds, and skips what a person has to judge", () => {
    const xml = junitReport(result);
    assert.match(xml, /message="Says &quot;hot&quot; &amp; &lt;cold&gt;,/);
    const [, tests, failures] = /tests="(\d+)" failures="(\d+)"/.exec(xml) ?? [];
    assert.deepEqual([xml.match(/<testcase /g)?.length, xml.match(/<failure /g)?.length, xml.match(/<skipped /g)?.length], [Number(tests), Number(failures), 1]);
  });
});

describe("CSV", () => {
  it("quotes what needs it and hands no formula to a spreadsheet", () => {
    const csv = csvReport(scanResult([finding({ message: '=SUM(1), "hot"\nand cold' })]));
    assert.match(csv, /^severity,confidence,rule,/);
    assert.match(csv, /,"'=SUM\(1\), ""hot""\nand cold",/);
  });
});

describe("GitHub annotations", () => {
  it("keep each finding on one line, leave out what is to review, and end with a sentence", () => {
    const lines = githubReport(result).trimEnd().split("\n");
    assert.equal(lines[0], '::error file=lib/öfen/größe a.ex,line=9,endLine=9,col=5,endColumn=20,title=OTP Audit%3A self-call::Says "hot" & <cold>,%0Ain two lines: 100 %25');
    assert.equal(lines.length, 4);
    assert.match(lines.at(-1) ?? "", /^1 critical, 1 high, 1 to review in /);
  });
});

describe("JSON", () => {
  it("has the keys of the contract in their order", () => {
    const parsed = JSON.parse(jsonReport(scanResult([finding()])));
    assert.deepEqual(Object.keys(parsed), ["tool", "version", "root", "files", "rules", "durationMs", "problems", "findings"]);
    assert.deepEqual(Object.keys(parsed.findings[0]), ["rule", "family", "severity", "confidence", "message", "file", "startLine", "startColumn", "endLine", "endColumn", "module", "function", "fingerprint", "related", "evidence", "searched", "fix"]);
  });
});
