import { join, resolve } from "node:path";
import { baselined, BASELINE_FILE, baselineText, readBaseline } from "../audit/baseline.ts";
import { lineExplanation } from "../audit/explain.ts";
import { checkedEntries, type Run, type Status, withEntry } from "../audit/history.ts";
import { lookIn } from "../audit/look.ts";
import { ruleInfo, ruleInfos } from "../audit/rules.ts";
import { merged, readResult } from "../audit/shard.ts";
import { type Remembered, remembered } from "../engine/comparison.ts";
import type { ScanResult } from "../engine/finding.ts";
import { rulePage } from "../report/rule-page.ts";
import { lineText } from "./line-text.ts";
import { coloured, plain } from "../report/text.ts";
import type { Command } from "./arguments.ts";
import { decomposeCommand } from "./decompose-command.ts";
import { exitCode } from "./exit-code.ts";
import { filesOf } from "./files.ts";
import { changeWorklog, recordedRuns, worklogOf } from "./history-files.ts";
import { type Machine, textOfFile, UsageError, writeWhole } from "./machine.ts";
import { backgroundOf } from "./report-background.ts";
import { unknownRule } from "./rule-names.ts";
import { codeFor, deliver, scan } from "./scan-command.ts";
import { planCommand } from "./plan-command.ts";
import { targetOf } from "./target.ts";

type Of<K extends Command["kind"]> = Extract<Command, { readonly kind: K }>;

/** Runs a command besides scan, help and version. */
export async function otherCommand(command: Exclude<Command, { readonly kind: "scan" | "help" | "version" }>, machine: Machine): Promise<number> {
  switch (command.kind) {
    case "baseline":
      return baselineCommand(command, machine);
    case "merge":
      return mergeCommand(command, machine);
    case "history":
      return historyCommand(command, machine);
    case "status":
      return statusCommand(command, machine);
    case "plan":
      return planCommand(command, machine);
    case "decompose":
      return decomposeCommand(command, machine);
    case "explain":
      return explainCommand(command, machine);
    case "rules":
      return rulesCommand(machine);
  }
}

function rulesCommand(machine: Machine): number {
  machine.out(ruleInfos.map(({ id, severity, family, title, set }) => `${id.padEnd(30)} ${severity.padEnd(8)} ${family.padEnd(11)} ${title}${set === "extended" ? " (extended)" : ""}\n`).join(""));
  return exitCode.clean;
}

/** A rule's page, or what is found at a line. */
async function explainCommand({ subject }: Of<"explain">, machine: Machine): Promise<number> {
  const place = /^(.+\.exs?):(\d+)$/.exec(subject);
  if (place !== null) return explainLine(place[1] ?? "", Number(place[2]), machine);
  const rule = ruleInfo(subject);
  if (rule === undefined) throw unknownRule(subject);
  machine.out(rulePage(rule));
  return exitCode.clean;
}

async function explainLine(file: string, line: number, machine: Machine): Promise<number> {
  const { root, only = file } = targetOf(machine.folder, file);
  const options = { version: machine.version, extended: true };
  const answer = await scan(machine.hostFor(root), options, machine);
  if (!answer.files.has(only)) throw new UsageError(`${file} was not scanned. Check that .gitignore and the configuration do not exclude it.`);
  machine.out(lineText(lineExplanation(await answer.whole(), options, only, line), answer.result, `${only}:${line}`, machine.colours ? coloured : plain));
  return exitCode.clean;
}

/** Writes the baseline, or prunes it; new findings enter an existing one only when asked for. */
async function baselineCommand({ path, acceptNew, extended }: Of<"baseline">, machine: Machine): Promise<number> {
  const { root, only } = targetOf(machine.folder, path);
  if (only !== undefined) throw new UsageError("A baseline is kept for a whole project. Give its folder.");
  const { result, files } = await scan(machine.hostFor(root), { version: machine.version, extended, minConfidence: "review" }, machine);
  const file = join(root, BASELINE_FILE);
  const text = textOfFile(file);
  const write = (entries: Parameters<typeof baselineText>[0]): void => writeWhole(file, baselineText(entries), "Check the folder's permissions.");
  if (text === undefined) {
    write(result.findings.map(remembered));
    machine.out(`${BASELINE_FILE} accepts ${result.findings.length} findings. Later scans show and fail on new ones only.\n`);
    return exitCode.clean;
  }
  const read = readBaseline(text, file);
  if ("wrong" in read) throw new UsageError(read.wrong);
  const { result: fresh, gone, kept } = baselined(result, read.entries, lookIn(result, filesOf(root, (path) => files.has(path))));
  write(acceptNew ? [...kept, ...fresh.findings.map(remembered)] : kept);
  machine.out(`${gone.length} gone and taken out, ${kept.length} kept, ${fresh.findings.length} new${acceptNew ? " and accepted" : fresh.findings.length === 0 ? "" : " and not accepted; --accept-new accepts them"}.\n${gone.map(({ rule, file: at, line }) => `  gone: ${rule} at ${at}:${line}\n`).join("")}`);
  return exitCode.clean;
}

