import assert from "node:assert/strict";
import { describe, it } from "mocha";
import { coalesced } from "../../src/extension/wizard/coalesced.ts";
import type { Intent } from "../../src/wizard/session.ts";
import { queued, waits } from "../../src/wizard/waiting.ts";

const move = (id: string): Intent => ({ kind: "move", functions: [id], to: "Shop.Till" });
const grade = (at: number): Intent => ({ kind: "grade", grade: at });
const all = (...intents: readonly Intent[]): readonly Intent[] => intents.reduce<readonly Intent[]>(queued, []);

describe("what is asked for while something is being done", () => {
  it("waits when it changes the shape or begins work, and not when it only looks", () => {
    for (const intent of [move("count/1"), grade(2), { kind: "undo" }, { kind: "apply", steps: [], withPreview: false }, { kind: "undoAll" }, { kind: "verify" }] as const) assert.ok(waits(intent), intent.kind);
    for (const intent of [{ kind: "go", step: "review" }, { kind: "open", file: "", line: 1 }, { kind: "preview", step: "" }, { kind: "copyMessage" }] as const) assert.ok(!waits(intent), intent.kind);
  });
  it("is done in its order, each of it", () => {
    assert.deepEqual(all(move("count/1"), move("open/0"), move("count/1")), [move("count/1"), move("open/0"), move("count/1")]);
  });
  it("holds one place of the slider, the last", () => {
    assert.deepEqual(all(grade(1), move("count/1"), grade(2), grade(3)), [move("count/1"), grade(3)]);
  });
});

describe("work that is asked for many times", () => {
  it("runs one at a time, and once more for all that came meanwhile", async () => {
    const ends: (() => void)[] = [];
    let atOnce = 0;
    const look = coalesced(async () => {
      assert.equal(++atOnce, 1);
      await new Promise<void>((resolve) => ends.push(resolve));
      atOnce--;
    });
    const first = look();
    await Promise.all([look(), look(), look()]);
    assert.equal(ends.length, 1);
    ends[0]?.();
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(ends.length, 2);
    ends[1]?.();
    await first;
    assert.equal(ends.length, 2);
    void look();
    assert.equal(ends.length, 3);
  });
});
