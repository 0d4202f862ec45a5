import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { IDBFactory, IDBKeyRange, IDBObjectStore } from "fake-indexeddb";
import { answerOf } from "../../src/audit/cache/answer.ts";
import type { Cache, Host } from "../../src/audit/host.ts";
import type { ScanOptions } from "../../src/audit/scan.ts";
import type { ScanResult } from "../../src/engine/finding.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";
import { cacheDatabase, type Limits } from "../../src/host/web/cache-database.ts";
import { folderWith, selfCalling } from "../support/folder.ts";

const bakery = (): string => folderWith({ "lib/oven.ex": selfCalling("Oven"), "lib/till.ex": "defmodule Till do\n  # open\n  def pay(x), do: Oven.heat() |> then(&(&1 + x))\nend\n", "lib/broken.ex": "defmodule (((" });
const bytes = (length: number, of = 1): Uint8Array => new Uint8Array(length).fill(of);

/** A page: its cache, what it says, and what its scans parsed. Two of them on one factory are two tabs, or one before and after a reload. */
function page(factory: IDBFactory | undefined, root = "vscode-vfs://github/bakery/shop", { build = "one", limits }: { readonly build?: string; readonly limits?: Limits } = {}) {
  const told: string[] = [];
  const notes: string[] = [];
  const cache = cacheDatabase(factory, { root, build, tell: (sentence) => told.push(sentence) }, limits);
  /** As in a browser: no file can be read at once, and no version of it is known. */
  const scan = async (folder: string, options: ScanOptions = { version: "test" }): Promise<{ readonly result: ScanResult; readonly parsed: number }> => {
    const { readNow: _, ...disk } = nodeHost(folder);
    const host: Host = { ...disk, cache, note: (sentence) => notes.push(sentence), list: async function* (skipped) { for await (const entry of disk.list(skipped)) yield "size" in entry ? { path: entry.path, size: entry.size } : entry; } };
    let parsed = 0;
    const { result } = await answerOf(host, options, { stop: { aborted: false }, onProgress: ({ total }) => (parsed = total) });
    return { result, parsed };
  };
  return { cache, told, notes, scan };
}
const plain = async (folder: string, options: ScanOptions = { version: "test" }): Promise<ScanResult> => (await answerOf(nodeHost(folder), options, { stop: { aborted: false } })).result;
const timeless = (result: ScanResult): string => JSON.stringify({ ...result, durationMs: 0 });