/** Puts the results of all shards together and prints them as one. */
async function mergeCommand(command: Of<"merge">, machine: Machine): Promise<number> {
  const parts = command.files.map((file): ScanResult => {
    const part = readResult(textOfFile(resolve(machine.folder, file)) ?? "");
    if (part === undefined) throw new UsageError(`${file} is no JSON result of otp-audit scan. Run each shard with --format json --output.`);
    return part;
  });
  const result = merged(parts);
  if ("wrong" in result) throw new UsageError(result.wrong);
  await deliver(result, command, machine, () => backgroundOf(result, undefined, machine, result.root, { exclude: [], narrowed: undefined }));
  return codeFor(result, command);
}

/** Recorded audits, oldest first, and decisions. */
function historyCommand({ path }: Of<"history">, machine: Machine): number {
  const { root } = targetOf(machine.folder, path);
  const { runs, wrong } = recordedRuns(root);
  for (const sentence of wrong) machine.err(`${sentence}\n`);
  const count = (run: Run, severity: string): string => String(run.findings.filter((finding) => finding.severity === severity).length).padStart(8);
  if (runs.length === 0) machine.out("No audit is recorded here. otp-audit scan --record keeps one.\n");
  else machine.out(`date                 commit       critical    high  medium     low\n${runs.map((run) => `${run.date.slice(0, 19).replace("T", " ")}  ${(run.commit?.id.slice(0, 10) ?? "-").padEnd(11)}${["critical", "high", "medium", "low"].map((severity) => count(run, severity)).join("")}\n`).join("")}`);
  const worklog = worklogOf(root);
  if ("wrong" in worklog) machine.err(`${worklog.wrong}\n`);
  else for (const { rule, file, line, status, reason, author, date } of worklog.entries) machine.out(`${status}: ${rule} at ${file}:${line}: ${reason} (${author}, ${date.slice(0, 10)})\n`);
  return exitCode.clean;
}

const SHOWN = 5;

/** The one finding that a fingerprint, or its beginning, stands for, as it was seen last. */
function subjectOf(fingerprint: string, findings: readonly Remembered[]): Remembered | undefined {
  const fitting = new Map(findings.filter((finding) => fingerprint !== "" && finding.fingerprint.startsWith(fingerprint)).map((finding) => [finding.fingerprint, finding]));
  const exact = fitting.get(fingerprint);
  if (exact === undefined && fitting.size > 1) throw new UsageError(`${fingerprint} fits ${fitting.size} findings: ${[...fitting.keys()].slice(0, SHOWN).join(", ")}${fitting.size > SHOWN ? ", …" : ""}. Give more of the fingerprint.`);
  return exact ?? [...fitting.values()][0];
}

const inWords: Readonly<Record<Status, string>> = { fixed: "fixed", accepted: "accepted", "false-positive": "a false positive", later: "to be fixed later" };

/** Keeps a person's decision about one finding, and says whether the analysis agrees. */
async function statusCommand({ fingerprint, status, reason, author, path }: Of<"status">, machine: Machine): Promise<number> {
  const { root } = targetOf(machine.folder, path);
  const { result, files } = await scan(machine.hostFor(root), { version: machine.version, extended: true, minConfidence: "review" }, machine);
  const now = [...result.findings, ...(result.suppressed ?? [])].map(remembered);
  const past = recordedRuns(root).runs.flatMap(({ findings }) => findings);
  const subject = subjectOf(fingerprint, now) ?? subjectOf(fingerprint, past);
  if (subject === undefined) throw new UsageError(`No finding of this or a recorded audit has the fingerprint ${fingerprint}. --format json shows them.`);
  const user = machine.git(root, ["config", "user.name"]);
  const entry = { ...subject, status, reason, author: author ?? ("wrong" in user ? "unknown" : user.text.trim()), date: machine.today() };
  const after = changeWorklog(root, (worklog) => withEntry(worklog, entry));
  const verdict = checkedEntries(after, result, lookIn(result, filesOf(root, (file) => files.has(file)))).find((checked) => checked.fingerprint === subject.fingerprint)?.verdict;
  machine.out(`Kept: ${subject.rule} at ${subject.file}:${subject.line} is ${inWords[status]}. The analysis says: ${verdict ?? "not known"}.\n`);
  return exitCode.clean;
}
