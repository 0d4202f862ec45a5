import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Walk, sourcesIn } from "./walk.ts";
import { expect, test } from "./workbench.ts";

// In the browser VS Code saves by itself, which would end what is not saved before it can be refused.
test.use({ settings: { "files.autoSave": "off" } });

const god = "Bakery.BackOffice";

test("the whole walk by mouse: from the finding to a split module that compiles and passes its tests, and back byte for byte", async ({ workbench, page }) => {
  test.setTimeout(240_000);
  const before = sourcesIn(workbench.folder);
  const walk = new Walk(workbench);
  // The tree draws only the rows that are seen; the sample has more findings than a small window holds.
  await page.setViewportSize({ width: 1280, height: 1600 });
  await workbench.showAllFindings();
  const row = workbench.treeItem(/god-module/).first();
  await row.hover();
  await row.getByRole("button", { name: /Split Module/ }).click();
  await walk.opened(god);
  await page.setViewportSize({ width: 1280, height: 800 });

  await expect(walk.page.getByRole("region", { name: "Responsibilities" })).toContainText("Recipes");
  await expect(walk.page.getByRole("region", { name: "Who calls it" }).getByRole("button", { name: "lib/bakery/healthy/counter.ex" })).toBeVisible();
  await expect(walk.page.getByRole("img", { name: /functions and \d+ calls/ })).toBeVisible();
  await workbench.screenshot("wizard-understand");
  const label = walk.page.locator("[data-node]", { hasText: /^label_sheet/ });
  await label.hover();
  await expect(walk.page.locator(".told")).toContainText("label_sheet/3 Recipes");
  await expect(walk.page.locator("[data-node]", { hasText: /^new_stock/ })).toHaveClass(/faint/);
  await walk.page.getByLabel("Search").fill("recipe_card");
  await expect(walk.page.locator("[data-node]:not(.faint)")).toHaveCount(1);
  await walk.page.getByLabel("Search").fill("");
  const width = async () => Number(await walk.page.getByRole("img").getAttribute("width"));
  const wide = await width();
  await walk.button("Zoom in").click();
  expect(await width()).toBeGreaterThan(wide);
  await walk.page.getByLabel("Shared state").check();
  await expect(walk.page.locator(".share", { hasText: "@currency" })).toBeVisible();
  await workbench.screenshot("wizard-graph");

  await walk.button("Shape the split").click();
  await walk.page.getByRole("radio", { name: "By what calls what" }).check();
  await walk.page.getByRole("radio", { name: "In the order of the text" }).check();
  await expect(walk.column("Recipes").getByRole("option", { name: "recipe_card/1" })).toBeVisible();
  // Both ends of the drag are seen without scrolling.
  await page.setViewportSize({ width: 1280, height: 1200 });
  await walk.fn("recipe_card/1").dragTo(walk.column("Stock").getByRole("option").first());
  await expect(walk.column("Stock").getByRole("option", { name: "recipe_card/1" })).toBeVisible();
  await expect(walk.page.locator(".change").first()).toBeVisible();
  await workbench.screenshot("wizard-shape-tall");
  await page.setViewportSize({ width: 1280, height: 800 });
  await workbench.screenshot("wizard-shape");
  await walk.button("Undo (Ctrl+Z)").click();
  await expect(walk.column("Recipes").getByRole("option", { name: "recipe_card/1" })).toBeVisible();
  await walk.button("Rename Stock (F2)").click();
  await walk.answer("Storeroom");
  await expect(walk.column("Storeroom")).toBeVisible();
  await walk.fn("bake_plan/1").click({ button: "right" });
  await page.getByRole("menuitem", { name: "Split Off Into a New Module…" }).click();
  await walk.answer("Baking");
  await expect(walk.column("Baking").getByRole("option", { name: "bake_plan/1" })).toBeVisible();
  await expect(walk.page.getByRole("list", { name: "Warnings" })).toContainText("Baking holds one or two functions");

  await walk.button("Review the steps").click();
  await expect(walk.page.getByText("Nothing is written yet.")).toBeVisible();
  await expect(walk.page.locator(".card").first()).toBeVisible();
  await workbench.screenshot("wizard-review");
  await walk.page.locator(".card").nth(1).getByRole("button", { name: /Show the difference/ }).click();
  await expect(page.locator(".tabs-container .tab.active")).toContainText("Extract");
  await expect(page.locator(".multiDiffEditor, .multi-diff-editor").first()).toContainText("defdelegate", { timeout: 40_000 });
  await workbench.screenshot("wizard-difference");
  expect(sourcesIn(workbench.folder)).toEqual(before);
  await walk.tab();

  await walk.button("Go to apply").click();
  await walk.button("Write step 1").click();
  await expect(walk.page.getByText(/^1 of \d+ steps are written/)).toBeVisible({ timeout: 40_000 });
  expect(sourcesIn(workbench.folder)).not.toEqual(before);
  await walk.button("Write all steps").click();
  await expect(walk.page.locator(".steps li:not(.done)")).toHaveCount(0, { timeout: 60_000 });
  expect(existsSync(path.join(workbench.folder, "lib/bakery/back_office/storeroom.ex"))).toBe(true);
  await workbench.screenshot("wizard-applied");

  await walk.button("Verify").last().click();
  await expect(walk.page.getByRole("checkbox", { name: /test\/back_office_test\.exs/ })).toBeChecked();
  await walk.button("Run the checks").click();
  await expect(walk.page.getByRole("heading", { name: /mix test test\/back_office_test.exs: passed/ })).toBeVisible({ timeout: 120_000 });
  await expect(walk.page.getByRole("heading", { name: "mix compile --warnings-as-errors: passed" })).toBeVisible();
  await expect(walk.page.getByRole("heading", { name: `Exports of ${god}, compiled: passed` })).toBeVisible();
  await expect(walk.page.getByRole("heading", { name: "Read without Elixir: passed" })).toBeVisible();
  await expect(walk.page.getByText("Every file that was written parses.")).toBeVisible();
  await workbench.screenshot("wizard-verified");
  await walk.button("Copy the commit message").click();
  await expect(page.getByText("Commit message copied")).toBeVisible();

  await walk.button("Undo all steps").click();
  await expect.poll(() => sourcesIn(workbench.folder), { timeout: 40_000 }).toEqual(before);
});

