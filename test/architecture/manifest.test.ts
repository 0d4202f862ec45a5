import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "mocha";

type Manifest = { contributes: { commands: { command: string; title: string }[]; views: Record<string, { id: string }[]>; menus: Record<string, { command: string }[]>; viewsWelcome: { contents: string }[] } };

describe("the manifest", () => {
  const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
  const contributions = readFileSync("src/extension/vscode/contributions.ts", "utf8");
  const typed = [...contributions.matchAll(/"(otpAudit\.\w+)"/g)].map((match) => match[1]);

  it("contributes exactly the commands and views that are typed", () => {
    const declared = [...manifest.contributes.commands.map(({ command }) => command), ...Object.values(manifest.contributes.views).flat().map(({ id }) => id)];
    assert.deepEqual(declared.sort(), typed.filter((id) => id !== "otpAudit.state").sort());
  });
  it("names only its own commands in menus and welcome pages", () => {
    const known = new Set(manifest.contributes.commands.map(({ command }) => command));
    const named = [...Object.values(manifest.contributes.menus).flat().map(({ command }) => command), ...manifest.contributes.viewsWelcome.flatMap(({ contents }) => [...contents.matchAll(/command:(otpAudit\.\w+)/g)].map((match) => match[1] ?? ""))];
    assert.deepEqual(named.filter((command) => !known.has(command)), []);
  });
});
