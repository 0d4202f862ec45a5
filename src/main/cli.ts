import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { run } from "../cli/run.ts";
import { cacheFolder, cacheHome } from "../host/node/cache-folder.ts";
import { git } from "../host/node/git.ts";
import { nodeHost } from "../host/node/node-host.ts";
import { runProgram } from "../host/node/run-program.ts";

const { version } = JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8")) as { version: string };

// A reader that has seen enough (`| head`) closes the pipe; that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 128));

/** The optimising compiler takes half a second for the parser, which pays off after some hundred files. */
const parsesLittle = (): void => setFlagsFromString("--liftoff-only");

const home = cacheHome(process.env, process.platform);

run(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  colours: process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "",
  progress: process.stderr.isTTY === true,
  folder: process.cwd(),
  version,
  hostFor: (root) => ({ ...nodeHost(root, undefined, home === undefined ? undefined : cacheFolder(home, root, __filename)), parsesLittle }),
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
