import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { folderWith } from "../support/folder.ts";

/** Runs a bundle in a process of its own, with compiled code in `home`. */
const ran = (bundle: string, home: string): string => execFileSync(process.execPath, ["--import", "tsx", "-e", `require(${JSON.stringify(resolve("src/host/node/compiled.ts"))}).runCompiled(${JSON.stringify(bundle)}, ${JSON.stringify(home)})`], { encoding: "utf8" });

describe("compiled code of the command line", () => {
  it("runs as it would without, from a second process on, with a damaged copy, and after another build", function () {
    this.timeout(60_000);
    const [folder, home] = [folderWith({ "program.js": 'const { basename } = require("node:path"); console.log(basename(__filename), "bakes 1");\n' }), folderWith({})];
    const bundle = join(folder, "program.js");
    assert.equal(ran(bundle, home), "program.js bakes 1\n");
    const [kept = ""] = readdirSync(home);
    const written = readFileSync(join(home, kept));
    assert.equal(ran(bundle, home), "program.js bakes 1\n");
    assert.deepEqual(readFileSync(join(home, kept)), written, "it was compiled anew");
    writeFileSync(join(home, kept), written.subarray(0, 40));
    assert.equal(ran(bundle, home), "program.js bakes 1\n");
    writeFileSync(bundle, readFileSync(bundle, "utf8").replace("bakes 1", "bakes 2"));
    assert.equal(ran(bundle, home), "program.js bakes 2\n");
    assert.equal(ran(bundle, join(bundle, "no folder")), "program.js bakes 2\n");
  });
});
