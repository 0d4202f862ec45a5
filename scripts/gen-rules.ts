import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** Writes `src/rules/index.ts` from the rule files on disk; with `--check` only says whether it is fresh. */
const root = "src/rules";
const files = readdirSync(root, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== "shared")
  .flatMap((folder) => readdirSync(`${root}/${folder.name}`).filter((name) => name.endsWith(".ts")).map((name) => ({ id: name.slice(0, -3), path: `./${folder.name}/${name}` })))
  .filter(({ path }) => /export default defineRule/.test(readFileSync(`${root}/${path.slice(2)}`, "utf8")))
  .sort((a, b) => (a.id < b.id ? -1 : 1));
const camel = (id: string): string => id.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
const text = `import type { Rule } from "../engine/rule.ts";\n${files.map(({ id, path }) => `import ${camel(id)} from "${path}";`).join("\n")}\n\n/** Every rule, sorted by id. Written by \`npm run gen\`. */\nexport const rules: readonly Rule[] = [\n${files.map(({ id }) => `  ${camel(id)},`).join("\n")}\n];\n`;
if (process.argv.includes("--check")) {
  if (readFileSync(`${root}/index.ts`, "utf8") !== text) {
    console.error("src/rules/index.ts is stale: run `npm run gen`.");
    process.exit(1);
  }
} else writeFileSync(`${root}/index.ts`, text);
