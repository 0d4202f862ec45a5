import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Extraction, FileChange } from "../../audit/planning.ts";
import { type Diagnostic, diagnosticsIn, newWarnings } from "../../decompose/transform/diagnostics.ts";
import { mended } from "../../decompose/transform/mend.ts";
import type { RunProgram } from "../machine.ts";
import { formatted } from "./format.ts";

/** How a project stands: what the compiler says, and which tests fail when they were asked for. */
export type Standing = { readonly compiles: boolean; readonly output: string; readonly diagnostics: readonly Diagnostic[]; readonly tests: TestResult | undefined };
export type TestResult = { readonly passed: boolean; readonly summary: string; readonly failures: readonly string[]; readonly output: string };

/** The outcome of trying a split in a scratch copy. `notes` say what was corrected on the way. */
export type Verification = { readonly kind: "verified"; readonly changes: readonly FileChange[]; readonly notes: readonly string[]; readonly standing: Standing } | { readonly kind: "refused"; readonly reasons: readonly string[]; readonly notes: readonly string[] };

export type Trial = {
  /** The scratch copy of the project. */
  readonly folder: string;
  /** The module whose exported functions must stay the same. */
  readonly module: string;
  readonly withTests: boolean;
  readonly env: "dev" | "test";
  readonly run: RunProgram;
  /** The edits, with some functions held back from moving. */
  readonly split: (held: ReadonlySet<string>) => Extraction;
};

const MOST_ROUNDS = 8;

/** What the whole project says before anything changes; every file is compiled, since kept results do not repeat all warnings. */
export const standingBefore = (trial: Omit<Trial, "split">): Standing => standingOf(trial, ["--force"], []);

function standingOf(trial: Omit<Trial, "split">, options: readonly string[], known: readonly string[]): Standing {
  const compile = mix(trial, ["compile", ...options, "--no-deps-check"]);
  const compiles = compile.code === 0;
  const tests = compiles && trial.withTests ? testsOf(trial, known) : undefined;
  return { compiles, output: compile.output, diagnostics: diagnosticsIn(compile.output), tests };
}

/** Runs the tests; what fails beyond `known` is given a second chance, because some suites fail now and then by themselves. */
function testsOf(trial: Omit<Trial, "split">, known: readonly string[]): TestResult {
  const first = testResult(mix(trial, ["test", "--no-deps-check"]));
  if (first.failures.every((name) => known.includes(name))) return first;
  const second = testResult(mix(trial, ["test", "--no-deps-check"]));
  return { ...second, failures: second.failures.filter((name) => first.failures.includes(name)) };
}

const mix = ({ folder, env, run }: Omit<Trial, "split">, args: readonly string[]): ReturnType<RunProgram> => run("mix", args, folder, { MIX_ENV: env, MIX_BUILD_PATH: join(folder, "_build", env) });

/**
 * Tries a split in a scratch copy until the compiler has nothing new to say: unused imports go, functions that do not compile in
 * their new place stay. Leaves the copy as it was. Nothing outside of the copy is written.
 */
export function verified(trial: Trial, before: Standing): Verification {
  if (!before.compiles) return { kind: "refused", reasons: [`The project does not compile as it is, so nothing can be compared: ${firstLines(before.output)}`], notes: [] };
  const exported = exportsOf(trial);
  const held = new Set<string>();
  const notes: string[] = [];
  let extraction = trial.split(held);
  if (extraction.kind === "refused") return { ...extraction, notes };
  let { changes } = extraction;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const { standing: after, exports } = tried(trial, changes, before.tests?.failures ?? []);
    const errors = after.diagnostics.filter(({ severity }) => severity === "error");
    const remarks = newWarnings(before.diagnostics, after.diagnostics);
    if (after.compiles && remarks.length === 0) return exports === exported ? judged(before, after, formatted(trial.folder, changes, trial.run, put), notes) : { kind: "refused", reasons: [`${trial.module} would export other functions: before ${exported}, after ${exports}.`], notes };
    if (!after.compiles) {
      const culprits = errors.flatMap((error) => culpritsOf(changes, error)).filter((name) => !held.has(name));
      if (culprits.length === 0) return { kind: "refused", reasons: [`It would not compile: ${errors[0] === undefined ? firstLines(after.output) : `${errors[0].path}:${errors[0].line}: ${errors[0].message}`}`], notes };
      for (const name of culprits) held.add(name);
      notes.push(`${culprits.join(", ")} stayed: ${errors[0]?.message ?? "it does not compile elsewhere"}.`);
      extraction = trial.split(held);
      if (extraction.kind === "refused") return { ...extraction, notes };
      ({ changes } = extraction);
      continue;
    }
    const better = mended(changes, remarks);
    if (better.heeded.length === 0) return { kind: "refused", reasons: remarks.map(({ path, line, message }) => `It would bring a new warning: ${path}:${line}: ${message}`), notes };
    notes.push(...better.heeded.map(({ path, message }) => `${path}: ${message}, taken out.`));
    changes = better.changes;
  }
  return { kind: "refused", reasons: [`It still does not compile cleanly after ${MOST_ROUNDS} corrections.`], notes };
}

