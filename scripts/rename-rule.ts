// `npm run rename-rule -- OLD NEW`: moves a rule, its specification and proof, and its name in sources, tests and pages.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { rules } from "../src/rules/index.ts";

const [from = "", to = ""] = process.argv.slice(2);
const rule = rules.find((candidate) => candidate.id === from);
if (rule === undefined || !/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/.test(to) || rules.some((candidate) => candidate.id === to)) {
  console.error(rule === undefined ? `There is no rule ${from}. otp-audit rules lists them.` : `${to} is no free rule id. Use words joined by dashes.`);
  process.exit(2);
}
const moves = [`src/rules/${rule.family}/ID.ts`, "test/rules/ID.md", "test/proofs/ID.exs"].map((path) => [path.replace("ID", from), path.replace("ID", to)] as const).filter(([path]) => existsSync(path));
for (const [path, target] of moves) renameSync(path, target);
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "src", "test", "examples", "docs", "README.md"], { encoding: "utf8" }).split("\n").filter((file) => /\.(ts|md|exs?|json)$/.test(file) && existsSync(file));
const name = new RegExp(`(?<![\\w-])${from}(?![\\w-])`, "g");
for (const file of files) {
  const text = readFileSync(file, "utf8");
  if (name.test(text)) writeFileSync(file, text.replace(name, to));
}
execFileSync("npm", ["run", "--silent", "gen"], { stdio: "inherit" });
console.log(`${from} is ${to} now. Suppression comments and configurations of users still say ${from}: tell of it in the changelog.`);
