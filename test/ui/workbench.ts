import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test as base, expect, type FrameLocator, type Locator, type Page } from "@playwright/test";
import { installVsix, startServer, workbenchUrl } from "../../scripts/vscode-host.mjs";

const root = process.cwd();

/** The real workbench in a browser, on a copy of a project. */
export class Workbench {
  readonly page: Page;
  readonly folder: string;

  constructor(page: Page, folder: string) {
    this.page = page;
    this.folder = folder;
  }

  /** The palette lists a command only once the extension host has registered it. */
  async command(title: string): Promise<void> {
    const row = this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
    await expect(async () => {
      await this.page.keyboard.press("Escape");
      await this.page.keyboard.press("F1");
      await this.page.locator(".quick-input-widget input").first().fill(`>${title}`, { timeout: 2_000 });
      await row.click({ timeout: 2_000 });
    }).toPass({ timeout: 40_000 });
  }
  async showFindings(): Promise<void> {
    await this.command("View: Show OTP Audit");
  }
  /** The tree with all its findings. */
  async showAllFindings(): Promise<void> {
    await this.showFindings();
    await expect(this.treeItem(/^Critical, \d+ findings/)).toBeVisible({ timeout: 40_000 });
    await expect(this.status()).toHaveAttribute("aria-label", /critical and \d+ high/);
  }
  async openFile(name: string): Promise<void> {
    await this.command("Go to File...");
    await this.page.locator(".quick-input-widget input").first().fill(name);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: name }).first().click();
  }
  treeItem(name: string | RegExp): Locator {
    return this.page.locator(".sidebar").getByRole("treeitem", { name });
  }
  /** What the view says while it has no rows. */
  welcome(): Locator {
    return this.page.locator(".sidebar .welcome-view");
  }
  status(): Locator {
    return this.page.locator('.statusbar-item[aria-label^="OTP Audit"]');
  }
  toast(text: string | RegExp): Locator {
    return this.page.locator(".notifications-toasts .notification-list-item", { hasText: text });
  }
  webview(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }
  /** Settings of the folder; VS Code takes them up at once. */
  writeSettings(settings: Record<string, unknown>): void {
    this.write(".vscode/settings.json", JSON.stringify(settings));
  }
  write(file: string, text: string): void {
    mkdirSync(path.dirname(path.join(this.folder, file)), { recursive: true });
    writeFileSync(path.join(this.folder, file), text);
  }
  /** VS Code starts to watch the disk some time after the first scan; what happens before that reaches nobody. */
  async waitForWatcher(): Promise<void> {
    let probe = 0;
    await expect(async () => {
      probe += 1;
      this.write(`lib/watched_${probe}.ex`, `defmodule Watched${probe} do\n  use GenServer\n  def init(_), do: {:ok, nil}\n  def handle_call(:a, _, s), do: {:reply, GenServer.call(self(), :b), s}\nend\n`);
      await expect(this.treeItem(new RegExp(`watched_${probe}\\.ex`)).first()).toBeAttached({ timeout: 4_000 });
    }).toPass({ timeout: 60_000 });
    for (; probe > 0; probe -= 1) rmSync(path.join(this.folder, `lib/watched_${probe}.ex`));
    await expect(this.treeItem(/watched_\d+\.ex/)).toHaveCount(0);
  }
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: `test-results/${name}.png` });
  }
}

type WorkerOptions = { readonly settings: Record<string, unknown>; readonly neighbours: readonly string[] };

/**
 * `project` names the folder that is opened (a copy of it; none when empty). `neighbours` are folders of extensions that are
 * installed beside ours.
 */
export const test = base.extend<{ workbench: Workbench; project: string }, WorkerOptions & { server: { readonly port: number } }>({
  settings: [{}, { scope: "worker", option: true }],
  neighbours: [[], { scope: "worker", option: true }],
  project: ["examples/bakery", { option: true }],
  server: [
    async ({ settings, neighbours }, use) => {
      const extensionsDir = mkdtempSync(path.join(tmpdir(), "otp-audit-extensions-"));
      for (const vsix of [path.join(root, "otp-audit.vsix"), ...neighbours]) installVsix(vsix, extensionsDir);
      const server = await startServer({ extensionsDir, settings });
      await use(server);
      await server.stop();
      rmSync(extensionsDir, { recursive: true, force: true });
    },
    { scope: "worker", timeout: 90_000 },
  ],
  workbench: async ({ page, server, project }, use) => {
    const above = mkdtempSync(path.join(tmpdir(), "otp-audit-ui-"));
    const folder = path.join(above, project === "" ? "none" : path.basename(project));
    if (project !== "") cpSync(path.join(root, project), folder, { recursive: true, filter: (source) => !/\/(_build|deps)$/.test(source) });
    await page.goto(project === "" ? `http://127.0.0.1:${server.port}/?ew=true` : workbenchUrl({ port: server.port, folder }));
    await page.locator(".monaco-workbench").waitFor();
    await use(new Workbench(page, folder));
    await page.goto("about:blank");
    rmSync(above, { recursive: true, force: true });
  },
});
export { expect };
