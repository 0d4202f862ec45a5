import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { analysis } from "../../src/cli/analysis.ts";
import type { Machine } from "../../src/cli/machine.ts";
import { run } from "../../src/cli/run.ts";
import { cacheFolder } from "../../src/host/node/cache-folder.ts";
import { git } from "../../src/host/node/git.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";
import { runProgram } from "../../src/host/node/run-program.ts";
import { folderWith, selfCalling } from "../support/folder.ts";

/** A command line with a cache that tells how often the analysis was loaded. */
function commandLine(folder: string, load: Machine["analysis"] = async () => analysis) {
  const home = folderWith({});
  const told = { out: "", err: "", loads: 0 };
  const machine: Machine = {
    out: (text) => void (told.out += text),
    err: (text) => void (told.err += text),
    colours: false,
    progress: false,
    folder,
    version: "0.1.0",
    hostFor: (root) => nodeHost(root, undefined, cacheFolder(home, root, [process.execPath])),
    analysis: () => {
      told.loads++;
      return load();
    },
    git,
    run: runProgram,
    today: () => "2026-05-04T10:00:00.000Z",
  };
  return async (...args: string[]) => {
    Object.assign(told, { out: "", err: "", loads: 0 });
    const code = await run(args, machine);
    return { ...told, code };
  };
}

describe("an answer that is kept", () => {
  it("is given without the analysis, in each format that tells of findings alone", async () => {
    const folder = folderWith({ "lib/oven.ex": selfCalling("Oven") });
    const otpAudit = commandLine(folder);
    for (const format of ["text", "gitlab", "junit", "csv", "github"]) {
      const fresh = await commandLine(folder)("scan", ".", "--format", format);
      await otpAudit("scan", ".", "--format", format);
      assert.deepEqual(await otpAudit("scan", ".", "--format", format), { ...fresh, loads: 0 });
    }
    writeFileSync(join(folder, "lib/oven.ex"), selfCalling("Till"));
    const changed = await otpAudit("scan", ".");
    assert.equal(changed.loads, 1);
    assert.match(changed.out, /Till/);
  });
  it("comes with what the rules say of themselves where a format tells it", async () => {
    const otpAudit = commandLine(folderWith({ "lib/oven.ex": selfCalling("Oven") }));
    const [first, second] = [await otpAudit("scan", ".", "--format", "sarif"), await otpAudit("scan", ".", "--format", "sarif")];
    assert.ok(second.loads > 0);
    assert.equal(second.out, first.out);
  });
  it("makes a sentence of a usage error of an analysis that was loaded apart", async () => {
    class UsageError extends Error {
      override readonly name = "UsageError";
    }
    const answer = await commandLine(folderWith({}), () => Promise.reject(new UsageError("The oven is out.")))("rules");
    assert.deepEqual([answer.code, answer.err], [2, "The oven is out.\n"]);
  });
});
