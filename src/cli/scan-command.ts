import { join, resolve } from "node:path";
import type { Answer } from "../audit/cache/answer.ts";
import { begun, keptResult } from "../audit/cache/begun.ts";
import { baselined, BASELINE_FILE, readBaseline } from "../audit/baseline.ts";
import { type ChangedLines, filesNamedIn, onChangedLines, wholeFiles } from "../audit/changed-lines.ts";
import { runOf } from "../audit/history.ts";
import type { Host } from "../audit/host.ts";
import { lookIn } from "../audit/look.ts";
import type { ScanOptions } from "../audit/scan.ts";
import type { ScanRequest } from "../audit/scan-request.ts";
import { isLeftOut, shardOf } from "../audit/shard.ts";
import { type ScanResult, severities } from "../engine/finding.ts";
import type { ReportOptions } from "../report/parts.ts";
import { summaryOf } from "../report/outline.ts";
import type { Output, ScanCommand } from "./arguments.ts";
import { exitCode } from "./exit-code.ts";
import { filesOf } from "./files.ts";
import { changedSince, commitOf, newFilesOf, staged } from "./git-changes.ts";
import { record } from "./history-files.ts";
import { type Machine, textOfFile, UsageError, writeWhole } from "./machine.ts";
import { rendered } from "./render.ts";
import { targetsOf } from "./target.ts";

/** Scans, narrows the result to what was asked for, prints it, and answers the exit code. */
export async function scanCommand(command: ScanCommand, machine: Machine): Promise<number> {
  if (command.rules !== undefined) (await machine.analysis()).checkRules(command.rules);
  const { root, only } = targetsOf(machine.folder, command.paths);
  const narrowing = changesOf(command, machine, root);
  const answer = await scan(narrowing.host, optionsOf(command, machine), machine);
  const known = withBaseline(answer, command, machine, root);
  const lines = narrowing.changed(known);
  const changed = lines === undefined ? known : onChangedLines(known, command.wholeFiles ? wholeFiles(lines) : lines);
  const part = command.shard === undefined ? changed : shardOf(changed, [...answer.files], command.shard);
  const result = only === undefined ? part : onlyIn(part, only, answer.files);
  await deliver(result, command, machine, async () => (await machine.analysis()).backgroundOf(result, await answer.whole(), machine, root, { exclude: command.exclude, narrowed: narrowedBy(command, only) }));
  // After the report, which compares with the audits before this one.
  if (command.record) machine.err(`Kept as ${record(root, runOf(answer.result, machine.today(), commitOf(machine, root)))}.\n`);
  // A file that was asked for by name and could not be read is no clean file.
  const left = only?.some((file) => !answer.files.has(file)) === true;
  return Math.max(codeFor(result, command), left ? exitCode.usage : exitCode.clean);
}

/** What part of the findings was asked for, in words. */
function narrowedBy({ changes, wholeFiles: isWhole, shard, rules }: ScanCommand, only: readonly string[] | undefined): string | undefined {
  const parts = [
    ...(only === undefined ? [] : [`what is found in ${only.join(", ")}`]),
    ...(changes === undefined ? [] : [`findings ${isWhole ? "in files" : "on lines"} ${changes === "staged" ? "that are staged" : `changed since ${changes.since}`}`]),
    ...(rules === undefined ? [] : ["the rules asked for"]),
    ...(shard === undefined ? [] : [`part ${shard.index} of ${shard.count}`]),
  ];
  return parts.length === 0 ? undefined : parts.join(", ");
}

/** A scan with a progress line where there is a terminal to show it. */
export async function scan(host: Host, options: ScanOptions, machine: Machine): Promise<Answer> {
  const onProgress = ({ done, total }: { readonly done: number; readonly total: number }): void => machine.err(`\r\u001b[KScanning ${done} of ${total} files`);
  try {
    return await answered(host, options, { stop: { aborted: false }, ...(machine.progress ? { onProgress } : {}) }, machine);
  } finally {
    if (machine.progress) machine.err("\r\u001b[K");
  }
}

/** The answer that is kept, or that of the analysis. */
async function answered(host: Host, options: ScanOptions, request: ScanRequest, machine: Machine): Promise<Answer> {
  if (host.cache === undefined) return (await machine.analysis()).answerOf(host, options, request);
  const begin = await begun(host, host.cache, options, request);
  const { known } = begin;
  if (known === undefined) return (await machine.analysis()).answerFrom(begin, options, request);
  return { result: keptResult(begin, known), files: new Set(known.files), whole: async () => (await machine.analysis()).wholeOf(begin, options, request) };
}

