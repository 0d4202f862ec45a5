import assert from "node:assert/strict";
import { changedLinesOf, wholeFiles } from "../../src/audit/changed-lines.ts";

const diff = (...lines: string[]): string => `${lines.join("\n")}\n`;

describe("changed lines", () => {
  it("are the new side of each hunk, and the neighbours of what was only deleted", () => {
    const text = diff("diff --git a/lib/oven.ex b/lib/oven.ex", "--- a/lib/oven.ex", "+++ b/lib/oven.ex", "@@ -3 +3,2 @@ def heat", "-old", "+new", "+newer", "@@ -9,2 +9,0 @@", "-gone", "-gone");
    assert.deepEqual([...changedLinesOf(text, "")], [["lib/oven.ex", [{ from: 3, to: 4 }, { from: 9, to: 10 }]]]);
  });
  it("are not misled by changed text that looks like a file's head", () => {
    const text = diff("--- a/lib/a.ex", "+++ b/lib/a.ex", "@@ -1 +1,2 @@", "-- a/x", "+++ b/lib/evil.ex", "+@@ -1 +1 @@", "--- a/lib/b.ex", "+++ b/lib/b.ex", "@@ -5 +5 @@", "-x", "+y");
    assert.deepEqual([...changedLinesOf(text, "").keys()], ["lib/a.ex", "lib/b.ex"]);
  });
  it("know paths that git writes in quotes", () => {
    const text = diff('--- "a/lib/\\303\\244hre \\"alt\\".ex"', '+++ "b/lib/\\303\\244hre \\"alt\\".ex"', "@@ -1 +1 @@", "-x", "+y", "--- a/lib/with space.ex", "+++ b/lib/with space.ex\t", "@@ -1 +1 @@", "-x", "+y");
    assert.deepEqual([...changedLinesOf(text, "").keys()], ['lib/ähre "alt".ex', "lib/with space.ex"]);
  });
  it("are relative to the scanned folder; deleted files and files outside are left out", () => {
    const text = diff("--- a/apps/a/lib/x.ex", "+++ b/apps/a/lib/x.ex", "@@ -1 +1 @@", "-x", "+y", "--- a/apps/b/lib/y.ex", "+++ b/apps/b/lib/y.ex", "@@ -1 +1 @@", "-x", "+y", "--- a/apps/a/lib/z.ex", "+++ /dev/null", "@@ -1 +0,0 @@", "-x");
    const changed = changedLinesOf(text, "apps/a/");
    assert.deepEqual([...changed], [["lib/x.ex", [{ from: 1, to: 1 }]]]);
    assert.deepEqual([...wholeFiles(changed).values()], ["everything"]);
  });
});
