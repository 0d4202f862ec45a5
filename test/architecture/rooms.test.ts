import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, it } from "mocha";

const rooms = (JSON.parse(readFileSync("tsconfig.json", "utf8")) as { references: { path: string }[] }).references.map(({ path }) => path.slice(4));
const referencesOf = (room: string): string[] => (JSON.parse(readFileSync(`src/${room}/tsconfig.json`, "utf8")) as { references: { path: string }[] }).references.map(({ path }) => normalize(join(room, path))).sort();
const filesBelow = (folder: string): string[] => readdirSync(folder, { recursive: true }).map(String).filter((name) => /\.tsx?$/.test(name)).map((name) => join(folder, name));
const importsOf = (file: string): string[] => [...readFileSync(file, "utf8").matchAll(/^(?:import|export)[^;]*?from "([^"]+)";/gms)].map((match) => match[1] ?? "");

describe("the rooms", () => {
  it("are the ones that ARCHITECTURE.md names, with the imports it names", () => {
    const rows = [...readFileSync("ARCHITECTURE.md", "utf8").matchAll(/^\| `([^`]+)` \| ([^|]*) \|/gm)].map((row) => ({ room: row[1] ?? "", may: (row[2] ?? "").split(",").map((name) => name.trim().replaceAll("`", "")).filter((name) => name !== "" && name !== "none") }));
    assert.deepEqual(rows.map(({ room }) => room).sort(), [...rooms].sort());
    for (const { room, may } of rows) assert.deepEqual(referencesOf(room), [...may].sort(), `imports of ${room}`);
  });

  it("import only the rooms they reference", () => {
    for (const room of rooms)
      for (const file of filesBelow(`src/${room}`))
        for (const target of importsOf(file).filter((name) => name.startsWith("."))) {
          const path = normalize(join(dirname(file), target)).slice(4);
          const found = rooms.filter((other) => path.startsWith(`${other}/`)).sort((a, b) => b.length - a.length)[0];
          assert.ok(found === room || referencesOf(room).includes(found ?? ""), `${file} imports ${target}`);
        }
  });

  it("keep answers about the code in one way, which knows what they rest on", () => {
    // A WeakMap of one's own would hold what an edit has made wrong: `remembered` in src/model/reading.ts is told of edits.
    const own = ["model", "rules"].flatMap((room) => filesBelow(`src/${room}`)).filter((file) => /new WeakMap<(Module|Fn|Clause|SourceFile|CallSite|Expr|Workspace)\b/.test(readFileSync(file, "utf8")));
    assert.deepEqual(own, []);
  });

  it("know vscode, the parser and Node only where they may", () => {
    for (const room of rooms)
      for (const file of filesBelow(`src/${room}`))
        for (const name of importsOf(file)) {
          if (name === "vscode") assert.ok(room === "extension" || room === "main", `${file} imports vscode`);
          if (name === "web-tree-sitter") assert.equal(room, "syntax", `${file} imports the parser`);
          if (name.startsWith("node:")) assert.ok(["host/node", "cli", "main"].includes(room), `${file} imports ${name}`);
        }
  });
});
