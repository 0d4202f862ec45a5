// `npm run bench [-- FOLDER…] [--json DIR]`: whole scans against parsing alone, in one process, and what a walk through a split waits
// for. Prints tables; never fails on a number.
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { root } from "./prepare.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" }, runs: { type: "string", default: "5" } } });
const outfile = path.join(mkdtempSync(path.join(tmpdir(), "otp-audit-bench-")), "bench.cjs");
await build({ entryPoints: [path.join(root, "test/bench/bench.ts")], outfile, bundle: true, platform: "node", target: "node20", format: "cjs", alias: { "web-tree-sitter": path.join(root, "node_modules/web-tree-sitter/tree-sitter.cjs") }, logLevel: "warning" });
const { bench } = createRequire(import.meta.url)(outfile);
const walkFile = path.join(path.dirname(outfile), "walk.cjs");
await build({ entryPoints: [path.join(root, "test/bench/walk.ts")], outfile: walkFile, bundle: true, platform: "node", target: "node20", format: "cjs", alias: { "web-tree-sitter": path.join(root, "node_modules/web-tree-sitter/tree-sitter.cjs") }, logLevel: "warning" });
const { benchWalk } = createRequire(import.meta.url)(walkFile);

const folders = positionals.length > 0 ? positionals.map((folder) => path.resolve(process.env.INIT_CWD ?? process.cwd(), folder)) : [path.join(root, "examples/bakery")];
const rows = [];
for (const folder of folders) rows.push(await bench(folder, Number(values.runs), root));
console.log("folder                files     MB   parse ms    scan ms   scan/parse     cold  files/s    MB/s   peak MB  findings");
for (const row of rows) console.log(`${path.basename(row.folder).padEnd(20)} ${String(row.files).padStart(6)} ${row.megabytes.toFixed(2).padStart(6)} ${row.parseMs.toFixed(0).padStart(10)} ${row.scanMs.toFixed(0).padStart(10)} ${row.scanToParse.toFixed(2).padStart(12)} ${row.coldScanToParse.toFixed(2).padStart(8)} ${row.filesPerSecond.toFixed(0).padStart(8)} ${row.mbPerSecond.toFixed(2).padStart(7)} ${row.peakMemoryMb.toFixed(0).padStart(9)} ${String(row.findings).padStart(9)}`);
console.log("Medians of CPU time; parse and scan take turns. cold: the first scan of the process against the first parse.");
console.log("\nwalk   functions  calls    plan ms  move ms  slowest  grade ms  view ms  snapshot KB");
for (const functions of [100, 300]) {
  const row = await benchWalk(functions, 20);
  console.log(`${" ".repeat(6)} ${String(row.functions).padStart(9)} ${String(row.calls).padStart(6)} ${row.planMs.toFixed(0).padStart(10)} ${row.reshapeMs.toFixed(0).padStart(8)} ${row.slowestReshapeMs.toFixed(0).padStart(8)} ${row.gradeMs.toFixed(0).padStart(9)} ${row.viewMs.toFixed(1).padStart(8)} ${row.snapshotKb.toFixed(0).padStart(12)}`);
}
console.log("CPU time of the analysis for the first picture, for each of 20 moves (median, slowest), for the slider, and for the page's whole state.");
if (values.json !== undefined) {
  mkdirSync(values.json, { recursive: true });
  for (const { folder, scanToParse, coldScanToParse, filesPerSecond, mbPerSecond, peakMemoryMb } of rows) writeFileSync(path.join(values.json, `${path.basename(folder)}.json`), `${JSON.stringify({ folder: path.basename(folder), scanToParse, coldScanToParse, filesPerSecond, mbPerSecond, peakMemoryMb })}\n`);
}
