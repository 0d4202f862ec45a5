import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, type FrameLocator, type Locator } from "@playwright/test";
import type { Workbench } from "./workbench.ts";

/** The page of a walk, as its user sees it. */
export class Walk {
  readonly workbench: Workbench;
  readonly page: FrameLocator;

  constructor(workbench: Workbench) {
    this.workbench = workbench;
    this.page = workbench.webview();
  }

  /** From the file in the editor, by the palette. */
  async open(file: string, module: string): Promise<void> {
    await this.workbench.openFile(file);
    await expect(this.workbench.page.locator(".tabs-container .tab.active")).toContainText(file);
    await this.workbench.page.locator(".view-line").first().click();
    await this.workbench.command("OTP Audit: Split Module");
    await this.opened(module);
  }
  async opened(module: string): Promise<void> {
    await expect(this.page.getByRole("heading", { name: `Split ${module}` })).toBeVisible({ timeout: 40_000 });
  }
  /** A step of the stepper. */
  step(name: string): Locator {
    return this.page.getByRole("navigation", { name: "Steps" }).getByRole("button", { name });
  }
  async isAt(name: string): Promise<void> {
    await expect(this.step(name)).toHaveAttribute("aria-current", "step");
  }
  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name, exact: typeof name === "string" });
  }
  column(name: string): Locator {
    return this.page.getByRole("region", { name, exact: true });
  }
  fn(id: string): Locator {
    return this.page.getByRole("option", { name: id });
  }
  /** What the keyboard is at. */
  focused(): Locator {
    return this.page.locator(".board :focus");
  }
  /** Back from an editor to the walk. */
  async tab(): Promise<void> {
    await this.workbench.page.locator(".tabs-container .tab", { hasText: /^Split / }).first().click();
  }
  /** VS Code's own quick input: filters, and takes the first row. */
  async answer(text: string): Promise<void> {
    const { page } = this.workbench;
    await expect(page.locator(".quick-input-widget")).toBeVisible();
    await page.locator(".quick-input-widget .quick-input-box input").fill(text);
    await expect(page.locator(".quick-input-list .monaco-list-row").first()).toContainText(text);
    await page.keyboard.press("Enter");
    await expect(page.locator(".quick-input-widget")).toBeHidden();
  }
}

/** Every source file below a folder with its bytes. */
export function sourcesIn(folder: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const below of ["lib", "test"]) {
    if (!existsSync(path.join(folder, below))) continue;
    for (const entry of readdirSync(path.join(folder, below), { recursive: true, withFileTypes: true })) if (entry.isFile()) found[path.relative(folder, path.join(entry.parentPath, entry.name))] = readFileSync(path.join(entry.parentPath, entry.name), "latin1");
  }
  return found;
}
