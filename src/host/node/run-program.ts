import { spawnSync } from "node:child_process";

const MOST_OUTPUT = 256 * 1024 * 1024;

/** Runs a program without a shell (Windows finds `mix.bat` only through one). 127 when it is not installed, as shells say. */
export function runProgram(program: string, args: readonly string[], folder: string, env: Readonly<Record<string, string>>): { readonly code: number; readonly output: string } {
  const run = spawnSync(program, args, { cwd: folder, encoding: "utf8", maxBuffer: MOST_OUTPUT, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
  if (run.error !== undefined) return { code: "code" in run.error && run.error.code === "ENOENT" ? 127 : 1, output: run.error.message };
  return { code: run.status ?? 1, output: `${run.stdout}${run.stderr}` };
}
