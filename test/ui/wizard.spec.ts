import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "./workbench.ts";

test("a god module is understood, shaped and reviewed in the walk", async ({ workbench, page }) => {
  await workbench.showAllFindings();
  const row = workbench.treeItem(/god-module/).first();
  await row.hover();
  await row.getByRole("button", { name: /Split Module/ }).click();
  const walk = workbench.webview();
  await expect(walk.getByRole("heading", { name: "Split Bakery.BackOffice" })).toBeVisible({ timeout: 40_000 });
  await expect(walk.getByRole("img", { name: /functions and \d+ calls/ })).toBeVisible();
  await workbench.screenshot("wizard-understand");
  await walk.getByRole("button", { name: "Shape the split" }).click();
  await expect(walk.getByRole("group", { name: "Alternatives" })).toBeVisible();
  await workbench.screenshot("wizard-shape");
  const columns = walk.locator(".column");
  const before = await columns.count();
  const first = columns.first().locator("li.function").first();
  const moved = (await first.locator("code").textContent()) ?? "";
  await first.getByRole("checkbox").check();
  await walk.getByLabel("or to a new module").fill("Moved");
  await walk.getByRole("button", { name: "Split off" }).click();
  await expect(columns).toHaveCount(before + 1);
  await expect(walk.getByRole("region", { name: "Moved" }).getByText(moved, { exact: true })).toBeVisible();
  await walk.getByRole("button", { name: "Undo", exact: true }).click();
  await expect(columns).toHaveCount(before);
  await walk.getByRole("button", { name: "Review the steps" }).click();
  await expect(walk.getByRole("heading", { name: "What will change" })).toBeVisible();
  await workbench.screenshot("wizard-review");
  await walk.getByRole("button", { name: "Go to apply" }).click();
  await workbench.screenshot("wizard-apply");
  await workbench.command("View: Close All Editors");
  await expect(page.locator(".tabs-container .tab")).toHaveCount(0);
  await workbench.command("OTP Audit: Focus on Plans View");
  await workbench.treeItem(/^Bakery\.BackOffice/).click();
  await expect(walk.getByRole("heading", { name: "Write it" })).toBeVisible({ timeout: 40_000 });
});

test("a module is split off and taken back byte for byte, and Elixir compiles what is between", async ({ workbench }) => {
  const file = path.join(workbench.folder, "lib/bakery/back_office.ex");
  const before = readFileSync(file, "utf8");
  await workbench.openFile("back_office.ex");
  await workbench.command("OTP Audit: Split Module");
  const walk = workbench.webview();
  await expect(walk.getByRole("heading", { name: "Split Bakery.BackOffice" })).toBeVisible({ timeout: 40_000 });
  await walk.getByRole("button", { name: "Review" }).click();
  await walk.getByRole("button", { name: "Show the difference of Bakery.BackOffice.Loyalty" }).click();
  await expect(workbench.page.locator(".tabs-container .tab.active")).toContainText("Split off Bakery.BackOffice.Loyalty");
  await expect(workbench.page.locator(".multi-diff-editor, .multiDiffEditor").first()).toBeVisible();
  await workbench.screenshot("wizard-difference");
  await workbench.page.locator(".tabs-container .tab", { hasText: "Split BackOffice" }).click();
  await walk.getByRole("button", { name: "Go to apply" }).click();
  await walk.getByRole("button", { name: "Apply all" }).click();
  await expect(walk.getByText("7 of 7 modules are split off.")).toBeVisible({ timeout: 40_000 });
  expect(existsSync(path.join(workbench.folder, "lib/bakery/back_office/loyalty.ex"))).toBe(true);
  await workbench.screenshot("wizard-applied");
  await walk.getByRole("button", { name: "Verify" }).last().click();
  await walk.getByRole("button", { name: "Compile", exact: true }).click();
  await expect(walk.getByRole("heading", { name: /mix compile: (passed|failed)/ })).toBeVisible({ timeout: 80_000 });
  await workbench.screenshot("wizard-verified");
  await expect(walk.getByRole("heading", { name: "mix compile: passed" })).toBeVisible();
  await walk.getByRole("button", { name: "Undo all" }).click();
  await expect.poll(() => readFileSync(file, "utf8") === before, { timeout: 20_000 }).toBe(true);
  await expect.poll(() => existsSync(path.join(workbench.folder, "lib/bakery/back_office/loyalty.ex"))).toBe(false);
});

test("every step is free of serious accessibility violations, and readable in four themes", async ({ workbench, page }) => {
  await workbench.openFile("back_office.ex");
  await workbench.command("OTP Audit: Split Module");
  const walk = workbench.webview();
  await expect(walk.getByRole("heading", { name: "Split Bakery.BackOffice" })).toBeVisible({ timeout: 40_000 });
  const frame = page.frames().find((candidate) => candidate.url().includes("fake.html")) ?? page.frames().at(-1);
  expect(frame).toBeDefined();
  for (const step of ["Understand", "Shape", "Review", "Apply", "Verify"]) {
    await walk.getByRole("navigation", { name: "Steps" }).getByRole("button", { name: step }).click();
    for (const [name, theme, kind] of [["dark", "Default Dark Modern", "vs-dark"], ["light", "Default Light Modern", "vs"], ["high-contrast", "Default High Contrast", "hc-black"], ["high-contrast-light", "Default High Contrast Light", "hc-light"]] as const) {
      workbench.writeSettings({ "workbench.colorTheme": theme });
      await expect(page.locator(`.monaco-workbench.${kind}`)).toBeVisible();
      await workbench.screenshot(`wizard-${step.toLowerCase()}-${name}`);
    }
    const violations = await frame?.evaluate(async (source) => {
      // The page's policy allows no further script, so axe is run in the frame's own world by the test's debugger.
      const axe = new Function(`${source}; return typeof axe === "undefined" ? window.axe : axe;`)();
      const result = await axe.run(document, { resultTypes: ["violations"] });
      return result.violations.filter(({ impact }: { impact: string }) => impact === "serious" || impact === "critical").map(({ id, nodes }: { id: string; nodes: { html: string }[] }) => `${id}: ${nodes[0]?.html}`);
    }, readFileSync("node_modules/axe-core/axe.min.js", "utf8"));
    expect(violations).toEqual([]);
  }
});
