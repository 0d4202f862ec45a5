import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { otpAudit } from "../support/command-line.ts";
import { folderWith, selfCalling } from "../support/folder.ts";

const bakery = (): string => folderWith({ "mix.exs": "defmodule Bakery.MixProject do\nend\n", "lib/oven.ex": selfCalling("Oven"), "lib/shelf.ex": "defmodule Shelf do\nend\n" });

describe("otp-audit", () => {
  it("ends with 0 and one sentence when there is nothing to report", async () => {
    assert.deepEqual(await otpAudit(folderWith({ "lib/shelf.ex": "defmodule Shelf do\nend\n" }), ["scan", "."]), { code: 0, out: "No findings in 1 file.\n", err: "" });
  });
  it("says that an empty folder holds nothing to scan", async () => {
    assert.deepEqual(await otpAudit(folderWith({}), ["scan", "."]), { code: 0, out: "There are no Elixir files (.ex, .exs) here, so nothing was scanned.\n", err: "" });
  });
  it("ends with 1 and shows place, rule, path and fix of a finding", async () => {
    const { code, out } = await otpAudit(bakery(), ["scan", "."]);
    assert.equal(code, 1);
    assert.match(out, /^Critical \(1\)\n\n {2}lib\/oven\.ex:5:\d+ self-call, proven\n/);
    assert.match(out, /lib\/oven\.ex:8 handle_call\/3 of Oven starts here/);
    assert.ok(!out.includes("\u001b"));
  });
  it("fails only from the severity asked for", async () => {
    const folder = bakery();
    for (const [failOn, code] of [["never", 0], ["critical", 1], ["low", 1]] as const) assert.equal((await otpAudit(folder, ["scan", ".", "--fail-on", failOn])).code, code);
    writeFileSync(join(folder, ".otp_audit.exs"), '[rules: ["self-call": :low]]');
    assert.equal((await otpAudit(folder, ["scan", "."])).code, 0);
    assert.equal((await otpAudit(folder, ["scan", ".", "--fail-on", "low"])).code, 1);
  });
  it("runs one rule when asked to, and knows which are near a mistyped one", async () => {
    const folder = bakery();
    assert.equal((await otpAudit(folder, ["scan", ".", "--rule", "bare-spawn"])).code, 0);
    assert.deepEqual(await otpAudit(folder, ["scan", ".", "--rule", "selfcall"]), { code: 2, out: "", err: "There is no rule selfcall. Did you mean self-call? otp-audit rules lists them.\n" });
  });
  it("scans a file within its project and reports that file alone", async () => {
    const folder = bakery();
    assert.equal((await otpAudit(folder, ["scan", "lib/shelf.ex"])).out, "No findings in 1 file.\n");
    const { out } = await otpAudit(join(folder, "lib"), ["scan", "oven.ex", "--format", "json"]);
    assert.equal(JSON.parse(out).findings[0].file, "lib/oven.ex");
  });
  it("scans several files of one project, without git, and reports those alone", async () => {
    const folder = folderWith({ "mix.exs": "1", "lib/oven.ex": selfCalling("Oven"), "lib/till.ex": selfCalling("Till"), "lib/shelf.ex": selfCalling("Shelf"), "other/mix.exs": "1", "other/lib/a.ex": "1" });
    const { out } = await otpAudit(folder, ["scan", "lib/oven.ex", "lib/till.ex", "--format", "json"]);
    const { findings, files } = JSON.parse(out);
    assert.deepEqual(findings.map(({ file }: { file: string }) => file), ["lib/oven.ex", "lib/till.ex"]);
    assert.deepEqual(files, { scanned: 2, withFindings: 2, parseErrors: 0, skipped: 0 });
    assert.equal((await otpAudit(folder, ["scan", "lib", "lib/oven.ex"])).err, "lib is a folder. Give one folder, or several files of one project.\n");
    assert.equal((await otpAudit(folder, ["scan", "lib/oven.ex", "other/lib/a.ex"])).err, "lib/oven.ex and other/lib/a.ex belong to different projects. Scan one project at a time.\n");
  });
  it("answers a wrong call with a sentence, a way out and code 2", async () => {
    const folder = folderWith({ "notes.txt": "" });
    const sentences = await Promise.all([["scan", "nowhere"], ["scan"], ["scna", "."], ["scan", ".", "--fromat", "json"], ["scan", ".", "--format", "jsn"], ["scan", "notes.txt"], ["explain"], ["scan", ".", "--shard", "3/2"], ["scan", ".", "--output"]].map((args) => otpAudit(folder, args)));
    assert.deepEqual(sentences.map(({ code, out }) => [code, out]), sentences.map(() => [2, ""]));
    assert.deepEqual(sentences.map(({ err }) => err.trimEnd()), [
      "There is no file or folder nowhere. Check the path, or run otp-audit scan . in the project's folder.",
      "scan needs a folder or a file, for example: otp-audit scan .",
      "There is no command scna. Did you mean scan? To scan a folder: otp-audit scan scna",
      "There is no option --fromat. Did you mean --format? See otp-audit --help.",
      "--format jsn is not known. Did you mean json? Use one of: text, json, sarif, markdown, html, gitlab, junit, csv, github.",
      "notes.txt is no Elixir source: its name does not end in .ex or .exs. Give an Elixir file or the folder of a project.",
      "explain needs a rule or a place, for example: otp-audit explain self-call, or otp-audit explain lib/oven.ex:12.",
      "--shard 3/2 is not known. Write which of how many, from 1, for example --shard 2/4.",
      "Option '-o, --output <value>' argument missing. See otp-audit --help.",
    ]);
  });
  it("scans on and ends with 2 when the configuration is wrong", async () => {
    const folder = bakery();
    writeFileSync(join(folder, ".otp_audit.exs"), "[rulse: []]");
    const { code, out } = await otpAudit(folder, ["scan", ".", "--fail-on", "never"]);
    assert.equal(code, 2);
    assert.match(out, /\.otp_audit\.exs:1:2: there is no setting rulse, so it has no effect\. Did you mean rules\?/);
    assert.match(out, /1 critical in 1 of 3 files\./);
  });
  it("names a file with only syntax errors and scans the rest", async () => {
    const { code, out } = await otpAudit(folderWith({ "lib/broken.ex": "def (((\n" }), ["scan", "lib/broken.ex"]);
    assert.equal(code, 0);
    assert.match(out, /lib\/broken\.ex|broken\.ex:1:\d+ did not parse as Elixir\. What parsed was scanned/);
  });
  it("writes a whole file or none, and says where it cannot", async () => {
    const folder = bakery();
    assert.deepEqual(await otpAudit(folder, ["scan", ".", "--format", "json", "-o", "out/audit.json"]), { code: 1, out: "", err: "" });
    assert.equal(JSON.parse(readFileSync(join(folder, "out/audit.json"), "utf8")).findings.length, 1);
    assert.deepEqual(readdirSync(join(folder, "out")), ["audit.json"]);
    mkdirSync(join(folder, "taken"));
    const { code, err } = await otpAudit(folder, ["scan", ".", "-o", "taken"]);
    assert.equal(code, 2);
    assert.match(err, /taken cannot be written: .*Choose another place with --output\./);
    assert.deepEqual(readdirSync(folder).filter((name) => name.includes("tmp")), []);
  });
  it("colours and shows progress on a terminal only", async () => {
    const { out, err } = await otpAudit(bakery(), ["scan", "."], { colours: true, progress: true });
    assert.match(out, /\u001b\[1;31mCritical/);
    assert.match(err, /Scanning \d of 3 files/);
  });
  it("explains a rule, and what is found at a line", async () => {
    const folder = bakery();
    assert.match((await otpAudit(folder, ["explain", "self-call"])).out, /^# A server calls itself\n/);
    assert.match((await otpAudit(folder, ["explain", "lib/oven.ex:5"])).out, /self-call, proven/);
    assert.match((await otpAudit(folder, ["explain", "lib/oven.ex:4"])).out, /^None of the \d+ rules reports lib\/oven\.ex:4\./);
  });
  it("prints help, version and rules", async () => {
    assert.match((await otpAudit(".", ["--help"])).out, /^otp-audit finds OTP design flaws/);
    assert.match((await otpAudit(".", [])).out, /Usage/);
    assert.equal((await otpAudit(".", ["--version"])).out, "0.1.0\n");
    assert.match((await otpAudit(".", ["rules"])).out, /^self-call +critical +blocking +A server calls itself$/m);
  });
});

describe("a baseline", () => {
  it("lets known findings pass and new ones fail", async () => {
    const folder = bakery();
    assert.match((await otpAudit(folder, ["baseline"])).out, /^\.otp_audit_baseline\.json accepts 1 findings?\./);
    assert.deepEqual(await otpAudit(folder, ["scan", "."]), { code: 0, out: "No new findings in 3 files. 1 known from the baseline is not shown.\n", err: "" });
    writeFileSync(join(folder, "lib/till.ex"), selfCalling("Till"));
    assert.equal((await otpAudit(folder, ["scan", "."])).code, 1);
    assert.equal((await otpAudit(folder, ["scan", ".", "--no-baseline", "--format", "json"])).out.match(/"rule": "self-call"/g)?.length, 2);
  });
  it("survives edits around the finding and a renamed file", async () => {
    const folder = bakery();
    await otpAudit(folder, ["baseline"]);
    writeFileSync(join(folder, "lib/baking_oven.ex"), `# moved\n\n${selfCalling("Oven")}`);
    writeFileSync(join(folder, "lib/oven.ex"), "");
    assert.equal((await otpAudit(folder, ["scan", "."])).code, 0);
  });
  it("loses what is gone and takes new findings only when told to", async () => {
    const folder = bakery();
    await otpAudit(folder, ["baseline"]);
    writeFileSync(join(folder, "lib/oven.ex"), "defmodule Oven do\n  def heat, do: :hot\nend\n");
    writeFileSync(join(folder, "lib/till.ex"), selfCalling("Till"));
    assert.match((await otpAudit(folder, ["scan", "."])).err, /^1 finding of the baseline is gone; otp-audit baseline takes it out\.\n/);
    assert.match((await otpAudit(folder, ["baseline"])).out, /^1 gone and taken out, 0 kept, 1 new and not accepted; --accept-new accepts them\.\n {2}gone: self-call at lib\/oven\.ex:5\n/);
    assert.equal((await otpAudit(folder, ["scan", "."])).code, 1);
    await otpAudit(folder, ["baseline", "--accept-new"]);
    assert.equal((await otpAudit(folder, ["scan", "."])).code, 0);
  });
  it("is never overwritten when it is corrupt or newer", async () => {
    const folder = bakery();
    const file = join(folder, ".otp_audit_baseline.json");
    for (const [text, sentence] of [["<<<<<<< HEAD", /is not JSON, perhaps after a merge conflict/], ['{"tool":"otp-audit","format":99,"findings":[]}', /was written by a newer OTP Audit/], ["[]", /is no baseline of OTP Audit/]] as const) {
      writeFileSync(file, text);
      for (const args of [["baseline"], ["baseline", "--accept-new"], ["scan", "."]]) {
        const { code, err } = await otpAudit(folder, args);
        assert.equal(code, 2);
        assert.match(err, sentence);
      }
      assert.equal(readFileSync(file, "utf8"), text);
    }
  });
});

describe("shards", () => {
  it("put together are the same as one run, in any order and number, with what lies between files", async () => {
    const waiting = (name: string, other: string): string => `defmodule ${name} do\n  use GenServer\n  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)\n  def ask, do: GenServer.call(__MODULE__, :ask)\n  def init(_), do: {:ok, %{}}\n  def handle_call(:ask, _from, state), do: {:reply, ${other}.ask(), state}\nend\n`;
    const folder = folderWith(Object.fromEntries([["lib/till.ex", waiting("Till", "Drawer")], ["lib/drawer.ex", waiting("Drawer", "Till")], ...Array.from({ length: 9 }, (_, i) => [`lib/oven${i}.ex`, selfCalling(`Oven${i}`)]), ["lib/broken.ex", "def ((("], ["lib/picture.ex", "\0"], [".otp_audit.exs", "[wrong: 1, exceptions: [{Oven3, reason: \"known\"}]]"]]));
    const whole = JSON.parse((await otpAudit(folder, ["scan", ".", "--format", "json"])).out);
    const parts = [];
    for (const shard of ["3/3", "1/3", "2/3"]) {
      await otpAudit(folder, ["scan", ".", "--format", "json", "--shard", shard, "-o", `part${shard.replace("/", "of")}.json`]);
      parts.push(`part${shard.replace("/", "of")}.json`);
    }
    const together = JSON.parse((await otpAudit(folder, ["merge", ...parts, "--format", "json"])).out);
    assert.deepEqual({ ...together, durationMs: 0 }, { ...whole, durationMs: 0 });
    assert.equal(whole.findings.filter(({ rule }: { rule: string }) => rule === "self-call").length, 8);
    const between = whole.findings.filter(({ file, related }: { file: string; related: { file: string }[] }) => related.some((other) => other.file !== file));
    assert.ok(between.length > 0 && between.some(({ rule }: { rule: string }) => rule === "sync-call-cycle"), "a finding spans two files");
  });
  it("of which one is missing, or there twice, are no whole run", async () => {
    const folder = bakery();
    for (const index of [1, 2, 3]) await otpAudit(folder, ["scan", ".", "--format", "json", "--shard", `${index}/3`, "-o", `${index}.json`]);
    const merge = (...parts: readonly string[]) => otpAudit(folder, ["merge", ...parts]);
    assert.deepEqual(await merge("3.json", "1.json"), { code: 2, out: "", err: "Of 3 parts part 2 is missing, so nothing is said of the whole. Merge each part of the run once.\n" });
    assert.match((await merge("1.json", "1.json", "3.json")).err, /^Of 3 parts part 2 is missing, part 1 is there 2 times, /);
    await otpAudit(folder, ["scan", ".", "--format", "json", "--shard", "2/2", "-o", "half.json"]);
    assert.match((await merge("1.json", "half.json")).err, /^These results are not of one run: .*numbers of parts differ/);
    writeFileSync(join(folder, "lib/new.ex"), "1\n");
    await otpAudit(folder, ["scan", ".", "--format", "json", "--shard", "2/3", "-o", "2.json"]);
    assert.match((await merge("1.json", "2.json", "3.json")).err, /^These results are not of one run: .*files/);
    await otpAudit(folder, ["scan", ".", "--format", "json", "-o", "whole.json"]);
    assert.equal((await merge("whole.json", "--format", "json")).code, 1);
    assert.match((await merge("whole.json", "whole.json")).err, /^Each of these results is a whole run\. Run each shard with --shard I\/N\.$/m);
  });
  it("of other runs or other files are refused", async () => {
    const folder = bakery();
    await otpAudit(folder, ["scan", ".", "--format", "json", "-o", "a.json"]);
    await otpAudit(folder, ["scan", ".", "--format", "json", "--rule", "self-call", "-o", "b.json"]);
    assert.match((await otpAudit(folder, ["merge", "a.json", "b.json"])).err, /These results are not of one run/);
    assert.match((await otpAudit(folder, ["merge", "mix.exs"])).err, /mix\.exs is no JSON result/);
  });
});

describe("history", () => {
  it("keeps an audit, and the next report tells what became of it", async () => {
    const folder = folderWith({ "lib/oven.ex": selfCalling("Oven"), "lib/till.ex": selfCalling("Till") });
    assert.match((await otpAudit(folder, ["history"])).out, /^No audit is recorded here\./);
    assert.match((await otpAudit(folder, ["scan", ".", "--record"])).err, /^Kept as \.otp_audit\/runs\/2026-05-04T10-00-00\.000Z-/);
    writeFileSync(join(folder, "lib/oven.ex"), "defmodule Oven do\n  def heat, do: :hot\nend\n");
    writeFileSync(join(folder, "lib/shelf.ex"), selfCalling("Shelf"));
    const { out } = await otpAudit(folder, ["scan", ".", "--format", "markdown"]);
    assert.match(out, /## Since the last audit\n\nCompared with the audit of 2026-05-04, which had 2 findings: 1 fixed, 1 still there, 1 new\./);
    assert.match((await otpAudit(folder, ["history"])).out, /2026-05-04 10:00:00 {2}- +2 {7}0/);
    assert.equal(existsSync(join(folder, ".otp_audit/worklog.json")), false);
  });
  it("takes the beginning of a fingerprint for the finding only where it fits one, gone ones included", async () => {
    const folder = bakery();
    const { findings } = JSON.parse((await otpAudit(folder, ["scan", ".", "--format", "json"])).out) as { findings: { fingerprint: string }[] };
    const status = (fingerprint: string) => otpAudit(folder, ["status", fingerprint, "later", "--reason", "busy"]);
    await otpAudit(folder, ["scan", ".", "--record"]);
    assert.equal((await status(findings[0]?.fingerprint.slice(0, 8) ?? "")).code, 0);
    assert.match((await status("")).err, /^No finding of this or a recorded audit has the fingerprint/);
    rmSync(join(folder, "lib/oven.ex"));
    assert.match((await status(findings[0]?.fingerprint.slice(0, 8) ?? "")).out, /The analysis says: re-check: not detected any more\./);
    const kept = readdirSync(join(folder, ".otp_audit/runs"))[0] ?? "";
    const path = join(folder, ".otp_audit/runs", kept);
    const twin = readFileSync(path, "utf8").replaceAll(findings[0]?.fingerprint ?? "", `${findings[0]?.fingerprint.slice(0, 8)}${"0".repeat(8)}`);
    writeFileSync(join(folder, ".otp_audit/runs/2026-01-01.json"), twin);
    assert.match((await status(findings[0]?.fingerprint.slice(0, 8) ?? "")).err, /fits 2 findings: /);
  });
  it("compares all findings, however few are reported", async () => {
    const folder = folderWith({ "mix.exs": "1", "lib/oven.ex": selfCalling("Oven"), "lib/till.ex": selfCalling("Till") });
    await otpAudit(folder, ["scan", ".", "--record"]);
    const { out } = await otpAudit(folder, ["scan", "lib/till.ex", "--format", "markdown"]);
    assert.match(out, /- Reported: only what is found in lib\/till\.ex;/);
    assert.match(out, /which had \d+ findings: 0 fixed, \d+ still there, 0 new\./);
    assert.ok(!out.includes("in `Oven.heat/0`"));
  });
  it("keeps a decision with its reason, and contradicts a fix that is none", async () => {
    const folder = bakery();
    const { fingerprint } = JSON.parse((await otpAudit(folder, ["scan", ".", "--format", "json"])).out).findings[0];
    assert.match((await otpAudit(folder, ["status", fingerprint, "fixed", "--reason", "asks the oven directly", "--author", "Ada"])).out, /is fixed\. The analysis says: contradicted: still detected\./);
    assert.match((await otpAudit(folder, ["scan", ".", "--format", "markdown"])).out, /\| fixed \| `self-call` \| lib\/oven\.ex:5 \| asks the oven directly \| Ada, 2026-05-04 \| \*\*contradicted\*\*: still detected: \[lib\/oven\.ex:5\]/);
    assert.equal((await otpAudit(folder, ["status", fingerprint, "fixed"])).code, 2);
    assert.match((await otpAudit(folder, ["status", fingerprint, "later", "--reason", "busy"])).out, /^Kept: self-call at lib\/oven\.ex:5 is to be fixed later\. The analysis says: re-check: still detected\./);
    writeFileSync(join(folder, ".otp_audit/worklog.json"), "oops");
    assert.equal((await otpAudit(folder, ["status", fingerprint, "later", "--reason", "r"])).code, 2);
    assert.equal(readFileSync(join(folder, ".otp_audit/worklog.json"), "utf8"), "oops");
  });
});
