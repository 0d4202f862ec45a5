import { existsSync, mkdirSync, rmdirSync, rmSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { extracted, type Extraction, type FileChange, filesSplit, planned, type WantedGroups } from "../audit/planning.ts";
import { scanWorkspace } from "../audit/scan.ts";
import { exitCode } from "./exit-code.ts";
import { type Machine, textOfFile, UsageError, writeWhole } from "./machine.ts";
import { askedFor } from "./plan-command.ts";
import { targetOf } from "./target.ts";

export type DecomposeCommand = { readonly kind: "decompose"; readonly file: string; readonly module: string | undefined; readonly alternative: string | undefined; readonly plan: string | undefined; readonly step: number | undefined; readonly dryRun: boolean; readonly undo: boolean; readonly format: "text" | "json" };

const UNDO_FILE = ".otp_audit/last-decomposition.json";

/** Applies a split, or refuses before anything is written (exit 3). `--undo` takes the last one back, byte for byte. */
export async function decomposeCommand(command: DecomposeCommand, machine: Machine): Promise<number> {
  const { root, only } = targetOf(machine.folder, command.file);
  if (command.undo) return undo(root, machine);
  if (only === undefined) throw new UsageError(`${command.file} is a folder. decompose needs a file, for example: otp-audit decompose lib/shop.ex.`);
  const scanned = await scanWorkspace(machine.hostFor(root), { version: machine.version, rules: [] }, { stop: { aborted: false } });
  const question = { file: only, module: command.module };
  const extraction: Extraction = command.alternative === "files" ? askedFor(() => filesSplit(scanned, only)) : askedFor(() => extracted(scanned, question, groupsOf(command, machine, () => planned(scanned, question).plan)));
  if (extraction.kind === "refused") {
    machine.err(`Nothing was written. ${extraction.reasons.join("\n")}\n`);
    return exitCode.refused;
  }
  const { changes } = extraction;
  if (!command.dryRun) apply(root, changes);
  const word = command.dryRun ? "Would write" : "Wrote";
  machine.out(command.format === "json" ? `${JSON.stringify({ applied: !command.dryRun, changes: changes.map(({ path, before, after }) => ({ path, kind: before === null ? "created" : after === null ? "deleted" : "changed", text: after })) }, undefined, 2)}\n` : `${word} ${changes.length} files:\n${changes.map(({ path, before }) => `  ${path}${before === null ? " (new)" : ""}`).join("\n")}\n${command.dryRun ? "" : "It was not compiled. mix compile and mix test tell whether all is as before; otp-audit decompose --undo takes it back.\n"}`);
  return exitCode.clean;
}

function groupsOf({ alternative, plan, step }: DecomposeCommand, machine: Machine, planOf: () => ReturnType<typeof planned>["plan"]): WantedGroups {
  const all = plan === undefined ? fromAlternative(alternative, planOf()) : fromFile(resolve(machine.folder, plan));
  if (step === undefined) return all;
  const chosen = all[step - 1];
  if (chosen === undefined) throw new UsageError(`There is no step ${step}: the plan has ${all.length}.`);
  return [chosen];
}

function fromAlternative(id: string | undefined, plan: ReturnType<typeof planned>["plan"]): WantedGroups {
  const found = id === undefined ? (plan.alternatives.find((alternative) => alternative.default) ?? plan.alternatives[0]) : plan.alternatives.find((alternative) => alternative.id === id);
  if (found === undefined && id !== undefined) throw new UsageError(`There is no alternative ${id}. The plan offers ${plan.alternatives.map((alternative) => alternative.id).join(", ") || "none"}.`);
  return found?.groups ?? [];
}

function fromFile(path: string): WantedGroups {
  const text = textOfFile(path);
  if (text === undefined) throw new UsageError(`There is no plan ${path}. otp-audit plan FILE --format json prints one.`);
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    throw new UsageError(`${path} is not JSON. Restore it from git, or make the plan again.`);
  }
  const groups = typeof raw === "object" && raw !== null && "groups" in raw ? raw.groups : undefined;
  if (!Array.isArray(groups) || !groups.every(isGroup)) throw new UsageError(`${path} has no list of groups ({ module, functions }). A plan kept by OTP Audit, or one alternative of otp-audit plan, has.`);
  return groups;
}
const isGroup = (group: unknown): group is WantedGroups[number] => typeof group === "object" && group !== null && "module" in group && typeof group.module === "string" && "functions" in group && Array.isArray(group.functions) && group.functions.every((id) => typeof id === "string");

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
