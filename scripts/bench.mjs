// `npm run bench [-- FOLDER…] [--only SECTION,…] [--runs N] [--credo ESCRIPT] [--json DIR]`: the table of speed and memory. Prints numbers; never fails on one.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { root } from "./prepare.mjs";

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: "string" }, runs: { type: "string", default: "5" }, only: { type: "string" }, credo: { type: "string" } } });
const scratch = mkdtempSync(path.join(tmpdir(), "otp-audit-bench-"));
const outfile = path.join(scratch, "bench.cjs");
const assets = path.join(root, "dist");
execFileSync(process.execPath, [path.join(root, "esbuild.js"), "--production"], { cwd: root, stdio: ["ignore", "ignore", "inherit"] });
await build({ entryPoints: [path.join(root, "test/bench/bench.ts")], outfile, bundle: true, platform: "node", target: "node20", format: "cjs", alias: { "web-tree-sitter": path.join(root, "node_modules/web-tree-sitter/tree-sitter.cjs") }, logLevel: "warning" });
const { isMet, threadLimits } = createRequire(import.meta.url)(outfile);

const runs = Math.max(1, Number(values.runs));
const folders = positionals.length > 0 ? positionals.map((folder) => path.resolve(process.env.INIT_CWD ?? process.cwd(), folder)) : [path.join(root, "examples/bakery")];
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

const calling = (name, args, answer) => `require(${JSON.stringify(outfile)})[${JSON.stringify(name)}](...${JSON.stringify(args)}).then((value) => ${answer})`;

/** Runs one function of the bench in a process of its own and takes what it returns. */
const fresh = (name, ...args) => inProcess(calling(name, args, "process.send(value, () => process.exit(0))"), name);

/** The same on a thread of that process, as the extension's analysis runs. */
const freshThread = (name, ...args) => {
  const inThread = calling(name, args, 'require("node:worker_threads").parentPort.postMessage(value)');
  return inProcess(`new (require("node:worker_threads").Worker)(${JSON.stringify(inThread)}, { eval: true, resourceLimits: ${JSON.stringify(threadLimits)} }).once("message", (value) => process.send(value, () => process.exit(0)))`, name);
};

function inProcess(script, name) {
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
  rescan: () =>
    each(folders, (folder) => {
      const ratios = [];
      const kept = [];
      for (let run = 0; run < runs; run++) {
        const cache = newCache();
        const cold = cli(folder, [], cache);
        kept.push(cli(folder, [], cache));
        ratios.push(cold / kept.at(-1));
      }
      return { measure: "unchanged rescan, times faster than a cold scan", on: folder, value: median(ratios), unit: "×", target: { least: 15 }, note: `the whole command, ${median(kept).toFixed(0)} ms CPU with all threads and the start of the program` };
    }),
  since: () =>
    each(folders, (folder) => {
      const { copy, states } = repositoryOf(folder);
      const last = lastCommitOf(folder);
      const rounds = [];
      for (let run = 0; run < runs; run++) {
        const cache = newCache();
        const cold = cli(copy, [], cache);
        const timed = states.map(({ enter, leave }) => {
          enter(run);
          const ms = cli(copy, ["--since", "HEAD"], cache);
          leave();
          return { cold, ms };
        });
        rounds.push([...timed, ...last.map((commit) => commit.timed(newCache()))]);
      }
      return [...states, ...last].map(({ name, files }, i) => {
        const all = rounds.map((timed) => timed[i]);
        return { measure: `--since, ${name}, against a cold scan`, on: folder, value: median(all.map(({ cold, ms }) => cold / ms)), unit: "×", target: { least: 20 }, note: `${median(all.map(({ ms }) => ms)).toFixed(0)} ms against ${median(all.map(({ cold }) => cold)).toFixed(0)}, git's part included${files.length === 0 ? "" : `; ${files.join(", ")}`}` };
      });
    }),
  edit: () => fresh("edits", 1000, assets, runs),
  growth: () => fresh("growth", [10, 100, 1000, 10_000], assets, runs),
  memory: () => freshThread("memory", folders, assets),
  activation: () => {
    const times = Array.from({ length: runs }, activation);
    return [{ measure: "loading the extension's bundle", on: "extension.js", value: median(times), unit: "ms", target: { most: 50 }, note: `against a stand-in for VS Code, CPU with all threads; ${(statSync(path.join(assets, "extension.js")).size / 1024).toFixed(0)} kB` }];
  },
  package: () => {
    const file = path.join(scratch, "bench.vsix");
    execFileSync(path.join(root, "node_modules/.bin/vsce"), ["package", "--no-dependencies", "--out", file], { cwd: root, stdio: "ignore" });
    return [{ measure: "the package", on: "vsix", value: statSync(file).size / 1024 / 1024, unit: "MB", target: { most: 3 }, note: "with the bundles that lie in dist; npm run package makes them small first" }];
  },
  credo: () => {
    if (values.credo === undefined) {
      console.log("credo: left out. --credo PATH names an escript of Credo (mix escript.build).");
      return [];
    }
    return each(folders, (folder) => {
      const ratios = [];
      for (let run = 0; run < runs; run++) {
        const theirs = cpuOf("escript", [path.resolve(values.credo), folder, "--mute-exit-status"], { cwd: scratch });
        ratios.push(theirs / cli(folder, [], "off"));
      }
      return { measure: "CPU of Credo's default run against a cold scan", on: folder, value: median(ratios), unit: "×", target: { least: 10 }, note: "both as whole commands, all threads, nothing kept" };
    });
  },
};

