import assert from "node:assert/strict";
import { testChangesOf } from "../../src/audit/test-changes.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { elixirForTests } from "../support/elixir.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});
const file = "test/oven_test.exs";
const testFile = (...tests: readonly string[]): string => `defmodule OvenTest do\n  use ExUnit.Case\n${tests.join("\n")}\nend\n`;
const heats = (...body: readonly string[]): string => `  test "heats" do\n${body.map((line) => `    ${line}\n`).join("")}  end\n`;
const changes = (old: string | undefined, now: string | undefined) => testChangesOf([{ file, before: old === undefined ? undefined : parse(file, old), after: now === undefined ? undefined : parse(file, now) }]);

describe("changes of tests between two commits", () => {
  it("are none when no sleep and no skip changed", () => assert.deepEqual(changes(testFile(heats("assert true")), testFile(heats("assert 1 == 1"))), []));
  it("tell what stands in place of a sleep", () => {
    const old = testFile(heats("Process.sleep(50)", ":timer.sleep(9)", "Process.sleep(1)", "assert true"));
    const now = testFile(heats("wait_for(fn -> Oven.hot?() end)", "assert_receive {:DOWN, _, _, _, _}", "assert true"));
    assert.deepEqual(changes(old, now), [{ file, before: 3, after: 0, inPlace: [{ how: "helper that waits for a condition", count: 1 }, { how: "monitor and assert_receive of :DOWN", count: 1 }, { how: "no other wait", count: 1 }], skipped: 0 }]);
  });
  it("count a skipped test apart: it is no fixed one", () => {
    const [change] = changes(testFile(heats("Process.sleep(50)", "assert true")), testFile("  @tag :skip\n", heats("Process.sleep(50)", "assert true")));
    assert.deepEqual([change?.before, change?.after, change?.skipped], [1, 1, 1]);
  });
  it("claim nothing about the reason when the test itself is gone", () => {
    assert.deepEqual(changes(testFile(heats("Process.sleep(50)")), testFile())[0]?.inPlace, [{ how: "the code around it is gone or renamed", count: 1 }]);
    assert.deepEqual(changes(testFile(heats("Process.sleep(50)")), undefined)[0]?.after, 0);
  });
  it("list new files with sleeps, and take :infinity for no wait", () => {
    assert.deepEqual(changes(undefined, testFile(heats("Process.sleep(:infinity)", "Process.sleep(5)")))[0], { file, before: 0, after: 1, inPlace: [], skipped: 0 });
  });
});
