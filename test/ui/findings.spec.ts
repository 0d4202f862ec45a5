import { rmSync } from "node:fs";
import path from "node:path";
import { expect, test } from "./workbench.ts";

test("findings stand by severity, a click opens the line, Problems shows them", async ({ workbench, page }) => {
  await workbench.showAllFindings();
  await expect(workbench.treeItem(/^High, \d+ findings/)).toBeVisible();
  await expect(page.locator(".activitybar .badge-content", { hasText: /^\d+$/ }).first()).toBeVisible();
  await workbench.screenshot("findings-tree");
  await workbench.treeItem(/self-call/).first().click();
  await expect(page.locator(".editor-instance .squiggly-error").first()).toBeVisible();
  await expect(page.locator(".tabs-container .tab.active")).toContainText("oven");
  await expect(page.locator('.statusbar-item[id="status.editor.selection"]')).toContainText("Ln 32");
  await workbench.screenshot("finding-opened");
  await workbench.command("View: Focus Problems");
  await expect(page.locator(".markers-panel")).toContainText("OTP Audit");
  await expect(page.locator(".markers-panel")).toContainText("child-order");
  await workbench.screenshot("problems");
});

test("a hover explains the finding once", async ({ workbench, page }) => {
  await workbench.showAllFindings();
  await workbench.treeItem(/self-call/).first().click();
  await page.locator(".editor-instance .squiggly-error").first().waitFor();
  await page.locator(".view-line", { hasText: "GenServer.call(__MODULE__, :ash_level)}}" }).first().click({ position: { x: 330, y: 9 } });
  await workbench.command("Show or Focus Hover");
  const hover = page.locator(".monaco-hover:visible", { hasText: "OTP Audit" }).first();
  await expect(hover).toContainText("A server calls itself");
  await expect(hover).toContainText("Looked for and not found");
  await expect(hover.getByText("runs inside")).toHaveCount(1);
  await workbench.screenshot("hover");
});

test("the palette audits the workspace and opens the report, whose places lead to the code", async ({ workbench, page }) => {
  await workbench.command("OTP Audit: Audit Workspace");
  await expect(workbench.webview().getByRole("heading", { name: /^OTP audit of bakery/ })).toBeVisible({ timeout: 40_000 });
  await expect(workbench.webview().getByRole("heading", { name: "Statistics" })).toBeVisible();
  await workbench.screenshot("report");
  await workbench.webview().getByRole("link", { name: /flawed\/oven\.ex:32/ }).first().click();
  await expect(page.locator(".tabs-container .tab.active")).toContainText("oven.ex");
  await expect(page.locator('.statusbar-item[id="status.editor.selection"]')).toContainText("Ln 32");
});

test("the status bar counts critical and high findings and shows the view", async ({ workbench }) => {
  await expect(workbench.status()).toContainText(/\d+ critical, \d+ high/, { timeout: 40_000 });
  await workbench.status().click();
  await expect(workbench.treeItem(/^Critical/)).toBeVisible();
});

test("a rule is explained from the palette and from a row of the tree", async ({ workbench, page }) => {
  await workbench.showAllFindings();
  await workbench.command("OTP Audit: Explain Rule");
  await expect(page.locator(".quick-input-list")).toContainText("In this workspace");
  await workbench.screenshot("explain-rule-picker");
  await page.locator(".quick-input-widget input").first().fill("self-call");
  await page.keyboard.press("Enter");
  await expect(workbench.webview().getByRole("heading", { name: "A server calls itself" })).toBeVisible();
  await workbench.screenshot("rule-page");
  await workbench.treeItem(/fail-open/).first().hover();
  await workbench.treeItem(/fail-open/).first().getByRole("button", { name: /Explain Rule/ }).click();
  await expect(page.locator(".tabs-container .tab.active")).toContainText("fail-open");
});

test("a wrong setting is told, and its default counts", async ({ workbench }) => {
  await workbench.showAllFindings();
  workbench.writeSettings({ "otpAudit.findings.minConfidence": "certain" });
  await expect(workbench.toast(/otpAudit\.findings\.minConfidence is "certain"/)).toBeVisible();
  await workbench.screenshot("wrong-setting");
  await expect(workbench.treeItem(/^High, \d+ findings/)).toBeVisible();
});

test("the tree is readable in dark, light and high-contrast themes and in a narrow sidebar", async ({ workbench, page }) => {
  await workbench.showAllFindings();
  await workbench.treeItem(/self-call/).first().click();
  for (const [name, theme, kind] of [["dark", "Default Dark Modern", "vs-dark"], ["light", "Default Light Modern", "vs"], ["high-contrast", "Default High Contrast", "hc-black"], ["high-contrast-light", "Default High Contrast Light", "hc-light"]] as const) {
    workbench.writeSettings({ "workbench.colorTheme": theme });
    await expect(page.locator(`.monaco-workbench.${kind}`)).toBeVisible();
    await workbench.screenshot(`findings-${name}`);
  }
  await page.setViewportSize({ width: 600, height: 800 });
  await expect(workbench.treeItem(/^Critical/)).toBeVisible();
  await workbench.screenshot("findings-narrow");
});

test("a folder that is removed takes its findings along", async ({ workbench }) => {
  await workbench.showAllFindings();
  await expect(workbench.treeItem(/self-call/)).toHaveCount(1);
  await workbench.waitForWatcher();
  rmSync(path.join(workbench.folder, "lib/bakery/flawed"), { recursive: true });
  await expect(workbench.treeItem(/self-call/)).toHaveCount(0);
});
