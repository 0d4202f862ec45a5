// `npm run bench [-- FOLDER…] [--only SECTION,…] [--runs N] [--json DIR]`: the table of speed and memory. Prints numbers; never fails on one.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { root } from "./prepare.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" }, runs: { type: "string", default: "5" }, only: { type: "string" } } });
const scratch = mkdtempSync(path.join(tmpdir(), "otp-audit-bench-"));
const outfile = path.join(scratch, "bench.cjs");
const assets = path.join(root, "dist");
if (!existsSync(path.join(assets, "tree-sitter.wasm"))) execFileSync(process.execPath, [path.join(root, "esbuild.js")], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
await build({ entryPoints: [path.join(root, "test/bench/bench.ts")], outfile, bundle: true, platform: "node", target: "node20", format: "cjs", alias: { "web-tree-sitter": path.join(root, "node_modules/web-tree-sitter/tree-sitter.cjs") }, logLevel: "warning" });
const { isMet } = createRequire(import.meta.url)(outfile);

const runs = Math.max(1, Number(values.runs));
const folders = positionals.length > 0 ? positionals.map((folder) => path.resolve(process.env.INIT_CWD ?? process.cwd(), folder)) : [path.join(root, "examples/bakery")];
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

/** Runs one function of the bench in a process of its own and takes what it returns. */
function fresh(name, ...args) {
  const script = `const bench = require(${JSON.stringify(outfile)}); bench[${JSON.stringify(name)}](...${JSON.stringify(args)}).then((value) => process.send(value, () => process.exit(0)))`;
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--expose-gc", "-e", script], { stdio: ["ignore", "inherit", "inherit", "ipc"], cwd: root });
    let answer;
    child.on("message", (value) => {
      answer = value;
    });
    child.on("exit", (code) => (code === 0 ? resolve(answer) : reject(new Error(`${name} ended with code ${code}`))));
  });
}

const sections = {
  walk: async () => {
    const { planMs, reshapeMs, slowestReshapeMs, gradeMs, viewMs, snapshotKb, functions, calls } = await fresh("benchWalk", 300, 20, assets);
    const on = `${functions} functions`;
    return [
      { measure: "first picture of a walk, worked out", on, value: planMs, unit: "ms", target: { most: 1500 }, note: `${calls} calls; the page's state ${snapshotKb.toFixed(0)} KB in ${viewMs.toFixed(1)} ms` },
      { measure: "answer to a move, median of 20", on, value: reshapeMs, unit: "ms", target: { most: 100 }, note: `slowest ${slowestReshapeMs.toFixed(0)} ms; the slider ${gradeMs.toFixed(0)} ms` },
    ];
  },
  warm: () => each(folders, (folder) => fresh("warmScan", folder, assets, runs)),
  cold: async () =>
    each(folders, async (folder) => {
      const pairs = [];
      for (let run = 0; run < runs; run++) pairs.push({ parse: await fresh("coldWork", "parse", folder, assets), scan: await fresh("coldWork", "scan", folder, assets) });
      const ratio = (part) => median(pairs.map(({ parse, scan }) => scan[part] / parse[part]));
      return { measure: "scan against parsing alone, cold", on: folder, value: ratio("thread"), unit: "×", target: { most: 1.5 }, note: `with background threads ${ratio("all").toFixed(2)}; pairs of new processes, scan ${median(pairs.map(({ scan }) => scan.thread)).toFixed(0)} ms` };
    }),
};

async function each(list, work) {
  const rows = [];
  for (const item of list) rows.push(await work(item));
  return rows;
}

const wanted = values.only === undefined ? Object.keys(sections) : values.only.split(",");
const unknown = wanted.filter((name) => sections[name] === undefined);
if (unknown.length > 0) {
  console.error(`There is no section ${unknown.join(", ")}. There are ${Object.keys(sections).join(", ")}.`);
  process.exit(2);
}
console.log(`${"measure".padEnd(44)} ${"on".padEnd(12)} ${"value".padStart(9)} ${"target".padStart(9)}  met`);
for (const name of wanted)
  for (const row of (await sections[name]()).flat()) {
    const target = "most" in row.target ? `≤ ${row.target.most}` : `≥ ${row.target.least}`;
    console.log(`${row.measure.padEnd(44)} ${path.basename(row.on).padEnd(12)} ${`${row.value.toFixed(2)} ${row.unit}`.padStart(9)} ${target.padStart(9)}  ${isMet(row) ? "yes" : "no "}  ${row.note}`);
    if (values.json === undefined) continue;
    mkdirSync(values.json, { recursive: true });
    writeFileSync(path.join(values.json, `${name}-${row.measure}-${path.basename(row.on)}.json`.replace(/[^\w.-]+/g, "-")), `${JSON.stringify({ section: name, ...row, on: path.basename(row.on), met: isMet(row) })}\n`);
  }
console.log("Medians of runs in turns. Times are CPU time of the thread that works, which is what the clock shows on a quiet machine.");
