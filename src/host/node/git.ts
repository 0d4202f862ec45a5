import { spawnSync } from "node:child_process";

/** What git answers in a folder, or why it cannot. */
export type GitAnswer = { readonly text: string } | { readonly wrong: string };

/** Runs git in a folder without a shell, pager, prompt or a monitor that the repository names. Output of more than 256 MB counts as a failure. */
export function git(folder: string, args: readonly string[]): GitAnswer {
  const run = spawnSync("git", ["-c", "core.quotePath=false", "-c", "core.fsmonitor=false", "--no-pager", ...args], { cwd: folder, encoding: "utf8", maxBuffer: 256 * 1024 * 1024, env: { ...process.env, GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0", LC_ALL: "C" } });
  if (run.error !== undefined) return { wrong: "code" in run.error && run.error.code === "ENOENT" ? "git is not installed" : run.error.message };
  if (run.status !== 0) return { wrong: run.stderr.trim().split("\n")[0]?.replace(/^fatal: /, "") ?? "git failed" };
  return { text: run.stdout };
}
