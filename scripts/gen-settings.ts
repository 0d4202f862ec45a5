import { readFileSync, writeFileSync } from "node:fs";
import { settingKeys, settingSpecs } from "../src/audit/settings.ts";

/** Writes the settings part of `package.json` from `src/audit/settings.ts`; with `--check` only says whether it is fresh. */
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as { contributes: { configuration?: unknown } };
manifest.contributes.configuration = {
  title: "OTP Audit",
  properties: Object.fromEntries(settingKeys.map((key, order) => [`otpAudit.${key}`, { ...settingSpecs[key].json, default: settingSpecs[key].default, markdownDescription: settingSpecs[key].doc, order, ...(key.startsWith("scan.") ? { scope: "resource" } : {}) }])),
};
const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
if (process.argv.includes("--check")) {
  if (readFileSync("package.json", "utf8") !== text) {
    console.error("The settings in package.json are stale: run `npm run gen`.");
    process.exit(1);
  }
} else writeFileSync("package.json", text);