test("the whole walk by keyboard, with a reload in its middle, a change under it, and files that refuse", async ({ workbench, page }) => {
  test.setTimeout(240_000);
  const file = path.join(workbench.folder, "lib/bakery/back_office.ex");
  const before = sourcesIn(workbench.folder);
  const walk = new Walk(workbench);
  await workbench.showAllFindings();
  await walk.open("back_office.ex", god);
  await page.keyboard.press("Control+Enter");
  await walk.isAt("Shape");
  await expect(async () => {
    await page.keyboard.press("Tab");
    await expect(walk.focused()).toHaveAttribute("data-id", /./, { timeout: 300 });
  }).toPass();
  const first = (await walk.focused().getAttribute("data-id")) ?? "";
  const homeOf = (id: string) => walk.page.locator(".column", { has: walk.page.locator(`[data-id="${id}"]`) });
  await expect(homeOf(first)).toHaveAttribute("aria-label", "Recipes");
  await page.keyboard.press("Alt+ArrowRight");
  await expect(homeOf(first)).toHaveAttribute("aria-label", "Stock");
  await expect(walk.focused()).toHaveAttribute("data-id", first);
  await page.keyboard.press("Control+z");
  await expect(homeOf(first)).toHaveAttribute("aria-label", "Recipes");
  await page.keyboard.press("Control+y");
  await expect(homeOf(first)).toHaveAttribute("aria-label", "Stock");
  await page.keyboard.press("m");
  await walk.answer("Recipes");
  await expect(homeOf(first)).toHaveAttribute("aria-label", "Recipes");
  await expect(walk.focused()).toHaveAttribute("data-id", first);
  await page.keyboard.press("F2");
  await walk.answer("Kitchen");
  await expect(homeOf(first)).toHaveAttribute("aria-label", "Kitchen");
  await page.keyboard.press("p");
  await expect(walk.focused()).toContainText("pinned");
  await page.keyboard.press("Alt+ArrowRight");
  await expect(homeOf(first)).toHaveAttribute("aria-label", "Kitchen");

  const extended = `${readFileSync(file, "utf8").trimEnd().replace(/end$/, "")}\n  def closing_bell, do: :ding\nend\n`;
  await workbench.waitForWatcher();
  writeFileSync(file, extended);
  await expect(walk.page.getByText(/closing_bell\/0 is new and stays where it is/)).toBeVisible({ timeout: 40_000 });
  await workbench.screenshot("wizard-stale");

  await walk.page.getByRole("heading", { name: "How to split it" }).click();
  await page.keyboard.press("Control+Enter");
  await walk.isAt("Review");
  await page.keyboard.press("Control+Enter");
  await walk.isAt("Apply");
  await page.keyboard.press("Control+Enter");
  await expect(walk.page.getByText(/^1 of \d+ steps are written/)).toBeVisible({ timeout: 40_000 });

  await page.reload();
  await walk.opened(god);
  await walk.isAt("Apply");
  await expect(walk.page.getByText(/^1 of \d+ steps are written/)).toBeVisible();
  await workbench.screenshot("wizard-resumed");

  const code = page.locator(".tabs-container .tab", { hasText: "back_office.ex" }).first();
  await code.click();
  await page.locator(".view-line").first().click();
  await page.keyboard.press("End");
  await page.keyboard.type(" # not yet");
  await expect(page.locator(".tabs-container .tab.dirty")).toBeVisible();
  await walk.tab();
  await walk.button("Write step 2").click();
  await expect(walk.page.getByRole("alert")).toContainText("back_office.ex has changes that are not saved. Nothing was written.");
  await workbench.screenshot("wizard-refused");
  await code.click();
  await page.locator(".view-line").first().click();
  await workbench.command("File: Revert File");
  await walk.tab();
  const next = (await walk.page.locator(".steps .next .name").textContent())?.match(/Extract (\w+)/)?.[1] ?? "";
  const occupied = `lib/bakery/back_office/${next.replace(/(?<=.)([A-Z])/g, "_$1").toLowerCase()}.ex`;
  workbench.write(occupied, "# somebody's notes\n");
  await walk.button("Write step 2").click();
  await expect(walk.page.getByRole("alert")).toContainText(/exists already|a file lib/);
  expect(readFileSync(path.join(workbench.folder, occupied), "utf8")).toBe("# somebody's notes\n");
  rmSync(path.join(workbench.folder, occupied));
  await expect(async () => {
    await walk.button("Write step 2").click();
    await expect(walk.page.getByText(/^2 of \d+ steps are written/)).toBeVisible({ timeout: 6_000 });
  }).toPass({ timeout: 40_000 });
  await walk.button("Undo all steps").click();
  await expect.poll(() => sourcesIn(workbench.folder), { timeout: 40_000 }).toEqual({ ...before, "lib/bakery/back_office.ex": Buffer.from(extended).toString("latin1") });

  await workbench.command("View: Close All Editors");
  await workbench.command("OTP Audit: Focus on Plans View");
  await expect(workbench.treeItem(/^Plan for Bakery\.BackOffice, 0 of \d+ steps written/)).toBeVisible();
  await workbench.screenshot("wizard-plans");
  await workbench.treeItem(/^Plan for Bakery\.BackOffice/).click();
  await walk.opened(god);
  await walk.isAt("Apply");
});

