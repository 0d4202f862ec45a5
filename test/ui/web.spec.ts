import { spawnSync } from "node:child_process";
import { sourcesIn, Walk } from "./walk.ts";
import { expect, test } from "./workbench.ts";

// The workbench then runs the `browser` entry in its web worker extension host instead of `main` on the server.
test.use({ settings: { "remote.extensionKind": { "otp-audit.otp-audit": ["web"] } } });

test("in the browser's extension host a scan finds what the command line finds", async ({ workbench }) => {
  await workbench.showAllFindings();
  await workbench.screenshot("web-findings");
  const scan = spawnSync(process.execPath, ["dist/cli.js", "scan", workbench.folder, "--format", "json"], { encoding: "utf8" });
  const expected = (JSON.parse(scan.stdout) as { findings: { severity: string }[] }).findings;
  const count = (severity: string) => expected.filter((finding) => finding.severity === severity).length;
  await expect(workbench.status()).toContainText(`${count("critical")} critical, ${count("high")} high`);
});

test("in the browser a click on a finding opens its line, and a hover explains it", async ({ workbench, page }) => {
  await workbench.showAllFindings();
  await workbench.treeItem(/self-call/).first().click();
  await expect(page.locator(".editor-instance .squiggly-error").first()).toBeVisible();
  await expect(page.locator('.statusbar-item[id="status.editor.selection"]')).toContainText("Ln 32");
  await page.locator(".view-line", { hasText: "GenServer.call(__MODULE__, :ash_level)}}" }).first().click({ position: { x: 330, y: 9 } });
  await workbench.command("Show or Focus Hover");
  await expect(page.locator(".monaco-hover:visible", { hasText: "OTP Audit" }).first()).toContainText("A server calls itself");
});

test("in the browser a quick fix mends the code, and the finding goes", async ({ workbench, page }) => {
  await workbench.showAllFindings();
  const row = workbench.treeItem(/wrong-timer-cancel/);
  await row.click();
  await expect(page.locator(".view-line", { hasText: ":timer.cancel(" }).first()).toBeVisible();
  await workbench.command("Quick Fix...");
  await page.locator(".action-widget:visible").getByText("Use Process.cancel_timer").click();
  await expect(page.locator(".view-line", { hasText: "Process.cancel_timer(" }).first()).toBeVisible();
  await expect(row).toHaveCount(0);
  await workbench.screenshot("web-quick-fix");
});

test("in the browser the report opens and an audit is kept", async ({ workbench, page }) => {
  await workbench.command("OTP Audit: Audit Workspace");
  await expect(workbench.webview().getByRole("heading", { name: /^OTP audit of bakery/ })).toBeVisible({ timeout: 40_000 });
  await workbench.screenshot("web-report");
  await workbench.command("OTP Audit: Keep Audit in History");
  await expect(page.locator(".sidebar, .notifications-toasts").getByText(/kept/i).first()).toBeVisible();
});

test("in the browser a module is split and taken back, and what can be checked without mix is checked", async ({ workbench }) => {
  const before = sourcesIn(workbench.folder);
  const walk = new Walk(workbench);
  await workbench.showAllFindings();
  await walk.open("back_office.ex", "Bakery.BackOffice");
  await walk.step("Apply").click();
  await walk.button("Write step 1").click();
  await expect(walk.page.getByText(/^1 of \d+ steps are written/)).toBeVisible({ timeout: 40_000 });
  await walk.step("Verify").click();
  await expect(walk.page.getByText(/mix cannot run here: VS Code runs in the browser/)).toBeVisible();
  await walk.button("Run the checks").click();
  await expect(walk.page.getByRole("heading", { name: "Read without Elixir: passed" })).toBeVisible();
  await workbench.screenshot("web-verified");
  await walk.button("Undo all steps").click();
  await expect.poll(() => sourcesIn(workbench.folder), { timeout: 40_000 }).toEqual(before);
});
