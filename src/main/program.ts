import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Analysis } from "../cli/analysis.ts";
import { run } from "../cli/run.ts";
import { cacheFolder, cacheHome } from "../host/node/cache-folder.ts";
import { runCompiled } from "../host/node/compiled.ts";
import { git } from "../host/node/git.ts";
import { nodeHost } from "../host/node/node-host.ts";
import { hostForOneRun } from "../host/node/one-run.ts";
import { runProgram } from "../host/node/run-program.ts";

const { version } = JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8")) as { version: string };

// A reader that has seen enough (`| head`) closes the pipe; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 128));

const home = cacheHome(process.env, process.platform);
const analysisFile = join(__dirname, "analysis.js");

run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  colours: process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "",
  progress: process.stderr.isTTY === true,
  folder: process.cwd(),
  version,
  hostFor: (root) => hostForOneRun(nodeHost(root, undefined, home === undefined ? undefined : cacheFolder(home, root, [__filename, analysisFile]))),
  analysis: async () => (runCompiled(analysisFile, home) as { readonly analysis: Analysis }).analysis,
  git,
  run: runProgram,
  today: () => new Date().toISOString(),
}).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`otp-audit failed: ${String(error)}\n`);
    process.exitCode = 128;
  },
);
