import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { infoOf } from "../src/engine/rule-info.ts";
import { rulePage } from "../src/report/rule-page.ts";
import { rules } from "../src/rules/index.ts";

/** The script that shows a rule's claim on OTP, with what it printed; the tests run it and hold the output against this. */
function proofOf(id: string): string {
  const path = `test/proofs/${id}.exs`;
  if (!existsSync(path)) return "";
  const script = readFileSync(path, "utf8").trimEnd();
  const claims = [...script.matchAll(/IO\.puts\("ok: (.*)"\)/g)].map((match) => `- ${(match[1] ?? "").replaceAll(String.raw`\"`, '"')}`);
  return ["", "## Proof", "", "Elixir 1.14 on OTP 25 runs this script in the tests. It shows:", "", ...claims, "", "```elixir", script, "```", ""].join("\n");
}

/** Writes `docs/rules`, a page for each rule and an index by family; with `--check` only says what is stale. */
const folder = "docs/rules";
const families = [...new Set(rules.map((rule) => rule.family))].sort();
const index = [
  "# Rules",
  "",
  `${rules.length} rules in ${families.length} families. Each id names the bad pattern. *Extended* rules run only when they are asked for (\`--extended\`, or the setting \`otpAudit.rules.extended\`).`,
  ...families.flatMap((family) => [
    "",
    `## ${family}`,
    "",
    "| Rule | What it finds | Severity |",
    "| --- | --- | --- |",
    ...rules.filter((rule) => rule.family === family).map((rule) => `| [\`${rule.id}\`](${rule.id}.md) | ${rule.title} | ${rule.severity}${rule.set === "extended" ? ", extended" : ""} |`),
  ]),
  "",
].join("\n");
const pages = new Map([["README.md", index], ...rules.map((rule): [string, string] => [`${rule.id}.md`, `${rulePage(infoOf(rule))}${proofOf(rule.id)}`])]);

mkdirSync(folder, { recursive: true });
const there = readdirSync(folder);
const stale = [...pages].filter(([name, text]) => !there.includes(name) || readFileSync(`${folder}/${name}`, "utf8") !== text).map(([name]) => name);
const left = there.filter((name) => !pages.has(name));
if (process.argv.includes("--check")) {
  if (stale.length + left.length > 0) {
    console.error(`${folder} is stale (${[...stale, ...left].slice(0, 5).join(", ")}): run \`npm run gen\`.`);
    process.exit(1);
  }
} else {
  for (const name of left) rmSync(`${folder}/${name}`);
  for (const name of stale) writeFileSync(`${folder}/${name}`, pages.get(name) ?? "");
}