test("each function of the picture is in the list below it, and opens the same line by keyboard", async ({ workbench, page }) => {
  test.setTimeout(120_000);
  const walk = new Walk(workbench);
  await walk.open("back_office.ex", god);
  await walk.page.getByText("The same as a list").focus();
  await page.keyboard.press("Enter");
  const rows = walk.page.locator(".twin").getByRole("button");
  const drawn = (await walk.page.locator("[data-node] title").allTextContents()).map((title) => title.slice(0, title.indexOf(",")));
  expect(drawn.length).toBeGreaterThan(100);
  expect(await rows.allTextContents()).toEqual(drawn);
  const line = page.getByRole("button", { name: /^Ln \d+, Col 1$/ });
  await walk.page.locator("[data-node]", { hasText: /^label_sheet/ }).click();
  await expect(line).toBeVisible();
  const opened = (await line.textContent()) ?? "";
  await page.keyboard.press("Control+Home");
  await expect(line).not.toHaveText(opened);
  await rows.and(walk.page.getByRole("button", { name: "label_sheet/3" })).focus();
  await page.keyboard.press("Enter");
  await expect(line).toHaveText(opened);
});

test("every step is free of serious accessibility violations, and readable in four themes", async ({ workbench, page }) => {
  test.setTimeout(300_000);
  const walk = new Walk(workbench);
  await walk.open("back_office.ex", god);
  for (const step of ["Understand", "Shape", "Review", "Apply", "Verify"]) {
    await walk.step(step).click();
    await walk.isAt(step);
    if (step === "Verify") {
      await walk.button("Run the checks").click();
      await expect(walk.page.getByRole("heading", { name: "Read without Elixir: passed" })).toBeVisible({ timeout: 120_000 });
      await expect(walk.page.getByText("lib/bakery/back_office.ex parses.")).toBeVisible();
    }
    for (const [name, theme, kind] of [["dark", "Default Dark Modern", "vs-dark"], ["light", "Default Light Modern", "vs"], ["high-contrast", "Default High Contrast", "hc-black"], ["high-contrast-light", "Default High Contrast Light", "hc-light"]] as const) {
      workbench.writeSettings({ "workbench.colorTheme": theme });
      await expect(page.locator(`.monaco-workbench.${kind}`)).toBeVisible();
      await workbench.screenshot(`wizard-${step.toLowerCase()}-${name}`);
      if (name === "dark" || name === "high-contrast-light") expect(await violationsIn(workbench), `${step}, ${name}`).toEqual([]);
    }
  }
});

