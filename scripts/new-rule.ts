// `npm run new-rule -- FAMILY ID`: a rule file and its specification to fill in, and the list with the rule in it.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";

const [family = "", id = ""] = process.argv.slice(2);
const families = readdirSync("src/rules", { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== "shared").map((entry) => entry.name);
if (!families.includes(family) || !/^[a-z][a-z0-9]*(-[a-z0-9]+)+$/.test(id)) {
  console.error(`Give a family (${families.join(", ")}) and an id that names the bad pattern: npm run new-rule -- monitors monitor-leak`);
  process.exit(2);
}
const rule = `src/rules/${family}/${id}.ts`;
if (existsSync(rule)) {
  console.error(`${rule} is there already. Choose another id.`);
  process.exit(2);
}
mkdirSync(`src/rules/${family}`, { recursive: true });
writeFileSync(rule, `import { defineRule, elixir } from "../../engine/rule.ts";

export default defineRule({
  id: "${id}",
  family: "${family}",
  title: "",
  severity: "medium",
  set: "default",
  fix: { kind: "none", title: "" },
  source: "https://hexdocs.pm/elixir/GenServer.html",
  doc: { what: "", why: "", instead: "", fine: [], sure: "" },
  bad: [elixir\`\`],
  good: [elixir\`\`],

  *checkModule(module) {
    if (!module.isLib) return;
  },
});
`);
writeFileSync(`test/rules/${id}.md`, `# ${id}\n\nSilent cases first (8 or more), then those that speak (6 or more), marked \`#! (severity, confidence) words\`.\n`);
execFileSync("npm", ["run", "--silent", "gen"], { stdio: "inherit" });
console.log(`Wrote ${rule} and test/rules/${id}.md. src/rules/blocking/self-call.ts shows how a finished rule looks.`);
