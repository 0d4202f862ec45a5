import { execFile } from "node:child_process";

/** Runs `mix` and waits for it, ten minutes at most. A missing Elixir is told as output with code 127. */
export function runMix(folder: string, args: readonly string[]): Promise<{ readonly code: number; readonly output: string }> {
  return new Promise((resolve) => {
    execFile("mix", [...args], { cwd: folder, timeout: 600_000, maxBuffer: 1 << 26, env: { ...process.env, MIX_ENV: "test" } }, (error, stdout, stderr) => {
      const output = `${stdout}${stderr}`;
      if (error === null) resolve({ code: 0, output });
      else if (error.code === "ENOENT") resolve({ code: 127, output: "Elixir was not found on the path of VS Code. Install it, or start VS Code from a shell that knows it." });
      else resolve({ code: typeof error.code === "number" ? error.code : 1, output: output === "" ? error.message : output });
    });
  });
}
