import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "mocha";
import { rules } from "../../src/rules/index.ts";

/** Runs a script with Elixir; answers what it printed. Rejects when it ends with an error. */
const elixir = (path: string): Promise<string> => new Promise((resolve, reject) => execFile("elixir", [path], { timeout: 60_000 }, (error, stdout, stderr) => (error === null ? resolve(stdout) : reject(new Error(`${path}: ${stdout}${stderr}`)))));

const proofs = readdirSync("test/proofs").filter((name) => name.endsWith(".exs"));

describe("proofs of what rules claim about OTP, run by Elixir", function () {
  this.timeout(70_000);
  for (const name of proofs)
    it(name.slice(0, -4), async () => {
      const printed = (await elixir(`test/proofs/${name}`)).split("\n").filter((line) => line.startsWith("ok: "));
      const claimed = [...readFileSync(`test/proofs/${name}`, "utf8").matchAll(/IO\.puts\("(ok: .*)"\)/g)].map((match) => (match[1] ?? "").replaceAll('\\"', '"'));
      assert.ok(claimed.length > 0, "a proof prints what it shows with IO.puts(\"ok: …\")");
      assert.deepEqual(printed, claimed);
    });
  it("belong to rules", () => {
    const known = new Set(rules.map(({ id }) => `${id}.exs`));
    assert.deepEqual(proofs.filter((name) => !known.has(name)), []);
  });
});
