import { expect, test } from "./workbench.ts";

test("findings stand by severity, a click opens the line, Problems shows them", async ({ workbench, page }) => {
  await workbench.showFindings();
  await expect(workbench.treeItem(/^Critical, \d+ findings/)).toBeVisible();
  await expect(workbench.treeItem(/^High, \d+ findings/)).toBeVisible();
  await expect(page.locator(".activitybar .badge-content", { hasText: /^\d+$/ }).first()).toBeVisible();
  await workbench.screenshot("findings-tree");
  await workbench.treeItem(/self-call/).first().click();
  await expect(page.locator(".editor-instance .squiggly-error").first()).toBeVisible();
  await expect(page.locator(".tabs-container .tab.active")).toContainText("oven");
  await workbench.screenshot("finding-opened");
  await workbench.command("View: Focus Problems");
  await expect(page.locator(".markers-panel")).toContainText("OTP Audit");
  await expect(page.locator(".markers-panel")).toContainText("self-call");
  await workbench.screenshot("problems");
});

test("the palette audits the workspace and opens the report", async ({ workbench }) => {
  await workbench.command("OTP Audit: Audit Workspace");
  await expect(workbench.webview().getByRole("heading", { name: /^OTP audit of/ })).toBeVisible();
  await expect(workbench.webview().getByRole("heading", { name: "Statistics" })).toBeVisible();
  await expect(workbench.webview().getByRole("heading", { name: /^Critical findings/ })).toBeVisible();
  await workbench.screenshot("report");
});

test("the status bar counts critical and high findings and shows the view", async ({ workbench, page }) => {
  const item = page.locator('.statusbar-item[id="otp-audit.otp-audit.otpAudit.status"], .statusbar-item[aria-label^="OTP Audit:"]').first();
  await expect(item).toContainText(/\d+/, { timeout: 40_000 });
  await item.click();
  await expect(workbench.treeItem(/^Critical/)).toBeVisible();
});

test("a rule is explained from the palette", async ({ workbench, page }) => {
  await workbench.command("OTP Audit: Explain Rule");
  await page.locator(".quick-input-widget input").first().fill("self-call");
  await page.keyboard.press("Enter");
  await expect(workbench.webview().getByRole("heading", { name: "A server calls itself" })).toBeVisible();
});

test("a suppression comment has its colours", async ({ workbench, page }) => {
  await workbench.command("Go to File...");
  await page.locator(".quick-input-widget input").first().fill("suppressed.ex");
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "suppressed.ex" }).first().click();
  const comment = page.locator(".view-line", { hasText: "otp_audit:disable-for-next-line" }).first();
  await expect(comment).toBeVisible();
  await expect.poll(() => comment.locator("span > span").evaluateAll((spans) => new Set(spans.map((span) => getComputedStyle(span).color)).size)).toBeGreaterThan(2);
  await workbench.screenshot("suppression");
});

test("the tree is readable in light and high-contrast themes and in a narrow sidebar", async ({ workbench, page }) => {
  await workbench.showFindings();
  await expect(workbench.treeItem(/^Critical/)).toBeVisible();
  for (const [name, theme, kind] of [["light", "Default Light Modern", "vscode-light"], ["high-contrast", "Default High Contrast", "hc-black"], ["high-contrast-light", "Default High Contrast Light", "hc-light"]] as const) {
    workbench.writeSettings({ "workbench.colorTheme": theme });
    await expect(page.locator(`.monaco-workbench.${kind === "vscode-light" ? "vs" : kind}`)).toBeVisible();
    await workbench.screenshot(`findings-${name}`);
  }
  await page.setViewportSize({ width: 700, height: 800 });
  await expect(workbench.treeItem(/^Critical/)).toBeVisible();
  await workbench.screenshot("findings-narrow");
});
