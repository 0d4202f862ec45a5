// What a scan takes in the browser's extension host, first and after reloads of the page, by the extension's own log:
// `node scripts/bench-web.mjs [--vsix FILE] [--reloads N] FOLDER...`. Needs `npm run package` and the workbench of `npm test`.
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { installVsix, launchBrowser, startServer, workbenchUrl } from "./vscode-host.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { vsix: { type: "string", default: "otp-audit.vsix" }, reloads: { type: "string", default: "5" } } });
const scratch = mkdtempSync(path.join(tmpdir(), "otp-audit-bench-web-"));
const extensionsDir = path.join(scratch, "extensions");
installVsix(path.resolve(values.vsix), extensionsDir);
const server = await startServer({ extensionsDir, settings: { "remote.extensionKind": { "otp-audit.otp-audit": ["web"] } } });
const browser = await launchBrowser();

const SCANNED = /findings,\s\d+\sms/;

/** Opens the log by the palette, which lists a command only once the extension has registered it. */
async function showLog(page) {
  for (;;) {
    await page.keyboard.press("Escape");
    await page.keyboard.press("F1");
    try {
      await page.locator(".quick-input-widget input").first().fill(">OTP Audit: Show Log", { timeout: 2000 });
      await page.locator(".quick-input-list .monaco-list-row", { hasText: "OTP Audit: Show Log" }).first().click({ timeout: 2000 });
      return;
    } catch {
      // Not yet.
    }
  }
}

/** The lines of the log once a scan is through. */
async function scanned(page) {
  await page.locator(".monaco-workbench").waitFor();
  const lines = page.locator(".part.panel .view-lines .view-line");
  // A workbench that is still starting may close the panel again.
  for (let attempt = 0; attempt < 10 && (await lines.filter({ hasText: SCANNED }).count()) === 0; attempt++) {
    await showLog(page);
    await lines.filter({ hasText: SCANNED }).first().waitFor({ timeout: 15_000 }).catch(() => undefined);
  }
  const texts = (await lines.allTextContents()).map((text) => text.replaceAll("\u00a0", " "));
  const [, findings, ms] = texts.join("\n").match(/(\d+) findings, (\d+) ms/);
  return { findings, ms: Number(ms), texts };
}

try {
  for (const source of positionals) {
    const folder = path.join(scratch, path.basename(path.resolve(source)));
    cpSync(source, folder, { recursive: true, filter: (name) => !/\/(_build|deps|node_modules)$/.test(name) });
    const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    await page.goto(workbenchUrl({ port: server.port, folder }));
    const first = await scanned(page);
    const reloads = [];
    for (let i = 0; i < Number(values.reloads); i++) {
      await page.waitForTimeout(1500);
      await page.reload();
      reloads.push(await scanned(page));
    }
    const times = reloads.map(({ ms }) => ms);
    const median = [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];
    console.log(`${source}: first ${first.ms} ms; after a reload ${median} ms (${times.join(", ")}); findings ${[first, ...reloads].map(({ findings }) => findings).join(" ")}`);
    if (process.env.VERBOSE) console.log([...first.texts, "--", ...(reloads.at(-1)?.texts ?? [])].join("\n"));
    await page.close();
    rmSync(folder, { recursive: true, force: true });
  }
} finally {
  await browser.close();
  await server.stop();
  rmSync(scratch, { recursive: true, force: true });
}