function optionsOf({ rules, extended, minConfidence, exclude }: ScanCommand, { version }: Machine): ScanOptions {
  return { version, extended, exclude, ...(rules === undefined ? {} : { rules }), ...(minConfidence === undefined ? {} : { minConfidence }) };
}

/** A host that reads what the change is in, and the changed lines, as far as they concern a result. Rejects a wrong revision before anything is scanned. */
function changesOf({ changes }: ScanCommand, machine: Machine, root: string): { readonly host: Host; readonly changed: (result: ScanResult) => ChangedLines | undefined } {
  const host = machine.hostFor(root);
  if (changes === undefined) return { host, changed: () => undefined };
  if (changes === "staged") {
    const { host: overlaid, changed } = staged(machine, root, host);
    return { host: overlaid, changed: () => changed };
  }
  const followed = changedSince(machine, root, changes.since);
  return { host, changed: (result) => new Map([...followed, ...newFilesOf(machine, root, filesNamedIn(result).filter((file) => !followed.has(file))).map((file) => [file, "everything"] as const)]) };
}

/** New findings only, where there is a baseline; entries that are gone are told, and pruned by `otp-audit baseline`. */
function withBaseline({ result, files }: Answer, { baseline }: ScanCommand, machine: Machine, root: string): ScanResult {
  if (baseline === "none") return result;
  const path = baseline === "where it lies" ? join(root, BASELINE_FILE) : resolve(machine.folder, baseline.file);
  const text = textOfFile(path);
  if (text === undefined) {
    if (baseline === "where it lies") return result;
    throw new UsageError(`There is no baseline ${baseline.file}. otp-audit baseline writes ${BASELINE_FILE}.`);
  }
  const read = readBaseline(text, path);
  if ("wrong" in read) throw new UsageError(read.wrong);
  const { result: fresh, gone } = baselined(result, read.entries, lookIn(result, filesOf(root, (file) => files.has(file))));
  if (gone.length > 0) machine.err(`${gone.length} ${gone.length === 1 ? "finding" : "findings"} of the baseline ${gone.length === 1 ? "is" : "are"} gone; otp-audit baseline takes ${gone.length === 1 ? "it" : "them"} out.\n`);
  return fresh;
}

function onlyIn(result: ScanResult, files: readonly string[], scanned: ReadonlySet<string>): ScanResult {
  const isAsked = ({ file }: { readonly file?: string }): boolean => file !== undefined && files.includes(file);
  const findings = result.findings.filter(isAsked);
  const problems = result.problems.filter((problem) => problem.file === undefined || isAsked(problem) || problem.kind === "configuration");
  return {
    ...result,
    files: { scanned: files.filter((file) => scanned.has(file)).length, withFindings: new Set(findings.map(({ file }) => file)).size, parseErrors: problems.filter(({ kind }) => kind === "parse-error").length, skipped: problems.filter((problem) => isAsked(problem) && isLeftOut(problem)).length },
    findings,
    problems,
    ...(result.suppressed === undefined ? {} : { suppressed: result.suppressed.filter(isAsked) }),
    ...(result.known === undefined ? {} : { known: result.known.filter(isAsked) }),
    ...(result.gone === undefined ? {} : { gone: result.gone.filter(isAsked) }),
  };
}

/** Prints a result, or writes it whole and says so on a terminal. */
export async function deliver(result: ScanResult, output: Output, machine: Machine, background: () => Promise<ReportOptions>): Promise<void> {
  const text = await rendered(result, output, machine, background);
  if (output.output === undefined) machine.out(text);
  else writeWhole(resolve(machine.folder, output.output), text, "Choose another place with --output.");
  if (machine.progress && output.output !== undefined) machine.err(`Wrote ${output.output}. ${summaryOf(result)}\n`);
}

/** Findings that a person has to judge never fail a run; a configuration that is wrong always does. */
export function codeFor(result: ScanResult, { failOn }: Output): number {
  if (result.problems.some(({ kind }) => kind === "configuration")) return exitCode.usage;
  const limit = failOn === "never" ? -1 : severities.indexOf(failOn);
  return result.findings.some(({ severity, confidence }) => confidence !== "review" && severities.indexOf(severity) <= limit) ? exitCode.findings : exitCode.clean;
}
