import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@playwright/test";

// The report of the command line, as a reader opens it: a file on disk, no server, no script of its own.
const folder = mkdtempSync(join(tmpdir(), "otp-audit-report-"));
const file = join(folder, "report.html");

test.beforeAll(() => {
  execFileSync(process.execPath, ["dist/cli.js", "scan", "examples/bakery", "--format", "html", "--fail-on", "never", "--output", file]);
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const readers = { light: { colorScheme: "light", width: 1100 }, dark: { colorScheme: "dark", width: 1100 }, phone: { colorScheme: "light", width: 380 } } as const;

for (const [name, { colorScheme, width }] of Object.entries(readers)) {
  test(`the HTML report is sound and accessible (${name})`, async ({ browser }) => {
    const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(`file://${file}`);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("OTP audit of bakery");
    await page.screenshot({ path: `test-results/screenshots/report-${name}.png`, fullPage: true });
    expect(asked.filter((url) => !url.startsWith("file://")), "the report asks nobody").toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), "nothing runs out of the page").toBeLessThanOrEqual(width);
    await page.evaluate(readFileSync("node_modules/axe-core/axe.min.js", "utf8"));
    const violations = await page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run: (root: Document, options: object) => Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } };
      return (await axe.run(document, { resultTypes: ["violations"] })).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
    });
    expect(violations).toEqual([]);
    await page.close();
  });
}

test("the printed HTML report is dark on white, all findings open", async ({ browser }) => {
  const page = await browser.newPage({ colorScheme: "dark" });
  await page.goto(`file://${file}`);
  await page.emulateMedia({ media: "print" });
  const style = await page.evaluate(() => ({ page: getComputedStyle(document.body).backgroundColor, text: getComputedStyle(document.body).color, nav: getComputedStyle(document.querySelector("nav") as Element).display, closed: document.querySelectorAll("details.entry:not([open])").length }));
  expect(style).toEqual({ page: "rgb(255, 255, 255)", text: "rgb(0, 0, 0)", nav: "none", closed: 0 });
  await page.close();
});
