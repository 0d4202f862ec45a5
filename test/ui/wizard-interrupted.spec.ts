import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { Walk, sourcesIn } from "./walk.ts";
import { expect, test, type Workbench } from "./workbench.ts";

// In the browser VS Code saves by itself, which would end what is not saved before it can be looked at.
test.use({ settings: { "files.autoSave": "off" } });

const god = "Bakery.BackOffice";
const planOf = ({ folder }: Workbench, module: string): string => path.join(folder, `.otp_audit/plans/${module}.json`);
/** The steps that the plan's file calls written; undefined while there is no file. */
function applied(workbench: Workbench, module: string): readonly string[] | undefined {
  const file = planOf(workbench, module);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).applied : undefined;
}
const tabs = ({ page }: Workbench) => page.locator(".tabs-container .tab", { hasText: /^Split/ });
const closeTab = (workbench: Workbench) => tabs(workbench).getByRole("button", { name: /Close/ }).click();
const failures = (workbench: Workbench) => workbench.toast(/could not finish/);

test("two changes at once are both made", async ({ workbench }) => {
  const walk = new Walk(workbench);
  await walk.open("back_office.ex", god);
  await walk.step("Shape").click();
  await expect(walk.column("Recipes").getByRole("option", { name: "recipe_card/1" })).toBeVisible();
  await walk.page.locator(".board").evaluate((board) => {
    for (const id of ["recipe_card/1", "bake_plan/1"]) board.querySelector(`[data-id="${id}"]`)?.dispatchEvent(new KeyboardEvent("keydown", { key: "Delete", bubbles: true }));
  });
  const staying = walk.column(`stays in ${god}`);
  await expect(staying.getByRole("option", { name: "recipe_card/1" })).toBeVisible();
  await expect(staying.getByRole("option", { name: "bake_plan/1" })).toBeVisible();
});

test("a plan that cannot be kept says so, and its walk goes on", async ({ workbench }) => {
  workbench.write(".otp_audit", "a file where the folder would be\n");
  const walk = new Walk(workbench);
  await walk.open("back_office.ex", god);
  await walk.step("Shape").click();
  await expect(walk.page.getByRole("alert")).toContainText(`.otp_audit/plans/${god}.json cannot be written, so the plan ends with this tab.`);
  await walk.isAt("Shape");
});

test("the page moves for what is searched alone, is sent its graph once, and follows what is typed when it is saved", async ({ workbench, page }) => {
  const walk = new Walk(workbench);
  await workbench.showAllFindings();
  await walk.open("back_office.ex", god);
  const body = walk.page.locator("body");
  await body.evaluate(() => {
    const counted = window as unknown as { drawings: number; graphs: number };
    [counted.drawings, counted.graphs] = [0, 0];
    window.addEventListener("message", ({ data }) => {
      counted.drawings += 1;
      if (data.map !== undefined) counted.graphs += 1;
    });
  });
  const counts = () => body.evaluate(() => {
    const { drawings, graphs } = window as unknown as { drawings: number; graphs: number };
    return { drawings, graphs };
  });
  await walk.page.getByLabel("Search").fill("recipe_card");
  await expect.poll(() => body.evaluate(() => window.scrollY)).toBeGreaterThan(0);
  await body.evaluate(() => window.scrollTo(0, 0));
  await walk.page.locator(".head").getByRole("button", { name: "lib/bakery/back_office.ex" }).click();
  await expect.poll(counts).toEqual({ drawings: 1, graphs: 0 });
  await expect(walk.page.locator("[data-node]:not(.faint)")).toHaveCount(1);
  expect(await body.evaluate(() => window.scrollY)).toBe(0);

  await expect(page.locator(".editor-group-container")).toHaveCount(2);
  await page.locator(".editor-group-container.active .view-line").first().click();
  await page.keyboard.press("End");
  await page.keyboard.insertText("\n  def closing_bell, do: :ding");
  // Files that come and go after it are judged after it.
  await workbench.waitForWatcher();
  expect(await counts()).toEqual({ drawings: 1, graphs: 0 });
  await page.locator(".editor-group-container.active .view-line").first().click();
  await workbench.command("File: Save");
  await expect(walk.page.getByText(/closing_bell\/0 is new and stays where it is/)).toBeVisible();
  expect((await counts()).graphs).toBe(1);
});

