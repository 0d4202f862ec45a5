import assert from "node:assert/strict";
import { compared, type LaterRun, type Look, type Remembered, remembered } from "../../src/engine/comparison.ts";
import { fingerprintOf } from "../../src/engine/fingerprint.ts";
import type { Finding } from "../../src/engine/finding.ts";
import { finding } from "../support/finding.ts";

type Place = { readonly rule?: string; readonly file?: string; readonly module?: string; readonly function?: string; readonly code?: string; readonly confidence?: Finding["confidence"] };

/** A remembered finding whose fingerprint comes from its place and code, as the engine makes it. */
function at({ rule = "self-call", file = "lib/oven.ex", module = "Oven", function: name = "handle_call/3", code = "GenServer.call(__MODULE__, :heat)", confidence = "proven" }: Place = {}): Remembered {
  return remembered(finding({ rule, file, module, function: name, confidence, fingerprint: fingerprintOf(rule, module, name, code) }));
}
const run = (findings: readonly Remembered[], changes: Partial<LaterRun> = {}): LaterRun => ({ findings, suppressed: [], rules: ["self-call", "bare-spawn"], least: "review", ...changes });
const everywhere = (what: ReturnType<Look>): Look => () => what;

/** Names of the parts that hold something, with how much. */
function parts(before: readonly Remembered[], now: LaterRun, look: Look = everywhere("read")): Record<string, number> {
  return Object.fromEntries(Object.entries(compared(before, now, look)).flatMap(([name, items]) => (items.length === 0 ? [] : [[name, items.length]])));
}

describe("two runs", () => {
  it("without a change share everything", () => assert.deepEqual(parts([at()], run([at()])), { remaining: 1 }));
  it("call a finding fixed when its function was read again without it", () => assert.deepEqual(parts([at()], run([])), { fixed: 1 }));
  it("call a finding removed when its function or file is gone", () => assert.deepEqual(parts([at()], run([]), everywhere("gone")), { removed: 1 }));
  it("call no finding fixed whose test is skipped now", () => assert.deepEqual(parts([at()], run([]), everywhere("skipped")), { skipped: 1 }));
  it("claim nothing about files that were not read, rules that did not run and confidences that were not asked for", () => {
    assert.deepEqual(parts([at()], run([]), everywhere("unread")), { unknown: 1 });
    assert.deepEqual(parts([at()], run([], { rules: ["bare-spawn"] })), { unknown: 1 });
    assert.deepEqual(parts([at({ confidence: "review" }), at({ code: "x" })], run([], { least: "likely" })), { fixed: 1, unknown: 1 });
  });
  it("call a finding silenced, not fixed, when a comment switches it off", () => {
    assert.deepEqual(compared([at()], run([], { suppressed: [{ ...at(), reason: "asked at start only" }] }), everywhere("read")).silenced, [{ from: at(), reason: "asked at start only" }]);
  });
  it("know a finding again over edited code in the same function", () => assert.deepEqual(parts([at()], run([at({ code: "GenServer.call(__MODULE__, :cool)" })])), { changed: 1 }));
  it("know a finding again in a renamed file, module or function", () => {
    assert.deepEqual(parts([at()], run([at({ file: "lib/stove.ex" })])), { moved: 1 });
    assert.deepEqual(parts([at()], run([at({ file: "lib/stove.ex", module: "Stove" })]), everywhere("gone")), { moved: 1 });
    assert.deepEqual(parts([at()], run([at({ function: "handle_info/2" })]), everywhere("gone")), { moved: 1 });
  });
  it("look for what is gone where its module went", () => {
    const onlyIn = (...files: readonly string[]): Look => ({ file }) => (files.includes(file) ? "read" : "gone");
    const other = at({ function: "init/1", code: "b" });
    assert.deepEqual(parts([at(), other], run([at({ file: "lib/stove.ex" })]), onlyIn("lib/stove.ex")), { moved: 1, fixed: 1 });
    assert.deepEqual(parts([at(), other], run([at({ file: "lib/stove.ex", module: "Stove" })]), onlyIn("lib/stove.ex")), { moved: 1, fixed: 1 });
    assert.deepEqual(parts([at(), other], run([at()]), onlyIn("lib/oven.ex")), { remaining: 1, fixed: 1 });
    assert.deepEqual(parts([at(), other], run([]), onlyIn("lib/stove.ex")), { removed: 2 });
    const apart = [at({ function: "a/0", code: "a" }), at({ function: "b/0", code: "b" })];
    const inTwo = [at({ file: "lib/a.ex", function: "a/0", code: "a" }), at({ file: "lib/b.ex", function: "b/0", code: "b" })];
    assert.deepEqual(parts([at(), ...apart], run(inTwo), onlyIn("lib/a.ex", "lib/b.ex")), { moved: 2, removed: 1 });
  });
  it("take equal code elsewhere for another finding while the old function stands", () => {
    assert.deepEqual(parts([at()], run([at({ file: "lib/stove.ex", module: "Stove" })])), { added: 1, fixed: 1 });
  });
  it("take equal code for another finding when neither module nor function has the old name", () => {
    assert.deepEqual(parts([at()], run([at({ module: "Stove", function: "init/1" })]), everywhere("gone")), { added: 1, removed: 1 });
  });
  it("name the other rule that now speaks in the function", () => assert.deepEqual(parts([at()], run([at({ rule: "bare-spawn" })])), { added: 1, replaced: 1 }));
  it("claim nothing when one of several places could be the old one", () => {
    const two = [at({ module: "Stove", file: "lib/a.ex" }), at({ module: "Grill", file: "lib/b.ex" })];
    assert.deepEqual(parts([at()], run(two), everywhere("gone")), { added: 2, ambiguous: 1 });
  });
  it("pair up as many as went with as many as came", () => {
    assert.deepEqual(parts([at({ code: "a" }), at({ code: "b" })], run([at({ code: "c" }), at({ code: "d" })])), { changed: 2 });
  });
  it("never lose or double a finding", () => {
    const before = ["a", "b", "c", "d"].map((code) => at({ code }));
    const now = run([at({ code: "a" }), at({ code: "x" }), at({ code: "y", function: "init/1" })]);
    const result = compared(before, now, everywhere("read"));
    const seen = [...result.remaining, ...[...result.moved, ...result.changed].map(({ from }) => from), ...result.fixed, ...result.removed, ...result.replaced.map(({ from }) => from), ...result.ambiguous, ...result.unknown];
    assert.equal(seen.length, before.length);
    assert.equal(result.added.length + result.remaining.length + result.moved.length + result.changed.length, now.findings.length);
  });
});

describe("a fingerprint", () => {
  it("does not change with white space, and changes with rule, place and code", () => {
    const one = fingerprintOf("self-call", "Oven", "heat/0", "call(:heat)");
    assert.equal(fingerprintOf("self-call", "Oven", "heat/0", "call(:heat)"), one);
    assert.equal(fingerprintOf("r", "M", "f/0", "a\n   b"), fingerprintOf("r", "M", "f/0", "a b"));
    assert.equal(new Set([one, fingerprintOf("other", "Oven", "heat/0", "call(:heat)"), fingerprintOf("self-call", "Stove", "heat/0", "call(:heat)"), fingerprintOf("self-call", "Oven", "cool/0", "call(:heat)"), fingerprintOf("self-call", "Oven", "heat/0", "call(:cool)")]).size, 5);
  });
});
