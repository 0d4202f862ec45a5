// What a new machine lacks: npm packages, and on request the programs that tests and the browser workbench need.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "..");

const run = (command, args, options = {}) => execFileSync(command, args, { cwd: root, stdio: "inherit", ...options });
const has = (program) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

export function installPackages() {
  if (existsSync(path.join(root, "node_modules/esbuild/package.json"))) return;
  console.log("Installing npm packages");
  run("npm", ["ci", "--no-audit", "--no-fund"]);
}

/** Installs Debian packages for programs that are missing; says what to install by hand where it may not. */
export function installPrograms(programs) {
  const missing = Object.entries(programs).filter(([program]) => !has(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap(([, names]) => names))];
  if (process.getuid?.() !== 0 || !has("apt-get")) {
    console.error(`Missing: ${missing.map(([program]) => program).join(", ")}. Install ${packages.join(", ")} and run this again.`);
    process.exit(1);
  }
  console.log(`Installing ${packages.join(", ")}`);
  run("apt-get", ["update", "-qq"]);
  run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } });
}

export const browserPrograms = { chromium: ["chromium", "fonts-dejavu-core"], "g++": ["g++"], make: ["make"], python3: ["python3"] };

/** A VS Code server with its web workbench, once per checkout (or shared through VSCODE_HOST_DIR). */
export function installWorkbench() {
  run("bash", ["scripts/setup-vscode-host.sh"]);
}

export function buildPackage() {
  run(process.execPath, ["esbuild.js", "--production"]);
  run("npx", ["vsce", "package", "--no-dependencies", "--out", "otp-audit.vsix"], { stdio: ["ignore", "ignore", "inherit"] });
}
