import { analysis } from "../../src/cli/analysis.ts";
import { run } from "../../src/cli/run.ts";
import { git } from "../../src/host/node/git.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";
import { runProgram } from "../../src/host/node/run-program.ts";

/** What the command line prints and answers when it is run in a folder, without a terminal unless told otherwise. */
export async function otpAudit(folder: string, args: readonly string[], terminal: { readonly colours?: boolean; readonly progress?: boolean } = {}): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  let out = "";
  let err = "";
  const code = await run(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    colours: terminal.colours ?? false,
    progress: terminal.progress ?? false,
    folder,
    version: "0.1.0",
    hostFor: (root) => nodeHost(root),
    analysis: async () => analysis,
    git,
    run: runProgram,
    today: () => "2026-05-04T10:00:00.000Z",
  });
  return { code, out, err };
}
