// Runs test/extension in a real extension host: a desktop VS Code where VSCODE_DESKTOP names one, else the workbench host.
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { build } from "esbuild";
import { runTests } from "@vscode/test-electron";
import { root } from "./prepare.mjs";

const out = path.join(root, "out/extension");
const tests = readdirSync(path.join(root, "test/extension")).filter((name) => name.endsWith(".test.ts"));
await build({ entryPoints: [...tests.map((name) => path.join(root, "test/extension", name)), path.join(root, "test/extension/index.ts")], outdir: out, bundle: true, platform: "node", target: "node20", format: "cjs", external: ["vscode", "mocha"], logLevel: "warning" });
const folder = mkdtempSync(path.join(tmpdir(), "otp-audit-workspace-"));
cpSync(path.join(root, "test/extension/workspace"), folder, { recursive: true });
try {
  process.exitCode = await runTests({
    vscodeExecutablePath: process.env.VSCODE_DESKTOP ?? path.join(root, "scripts/vscode-shim.mjs"),
    extensionDevelopmentPath: root,
    extensionTestsPath: path.join(out, "index"),
    launchArgs: [folder],
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
