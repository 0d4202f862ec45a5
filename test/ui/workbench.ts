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
  treeItem(name: string | RegExp): Locator {
    return this.page.locator(".sidebar").getByRole("treeitem", { name });
  }
  webview(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready").frameLocator("iframe#active-frame");
  }
  /** Settings of the folder; VS Code takes them up at once. */
  writeSettings(settings: Record<string, unknown>): void {
    mkdirSync(path.join(this.folder, ".vscode"), { recursive: true });
    writeFileSync(path.join(this.folder, ".vscode/settings.json"), JSON.stringify(settings));
  }
  async screenshot(name: string): Promise<void> {
    await this.page.screenshot({ path: `test-results/${name}.png` });
  }
}

type Options = { readonly settings: Record<string, unknown>; readonly project: string };

export const test = base.extend<{ workbench: Workbench }, Options & { server: { readonly port: number } }>({
  settings: [{}, { scope: "worker", option: true }],
  project: ["examples/bakery", { scope: "worker", option: true }],
  server: [
    async ({ settings }, use) => {
      const extensionsDir = mkdtempSync(path.join(tmpdir(), "otp-audit-extensions-"));
      installVsix(path.join(root, "otp-audit.vsix"), extensionsDir);
      const server = await startServer({ extensionsDir, settings });
      await use(server);
      await server.stop();
      rmSync(extensionsDir, { recursive: true, force: true });
    },
    { scope: "worker", timeout: 90_000 },
  ],
  workbench: async ({ page, server, project }, use) => {
    const folder = mkdtempSync(path.join(tmpdir(), "bakery-"));
    cpSync(path.join(root, project), folder, { recursive: true, filter: (source) => !/\/(_build|deps)$/.test(source) });
    await page.goto(workbenchUrl({ port: server.port, folder }));
    await page.locator(".monaco-workbench").waitFor();
    await use(new Workbench(page, folder));
    await page.goto("about:blank");
    rmSync(folder, { recursive: true, force: true });
  },
});
export { expect };
