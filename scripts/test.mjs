// `npm test`: installs what is missing, then types, lint, unit tests, the real extension host, the real workbench.
import { spawnSync } from "node:child_process";
import path from "node:path";
import { browserPrograms, buildPackage, installPackages, installPrograms, installWorkbench, root } from "./prepare.mjs";

installPackages();
installPrograms({ ...browserPrograms, elixir: ["elixir"] });
installWorkbench();

const bin = (name) => path.join(root, "node_modules/.bin", name);
const totals = { passed: 0, failed: 0 };
const failures = [];

/** Runs a step, shows its output, and adds up what its closing lines count. */
function step(title, command, args, counts = undefined, env = {}) {
  const started = Date.now();
  console.log(`\n== ${title}`);
  const result = spawnSync(command, args, { cwd: root, encoding: "utf8", env: { ...process.env, FORCE_COLOR: "0", ...env }, maxBuffer: 1 << 28 });
  process.stdout.write(result.stdout ?? "");
  process.stderr.write(result.stderr ?? "");
  const count = (pattern) => [...`${result.stdout}${result.stderr}`.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0);
  const passed = counts === undefined ? (result.status === 0 ? 1 : 0) : count(counts.passed);
  const failed = counts === undefined ? (result.status === 0 ? 0 : 1) : count(counts.failed);
  totals.passed += passed;
  totals.failed += failed;
  if (result.status !== 0 || (counts !== undefined && passed === 0)) {
    failures.push(title);
    if (failed === 0) totals.failed += 1;
  }
  console.log(`-- ${title}: ${result.status === 0 ? "ok" : `failed (${result.status})`}, ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

const mocha = { passed: /(\d+) passing/g, failed: /(\d+) failing/g };
const playwright = { passed: /(\d+) passed/g, failed: /(\d+) failed/g };

step("types", bin("tsc"), ["-b"]);
step("generated files", "npm", ["run", "--silent", "gen", "--", "--check"]);
step("lint", bin("biome"), ["lint", "--error-on-warnings", "src", "test", "scripts"]);
step("unit tests", bin("mocha"), [], mocha);
buildPackage();
step("extension host", process.execPath, ["scripts/test-extension.mjs"], mocha);
step("workbench", bin("playwright"), ["test"], playwright);

if (failures.length > 0) console.log(`\nFailed: ${failures.join(", ")}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = failures.length > 0 ? 1 : 0;
