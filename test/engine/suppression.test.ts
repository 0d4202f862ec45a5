import assert from "node:assert/strict";
import type { Finding } from "../../src/engine/finding.ts";
import { suppressionsOf, withSuppressions } from "../../src/engine/suppression.ts";
import { elixirForTests } from "../support/elixir.ts";
import { finding } from "../support/finding.ts";

const known = ["self-call", "bare-spawn", "ets-read-modify-write"];
const ran = new Set(known);
const path = "lib/oven.ex";

async function suppressed(source: string, findings: readonly Finding[], requireReason = false) {
  const parse = await elixirForTests();
  const { suppressions, problems } = suppressionsOf(path, source, parse(path, source).data.comments, { known, requireReason });
  const { findings: standing, suppressed: off, unused } = withSuppressions(findings, suppressions, ran);
  return { standing: standing.map(({ startLine }) => startLine), off: off.map(({ startLine, suppressed: why }) => [startLine, why?.reason]), problems: [...problems, ...unused].map(({ message }) => message) };
}
const at = (startLine: number, rule = "self-call"): Finding => finding({ file: path, startLine, rule });

describe("suppression comments", () => {
  it("say nothing when there are none", async () => {
    assert.deepEqual(await suppressed("bake()\n", [at(1)]), { standing: [1], off: [], problems: [] });
  });
  it("are not read inside texts", async () => {
    assert.deepEqual(await suppressed('"""\n# otp_audit:disable-for-this-file\n"""\nbake()\n', [at(4)]), { standing: [4], off: [], problems: [] });
  });
  it("leave other lines and other rules alone", async () => {
    const source = "# otp_audit:disable-for-next-line self-call -- the oven answers itself\nbake()\nbake()\n";
    assert.deepEqual(await suppressed(source, [at(2), at(2, "bare-spawn"), at(3)]), { standing: [2, 3], off: [[2, "the oven answers itself"]], problems: [] });
  });
  it("reach over stacked comments to the next line of code", async () => {
    const source = "# otp_audit:disable-for-next-line self-call\n# otp_audit:disable-for-next-line bare-spawn\n# why\nbake()\n";
    assert.deepEqual((await suppressed(source, [at(4), at(4, "bare-spawn")])).standing, []);
  });
  it("work for the previous line", async () => {
    assert.deepEqual((await suppressed("bake()\n# otp_audit:disable-for-previous-line\nbake()\n", [at(1), at(3)])).standing, [3]);
  });
  it("work for a number of lines below and above", async () => {
    assert.deepEqual((await suppressed("# otp_audit:disable-for-lines:2 self-call\na()\nb()\nc()\n", [at(2), at(3), at(4)])).standing, [4]);
    assert.deepEqual((await suppressed("a()\nb()\nc()\n# otp_audit:disable-for-lines:-2\n", [at(1), at(2), at(3)])).standing, [1]);
  });
  it("work for the whole file, by pattern, with several rules divided by commas", async () => {
    assert.deepEqual((await suppressed("a()\n# otp_audit:disable-for-this-file /^ets-/, bare-spawn\n", [at(1, "ets-read-modify-write"), at(1, "bare-spawn"), at(1)])).standing, [1]);
  });
  it("count lines the same with CRLF", async () => {
    assert.deepEqual((await suppressed("# otp_audit:disable-for-next-line\r\n\r\nbake()\r\n", [at(3)])).standing, []);
  });
  it("are reported when they switch nothing off", async () => {
    assert.deepEqual((await suppressed("# otp_audit:disable-for-next-line self-call\nbake()\n", [])).problems, ["lib/oven.ex:1: disable-for-next-line self-call switches nothing off: there is no such finding any more. Remove the comment."]);
  });
  it("are reported when the instruction or the rule is mistyped", async () => {
    assert.deepEqual((await suppressed("# otp_audit:disable-next-line self-call\nbake()\n", [at(2)])).problems, ["lib/oven.ex:1: disable-next-line is no suppression, so nothing is switched off. Did you mean disable-for-next-line or disable-for-lines?"]);
    const { standing, problems } = await suppressed("# otp_audit:disable-for-next-line self-cal\nbake()\n", [at(2)]);
    assert.deepEqual(standing, [2]);
    assert.match(problems[0] ?? "", /there is no rule self-cal, so it switches nothing off\. Did you mean self-call\?/);
  });
  it("ask for a reason where the configuration requires one", async () => {
    assert.match((await suppressed("# otp_audit:disable-for-next-line self-call\nbake()\n", [at(2)], true)).problems[0] ?? "", /gives no reason/);
  });
});