/** CPU milliseconds of a program and all it starts; its output is thrown away. */
function cpuOf(command, args, options = {}) {
  const out = path.join(scratch, "cpu");
  const run = spawnSync("bash", ["-c", `TIMEFORMAT='%U %S'; { time "$@" >/dev/null 2>&1; } 2> ${out}`, "bash", command, ...args], options);
  if (run.error !== undefined) throw run.error;
  const [user, system] = readFileSync(out, "utf8").trim().split(" ").map(Number);
  return (user + system) * 1000;
}
// A proxy's certificates, where a machine has them, are read by every Node before it looks at the program: 40 ms that are no scan's.
const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;
const cli = (folder, args, cache) => cpuOf(process.execPath, [path.join(assets, "cli.js"), "scan", folder, "--format", "json", ...args], { cwd: folder, env: { ...environment, OTP_AUDIT_CACHE: cache } });
let caches = 0;
const newCache = () => path.join(scratch, `cache-${caches++}`);

/** A copy of a folder's Elixir sources as a repository of one commit: the folder itself is only read. */
function repositoryOf(folder) {
  const copy = path.join(scratch, "repository", path.basename(folder));
  cpSync(folder, copy, { recursive: true, filter: (from) => !/(^|\/)(\.git|node_modules|deps|_build|assets)$/.test(from) });
  const git = (...args) => execFileSync("git", ["-c", "user.name=bench", "-c", "user.email=bench@example.org", ...args], { cwd: copy, stdio: "ignore" });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "first");
  // Servers with a private function of several lines, by size: the one in the middle is the one that is edited, with its neighbours.
  const textOf = (name) => readFileSync(path.join(copy, name), "utf8");
  const servers = readdirSync(copy, { recursive: true }).filter((name) => /^(apps\/[^/]+\/)?lib\/.*\.ex$/.test(name) && /^ {2}use GenServer/m.test(textOf(name)) && BODY.test(textOf(name)));
  servers.sort((a, b) => textOf(a).length - textOf(b).length || (a < b ? -1 : 1));
  const middle = servers.length >> 1;
  const edit = (name, change) => writeFileSync(path.join(copy, name), change(textOf(name)));
  const state = (name, edited, change) => ({ name, files: edited, enter: (run) => edited.forEach((file) => edit(file, (text) => change(text, run))), leave: () => git("checkout", "-q", ".") });
  const inBody = (text, run) => text.replace(BODY, `$&    _ = ${run}\n`);
  const oneMore = (text, run) => text.replace(/^end\s*$/m, `\n  def added_${run}(x), do: x\nend\n`);
  return { copy, states: [state("nothing changed", [], inBody), state("a body changed", servers.slice(middle, middle + 1), inBody), state("five bodies changed", servers.slice(Math.max(0, middle - 2), middle + 3), inBody), state("a function added", servers.slice(middle, middle + 1), oneMore)] };
}
const BODY = /^ {2}defp [^\n]* do\n/m;

