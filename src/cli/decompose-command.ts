import { existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { extracted, type Extraction, type FileChange, filesSplit, planIn, redirected, reshaped, type WantedGroups } from "../audit/planning.ts";
import { type Scanned, scanWorkspace } from "../audit/scan.ts";
import type { Plan } from "../decompose/plan/plan.ts";
import { readGroups } from "../decompose/plan/plan-file.ts";
import { type GroupState, planStateOf } from "../decompose/plan/plan-state.ts";
import type { DelegateFate } from "../decompose/transform/redirect.ts";
import { hashOf } from "../text/hash.ts";
import { exitCode } from "./exit-code.ts";
import { type Machine, textOfFile, UsageError, writeWhole } from "./machine.ts";
import { alternativeNamed, askedFor } from "./plan-command.ts";
import { targetOf } from "./target.ts";
import { scratchCopyOf } from "./verify/scratch-copy.ts";
import { standingBefore, verified } from "./verify/verify.ts";

export type DecomposeCommand = {
  readonly kind: "decompose";
  readonly file: string;
  readonly module: string | undefined;
  readonly alternative: string | undefined;
  readonly plan: string | undefined;
  readonly step: number | undefined;
  readonly granularity: number | undefined;
  readonly dryRun: boolean;
  readonly undo: boolean;
  readonly verify: boolean;
  readonly withTests: boolean;
  /** Point callers at the modules of an earlier split, instead of splitting. */
  readonly redirect: boolean;
  readonly delegates: DelegateFate;
  readonly format: "text" | "json";
};

const UNDO_FILE = ".otp_audit/last-decomposition.json";

/** Applies a split, or refuses before anything is written (exit 3). `--undo` takes the last one back, byte for byte. */
export async function decomposeCommand(command: DecomposeCommand, machine: Machine): Promise<number> {
  const { root, only } = targetOf(machine.folder, command.file);
  if (command.undo) return undo(root, machine);
  if (only === undefined) throw new UsageError(`${command.file} is a folder. decompose needs a file, for example: otp-audit decompose lib/shop.ex.`);
  const scanned = await scanWorkspace(machine.hostFor(root), { version: machine.version, rules: [] }, { stop: { aborted: false } });
  const split = splitFor(command, machine, scanned, only);
  const first = split.edits(new Set());
  if (first.kind === "refused") return refuse(first.reasons, [], command, machine);
  const { changes, notes } = command.verify ? inScratchCopy(root, split, command, machine) : { changes: first.changes, notes: [] };
  if (changes === undefined) return exitCode.refused;
  if (!command.dryRun) apply(root, changes);
  machine.out(command.format === "json" ? jsonOf(command, changes, notes) : textOf(command, changes, notes));
  return exitCode.clean;
}

function refuse(reasons: readonly string[], notes: readonly string[], { format }: DecomposeCommand, machine: Machine): number {
  if (format === "json") machine.out(`${JSON.stringify({ applied: false, refused: reasons, notes }, undefined, 2)}\n`);
  machine.err(`Nothing was written. ${reasons.join("\n")}\n`);
  return exitCode.refused;
}

/** What the compiler, and the tests if asked for, say of the split; undefined, and said so, when they do not agree to it. */
function inScratchCopy(root: string, { module, edits }: Split, command: DecomposeCommand, machine: Machine): { readonly changes: readonly FileChange[] | undefined; readonly notes: readonly string[] } {
  if (machine.run("mix", ["--version"], root, {}).code !== 0) {
    refuse(["--verify compiles the split, and mix is not installed here. Without --verify it is checked by reading alone."], [], command, machine);
    return { changes: undefined, notes: [] };
  }
  const copy = scratchCopyOf(root);
  try {
    const trial = { folder: copy.folder, module, withTests: command.withTests, env: command.withTests ? ("test" as const) : ("dev" as const), run: machine.run, split: edits };
    const outcome = verified(trial, standingBefore(trial));
    if (outcome.kind === "verified") return { changes: outcome.changes, notes: [...outcome.notes, command.withTests ? `Compiled without new warnings; ${outcome.standing.tests?.summary ?? "no tests"}; ${module} exports what it did.` : `Compiled without new warnings; ${module} exports what it did.`] };
    refuse(outcome.reasons, outcome.notes, command, machine);
    return { changes: undefined, notes: outcome.notes };
  } finally {
    copy.dispose();
  }
}

const jsonOf = ({ dryRun, verify }: DecomposeCommand, changes: readonly FileChange[], notes: readonly string[]): string =>
  `${JSON.stringify({ applied: !dryRun, compiled: verify, notes, changes: changes.map(({ path, before, after }) => ({ path, kind: before === null ? "created" : after === null ? "deleted" : "changed", before: before === null ? null : hashOf(before), text: after })) }, undefined, 2)}\n`;

function textOf({ dryRun, verify }: DecomposeCommand, changes: readonly FileChange[], notes: readonly string[]): string {
  const files = changes.map(({ path, before, after }) => `  ${path}${before === null ? " (new)" : after === null ? " (deleted)" : ""}`);
  const caution = dryRun || verify ? [] : ["It was not compiled. mix compile and mix test tell whether all is as before; otp-audit decompose --undo takes it back."];
  return `${[`${dryRun ? "Would write" : "Wrote"} ${changes.length} files:`, ...files, ...notes, ...caution].join("\n")}\n`;
}

/** What is to be split off, as edits that can be asked for again with functions held back. */
type Split = { readonly module: string; readonly edits: (held: ReadonlySet<string>) => Extraction };

function splitFor(command: DecomposeCommand, machine: Machine, scanned: Scanned, file: string): Split {
  const question = { file, module: command.module, ...(command.granularity === undefined ? {} : { granularity: command.granularity }) };
  const plan = askedFor(() => planIn(scanned, question));
  const { module } = plan;
  if (command.alternative === "files") return { module, edits: () => askedFor(() => filesSplit(scanned, file)) };
  if (command.redirect) return { module, edits: () => redirected(scanned, question, command.delegates) };
  const asked = command.plan === undefined ? fromAlternative(command.alternative, plan) : fromFile(resolve(machine.folder, command.plan));
  const states = planStateOf(scanned.trees, module, asked);
  const stale = staleness(module, states);
  if (stale.length > 0) return { module, edits: () => ({ kind: "refused", reasons: stale }) };
  const all = asked.filter((group) => states.find((state) => state.module === group.module)?.state !== "done");
  if (command.step === undefined) return { module, edits: (held) => extracted(scanned, question, all, held) };
  const steps = reshaped(scanned, question, all).alternative.steps;
  const step = steps.find(({ number }) => number === command.step);
  if (step === undefined) throw new UsageError(`There is no step ${command.step}: the plan has ${steps.length}.`);
  if (step.kind === "redirect") return { module, edits: () => redirected(scanned, question, command.delegates) };
  const groups = all.filter((group) => step.modules.includes(group.module));
  return { module, edits: (held) => extracted(scanned, question, groups, held) };
}

/** Why a kept plan does not fit the code any more; nothing of it is forced. */
function staleness(module: string, states: readonly GroupState[]): readonly string[] {
  const gone = states.flatMap((state) => state.gone.map((id) => `The plan moves ${id} to ${state.module}, and ${module} has no such function any more. Correct the plan, or make it anew.`));
  return gone.length === 0 && states.length > 0 && states.every(({ state }) => state === "done") ? ["Everything this plan moves is moved already."] : gone;
}

function fromAlternative(id: string | undefined, plan: Plan): WantedGroups {
  if (id !== undefined) return alternativeNamed(plan, id).groups;
  return (plan.alternatives.find((alternative) => alternative.default) ?? plan.alternatives[0])?.groups ?? [];
}

function fromFile(path: string): WantedGroups {
  const text = textOfFile(path);
  if (text === undefined) throw new UsageError(`There is no plan ${path}. otp-audit plan FILE --format json prints one.`);
  const groups = readGroups(text, path);
  if ("wrong" in groups) throw new UsageError(groups.wrong);
  return groups;
}

function apply(root: string, changes: readonly FileChange[]): void {
  for (const { path, before } of changes) if ((textOfFile(join(root, path)) ?? null) !== before) throw new UsageError(`${path} changed meanwhile. Nothing was written; run it again.`);
  writeWhole(join(root, UNDO_FILE), `${JSON.stringify(changes, undefined, 1)}\n`, "Without it the split could not be taken back, so nothing was written.");
  const done: FileChange[] = [];
  try {
    for (const change of changes) {
      put(root, change.path, change.after);
      done.push(change);
    }
  } catch (error) {
    for (const { path, before } of done.reverse()) put(root, path, before);
    throw error;
  }
}

function undo(root: string, machine: Machine): number {
  const text = textOfFile(join(root, UNDO_FILE));
  if (text === undefined) throw new UsageError("There is no decomposition to take back here.");
  const changes = JSON.parse(text) as readonly FileChange[];
  const changed = changes.filter(({ path, after }) => (textOfFile(join(root, path)) ?? null) !== after);
  if (changed.length > 0) {
    machine.err(`Nothing was undone: ${changed.map(({ path }) => path).join(", ")} changed since. git can take it back.\n`);
    return exitCode.refused;
  }
  for (const { path, before } of changes) put(root, path, before);
  rmSync(join(root, UNDO_FILE));
  machine.out(`Took back ${changes.length} files.\n`);
  return exitCode.clean;
}

function put(root: string, path: string, text: string | null): void {
  const target = join(root, path);
  if (text === null) rmSync(target, { force: true });
  else {
    mkdirSync(dirname(target), { recursive: true });
    writeWhole(target, text, "What was written before it is taken back.");
  }
  if (text === null && existsSync(dirname(target))) removeIfEmpty(dirname(target));
}
function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // it still holds files
  }
}
