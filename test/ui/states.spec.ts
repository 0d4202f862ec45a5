import { expect, test } from "./workbench.ts";

test.describe("without a folder", () => {
  test.use({ project: "" });
  test("the view offers to open one", async ({ workbench }) => {
    await workbench.showFindings();
    await expect(workbench.welcome()).toContainText("Open a folder with an Elixir project");
    await workbench.screenshot("state-no-folder");
  });
});

test.describe("without Elixir", () => {
  test.use({ project: "test/ui/projects/empty" });
  test("the view says so, and the status bar is silent", async ({ workbench }) => {
    await workbench.showFindings();
    await expect(workbench.welcome()).toContainText("There are no Elixir files", { timeout: 40_000 });
    await expect(workbench.status()).toHaveCount(0);
    await workbench.screenshot("state-no-elixir");
  });
});

test.describe("a healthy project", () => {
  test.use({ project: "test/ui/projects/healthy" });
  test("has no findings, until a flaw is written", async ({ workbench }) => {
    await workbench.showFindings();
    await expect(workbench.welcome()).toContainText("No findings", { timeout: 40_000 });
    await workbench.screenshot("state-clean");
    workbench.write("lib/kiosk.ex", `defmodule Kiosk do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  def init(_), do: {:ok, 0}
  def handle_call(:sold, _from, state), do: {:reply, GenServer.call(__MODULE__, :sold), state}
end
`);
    await expect(workbench.treeItem(/self-call/)).toBeVisible();
  });
});

test.describe("a file that does not parse", () => {
  test.use({ project: "test/ui/projects/broken" });
  test("is listed, and the rest is judged", async ({ workbench, page }) => {
    await workbench.showFindings();
    await expect(workbench.treeItem(/self-call/)).toBeVisible({ timeout: 40_000 });
    // A click that meets a refresh of the tree is lost.
    await expect(async () => {
      if (!(await workbench.treeItem(/torn\.ex/).isVisible())) await workbench.treeItem(/^Not judged completely/).click();
      await expect(workbench.treeItem(/torn\.ex/)).toBeVisible({ timeout: 2000 });
    }).toPass();
    await workbench.screenshot("state-problems");
    await workbench.treeItem(/torn\.ex/).click();
    await expect(page.locator(".tabs-container .tab.active")).toContainText("torn.ex");
  });
});
