import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "./workbench.ts";

test("an audit is kept, stands in the history, and is compared with now", async ({ workbench, page }) => {
  await workbench.showAllFindings();
  await workbench.command("OTP Audit: Keep Audit in History");
  await expect(workbench.toast(/The audit is kept/)).toBeVisible();
  await workbench.command("OTP Audit: Focus on Audit History View");
  const row = workbench.treeItem(/^Audit of \d{4}-\d\d-\d\d/);
  await expect(row).toHaveCount(1);
  await workbench.screenshot("history");
  await row.click();
  await expect(workbench.webview().getByRole("heading", { name: "Since the last audit" })).toBeVisible({ timeout: 40_000 });
  await expect(workbench.webview().getByText(/0 fixed/).first()).toBeVisible();
  await workbench.screenshot("compared-with-now");
  expect(await page.locator(".notification-list-item-icon.codicon-error").count()).toBe(0);
});

test("what is accepted as baseline is hidden while only new findings are asked for", async ({ workbench, page }) => {
  await workbench.showAllFindings();
  await workbench.command("OTP Audit: Accept All as Baseline");
  await page.locator(".monaco-dialog-box").getByRole("button", { name: "Accept" }).click();
  await workbench.toast(/are the baseline now/).getByRole("button", { name: "Show Only New" }).click();
  await expect(workbench.treeItem(/self-call/)).toHaveCount(0);
  await workbench.screenshot("only-new");
  await workbench.command("OTP Audit: Show All Findings");
  await expect(workbench.treeItem(/self-call/)).toHaveCount(1);
});

test("a decision on a finding is kept with its reason, and the report checks it again", async ({ workbench, page }) => {
  await workbench.showAllFindings();
  const row = workbench.treeItem(/self-call/).first();
  await row.click({ button: "right" });
  await page.locator(".context-view .action-label", { hasText: "Decide on Finding" }).click();
  await page.locator(".quick-input-list .monaco-list-row", { hasText: "fixed" }).first().click();
  const input = page.locator(".quick-input-widget input").first();
  await input.fill("asks the oven directly");
  await page.keyboard.press("Enter");
  await expect(page.locator(".quick-input-widget .quick-input-message")).toContainText("Your name");
  await input.fill("Ada");
  await page.keyboard.press("Enter");
  await expect(workbench.toast(/The decision is kept/)).toBeVisible();
  const [entry] = JSON.parse(readFileSync(path.join(workbench.folder, ".otp_audit/worklog.json"), "utf8")).entries;
  expect([entry.rule, entry.status, entry.reason, entry.author]).toEqual(["self-call", "fixed", "asks the oven directly", "Ada"]);
  await workbench.command("OTP Audit: Audit Workspace");
  await expect(workbench.webview().getByText(/contradicted: still detected/).first()).toBeVisible({ timeout: 40_000 });
  await workbench.screenshot("decision");
});
