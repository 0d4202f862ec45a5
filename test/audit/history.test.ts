import assert from "node:assert/strict";
import { changesBetween, changesSince, checkedEntries, emptyWorklog, readRun, type Run, runFileOf, runOf, runsBefore, runText, type Status, withEntry } from "../../src/audit/history.ts";
import { lookIn } from "../../src/audit/look.ts";
import { remembered } from "../../src/engine/comparison.ts";
import { fingerprintOf } from "../../src/engine/fingerprint.ts";
import type { Finding } from "../../src/engine/finding.ts";
import { finding, scanResult } from "../support/finding.ts";

const oven = (code: string, changes: Partial<Finding> = {}): Finding => {
  const each = finding({ file: "lib/oven.ex", module: "Oven", function: "heat/0", ...changes });
  return { ...each, fingerprint: fingerprintOf(each.rule, each.module, each.function, code) };
};
const run = (date: string, findings: readonly Finding[]): Run => runOf(scanResult(findings), date, undefined);
const source = "defmodule Oven do\n  def heat, do: call()\nend\n";
const files = (texts: Readonly<Record<string, string>>, left: readonly string[] = []) => ({ isScanned: (file: string) => !left.includes(file), text: (file: string) => texts[file] });

describe("history", () => {
  it("keeps a run as text that reads back the same, and never takes one run for another", () => {
    const one = run("2026-05-04T10:00:00.000Z", [oven("a"), oven("b")]);
    assert.deepEqual(readRun(runText(one), "run.json"), one);
    assert.notEqual(runFileOf(one), runFileOf(run("2026-05-04T10:00:00.000Z", [oven("a")])));
  });
  it("tells what came back from what is new", () => {
    const result = scanResult([oven("a"), oven("b")]);
    const changes = changesSince([run("2026-01-01", [oven("a")]), run("2026-02-01", [])], result, () => "read");
    assert.deepEqual([...(changes?.regressed ?? [])], [[oven("a").fingerprint, "the audit of 2026-01-01"]]);
    assert.equal(changes?.comparison.added.length, 2);
    assert.equal(changesSince([], result, () => "read"), undefined);
  });
  it("does not take an audit of this very state, kept already, for the last one", () => {
    const at = (id: string, found: readonly Finding[]): Run => runOf(scanResult(found), "2026-05-01", { id, isDirty: false });
    const [first, kept] = [at("a1", [oven("a"), oven("b")]), at("b2", [oven("b")])];
    const now = scanResult([oven("b")]);
    assert.deepEqual(runsBefore([first, kept, kept], now, { id: "b2" }), [first]);
    assert.deepEqual(runsBefore([first, kept], scanResult([oven("c")]), { id: "b2" }), [first, kept]);
    assert.deepEqual(runsBefore([first, kept], now, { id: "c3" }), [first, kept]);
    assert.deepEqual(runsBefore([first, run("2026-05-02", [oven("b")])], now, undefined).length, 2);
    assert.deepEqual(runsBefore([kept], now, { id: "b2" }), [kept]);
  });
  it("says when the last audit saw with other rules or another version", () => {
    const since = (last: Partial<Run>): string | undefined => changesSince([{ ...run("2026-01-01", []), ...last }], scanResult([]), () => "read")?.otherRules;
    assert.equal(since({}), undefined);
    assert.match(since({ rules: ["self-call"] }) ?? "", /^That audit ran other rules \(1, now \d+\)$/);
    assert.match(since({ version: "0.0.9" }) ?? "", /^That audit was made by OTP Audit 0\.0\.9, this one by /);
  });
  it("pairs up renamed code of two kept runs", () => {
    const renamed = oven("a", { module: "Stove", file: "lib/stove.ex" });
    const { comparison } = changesBetween(run("2026-01-01", [oven("a")]), run("2026-02-01", [renamed]));
    assert.deepEqual([comparison.moved.length, comparison.added.length, comparison.removed.length], [1, 0, 0]);
  });
});

describe("where an earlier finding stood", () => {
  const look = (texts: Readonly<Record<string, string>>, item = oven("a"), left: readonly string[] = []) => lookIn(scanResult([]), files(texts, left))(remembered(item));
  it("was read again, was left out, or is gone", () => {
    assert.equal(look({ "lib/oven.ex": source }), "read");
    assert.equal(look({ "lib/oven.ex": source }, oven("a"), ["lib/oven.ex"]), "unread");
    assert.equal(look({}), "gone");
  });
  it("is a test that is skipped, by a tag of its own or of its module", () => {
    const bakes = oven("a", { file: "test/a.exs", module: "ATest", function: 'test "bakes"' });
    const among = (above: string, below = ""): string | undefined => look({ "test/a.exs": `defmodule ATest do\n${above}  test "bakes", %{oven: oven} do\n  end\n${below}end\n` }, bakes);
    assert.equal(among("  @tag :skip\n"), "skipped");
    assert.equal(among('  @tag skip: "needs an oven"\n  # slow\n\n  @tag timeout: 100\n'), "skipped");
    assert.equal(among("  @moduletag :skip\n"), "skipped");
    assert.equal(among("  @tag :slow\n"), "read");
    assert.equal(among("  # @tag :skip\n"), "read");
    assert.equal(among('  @tag :skip\n  test "cools" do\n  end\n\n', '\n  @tag :skip\n  test "bakes bread" do\n  end\n'), "read");
  });
  it("is gone when its function or module has no head any more", () => {
    assert.equal(look({ "lib/oven.ex": source.replace("heat", "heat_up") }), "gone");
    assert.equal(look({ "lib/oven.ex": source.replace("Oven", "Stove") }), "gone");
    assert.equal(look({ "lib/oven.ex": source }, oven("a", { function: "" })), "read");
    assert.equal(look({ "test/a.exs": 'defmodule ATest do\n  test "bakes" do' }, oven("a", { file: "test/a.exs", module: "ATest", function: 'test "bakes"' })), "read");
  });
});

describe("a decision", () => {
  const verdict = (status: Status, now: readonly Finding[]): string | undefined => checkedEntries(withEntry(emptyWorklog, { ...remembered(oven("a")), status, reason: "r", author: "Ada", date: "2026-05-04" }), scanResult(now), () => "read")[0]?.verdict;
  it("that something is fixed is contradicted while it is detected, edited or not", () => {
    assert.equal(verdict("fixed", []), "holds: not detected");
    assert.equal(verdict("fixed", [oven("a")]), "contradicted: still detected");
    assert.equal(verdict("fixed", [oven("b")]), "contradicted: still detected in the same function, over edited code");
    assert.equal(verdict("fixed", [oven("b", { rule: "bare-spawn" })]), "not detected; `bare-spawn` speaks in the same function");
  });
  it("that something is fixed does not hold by a skipped test", () => {
    const entry = { ...remembered(oven("a")), status: "fixed", reason: "r", author: "Ada", date: "2026-05-04" } as const;
    assert.equal(checkedEntries(withEntry(emptyWorklog, entry), scanResult([]), () => "skipped")[0]?.verdict, "not detected, but its test is skipped now");
  });
  it("to skip something is checked again", () => {
    assert.equal(verdict("accepted", [oven("a")]), "re-check: still detected");
    assert.equal(verdict("later", []), "re-check: not detected any more");
  });
});
