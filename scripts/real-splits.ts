// Splits modules of a real project and lets Elixir judge: `npx tsx scripts/real-splits.ts PROJECT FILE[:Module]… [--plans default,all,random:N] [--seed 1] [--tests]`.
// PROJECT is a folder that `mix compile` and `mix test` work in without the network; it is copied and left alone. Every plan is
// applied in the copy, compiled, tested and compared with the project as it is: new warnings, failing tests, exported functions.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Extraction, extracted, filesSplit, planned, type PlanQuestion, subjectIn, type WantedGroups } from "../src/audit/planning.ts";
import { scanWorkspace, type Scanned } from "../src/audit/scan.ts";
import { scratchCopyOf } from "../src/cli/verify/scratch-copy.ts";
import { type Standing, standingBefore, type Verification, verified } from "../src/cli/verify/verify.ts";
import { movableUnits } from "../src/decompose/plan/planner.ts";
import { labels } from "../src/decompose/plan/repair.ts";
import { nodeHost } from "../src/host/node/node-host.ts";
import { runProgram } from "../src/host/node/run-program.ts";

const { values: options, positionals } = parseArgs({ allowPositionals: true, options: { plans: { type: "string", default: "default" }, seed: { type: "string", default: "1" }, tests: { type: "boolean", default: false } } });

type Wanted = { readonly name: string; readonly groups: WantedGroups };

type About = { readonly folder: string; readonly withTests: boolean; readonly env: "test"; readonly run: typeof runProgram };

async function main(project: string, targets: readonly string[]): Promise<void> {
  const root = resolve(project);
  const scanned = await scanWorkspace(nodeHost(root), { version: "dev", rules: [] }, { stop: { aborted: false } });
  const copy = scratchCopyOf(root);
  try {
    const about: About = { folder: copy.folder, withTests: options.tests, env: "test", run: runProgram };
    const before = standingBefore({ ...about, module: "" });
    console.log(`${root} as it is: ${before.compiles ? "compiles" : "DOES NOT COMPILE"}, ${before.diagnostics.length} warnings${before.tests === undefined ? "" : `, ${before.tests.summary}`}`);
    for (const target of targets) {
      const [file = "", module] = target.split(":");
      judge(scanned, about, before, { file, module });
    }
  } finally {
    copy.dispose();
  }
}

/** Prints how each plan for one module fares. */
function judge(scanned: Scanned, about: About, before: Standing, asked: PlanQuestion): void {
  const { plan } = planned(scanned, asked);
  const question = { file: asked.file, module: plan.module };
  const functions = plan.metrics.publicFunctions + plan.metrics.privateFunctions;
  console.log(`${plan.module} (${plan.file}): ${functions} functions, ${plan.pinned.length} stay (${Math.round((100 * plan.pinned.length) / Math.max(1, functions))} %)${plan.blockers.map(({ reason }) => `; refused: ${reason}`).join("")}`);
  for (const { name, groups } of plansFor(scanned, question, options.plans.split(","))) {
    const started = Date.now();
    const split = (held: ReadonlySet<string>): Extraction => (name === "files" ? filesSplit(scanned, plan.file) : extracted(scanned, question, groups, held));
    const first = split(new Set());
    const changes = first.kind === "changes" ? first.changes : [];
    const outcome = verified({ ...about, module: plan.module, split }, before);
    const tests = outcome.kind === "verified" && outcome.standing.tests !== undefined ? `, ${outcome.standing.tests.summary}` : "";
    console.log(`  ${name.padEnd(12)} ${String(changes.length).padStart(2)} files, longest ${Math.max(0, ...changes.map(({ after }) => (after ?? "").split("\n").length))} lines: ${verdictOf(first, outcome)}${tests} (${Math.round((Date.now() - started) / 1000)} s)`);
    for (const note of [...outcome.notes, ...(outcome.kind === "refused" ? outcome.reasons.slice(0, 6) : [])]) console.log(`      ${note.slice(0, 600)}`);
  }
}

function verdictOf(first: Extraction, outcome: Verification): string {
  if (first.kind === "refused") return "refused before writing";
  if (outcome.kind === "refused") return "FAILED";
  return outcome.notes.length === 0 ? "same" : `same after ${outcome.notes.length} corrections`;
}

/** The plans that the kinds name: the default, every alternative, everything in one module, or random partitions. */
function plansFor(scanned: Scanned, question: { readonly file: string; readonly module: string }, kinds: readonly string[]): readonly Wanted[] {
  const { plan } = planned(scanned, question);
  return kinds.flatMap((kind): readonly Wanted[] => {
    if (kind === "files") return [{ name: "files", groups: [] }];
    if (kind === "all") return plan.alternatives.map(({ id, groups }) => ({ name: id, groups }));
    if (kind === "default") return plan.alternatives.filter((alternative) => alternative.default).map(({ id, groups }) => ({ name: id, groups }));
    const count = Number(/^random:(\d+)$/.exec(kind)?.[1]);
    if (!(count > 0)) throw new Error(`--plans ${kind} is not known. Use default, all, files or random:N.`);
    const subject = subjectIn(scanned, question);
    return Array.from({ length: count }, (_, i) => {
      const random = randomFrom(Number(options.seed) * 1000 + i);
      const size = 2 + Math.floor(random() * 5);
      const groups = Array.from({ length: size }, (_group, g) => ({ module: `${question.module}.Part${g + 1}`, functions: [] as string[] }));
      for (const unit of movableUnits(subject)) if (random() > 0.15) groups[Math.floor(random() * size)]?.functions.push(...labels(subject.module, unit.name));
      return { name: `random ${i + 1}`, groups: groups.filter(({ functions }) => functions.length > 0) };
    });
  });
}

/** Numbers in [0, 1) that depend on the seed alone. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

const [project, ...targets] = positionals;
if (project === undefined || targets.length === 0) {
  console.error(readFileSync(import.meta.filename, "utf8").split("\n")[0]?.slice(3));
  process.exitCode = 2;
} else void main(project, targets);
