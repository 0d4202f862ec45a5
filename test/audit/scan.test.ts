import assert from "node:assert/strict";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ScanStopped } from "../../src/audit/scan-request.ts";
import { openAudit } from "../../src/audit/open-audit.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";
import { hostForOneRun } from "../../src/host/node/one-run.ts";
import { loadGrammar } from "../../src/syntax/grammar.ts";
import { folderWith, selfCalling } from "../support/folder.ts";

const audit = (root: string, options = {}) => openAudit(nodeHost(root), () => ({ version: "test", ...options }));
const scan = (root: string, options = {}) => audit(root, options).scan({ stop: { aborted: false } });
const places = (findings: readonly { file: string; startLine: number; rule: string }[]): string[] => findings.map(({ file, startLine, rule }) => `${file}:${startLine} ${rule}`);

describe("a scan", () => {
  it("of an empty folder finds nothing and complains about nothing", async () => {
    const { files, findings, problems } = await scan(folderWith({}));
    assert.deepEqual({ files, findings, problems }, { files: { scanned: 0, withFindings: 0, parseErrors: 0, skipped: 0 }, findings: [], problems: [] });
  });
  it("leaves out dependencies, build output and what .gitignore files name", async () => {
    const oven = selfCalling("Oven");
    const root = folderWith({ "deps/oven/lib/oven.ex": oven, "_build/oven.ex": oven, "apps/a/deps/x.ex": oven, ".gitignore": "/generated/\n*.draft.ex\n", "generated/oven.ex": oven, "lib/oven.draft.ex": oven, "apps/a/.gitignore": "lib/tmp*\n!kept.draft.ex\n", "apps/a/lib/tmp.ex": oven, "apps/a/kept.draft.ex": "1", "lib/bread.ex": "1" });
    assert.equal((await scan(root)).files.scanned, 2);
  });
  it("reads umbrella applications, scripts, CRLF, a byte order mark and names in any alphabet", async () => {
    const oven = selfCalling("Oven");
    const root = folderWith({ "apps/a/lib/a.ex": `\uFEFF${oven.replaceAll("Oven", "A")}`, "apps/b/lib/b.ex": oven.replaceAll("Oven", "B").replaceAll("\n", "\r\n"), "lib/ofen.ex": oven.replaceAll("Oven", "Ofen").replaceAll("heat", "wärmen"), "run.exs": "1" });
    const { findings, problems, files } = await scan(root);
    assert.deepEqual(places(findings), ["apps/a/lib/a.ex:5 self-call", "apps/b/lib/b.ex:5 self-call", "lib/ofen.ex:5 self-call"]);
    assert.deepEqual([problems, files.scanned], [[], 4]);
  });
  it("lists every file it leaves out with a reason, and scans the rest", async () => {
    const root = folderWith({ "a/large.ex": "# x\n".repeat(600_000), "b/picture.ex": new Uint8Array([137, 80, 78, 71, 0, 0]), "c/broken.ex": "defmodule (((", "d/latin.ex": new Uint8Array([35, 32, 233, 10, 49]), "e/oven.ex": selfCalling("Oven") });
    const { problems, files, findings } = await scan(root);
    assert.deepEqual(problems.map(({ kind, message }) => [kind, message]), [
      ["too-large", "a/large.ex is 2.3 MB and was not scanned: the limit is 2 MB. The rest is scanned."],
      ["binary", "b/picture.ex is a binary file, not Elixir source, and was not scanned."],
      ["parse-error", "c/broken.ex:1:11 did not parse as Elixir. What parsed was scanned; findings near these places may be missing."],
    ]);
    assert.deepEqual([files, findings.length], [{ scanned: 3, withFindings: 1, parseErrors: 1, skipped: 2 }, 1]);
  });
  it("after another one without a cache parses what has changed, and nothing else", async () => {
    const root = folderWith({ "lib/oven.ex": selfCalling("Oven"), "lib/till.ex": selfCalling("Till"), "lib/gone.ex": selfCalling("Gone") });
    const host = nodeHost(root);
    const repeated = audit(root);
    await repeated.scan({ stop: { aborted: false } });
    writeFileSync(join(root, "lib/till.ex"), selfCalling("Counter"));
    rmSync(join(root, "lib/gone.ex"));
    const { parser } = await loadGrammar(await host.grammar());
    const { parse } = parser;
    let parsed = 0;
    parser.parse = (...given) => {
      parsed++;
      return parse.apply(parser, given);
    };
    const again = await repeated.scan({ stop: { aborted: false } }).finally(() => {
      parser.parse = parse;
    });
    assert.equal(parsed, 1);
    assert.deepEqual({ ...again, durationMs: 0 }, { ...(await scan(root)), durationMs: 0 });
  });
  it("of a process that ends with it says the same", async () => {
    const root = folderWith({ "lib/oven.ex": selfCalling("Oven"), "a/large.ex": "# x\n".repeat(600_000), "README.md": "bread" });
    const once = await openAudit(hostForOneRun(nodeHost(root)), () => ({ version: "test" })).scan({ stop: { aborted: false } });
    assert.deepEqual({ ...once, durationMs: 0 }, { ...(await scan(root)), durationMs: 0 });
  });
  it("follows no link: a loop and a way out are named, what lies inside is scanned once", async () => {
    const outside = folderWith({ "secret.ex": selfCalling("Secret") });
    const root = folderWith({ "lib/oven.ex": selfCalling("Oven") });
    symlinkSync(join(root, "lib"), join(root, "lib/again"));
    symlinkSync(join(root, "lib"), join(root, "copy"));
    symlinkSync(outside, join(root, "shared"));
    symlinkSync(join(root, "gone.ex"), join(root, "lib/gone.ex"));
    const { problems, findings } = await scan(root);
    assert.deepEqual(places(findings), ["lib/oven.ex:5 self-call"]);
    assert.deepEqual(problems.map(({ message }) => message), [
      "lib/again was not scanned: its link leads in a circle. The rest is scanned.",
      "lib/gone.ex was not scanned: its link leads nowhere, or it was deleted meanwhile. The rest is scanned.",
      "shared was not scanned: its link leads out of the scanned folder. The rest is scanned.",
    ]);
  });
  it("gives the same bytes twice", async () => {
    const root = folderWith(Object.fromEntries(["Oven", "Till", "Shelf"].map((name) => [`lib/${name}.ex`, selfCalling(name)])));
    const [one, two] = [await scan(root), await scan(root)];
    assert.equal(JSON.stringify({ ...one, durationMs: 0 }), JSON.stringify({ ...two, durationMs: 0 }));
  });
  it("ends soon after it is stopped, and says so", async () => {
    const root = folderWith(Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`lib/oven${i}.ex`, selfCalling(`Oven${i}`).repeat(20)])));
    const stop = { aborted: false };
    const before = performance.now();
    const scanning = audit(root).scan({ stop, onProgress: () => void (stop.aborted = true) });
    await assert.rejects(scanning, ScanStopped);
    assert.ok(performance.now() - before < 5000);
  });
  it("hears of a stop between two rules", async () => {
    const root = folderWith({ "lib/oven.ex": selfCalling("Oven") });
    const counting = (most: number) => {
      let asked = 0;
      return { get aborted() { return ++asked > most; }, get asked() { return asked; } };
    };
    const whole = counting(Number.POSITIVE_INFINITY);
    const { rules } = await audit(root).scan({ stop: whole });
    assert.ok(whole.asked > rules.length);
    await assert.rejects(audit(root).scan({ stop: counting(whole.asked - 1) }), ScanStopped);
  });
  it("keeps to the configuration of the project, and to that of the nearest folder", async () => {
    const root = folderWith({
      ".otp_audit.exs": '[rules: ["self-call": :low], exclude: ["lib/old/**"], servers: [{Bakery.Worker, GenServer}], exceptions: [{{Till, :heat, 0}, reason: "replaced in May"}]]',
      "lib/old/shelf.ex": selfCalling("Shelf"),
      "lib/oven.ex": selfCalling("Oven"),
      "lib/till.ex": selfCalling("Till"),
      "lib/worker.ex": selfCalling("Cake").replace("use GenServer", "use Bakery.Worker"),
      "apps/a/.otp_audit.exs": '[rules: ["self-call": false]]',
      "apps/a/lib/a.ex": selfCalling("A"),
    });
    const { findings, suppressed, problems } = await scan(root);
    assert.deepEqual(findings.map(({ file, severity }) => [file, severity]), [["lib/oven.ex", "low"], ["lib/worker.ex", "low"]]);
    assert.deepEqual(suppressed?.map(({ file, suppressed: why }) => [file, why]), [["lib/till.ex", { reason: "replaced in May", by: "configuration" }]]);
    assert.deepEqual(problems, []);
  });
  it("leaves out what a comment switches off and keeps it with its reason", async () => {
    const source = selfCalling("Oven").replace("  defp heat,", "  # otp_audit:disable-for-next-line self-call -- never asked to bake\n  defp heat,");
    const { findings, suppressed } = await scan(folderWith({ "lib/oven.ex": source }));
    assert.deepEqual([findings.length, suppressed?.[0]?.suppressed], [0, { reason: "never asked to bake", by: "comment" }]);
  });
});

describe("an update", () => {
  it("sees the text it is given, a deleted file, and nothing of excluded ones", async () => {
    const root = folderWith({ "lib/oven.ex": selfCalling("Oven"), ".gitignore": "tmp/\n" });
    const door = audit(root);
    assert.equal((await door.scan({ stop: { aborted: false } })).findings.length, 1);
    assert.deepEqual(places((await door.update("lib/a.ex", selfCalling("A"))).findings), ["lib/a.ex:5 self-call", "lib/oven.ex:5 self-call"]);
    assert.equal((await door.update("tmp/b.ex", selfCalling("B"))).findings.length, 2);
    assert.equal((await door.update("deps/b.ex", selfCalling("B"))).findings.length, 2);
    assert.equal((await door.update("lib/oven.ex", undefined)).findings.length, 1);
    assert.equal((await door.update("lib/a.ex", "defmodule (((")).problems.length, 1);
  });
});
