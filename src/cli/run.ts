import { readFileSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { ScanStopped } from "../audit/audit.ts";
import type { Host } from "../audit/host.ts";
import { ruleInfo, ruleInfos, similarRules } from "../audit/rules.ts";
import { scanWorkspace } from "../audit/scan.ts";
import { confidences, type ScanResult, severities } from "../engine/finding.ts";
import { jsonReport } from "../report/json.ts";
import { markdownReport } from "../report/markdown.ts";
import { rulePage } from "../report/rule-page.ts";
import { sarifReport } from "../report/sarif.ts";
import { coloured, plain, textReport } from "../report/text.ts";
import { commandOf, type ScanCommand, UsageError, usage } from "./arguments.ts";

/** The terminal around the program, as far as it matters. */
export type Terminal = {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Whether standard output takes colours, and standard error a progress line. */
  readonly colours: boolean;
  readonly progress: boolean;
  readonly folder: string;
};

export const exitCode = { clean: 0, findings: 1, usage: 2, bug: 128 } as const;

/** Runs the command line. Answers the exit code; everything a user can cause ends in a sentence and code 2. */
export async function run(args: readonly string[], terminal: Terminal, hostFor: (root: string) => Host, version: string): Promise<number> {
  try {
    const command = commandOf(args);
    switch (command.kind) {
      case "help":
        terminal.out(usage);
        return exitCode.clean;
      case "version":
        terminal.out(`${version}\n`);
        return exitCode.clean;
      case "rules":
        terminal.out(ruleInfos.map((rule) => `${rule.id.padEnd(28)} ${rule.severity.padEnd(8)} ${rule.family.padEnd(11)} ${rule.title}${rule.set === "extended" ? " (extended)" : ""}\n`).join(""));
        return exitCode.clean;
      case "explain":
        return explain(command.rule, terminal);
      case "scan":
        return await scan(command, terminal, hostFor, version);
    }
  } catch (error) {
    if (error instanceof UsageError) {
      terminal.err(`${error.message}\n`);
      return exitCode.usage;
    }
    if (error instanceof ScanStopped) return exitCode.usage;
    terminal.err(`otp-audit failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\nThis is a bug. Please report it with the command you ran.\n`);
    return exitCode.bug;
  }
}

function explain(id: string, terminal: Terminal): number {
  const rule = ruleInfo(id);
  if (rule === undefined) throw unknownRule(id);
  terminal.out(rulePage(rule));
  return exitCode.clean;
}

function unknownRule(id: string): UsageError {
  const similar = similarRules(id);
  return new UsageError(`There is no rule ${id}.${similar.length > 0 ? ` Did you mean ${similar.join(" or ")}?` : ""} otp-audit rules lists them.`);
}

async function scan(command: ScanCommand, terminal: Terminal, hostFor: (root: string) => Host, version: string): Promise<number> {
  for (const id of command.rules ?? []) if (ruleInfo(id) === undefined) throw unknownRule(id);
  const { root, only } = target(resolve(terminal.folder, command.path), command.path);
  const { result: whole } = await scanWorkspace(hostFor(root), { version, ...(command.rules === undefined ? {} : { rules: command.rules }), extended: command.extended }, { stop: { aborted: false }, ...(terminal.progress ? { onProgress: ({ done, total }) => terminal.err(`\r\u001b[KScanning ${done} of ${total} files`) } : {}) });
  if (terminal.progress) terminal.err("\r\u001b[K");
  const result = restricted(whole, command, only);
  const text = rendered(result, command, terminal, root);
  if (command.output === undefined) terminal.out(text);
  else writeWhole(resolve(terminal.folder, command.output), text);
  const limit = command.failOn === "never" ? -1 : severities.indexOf(command.failOn);
  return result.findings.some((finding) => severities.indexOf(finding.severity) <= limit) ? exitCode.findings : exitCode.clean;
}

/** The folder to scan; for a file, the project around it, so that its context is known, and the file alone is reported. */
function target(path: string, typed: string): { readonly root: string; readonly only: string | undefined } {
  const info = statSync(path, { throwIfNoEntry: false });
  if (info === undefined) throw new UsageError(`There is no file or folder ${typed}. Check the path, or run otp-audit scan . in the project's folder.`);
  if (info.isDirectory()) return { root: realpathSync(path), only: undefined };
  const file = realpathSync(path);
  let root = dirname(file);
  for (let folder = root; dirname(folder) !== folder; folder = dirname(folder))
    if (statSync(join(folder, "mix.exs"), { throwIfNoEntry: false }) !== undefined) {
      root = folder;
      break;
    }
  return { root, only: relative(root, file).replaceAll("\\", "/") };
}

function restricted(result: ScanResult, { minConfidence }: ScanCommand, only: string | undefined): ScanResult {
  const least = confidences.indexOf(minConfidence);
  const findings = result.findings.filter((finding) => confidences.indexOf(finding.confidence) <= least && (only === undefined || finding.file === only));
  const problems = only === undefined ? result.problems : result.problems.filter((problem) => problem.file === undefined || problem.file === only);
  return { ...result, findings, problems, files: { ...result.files, withFindings: new Set(findings.map((finding) => finding.file)).size } };
}

function rendered(result: ScanResult, { format, output }: ScanCommand, terminal: Terminal, root: string): string {
  switch (format) {
    case "text":
      return textReport(result, terminal.colours && output === undefined ? coloured : plain);
    case "json":
      return jsonReport(result);
    case "sarif":
      return sarifReport(result, ruleInfos);
    case "markdown":
      return markdownReport(result, { rules: ruleInfos, project: basename(root), quote: quoteFrom(root) });
  }
}

function quoteFrom(root: string): (file: string, from: number, to: number) => readonly string[] | undefined {
  const files = new Map<string, readonly string[]>();
  return (file, from, to) => {
    try {
      let lines = files.get(file);
      if (lines === undefined) files.set(file, (lines = readFileSync(join(root, file), "utf8").split(/\r?\n/)));
      return lines.slice(from - 1, to);
    } catch {
      return undefined;
    }
  };
}

/** Written beside the target and renamed, so that no reader ever sees half a report. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    throw new UsageError(`The report cannot be written to ${path}: ${error instanceof Error ? error.message : String(error)}. Choose another place with --output.`);
  }
}