/** The standing with the changes in the copy; they are taken back at once. */
function tried(trial: Trial, changes: readonly FileChange[], known: readonly string[]): { readonly standing: Standing; readonly exports: string } {
  for (const { path, after } of changes) put(join(trial.folder, path), after);
  try {
    const standing = standingOf(trial, [], known);
    return { standing, exports: standing.compiles ? exportsOf(trial) : "" };
  } finally {
    for (const { path, before } of changes) put(join(trial.folder, path), before);
  }
}

function judged(before: Standing, after: Standing, changes: readonly FileChange[], notes: readonly string[]): Verification {
  const reasons: string[] = [];
  const fresh = (after.tests?.failures ?? []).filter((name) => !(before.tests?.failures ?? []).includes(name));
  if (fresh.length > 0) reasons.push(...fresh.map((name) => `This test would fail: ${name}`));
  else if (after.tests?.summary === "" && before.tests?.summary !== "") reasons.push(`The tests would not run: ${firstLines(after.tests.output)}`);
  return reasons.length > 0 ? { kind: "refused", reasons, notes } : { kind: "verified", changes, notes, standing: after };
}

/** Functions to hold back because of an error: the one that the error names, if it moved, and the one whose code it stands in. */
function culpritsOf(changes: readonly FileChange[], { path, line, message }: Diagnostic): readonly string[] {
  const change = changes.find((candidate) => candidate.path === path || candidate.path.endsWith(`/${path}`));
  if (change?.after == null) return [];
  const named = /undefined function ([\w?!]+)\/\d+/.exec(message)?.[1];
  if (change.before !== null) return named === undefined ? [] : [named];
  const lines = change.after.split("\n").slice(0, line);
  const definition = lines.findLast((text) => /^ {2}def(?:p|macrop?|guardp?)? /.test(text));
  const name = /^ {2}def\w* ([\w?!]+)/.exec(definition ?? "")?.[1];
  return name === undefined ? [] : [name];
}

/** `name/arity` of all a module exports, macros included, read from what was compiled. */
function exportsOf(trial: Trial): string {
  const script = `mod = ${trial.module}\nIO.puts("exports: " <> inspect(mod.__info__(:functions) ++ mod.__info__(:macros), limit: :infinity, width: 1_000_000))`;
  const { output } = mix(trial, ["run", "--no-start", "--no-compile", "--no-deps-check", "-e", script]);
  return /^exports: (.*)$/m.exec(output)?.[1] ?? `unreadable (${firstLines(output)})`;
}

function testResult({ code, output }: { readonly code: number; readonly output: string }): TestResult {
  const summary = /^.*\d+ tests?, .*failures?.*$/m.exec(output)?.[0] ?? "";
  return { passed: code === 0, summary, failures: [...output.matchAll(/^\s+\d+\) (.+)$/gm)].map((match) => match[1] ?? ""), output };
}

function put(path: string, text: string | null): void {
  if (text === null) return void rmSync(path, { force: true });
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const firstLines = (text: string): string => text.trim().split("\n").slice(-6).join("\n");
