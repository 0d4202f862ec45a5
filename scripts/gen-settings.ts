import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { settingKeys, settingSpecs, settingsPage } from "../src/audit/settings.ts";

/** Writes the settings part of `package.json` and `docs/settings.md` from `src/audit/settings.ts`; with `--check` only says whether it is fresh. */
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { contributes: { configuration?: unknown } };
manifest.contributes.configuration = {
  title: "OTP Audit",
  properties: Object.fromEntries(settingKeys.map((key, order) => [`otpAudit.${key}`, { ...settingSpecs[key].json, default: settingSpecs[key].default, markdownDescription: settingSpecs[key].doc, order, ...(key.startsWith("scan.") ? { scope: "resource" } : {}) }])),
};
const outputs = [
  ["package.json", `${JSON.stringify(manifest, undefined, 2)}\n`],
  ["docs/settings.md", settingsPage()],
] as const;
for (const [path, text] of outputs) {
  if (!process.argv.includes("--check")) {
    mkdirSync("docs", { recursive: true });
    writeFileSync(path, text);
  } else if (!existsSync(path) || readFileSync(path, "utf8") !== text) {
    console.error(`The settings in ${path} are stale: run \`npm run gen\`.`);
    process.exitCode = 1;
  }
}
