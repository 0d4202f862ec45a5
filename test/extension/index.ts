import { readdirSync } from "node:fs";
import { join } from "node:path";
import Mocha from "mocha";

/** VS Code calls this; a rejection makes the host exit with 1. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: "bdd", timeout: 30_000, color: false });
  for (const name of readdirSync(__dirname)) if (name.endsWith(".test.js")) mocha.addFile(join(__dirname, name));
  await new Promise<void>((resolve, reject) => mocha.run((failures) => (failures > 0 ? reject(new Error(`${failures} failing`)) : resolve())));
}