test("a plan is deleted with its walk, and stays deleted", async ({ workbench, page }) => {
  const walk = new Walk(workbench);
  await walk.open("back_office.ex", god);
  await walk.step("Shape").click();
  await expect.poll(() => existsSync(planOf(workbench, god))).toBe(true);
  await workbench.command("OTP Audit: Focus on Plans View");
  const row = workbench.treeItem(/^Plan for Bakery\.BackOffice/);
  await row.hover();
  await row.getByRole("button", { name: /Delete Plan/ }).click();
  await page.locator(".monaco-dialog-box").getByRole("button", { name: "Delete" }).click();
  await expect(row).toHaveCount(0);
  await expect(tabs(workbench)).toHaveCount(0);
  await expect(failures(workbench)).toHaveCount(0);
  expect(existsSync(planOf(workbench, god))).toBe(false);
});

test.describe("in a small project", () => {
  test.use({ project: "test/ui/projects/depot" });

  test("steps are written though something works on each file that is saved, and are taken back byte for byte; a preview without parts is not", async ({ workbench, page }) => {
    test.setTimeout(180_000);
    const file = path.join(workbench.folder, "lib/depot.ex");
    workbench.write("lib/depot.ex", readFileSync(file, "utf8").replace(/ do\n/, " do   \n").trimEnd());
    workbench.writeSettings({ "files.trimTrailingWhitespace": true, "files.insertFinalNewline": true });
    const before = sourcesIn(workbench.folder);
    const walk = new Walk(workbench);
    await walk.open("depot.ex", "Depot");
    await walk.step("Apply").click();
    await walk.button("Write step 1").click();
    await expect(walk.page.getByText(/^1 of \d+ steps are written/)).toBeVisible({ timeout: 40_000 });
    expect(readFileSync(file, "utf8")).not.toMatch(/ \n|[^\n]$/);

    const preview = page.locator(".bulk-edit-panel");
    const files = preview.locator('.monaco-list-row[aria-level="1"]');
    await walk.button("Write the next step with refactor preview").click();
    await expect(walk.page.getByText(/^Tick every entry in the refactor preview to write Extract/)).toBeVisible();
    await expect(files).toHaveCount(2);
    await workbench.screenshot("wizard-preview");
    for (const row of await files.all()) await row.locator(".edit-checkbox").check();
    await preview.getByRole("button", { name: "Apply" }).click();
    await expect(walk.page.getByText(/^2 of \d+ steps are written/)).toBeVisible({ timeout: 40_000 });

    const after = sourcesIn(workbench.folder);
    await walk.button("Write the next step with refactor preview").click();
    await files.first().locator(".edit-checkbox").check();
    await preview.getByRole("button", { name: "Apply" }).click();
    await expect(walk.page.getByRole("alert")).toContainText("were left out in the preview");
    expect(sourcesIn(workbench.folder)).toEqual(after);
    await walk.button("Undo all steps").click();
    await expect.poll(() => sourcesIn(workbench.folder), { timeout: 40_000 }).toEqual(before);
  });

  test("a tab that is closed while its walk is read, or while its steps are undone, leaves no trouble", async ({ workbench }) => {
    test.setTimeout(120_000);
    const before = sourcesIn(workbench.folder);
    const walk = new Walk(workbench);
    await workbench.openFile("depot.ex");
    await workbench.command("OTP Audit: Split Module");
    await closeTab(workbench);
    await walk.open("depot.ex", "Depot");
    await expect(failures(workbench)).toHaveCount(0);
    await walk.step("Apply").click();
    await walk.button("Write step 1").click();
    await expect(walk.page.getByText(/^1 of \d+ steps are written/)).toBeVisible({ timeout: 40_000 });
    await expect.poll(() => applied(workbench, "Depot")).toEqual(["files"]);
    await walk.button("Undo all steps").click();
    await closeTab(workbench);
    await expect.poll(() => sourcesIn(workbench.folder), { timeout: 40_000 }).toEqual(before);
    await expect.poll(() => applied(workbench, "Depot")).toEqual([]);
  });
});
