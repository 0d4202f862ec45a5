import assert from "node:assert/strict";
import { readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { answerOf } from "../../src/audit/cache/answer.ts";
import { ByteReader, ByteWriter } from "../../src/audit/cache/bytes.ts";
import { readTree, writeTree } from "../../src/audit/cache/tree-bytes.ts";
import type { ScanOptions } from "../../src/audit/scan.ts";
import type { ScanResult } from "../../src/engine/finding.ts";
import { cacheFolder } from "../../src/host/node/cache-folder.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";
import { elixirForTests } from "../support/elixir.ts";
import { folderWith, selfCalling } from "../support/folder.ts";

const bakery = (): string => folderWith({ "lib/oven.ex": selfCalling("Oven"), "lib/till.ex": "defmodule Till do\n  # open\n  def pay(x), do: Oven.heat() |> then(&(&1 + x))\nend\n", "lib/broken.ex": "defmodule (((" });
/** Gives files an old time, as tools do that restore times. */
const settle = (root: string): void => {
  for (const name of readdirSync(join(root, "lib"))) utimesSync(join(root, "lib", name), new Date(), new Date(Date.now() - 3_600_000));
};
const hostOf = (root: string, home: string, program = process.execPath) => {
  const host = nodeHost(root, undefined, cacheFolder(home, root, [program]));
  const read: string[] = [];
  const reading = async (path: string): Promise<Uint8Array> => {
    read.push(path);
    return host.read(path);
  };
  return { host: { ...host, read: reading }, read };
};
const options: ScanOptions = { version: "test" };
const scan = async (root: string, home: string, asked: ScanOptions = options, program?: string): Promise<ScanResult> => (await answerOf(hostOf(root, home, program).host, asked, { stop: { aborted: false } })).result;
const plain = async (root: string, asked: ScanOptions = options): Promise<ScanResult> => (await answerOf(nodeHost(root), asked, { stop: { aborted: false } })).result;
const timeless = (result: ScanResult): string => JSON.stringify({ ...result, durationMs: 0 });
const cacheFiles = (home: string): string[] => readdirSync(home).flatMap((name) => readdirSync(join(home, name)).map((file) => join(home, name, file)));
const cacheFile = (home: string, name: string): string => cacheFiles(home).find((file) => file.endsWith(`/${name}`)) ?? assert.fail(`no ${name} in the cache`);

describe("the cache of a scan", () => {
  it("answers an unchanged scan with the same bytes, of other options with theirs", async () => {
    const [root, home] = [bakery(), folderWith({})];
    const first = await scan(root, home);
    assert.equal(first.findings.length, 1);
    assert.equal(timeless(await scan(root, home)), timeless(first));
    assert.equal(timeless(await scan(root, home, { version: "test", rules: ["bare-spawn"] })), timeless(await plain(root, { version: "test", rules: ["bare-spawn"] })));
    assert.equal(timeless(await scan(root, home)), timeless(await plain(root)));
  });
  it("reads no file that the platform calls unchanged, and every other", async () => {
    const [root, home] = [bakery(), folderWith({})];
    const versions = new Map([["lib/oven.ex", "1"], ["lib/till.ex", "1"]]);
    const read = async (): Promise<readonly string[]> => {
      const { host, read } = hostOf(root, home);
      const list = async function* (skipped: ReadonlySet<string>) {
        for await (const entry of host.list(skipped)) {
          const version = versions.get(entry.path);
          yield "size" in entry ? { path: entry.path, size: entry.size, ...(version === undefined ? {} : { version }) } : entry;
        }
      };
      await answerOf({ ...host, list }, options, { stop: { aborted: false } });
      return read;
    };
    await read();
    assert.deepEqual(await read(), ["lib/broken.ex"]);
    versions.set("lib/till.ex", "2");
    assert.deepEqual(await read(), ["lib/broken.ex", "lib/till.ex"]);
  });
  it("sees a change that keeps size and time of a file", async () => {
    const [root, home] = [bakery(), folderWith({})];
    await scan(root, home);
    const text = readFileSync(join(root, "lib/oven.ex"), "utf8");
    writeFileSync(join(root, "lib/oven.ex"), text.replace("    heat()\n", "    hoat()\n"));
    settle(root);
    assert.deepEqual((await scan(root, home)).findings, []);
  });
  it("gives what lies behind a kept result: the trees as they would be parsed", async () => {
    const [root, home] = [bakery(), folderWith({})];
    const fresh = await (await answerOf(hostOf(root, home).host, options, { stop: { aborted: false } })).whole();
    const kept = await (await answerOf(hostOf(root, home).host, options, { stop: { aborted: false } })).whole();
    assert.deepEqual([...kept.trees].map(([path, tree]) => [path, tree.data]), [...fresh.trees].map(([path, tree]) => [path, tree.data]));
  });
  it("parses only the file that changed, and finds what a plain scan does", async () => {
    const [root, home] = [bakery(), folderWith({})];
    await scan(root, home);
    const asked: string[] = [];
    for (const [name, text] of [["lib/till.ex", "defmodule Till do\n  # shut\n  def pay(x), do: Oven.heat() |> then(&(&1 - x))\nend\n"], ["lib/new.ex", selfCalling("New")]] as const) {
      writeFileSync(join(root, name), text);
      const { host } = hostOf(root, home);
      const readNow = (path: string): Uint8Array => {
        asked.push(path);
        return nodeHost(root).readNow?.(path) ?? assert.fail("the disk can be read at once");
      };
      assert.equal(timeless((await answerOf({ ...host, readNow }, options, { stop: { aborted: false } })).result), timeless(await plain(root)));
    }
    assert.ok(!asked.includes("lib/till.ex") || asked.length < 6, asked.join());
  });
  for (const [name, damage] of [["ledger", (bytes: Buffer) => bytes.subarray(0, bytes.length - 3)], ["run", (bytes: Buffer) => bytes.subarray(0, bytes.length - 3)], ["trees", (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === bytes.length - 9 ? byte ^ 1 : byte)))], ["trees", () => Buffer.from("no cache at all")]] as const)
    it(`sets damaged ${name} aside, says so once, and finds the same`, async () => {
      const [root, home] = [bakery(), folderWith({})];
      await scan(root, home);
      const file = cacheFile(home, name);
      writeFileSync(file, damage(readFileSync(file)));
      writeFileSync(join(root, "lib/new.ex"), selfCalling("New").replace("\nend", "\n  def pay, do: Till.pay(1)\nend"));
      const told = await scan(root, home);
      assert.deepEqual(told.problems.filter(({ kind }) => kind === "cache").map(({ message }) => message), [`What earlier scans had kept was damaged; it lies in ${file}.damaged now, and everything was scanned anew.`]);
      assert.deepEqual(told.findings, (await plain(root)).findings);
      assert.equal(timeless(await scan(root, home)), timeless(await plain(root)));
    });
  it("uses nothing of another build, and lets scans run side by side", async () => {
    const [root, home] = [bakery(), folderWith({})];
    await scan(root, home);
    const other = hostOf(root, home, join(process.cwd(), "package.json"));
    assert.equal(timeless((await answerOf(other.host, options, { stop: { aborted: false } })).result), timeless(await plain(root)));
    const many = await Promise.all(Array.from({ length: 6 }, (_, i) => scan(root, home, i % 2 === 0 ? options : { version: "test", extended: true })));
    assert.equal(timeless(many[0] as ScanResult), timeless(await plain(root)));
    assert.ok(cacheFiles(home).every((file) => !file.endsWith(".tmp")));
  });
  it("does without a place that cannot be written", async () => {
    const root = bakery();
    const home = join(folderWith({ "taken": "a file" }), "taken");
    assert.equal(timeless(await scan(root, home)), timeless(await plain(root)));
  });
  it("keeps trees of all golden sources exactly", async () => {
    const parse = await elixirForTests();
    const sources = readdirSync("test/syntax/golden").map((name) => readFileSync(join("test/syntax/golden", name), "utf8"));
    for (const source of [...sources, "", "\u00e9 = \"\u{1f96f}\"", "def ("]) {
      const { data } = parse("lib/a.ex", source);
      const out = new ByteWriter();
      writeTree(out, data);
      const input = new ByteReader(out.bytes);
      assert.deepEqual(readTree(input), data);
      assert.ok(input.isAtEnd);
    }
  });
});
