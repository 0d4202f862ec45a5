import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../cli/run.ts";
import { nodeHost } from "../host/node/node-host.ts";

const { version } = JSON.parse(readFileSync(join(__dirname, "../package.json"), "utf8")) as { version: string };
const isTerminal = process.stdout.isTTY === true;

run(
  process.argv.slice(2),
  {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    colours: isTerminal && process.env["NO_COLOR"] === undefined,
    progress: process.stderr.isTTY === true,
    folder: process.cwd(),
  },
  (root) => nodeHost(root, __dirname),
  version,
).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`otp-audit failed: ${String(error)}\n`);
    process.exitCode = 128;
  },
);