test("every step fits a narrow column and a zoom of 200 %", async ({ workbench, page }) => {
  test.setTimeout(180_000);
  const walk = new Walk(workbench);
  await walk.open("back_office.ex", god);
  await workbench.command("View: Toggle Primary Side Bar Visibility");
  // A window of half the size shows what a zoom of 200 % shows.
  for (const [name, width, height] of [["narrow", 420, 800], ["zoomed", 640, 400]] as const) {
    await page.setViewportSize({ width, height });
    for (const step of ["Understand", "Shape", "Review", "Apply", "Verify"]) {
      await walk.step(step).click();
      await walk.isAt(step);
      const overflow = await walk.page.locator("body").evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, `${step}, ${name}`).toBeLessThanOrEqual(0);
      await workbench.screenshot(`wizard-${step.toLowerCase()}-${name}`);
    }
  }
});

/** Serious and critical violations in the page of the walk. */
async function violationsIn({ page }: { readonly page: import("@playwright/test").Page }): Promise<readonly string[]> {
  const frame = page.frames().find((candidate) => candidate.url().includes("fake.html")) ?? page.frames().at(-1);
  return (
    (await frame?.evaluate(async (source) => {
      // The page's policy allows no further script, so axe is run in the frame's own world by the test's debugger.
      const axe = new Function(`${source}; return typeof axe === "undefined" ? window.axe : axe;`)();
      const result = await axe.run(document, { resultTypes: ["violations"] });
      return result.violations.filter(({ impact }: { impact: string }) => impact === "serious" || impact === "critical").map(({ id, nodes }: { id: string; nodes: { html: string }[] }) => `${id}: ${nodes[0]?.html}`);
    }, readFileSync("node_modules/axe-core/axe.min.js", "utf8"))) ?? ["there is no page"]
  );
}

test.describe("a process in a file of several modules", () => {
  test.use({ project: "test/ui/projects/depot" });

  test("shows its callbacks against its state, begins with one file per module, and a step is undone by VS Code's own undo", async ({ workbench, page }) => {
    test.setTimeout(240_000);
    const before = sourcesIn(workbench.folder);
    const walk = new Walk(workbench);
    await walk.open("depot.ex", "Depot");
    const matrix = walk.page.getByRole("region", { name: "Callbacks and state fields" });
    await expect(matrix.getByRole("row", { name: /cast \{:pay, cents\}/ })).toContainText("writes");
    await matrix.scrollIntoViewIfNeeded();
    await workbench.screenshot("wizard-process");
    await walk.step("Apply").click();
    await expect(walk.page.locator(".steps .next")).toContainText("Give each module of depot.ex a file of its own");
    await walk.button("Write step 1").click();
    await expect(walk.page.getByText(/^1 of \d+ steps are written/)).toBeVisible({ timeout: 40_000 });
    await walk.button("Write step 2").click();
    await expect(walk.page.getByText(/^2 of \d+ steps are written/)).toBeVisible({ timeout: 40_000 });
    expect(existsSync(path.join(workbench.folder, "lib/depot/pay.ex"))).toBe(true);
    await page.locator(".tabs-container .tab", { hasText: "depot.ex" }).first().click();
    await page.locator(".view-line").first().click();
    await page.keyboard.press("Control+z");
    await workbench.screenshot("wizard-undo");
    await expect.poll(() => existsSync(path.join(workbench.folder, "lib/depot/pay.ex"))).toBe(false);
    expect(existsSync(path.join(workbench.folder, "lib/depot/stamp.ex"))).toBe(true);
    await walk.tab();
    await expect(walk.page.getByText(/^1 of \d+ steps are written/)).toBeVisible({ timeout: 20_000 });
    await expect(walk.page.getByText("The last step was undone in the editor.")).toBeVisible();
    await workbench.command("File: Save All Files");
    await walk.tab();
    await walk.button("Undo all steps").click();
    await expect.poll(() => sourcesIn(workbench.folder), { timeout: 40_000 }).toEqual(before);
  });
});
