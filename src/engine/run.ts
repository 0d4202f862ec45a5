import { functionAround } from "../model/around.ts";
import type { Workspace } from "../model/workspace.ts";
import { compareFindings, type Finding, type Problem, type Severity } from "./finding.ts";
import { fingerprintOf, numbered } from "./fingerprint.ts";
import { type Dismissal, isDismissal, type Report, type Rule } from "./rule.ts";

/** What a run needs besides the workspace: rules, and what the configuration says of each. */
export type RunOptions = {
  readonly rules: readonly Rule[];
  readonly severityOf?: (rule: string) => Severity | undefined;
  readonly optionsOf?: (rule: string) => Readonly<Record<string, unknown>>;
  /** Told of each place a rule looked at and found right. */
  readonly onDismissal?: (rule: Rule, dismissal: Dismissal) => void;
};

/** Findings in their one order, and a problem for each rule that threw. */
export type RunResult = { readonly findings: readonly Finding[]; readonly problems: readonly Problem[] };

/** Runs rules over a workspace. A rule that throws becomes a problem; the others go on. */
export function runRules(workspace: Workspace, options: RunOptions): RunResult {
  const findings: Finding[] = [];
  const problems: Problem[] = [];
  for (const rule of options.rules) {
    const settings = { ...defaultsOf(rule), ...options.optionsOf?.(rule.id) } as Record<string, never>;
    const reports = new Map<string, Finding>();
    for (const { label, file, run } of unitsOf(rule, workspace, settings)) {
      try {
        for (const report of run()) {
          if (isDismissal(report)) {
            options.onDismissal?.(rule, report);
            continue;
          }
          const finding = findingOf(rule, report, options.severityOf?.(rule.id));
          const place = `${finding.file}:${report.at.start}:${report.at.end}`;
          const same = reports.get(place);
          if (same === undefined || compareFindings(finding, same) < 0) reports.set(place, finding);
        }
      } catch (error) {
        problems.push({ kind: "rule-failed", message: `Rule ${rule.id} failed on ${label}: ${error instanceof Error ? error.message : String(error)}. Its other findings are complete; this place was not judged.`, ...(file === undefined ? {} : { file }) });
      }
    }
    findings.push(...reports.values());
  }
  const kept = withoutYielding(findings, options.rules).sort(compareFindings);
  return { findings: numbered(kept), problems };
}

type Unit = { readonly label: string; readonly file: string | undefined; readonly run: () => Iterable<Report | Dismissal> };

function unitsOf(rule: Rule, workspace: Workspace, settings: Record<string, never>): Unit[] {
  const { checkModule, checkFile, checkWorkspace } = rule;
  if (checkModule !== undefined) return workspace.modules.map((module) => ({ label: module.name === "" ? module.file.path : module.name, file: module.file.path, run: () => checkModule(module, settings) }));
  if (checkFile !== undefined) return workspace.files.map((file) => ({ label: file.path, file: file.path, run: () => checkFile(file, settings) }));
  return checkWorkspace === undefined ? [] : [{ label: "the workspace", file: undefined, run: () => checkWorkspace(workspace, settings) }];
}

function defaultsOf(rule: Rule): Record<string, never> {
  return Object.fromEntries(Object.entries(rule.options ?? {}).map(([key, spec]) => [key, spec.default])) as Record<string, never>;
}

function findingOf(rule: Rule, report: Report, configured: Severity | undefined): Finding {
  const { at } = report;
  const { tree } = at;
  const place = functionAround(at);
  const start = tree.positionAt(at.start);
  const end = report.firstLineOnly === true ? endOfLine(tree.source, at.start) : at.end;
  const finish = tree.positionAt(end);
  return {
    rule: rule.id,
    family: rule.family,
    severity: configured ?? report.severity ?? rule.severity,
    confidence: report.confidence,
    message: report.message,
    file: tree.path,
    startLine: start.line,
    startColumn: start.column,
    endLine: finish.line,
    endColumn: finish.column,
    module: place.module,
    function: place.function,
    fingerprint: fingerprintOf(rule.id, place.module, place.function, tree.source.slice(at.start, end)),
    related: (report.related ?? []).map(({ at: other, message }) => ({ file: other.tree.path, startLine: other.kind === "call" ? other.nameLine : other.line, message })),
    evidence: report.evidence ?? [],
    searched: report.searched ?? [],
    fix: report.fix ?? (rule.fix.kind === "none" ? null : rule.fix),
  };
}

function endOfLine(source: string, from: number): number {
  const newline = source.indexOf("\n", from);
  const end = newline < 0 ? source.length : newline;
  return source.charCodeAt(end - 1) === 13 ? end - 1 : end;
}

/** Where two rules claim a line and one says it yields, the other stands alone. */
function withoutYielding(findings: readonly Finding[], rules: readonly Rule[]): Finding[] {
  const yields = new Map(rules.filter((rule) => rule.yieldsTo !== undefined).map((rule) => [rule.id, rule.yieldsTo ?? []]));
  const claimed = new Set(findings.map((finding) => `${finding.rule}|${finding.file}|${finding.startLine}`));
  return findings.filter((finding) => !(yields.get(finding.rule) ?? []).some((other) => claimed.has(`${other}|${finding.file}|${finding.startLine}`)));
}