/** A look into the database past the cache. */
async function stored<T>(factory: IDBFactory, work: (records: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await new Promise<IDBDatabase>((resolve) => {
    const request = factory.open("otp-audit");
    request.onsuccess = () => resolve(request.result);
  });
  const transaction = database.transaction("records", "readwrite");
  const request = work(transaction.objectStore("records"));
  await new Promise((resolve) => (transaction.oncomplete = resolve));
  database.close();
  return request.result;
}
const keys = async (factory: IDBFactory): Promise<string[]> => (await stored(factory, (records) => records.getAllKeys())).map(String).sort();
/** Scans keep their work after they have answered. */
async function whenKept(factory: IDBFactory, names: number): Promise<void> {
  for (let i = 0; i < 200 && (await keys(factory)).length < names; i++) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal((await keys(factory)).length, names);
}
async function scanned(folder: string): Promise<IDBFactory> {
  const factory = new IDBFactory();
  await page(factory).scan(folder);
  await whenKept(factory, 3);
  return factory;
}

describe("the cache in a browser's database", () => {
  const global = globalThis as { IDBKeyRange?: unknown };
  before(() => (global.IDBKeyRange = IDBKeyRange));
  after(() => delete global.IDBKeyRange);

  it("answers after a reload what was found before, and parses nothing", async () => {
    const folder = bakery();
    const factory = new IDBFactory();
    const before = await page(factory).scan(folder);
    assert.equal(before.parsed, 3);
    await whenKept(factory, 3);
    const reloaded = page(factory);
    const after = await reloaded.scan(folder);
    assert.equal(after.parsed, 0);
    assert.equal(timeless(after.result), timeless(before.result));
    assert.equal(timeless(after.result), timeless(await plain(folder)));
    assert.deepEqual(reloaded.notes, ["No file has changed: the findings are those that an earlier scan has kept."]);
    assert.deepEqual(reloaded.told, []);
  });
  it("goes on from what was kept when a file has changed meanwhile", async () => {
    const folder = bakery();
    const factory = await scanned(folder);
    writeFileSync(join(folder, "lib/till.ex"), "defmodule Till do\n  # shut\n  def pay(x), do: Oven.heat() |> then(&(&1 - x))\nend\n");
    const reloaded = page(factory);
    assert.equal(timeless((await reloaded.scan(folder)).result), timeless(await plain(folder)));
    assert.deepEqual(reloaded.notes, ["Files that have changed since the scan that was kept: 1 of 3. Only what they concern was judged again."]);
  });
  it("keeps nobody waiting: the answer comes before anything is written", async () => {
    const { cache, scan } = page(new IDBFactory());
    const written: string[] = [];
    const write = cache.write;
    Object.assign(cache, { write: (name: string, content: Uint8Array) => { written.push(name); return write(name, content); } });
    await scan(bakery());
    assert.deepEqual(written, []);
    for (let i = 0; i < 200 && written.length < 3; i++) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(written, ["trees", "run", "ledger"]);
  });

  const damages: Readonly<Record<string, (content: Uint8Array) => unknown>> = { "cut short": (content) => content.slice(0, -3), "of which a bit is wrong": (content) => content.map((byte, i) => (i === content.length - 9 ? byte ^ 1 : byte)), "that is no bytes": () => ({ from: "somebody else" }) };
  for (const name of ["ledger", "run", "trees"])
    for (const [how, damage] of Object.entries(damages))
      it(`sets a record ${how} aside (${name}), says so once, and finds the same`, async () => {
        const folder = bakery();
        const factory = await scanned(folder);
        const key = ["vscode-vfs://github/bakery/shop", name];
        const content = (await stored(factory, (records) => records.get(key))) as Uint8Array;
        await stored(factory, (records) => records.put(damage(content), key));
        // Nobody looks at trees before a file that an edit concerns is read.
        writeFileSync(join(folder, "lib/new.ex"), selfCalling("New").replace("\nend", "\n  def pay, do: Till.pay(1)\nend"));
        const reloaded = page(factory);
        const { result } = await reloaded.scan(folder);
        assert.deepEqual(result.problems.filter(({ kind }) => kind === "cache").map(({ message }) => message), [`What earlier scans had kept was damaged; it lies in the browser's database (${name}.damaged) now, and everything was scanned anew.`]);
        assert.deepEqual(result.findings, (await plain(folder)).findings);
        await whenKept(factory, 4);
        assert.equal(timeless((await page(factory).scan(folder)).result), timeless(await plain(folder)));
      });
  it("uses nothing of another build", async () => {
    const folder = bakery();
    const factory = await scanned(folder);
    const updated = page(factory, undefined, { build: "two" });
    const { result, parsed } = await updated.scan(folder);
    assert.equal(parsed, 3);
    assert.equal(timeless(result), timeless(await plain(folder)));
    assert.deepEqual(updated.notes, []);
  });

  it("holds whole records when two tabs write at once", async () => {
    const factory = new IDBFactory();
    const [one, other] = [page(factory, "a"), page(factory, "a")];
    for (let i = 0; i < 20; i++) await Promise.all([one.cache.write("trees", bytes(5000, 1)), other.cache.write("trees", bytes(3000, 2))]);
    for (const { cache } of [one, other]) {
      const content = (await cache.read("trees")) ?? assert.fail();
      assert.ok([5000, 3000].includes(content.length) && content.every((byte) => byte === (content.length === 5000 ? 1 : 2)));
    }
  });
  it("serves tabs that scan at once, also of different builds", async () => {
    const folder = bakery();
    const factory = new IDBFactory();
    const [one, other] = [page(factory), page(factory)];
    const results = await Promise.all([one.scan(folder), other.scan(folder, { version: "test", extended: true }), one.scan(folder), page(factory, undefined, { build: "two" }).scan(folder)]);
    for (const i of [0, 2, 3]) assert.equal(timeless(results[i]?.result ?? assert.fail()), timeless(await plain(folder)));
    assert.deepEqual([...one.told, ...other.told], []);
  });

  const limits: Limits = { bytes: 1000, patienceMs: 3000 };
  const put = async (cache: Cache, size: number): Promise<void> => {
    await cache.write("trees", bytes(size));
    await cache.read("trees"); // answered after what was asked before
    await new Promise((resolve) => setTimeout(resolve, 2)); // the next folder is used later
  };
  it("lets the folders go that were not scanned for longest", async () => {
    const factory = new IDBFactory();
    await put(page(factory, "a", { limits }).cache, 400);
    await put(page(factory, "b", { limits }).cache, 400);
    await put(page(factory, "a", { limits }).cache, 500);
    await put(page(factory, "c", { limits }).cache, 300);
    assert.deepEqual(await keys(factory), ["a,trees", "c,trees"]);
    await page(factory, "a", { limits }).cache.read("run"); // a scan that has nothing to write counts, too
    await put(page(factory, "d", { limits }).cache, 400);
    assert.deepEqual(await keys(factory), ["a,trees", "d,trees"]);
  });
  it("lets folders go after a month", async () => {
    const factory = new IDBFactory();
    const now = Date.now;
    await put(page(factory, "a").cache, 10);
    try {
      Date.now = () => now() + 31 * 24 * 60 * 60 * 1000;
      await put(page(factory, "b").cache, 10);
    } finally {
      Date.now = now;
    }
    assert.deepEqual(await keys(factory), ["b,trees"]);
  });
  it("keeps nothing of a folder that is larger than all may be, and says so once", async () => {
    const factory = new IDBFactory();
    await put(page(factory, "a", { limits }).cache, 400);
    const large = page(factory, "b", { limits: { ...limits, bytes: 1024 * 1024 } });
    await put(large.cache, 1024 * 1024 + 1);
    await put(large.cache, 2000);
    assert.deepEqual(await keys(factory), ["a,trees"]);
    assert.deepEqual(large.told, ["What scans find is kept no longer than this page; the next one scans everything anew. The reason: What a scan of this folder leaves is more than the 1 MB that the extension keeps."]);
  });

  describe("that is full", () => {
    const { put: putAsEver, delete: deleteAsEver } = IDBObjectStore.prototype;
    let isFull = true;
    let refused = 0;
    /** The browser refuses bytes until something else is deleted; for ever when nothing helps. */
    const fill = (helps: boolean): void => {
      [isFull, refused] = [true, 0];
      IDBObjectStore.prototype.put = function (value, key) {
        const request = putAsEver.call(this, value, key);
        if (!isFull || !(value instanceof Uint8Array)) return request;
        refused++;
        const { transaction } = this as unknown as { transaction: { _abort: (name: string) => void } };
        queueMicrotask(() => transaction._abort("QuotaExceededError"));
        return request;
      };
      IDBObjectStore.prototype.delete = function (key) {
        if (helps) isFull = false;
        return deleteAsEver.call(this, key);
      };
    };
    afterEach(() => Object.assign(IDBObjectStore.prototype, { put: putAsEver, delete: deleteAsEver }));

    it("gives up other folders for this one", async () => {
      const factory = new IDBFactory();
      await put(page(factory, "a").cache, 400);
      fill(true);
      const { cache, told } = page(factory, "b");
      await put(cache, 400);
      await new Promise((resolve) => setTimeout(resolve, 50));
      assert.deepEqual(await keys(factory), ["b,trees"]);
      assert.deepEqual([refused, told], [1, []]);
    });
    it("says so once, asks no more, and keeps its work as long as the page is there", async () => {
      const folder = bakery();
      const factory = await scanned(folder);
      fill(false);
      const { scan, told } = page(factory, "another");
      for (const parsed of [3, 0]) {
        const answer = await scan(folder);
        assert.equal(timeless(answer.result), timeless(await plain(folder)));
        assert.equal(answer.parsed, parsed);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.deepEqual(told, ["What scans find is kept no longer than this page; the next one scans everything anew. The reason: The browser's storage is full."]);
      assert.ok(refused <= 6, `${refused} attempts`);
    });
  });

  const closed: Readonly<Record<string, IDBFactory | undefined>> = {
    "The browser has no database for this page.": undefined,
    "The operation is insecure.": { open: () => { throw new DOMException("The operation is insecure.", "SecurityError"); } } as unknown as IDBFactory,
    "The browser's storage does not answer.": { open: () => ({}) } as unknown as IDBFactory,
  };
  for (const [reason, factory] of Object.entries(closed))
    it(`says once why nothing is kept, and does with the page's memory: ${reason}`, async () => {
      const folder = bakery();
      const { scan, told } = page(factory, undefined, { limits: { bytes: 1 << 20, patienceMs: 50 } });
      for (const parsed of [3, 0]) {
        const answer = await scan(folder);
        assert.equal(timeless(answer.result), timeless(await plain(folder)));
        assert.equal(answer.parsed, parsed);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.deepEqual(told, [`What scans find is kept no longer than this page; the next one scans everything anew. The reason: ${reason}`]);
    });
  it("stands in nobody's way who deletes it, and begins anew", async () => {
    const factory = new IDBFactory();
    const { cache, told } = page(factory, "a");
    await put(cache, 10);
    await new Promise((resolve, reject) => Object.assign(factory.deleteDatabase("otp-audit"), { onsuccess: resolve, onblocked: reject }));
    assert.equal(await cache.read("trees"), undefined);
    await put(cache, 20);
    assert.equal((await cache.read("trees"))?.length, 20);
    assert.deepEqual(told, []);
  });
});
