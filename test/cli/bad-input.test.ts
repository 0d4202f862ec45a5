import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { otpAudit } from "../support/command-line.ts";
import { folderWith, selfCalling } from "../support/folder.ts";

const oven = (): string => folderWith({ "lib/oven.ex": selfCalling("Oven") });
const worklog = (folder: string): string => join(folder, ".otp_audit/worklog.json");

describe("bad input", () => {
  it("is named file by file, and the rest is scanned", async () => {
    const folder = folderWith({ "lib/oven.ex": selfCalling("Oven"), "lib/broken.ex": "def ((( oven", "lib/picture.ex": Uint8Array.of(127, 69, 76, 70, 0), "lib/data.ex": `# ${"x".repeat(2_100_000)}\n` });
    symlinkSync(".", join(folder, "lib/again"));
    const { code, out } = await otpAudit(folder, ["scan", "."]);
    assert.equal(code, 1);
    for (const sentence of [/lib\/broken\.ex:1:5 did not parse as Elixir/, /lib\/picture\.ex is a binary file/, /lib\/data\.ex is 2\.0 MB and was not scanned: the limit is 2 MB/, /lib\/again was not scanned: its link leads in a circle/]) assert.match(out, sentence);
  });
  it("that was asked for by name and cannot be read ends with 2", async () => {
    const folder = folderWith({ "mix.exs": "1", "lib/data.ex": `# ${"x".repeat(2_100_000)}\n` });
    const { code, out } = await otpAudit(folder, ["scan", "lib/data.ex"]);
    assert.equal(code, 2);
    assert.match(out, /was not scanned: the limit is 2 MB/);
  });
  it("in the form of Windows line ends, a byte order mark and words of other languages is read like any other", async () => {
    const folder = folderWith({ "lib/öfen.ex": `\ufeff${selfCalling("Oven").replaceAll(":heat", ":wärme").replaceAll("heat", "größe").replaceAll("state", "zustand_ä").replaceAll("\n", "\r\n")}` });
    const { findings, problems } = JSON.parse((await otpAudit(folder, ["scan", ".", "--format", "json", "--rule", "self-call"])).out);
    assert.deepEqual([findings.map(({ file, startLine, function: name }: Record<string, unknown>) => [file, startLine, name]), problems], [[["lib/öfen.ex", 5, "größe/0"]], []]);
  });
  it("in place of a configuration does not count, and ends with 2", async () => {
    const folder = oven();
    symlinkSync("nowhere.exs", join(folder, ".otp_audit.exs"));
    const { code, out } = await otpAudit(folder, ["scan", ".", "--fail-on", "never"]);
    assert.equal(code, 2);
    assert.match(out, /\.otp_audit\.exs was not scanned: its link leads nowhere.*\. Its settings do not count\./);
    rmSync(join(folder, ".otp_audit.exs"));
    writeFileSync(join(folder, ".otp_audit.exs"), '[exclude: System.get_env("X")]');
    assert.match((await otpAudit(folder, ["scan", ".", "--fail-on", "never"])).out, /is code, and the configuration is read without running it/);
  });
});

describe("a history that cannot be used", () => {
  it("is told in the report, left as it is, and does not stop the audit", async () => {
    const folder = folderWith({ "lib/oven.ex": selfCalling("Oven"), ".otp_audit/worklog.json": "<<<<<<< HEAD", ".otp_audit/runs/2026-01-01.json": '{"tool":"otp-audit","format":99}', ".otp_audit/runs/2026-01-02.json": '{"tool":"otp-audit","format":99,"date":"2026-01-02","commit":null,"version":"9","rules":[],"scanned":1,"findings":[]}' });
    const { code, out, err } = await otpAudit(folder, ["scan", ".", "--format", "markdown"]);
    assert.equal(code, 1);
    for (const sentence of [/worklog\.json is not JSON, perhaps after a merge conflict, and does not count\./, /2026-01-01\.json is not a file of OTP Audit's history/, /2026-01-02\.json was written by a newer OTP Audit and does not count here\. Update OTP Audit\./]) {
      assert.match(out, sentence);
      assert.match(err, sentence);
    }
    await otpAudit(folder, ["scan", ".", "--record"]);
    assert.equal(readFileSync(worklog(folder), "utf8"), "<<<<<<< HEAD");
    assert.equal(readdirSync(join(folder, ".otp_audit/runs")).length, 3);
  });
  it("because nothing can be written there costs the record, not the report", async () => {
    const folder = folderWith({ "lib/oven.ex": selfCalling("Oven"), ".otp_audit": "a file in the way" });
    const { code, out, err } = await otpAudit(folder, ["scan", ".", "--record"]);
    assert.equal(code, 2);
    assert.match(out, /^Critical \(1\)/);
    assert.match(err, /cannot be written: .*Leave --record out where the project cannot be written to\./);
    const { fingerprint } = JSON.parse((await otpAudit(folder, ["scan", ".", "--format", "json"])).out).findings[0];
    assert.match((await otpAudit(folder, ["status", fingerprint, "later", "--reason", "busy"])).err, /cannot be written: .*The decision is not kept\./);
  });
  it("as a baseline is kept as it is, and the scan says why it stops", async () => {
    const folder = folderWith({ "lib/oven.ex": selfCalling("Oven"), ".otp_audit_baseline.json": "{" });
    mkdirSync(join(folder, "other"));
    const { code, out, err } = await otpAudit(folder, ["scan", "."]);
    assert.deepEqual([code, out], [2, ""]);
    assert.match(err, /\.otp_audit_baseline\.json is not JSON/);
    assert.equal(readFileSync(join(folder, ".otp_audit_baseline.json"), "utf8"), "{");
    assert.equal((await otpAudit(folder, ["scan", ".", "--no-baseline"])).code, 1);
  });
});

describe("several runs at a time", () => {
  it("keep every decision and every audit", async () => {
    const folder = folderWith(Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`lib/oven${i}.ex`, selfCalling(`Oven${i}`)])));
    const { findings } = JSON.parse((await otpAudit(folder, ["scan", ".", "--format", "json", "--rule", "self-call"])).out);
    await Promise.all([...findings.map(({ fingerprint }: { fingerprint: string }) => otpAudit(folder, ["status", fingerprint, "later", "--reason", "busy"])), otpAudit(folder, ["scan", ".", "--record"]), otpAudit(folder, ["scan", ".", "--record", "--extended"])]);
    assert.equal(JSON.parse(readFileSync(worklog(folder), "utf8")).entries.length, 6);
    assert.deepEqual(readdirSync(join(folder, ".otp_audit")).sort(), ["runs", "worklog.json"]);
    assert.equal(readdirSync(join(folder, ".otp_audit/runs")).length, 2);
  });
  it("take over the lock of a run that died", async () => {
    const folder = oven();
    const { fingerprint } = JSON.parse((await otpAudit(folder, ["scan", ".", "--format", "json", "--rule", "self-call"])).out).findings[0];
    mkdirSync(join(folder, ".otp_audit"));
    writeFileSync(`${worklog(folder)}.lock`, "4711");
    execFileSync("touch", ["-d", "2001-01-01", `${worklog(folder)}.lock`]);
    assert.equal((await otpAudit(folder, ["status", fingerprint, "later", "--reason", "busy"])).code, 0);
  });
});