/** Of a folder with a history a clone, and in it the last commit that changes no more than nine Elixir files: what people ask `--since` about. */
function lastCommitOf(folder) {
  if (!existsSync(path.join(folder, ".git"))) return [];
  const copy = path.join(scratch, "history", path.basename(folder));
  execFileSync("git", ["clone", "-q", folder, copy], { stdio: "ignore" });
  const lines = (...args) => execFileSync("git", args, { cwd: copy, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n").filter((line) => line !== "");
  const filesOf = (commit) => lines("diff", "--name-only", `${commit}~1`, commit, "--", "*.ex", "*.exs");
  const commit = lines("log", "--min-parents=1", "--max-parents=1", "--format=%H", "-n", "100", "--", "*.ex", "*.exs").find((id) => filesOf(id).length <= 9);
  if (commit === undefined) return [];
  const timed = (cache) => {
    lines("checkout", "-q", "--detach", `${commit}~1`);
    const cold = cli(copy, [], cache);
    lines("checkout", "-q", "--detach", commit);
    return { cold, ms: cli(copy, ["--since", "HEAD~1"], cache) };
  };
  return [{ name: "the last commit", files: filesOf(commit), timed }];
}

function activation() {
  const script = `const Module = require("node:module"); const anything = new Proxy(function () {}, { get: (_, key) => (key === Symbol.toPrimitive ? () => "" : key === "then" ? undefined : anything), apply: () => anything, construct: () => anything, getPrototypeOf: () => anything }); const load = Module._load; Module._load = (name, ...rest) => (name === "vscode" ? anything : load(name, ...rest)); const before = process.cpuUsage(); require(${JSON.stringify(path.join(assets, "extension.js"))}); const { user, system } = process.cpuUsage(before); console.log((user + system) / 1000);`;
  return Number(execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }));
}

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
console.log(`${"measure".padEnd(50)} ${"on".padEnd(12)} ${"value".padStart(9)} ${"target".padStart(9)}  met`);
for (const name of wanted)
  for (const row of (await sections[name]()).flat()) {
    const target = "most" in row.target ? `≤ ${row.target.most}` : `≥ ${row.target.least}`;
    console.log(`${row.measure.padEnd(50)} ${path.basename(row.on).padEnd(12)} ${`${row.value.toFixed(2)} ${row.unit}`.padStart(9)} ${target.padStart(9)}  ${isMet(row) ? "yes" : "no "}  ${row.note}`);
    if (values.json === undefined) continue;
    mkdirSync(values.json, { recursive: true });
    const { figures, ...rest } = row;
    if (figures !== undefined) writeFileSync(path.join(values.json, `${path.basename(row.on)}.json`), `${JSON.stringify({ folder: path.basename(row.on), ...figures })}\n`);
    writeFileSync(path.join(values.json, `${name}-${row.measure}-${path.basename(row.on)}.json`.replace(/[^\w.-]+/g, "-")), `${JSON.stringify({ section: name, ...rest, on: path.basename(row.on), met: isMet(row) })}\n`);
  }
rmSync(scratch, { recursive: true, force: true });
console.log("Medians of runs in turns. Times are CPU time of the thread that works, which is what the clock shows on a quiet machine.");
