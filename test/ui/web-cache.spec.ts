import type { Page } from "@playwright/test";
import { expect, test, type Workbench } from "./workbench.ts";

test.use({ settings: { "remote.extensionKind": { "otp-audit.otp-audit": ["web"] } } });

/** What the extension keeps in the browser, by its names. */
const keptNames = (page: Page): Promise<readonly string[]> =>
  page.evaluate(async () => {
    if (!(await indexedDB.databases()).some(({ name }) => name === "otp-audit")) return [];
    const answer = <T>(request: IDBRequest<T>) => new Promise<T>((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
    const database = await answer(indexedDB.open("otp-audit"));
    const keys = (await answer(database.transaction("records").objectStore("records").getAllKeys())) as [string, string][];
    database.close();
    return keys.map(([, name]) => name).sort();
  });

/** Whether the browser stores 100 KB more for this page. */
const stores = (page: Page): Promise<boolean> =>
  page.evaluate(async () => {
    const database = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open("another", 1);
      request.onupgradeneeded = () => request.result.createObjectStore("records");
      request.onsuccess = () => resolve(request.result);
    });
    const transaction = database.transaction("records", "readwrite");
    transaction.objectStore("records").put(new Uint8Array(100_000), "bread");
    return new Promise<boolean>((resolve) => Object.assign(transaction, { oncomplete: () => resolve(true), onabort: () => resolve(false) })).finally(() => database.close());
  });

const KEPT = "No file has changed: the findings are those that an earlier scan has kept.";

async function rowsOf(workbench: Workbench): Promise<readonly string[]> {
  await workbench.showAllFindings();
  return workbench.page.locator(".sidebar").getByRole("treeitem").allTextContents();
}

/** The rows of the tree, and the log, which wraps its lines. */
async function shown(workbench: Workbench): Promise<{ readonly rows: readonly string[]; readonly log: string; readonly scan: string | undefined }> {
  const rows = await rowsOf(workbench);
  const lines = workbench.page.locator(".part.panel .view-line");
  const log = async (): Promise<string> => (await lines.allTextContents()).join(" ").replaceAll(/[\s\u00a0]+/g, " ");
  // A workbench that is still starting may close the panel again.
  await expect(async () => {
    await workbench.command("OTP Audit: Show Log");
    await expect.poll(log, { timeout: 10_000 }).toMatch(/findings, \d+ ms/);
  }).toPass({ timeout: 60_000 });
  return { rows, log: await log(), scan: /\d+ files, \d+ findings/.exec(await log())?.[0] };
}

test("in the browser a reload shows what the scan before has kept", async ({ workbench, page }) => {
  test.slow();
  const first = await shown(workbench);
  expect(first.log).not.toContain(KEPT);
  await expect.poll(() => keptNames(page)).toEqual(["ledger", "run", "trees"]);
  await page.reload();
  const second = await shown(workbench);
  expect(second.log).toContain(KEPT);
  expect(second.scan).toBe(first.scan);
  expect(second.rows).toEqual(first.rows);
  await workbench.screenshot("web-kept");

  workbench.write("lib/kiosk.ex", "defmodule Kiosk do\n  use GenServer\n  def init(_), do: {:ok, 0}\n  def handle_call(:sold, _from, state), do: {:reply, GenServer.call(self(), :sold), state}\nend\n");
  await page.reload();
  const third = await shown(workbench);
  expect(third.log).toMatch(/changed since the scan that was kept: 1 of \d+\./);
  await expect(workbench.treeItem(/kiosk\.ex/).first()).toBeAttached();
});

// What the log says then is tested with the cache: VS Code's own log lies in the storage that is full, and stays empty.
test("in a browser whose storage is full nothing is kept, and the findings are all there", async ({ workbench, page }) => {
  test.slow();
  const first = await rowsOf(workbench);
  await expect.poll(() => keptNames(page)).toEqual(["ledger", "run", "trees"]);
  await page.evaluate(() => new Promise((resolve, reject) => Object.assign(indexedDB.deleteDatabase("otp-audit"), { onsuccess: resolve, onerror: reject })));
  await (await page.context().newCDPSession(page)).send("Storage.overrideQuotaForOrigin", { origin: new URL(page.url()).origin, quotaSize: 10_000 });
  await expect.poll(() => stores(page), { timeout: 90_000 }).toBe(false); // the browser looks at its limit now and then
  for (let reload = 0; reload < 2; reload++) {
    await page.reload();
    expect(await rowsOf(workbench)).toEqual(first);
    expect(await keptNames(page)).toEqual([]);
  }
});
