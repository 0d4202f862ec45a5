import type { Remembered } from "./comparison.ts";

/** What happens if the finding is true, whatever our certainty; most severe first. */
export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

/** How sure the analysis is: every part resolved in source, one part by convention, or a question to a person. */
export const confidences = ["proven", "likely", "review"] as const;
export type Confidence = (typeof confidences)[number];

export const families = ["processes", "blocking", "messages", "monitors", "growth", "races", "ets", "errors", "resources", "design", "telemetry", "supervision", "tests"] as const;
export type Family = (typeof families)[number];

export const fixKinds = ["automatic", "guided", "plan", "none"] as const;
export type FixKind = (typeof fixKinds)[number];

/** Another place that belongs to a finding: a step of the path to it, a counterpart, an owner. */
export type Related = { readonly file: string; readonly startLine: number; readonly message: string };

/** Text in place of a piece of a file, placed as findings are; an insertion begins and ends at one place. */
export type FixEdit = { readonly startLine: number; readonly startColumn: number; readonly endLine: number; readonly endColumn: number; readonly newText: string };

/** The edits of one file, in order, none over another. They fit only the text that was analysed, whose hash this is. */
export type FixedFile = { readonly file: string; readonly textHash: string; readonly edits: readonly FixEdit[] };

/** A fix written out. `safe`: nothing changes but what the finding is about, so that it may be applied unseen, and many at once. */
export type ReadyFix = { readonly title: string; readonly safe: boolean; readonly files: readonly FixedFile[] };

/** One flaw at one place, as plain data. Lines and columns count from 1, columns in UTF-16 units, the end is exclusive. */
export type Finding = {
  readonly rule: string;
  readonly family: Family;
  readonly severity: Severity;
  readonly confidence: Confidence;
  readonly message: string;
  /** Relative to the scanned folder, with `/`. */
  readonly file: string;
  readonly startLine: number;
  readonly startColumn: number;
  readonly endLine: number;
  readonly endColumn: number;
  /** Module and function the place is in; "" outside of any. */
  readonly module: string;
  readonly function: string;
  /** Rule, module, function and code, without line numbers: survives edits elsewhere (`fingerprint.ts`). */
  readonly fingerprint: string;
  /** Path from the entry to the line, in order, then other places. */
  readonly related: readonly Related[];
  /** Facts of this instance, one sentence each. */
  readonly evidence: readonly string[];
  /** What was looked for and not found. */
  readonly searched: readonly string[];
  /** `ready` holds the fix as text edits, or several that exclude each other, the best first; absent where a person has to write it. */
  readonly fix: { readonly kind: FixKind; readonly title: string; readonly ready?: readonly ReadyFix[] } | null;
  /** Present on findings that a comment or the configuration switches off; they are kept, and marked. */
  readonly suppressed?: { readonly reason: string; readonly by: "comment" | "configuration" };
};

/** Something the audit could not do. It never ends the audit. */
export type Problem = {
  readonly kind: "parse-error" | "unreadable" | "binary" | "too-large" | "rule-failed" | "configuration" | "suppression" | "cache" | "worker";
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
};

/** The outcome of one scan: the JSON contract of the command line, too. */
export type ScanResult = {
  readonly tool: "otp-audit";
  readonly version: string;
  readonly root: string;
  readonly files: { readonly scanned: number; readonly withFindings: number; readonly parseErrors: number; readonly skipped: number };
  /** Ids of the rules that ran. */
  readonly rules: readonly string[];
  readonly durationMs: number;
  readonly problems: readonly Problem[];
  readonly findings: readonly Finding[];
  /** Findings that a comment or the configuration switches off; absent when there are none. */
  readonly suppressed?: readonly Finding[];
  /** Findings that the baseline knows; absent without a baseline. `findings` then holds the new ones. */
  readonly known?: readonly Finding[];
  /** Entries of the baseline that are fixed or switched off; absent when there are none. */
  readonly gone?: readonly Remembered[];
  /** Findings less sure than this were left out, at least in some files; absent when all are reported. */
  readonly minConfidence?: Confidence;
  /** Which part of a run on several machines this is, and how many files the whole has; absent for a whole run. */
  readonly shard?: { readonly index: number; readonly count: number; readonly files: number };
};

const order = <T>(list: readonly T[], value: T): number => list.indexOf(value);

/** Severity, confidence, file, place, rule: the one order of all faces. */
export function compareFindings(a: Finding, b: Finding): number {
  return (
    order(severities, a.severity) - order(severities, b.severity) ||
    order(confidences, a.confidence) - order(confidences, b.confidence) ||
    (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) ||
    a.startLine - b.startLine ||
    a.startColumn - b.startColumn ||
    (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0) ||
    (a.message < b.message ? -1 : a.message > b.message ? 1 : 0)
  );
}

/** By file, line and words: the one order of problems. */
export function compareProblems(a: Problem, b: Problem): number {
  const left = `${a.file ?? ""}\0${String(a.line ?? 0).padStart(7, "0")}\0${a.message}`;
  const right = `${b.file ?? ""}\0${String(b.line ?? 0).padStart(7, "0")}\0${b.message}`;
  return left < right ? -1 : left > right ? 1 : 0;
}
