import { functionAround } from "../model/around.ts";
import { Module } from "../model/module.ts";
import type { SourceFile } from "../model/source-file.ts";
import { Workspace } from "../model/workspace.ts";
import { compareFindings, type Finding, type Problem, type Severity } from "./finding.ts";
import { fingerprintOf, numbered } from "./fingerprint.ts";
import { fixOf } from "./ready-fix.ts";
import { spokenOf } from "./spoken-of.ts";
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
  const steps = runningRules(workspace, options);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** The same in steps of one rule each: whoever drives them may do something else in between, or stop. */
export function* runningRules(workspace: Workspace, options: RunOptions): Generator<undefined, RunResult> {
  const outcomes: Outcome[] = [];
  for (const rule of options.rules) {
    const settings = settingsOf(rule, options);
    for (const subject of subjectsOf(rule, workspace)) {
      const outcome = outcomeOf(rule, subject, settings, options);
      if (outcome !== undefined) outcomes.push(outcome);
    }
    yield;
  }
  return resultOf(outcomes, options.rules);
}

/** What a rule is asked about. */
export type Subject = Module | SourceFile | Workspace;
export type Settings = Record<string, never>;

/** What a rule says of one subject: findings by their exact place, or that it failed. */
export type Outcome = { readonly rule: Rule; readonly findings: ReadonlyMap<string, Finding>; readonly problem: Problem | undefined };

export const settingsOf = (rule: Rule, { optionsOf }: RunOptions): Settings => ({ ...defaultsOf(rule), ...optionsOf?.(rule.id) }) as Settings;

export const subjectsOf = (rule: Rule, workspace: Workspace): readonly Subject[] => (rule.checkModule !== undefined ? workspace.modules : rule.checkFile !== undefined ? workspace.files : [workspace]);

/** Asks a rule about one subject; undefined when it has nothing to say. */
export function outcomeOf(rule: Rule, subject: Subject, settings: Settings, options: RunOptions): Outcome | undefined {
  let findings: Map<string, Finding> | undefined;
  try {
    for (const report of reportsOf(rule, subject, settings)) {
      if (isDismissal(report)) {
        options.onDismissal?.(rule, report);
        continue;
      }
      const finding = findingOf(rule, report, options.severityOf?.(rule.id));
      keep((findings ??= new Map()), `${finding.file}:${report.at.start}:${report.at.end}`, finding);
    }
  } catch (error) {
    return { rule, findings: findings ?? new Map(), problem: failure(rule, subject, error) };
  }
  return findings === undefined ? undefined : { rule, findings, problem: undefined };
}

function reportsOf(rule: Rule, subject: Subject, settings: Settings): Iterable<Report | Dismissal> {
  if (subject instanceof Module) return rule.checkModule?.(subject, settings) ?? [];
  return subject instanceof Workspace ? (rule.checkWorkspace?.(subject, settings) ?? []) : (rule.checkFile?.(subject, settings) ?? []);
}

/** Of two findings of a rule at one place the weightier stays. */
function keep(findings: Map<string, Finding>, place: string, finding: Finding): void {
  const same = findings.get(place);
  if (same === undefined || compareFindings(finding, same) < 0) findings.set(place, finding);
}

function failure(rule: Rule, subject: Subject, error: unknown): Problem {
  const file = subject instanceof Module ? subject.file.path : subject instanceof Workspace ? undefined : subject.path;
  const label = subject instanceof Module && subject.name !== "" ? subject.name : (file ?? "the workspace");
  return { kind: "rule-failed", message: `Rule ${rule.id} failed on ${label}: ${error instanceof Error ? error.message : String(error)}. Its other findings are complete; this place was not judged.`, ...(file === undefined ? {} : { file }) };
}

/** All that was said, in the order of rules and subjects, as findings in their one order with fingerprints. */
export function resultOf(outcomes: readonly Outcome[], rules: readonly Rule[]): RunResult {
  const byRule = new Map<Rule, Map<string, Finding>>();
  for (const { rule, findings } of outcomes) {
    let all = byRule.get(rule);
    if (all === undefined) byRule.set(rule, (all = new Map()));
    for (const [place, finding] of findings) keep(all, place, finding);
  }
  const kept = withoutYielding([...byRule.values()].flatMap((all) => [...all.values()]), rules).sort(compareFindings);
  return { findings: numbered(kept), problems: outcomes.flatMap(({ problem }) => problem ?? []) };
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
  const severity = configured ?? report.severity ?? rule.severity;
  const spoken = rule.spokenOf === undefined || configured !== undefined || severity === "low" ? undefined : spokenOf(at, rule.spokenOf);
  return {
    rule: rule.id,
    family: rule.family,
    severity: spoken === undefined ? severity : "low",
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
    evidence: [...(report.evidence ?? []), ...(spoken === undefined ? [] : [`Line ${spoken} speaks of it.`])],
    searched: report.searched ?? [],
    fix: fixOf(rule, report),
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
