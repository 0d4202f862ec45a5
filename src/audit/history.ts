import * as v from "valibot";
import { type Comparison, compared, type Remembered, remembered } from "../engine/comparison.ts";
import type { ScanResult } from "../engine/finding.ts";
import type { RunComparison } from "../report/comparison.ts";
import { rememberedSchema } from "./baseline.ts";

/** Folder of a workspace that keeps audits: plain JSON, made for git. */
export const HISTORY_FOLDER = ".otp_audit";
export const RUNS_FOLDER = `${HISTORY_FOLDER}/runs`;
export const WORKLOG_FILE = `${HISTORY_FOLDER}/worklog.json`;
const FORMAT = 1;

const commitSchema = v.object({ id: v.string(), isDirty: v.boolean() });
const runSchema = v.object({ tool: v.literal("otp-audit"), format: v.number(), date: v.string(), commit: v.nullable(commitSchema), version: v.string(), rules: v.array(v.string()), scanned: v.number(), findings: v.array(rememberedSchema) });

/** One audit as history keeps it. */
export type Run = v.InferOutput<typeof runSchema>;

export const runOf = (result: ScanResult, date: string, commit: { readonly id: string; readonly isDirty: boolean } | undefined): Run => ({
  tool: "otp-audit",
  format: FORMAT,
  date,
  commit: commit ?? null,
  version: result.version,
  rules: [...result.rules],
  scanned: result.files.scanned,
  findings: [...result.findings, ...(result.known ?? [])].map(remembered),
});

/** File name of a run: sorts by time, and two runs of one second differ by their content. */
export const runFileOf = ({ date, commit }: Run, fallback: string): string => `${date.replaceAll(":", "-")}-${commit === null ? fallback : commit.id.slice(0, 10)}.json`;

/** A run as text: one line per finding. */
export function runText({ findings, ...rest }: Run): string {
  const head = JSON.stringify(rest, undefined, 2).replace(/\n}$/, "");
  return `${head},\n  "findings": [${findings.length === 0 ? "" : `\n${findings.map((finding) => `    ${JSON.stringify(finding)}`).join(",\n")}\n  `}]\n}\n`;
}

/** A stored run, or a sentence on why it does not count. */
export const readRun = (text: string, path: string): Run | { readonly wrong: string } => readStored(runSchema, text, path);

export const statuses = ["fixed", "accepted", "false-positive", "later"] as const;
export type Status = (typeof statuses)[number];

const entrySchema = v.object({ fingerprint: v.string(), rule: v.string(), place: v.string(), status: v.picklist(statuses), reason: v.string(), author: v.string(), date: v.string() });
const worklogSchema = v.object({ tool: v.literal("otp-audit"), format: v.number(), entries: v.array(entrySchema) });

/** What a person decided about a finding, and why. */
export type WorklogEntry = v.InferOutput<typeof entrySchema>;
export type Worklog = v.InferOutput<typeof worklogSchema>;

export const emptyWorklog: Worklog = { tool: "otp-audit", format: FORMAT, entries: [] };
export const readWorklog = (text: string, path: string): Worklog | { readonly wrong: string } => readStored(worklogSchema, text, path);

/** A worklog with one decision more; an earlier one on the same finding is replaced. */
export const withEntry = (worklog: Worklog, entry: WorklogEntry): Worklog => ({ ...worklog, entries: [...worklog.entries.filter(({ fingerprint }) => fingerprint !== entry.fingerprint), entry].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1)) });

export const worklogText = ({ entries }: Worklog): string => `{\n  "tool": "otp-audit",\n  "format": ${FORMAT},\n  "entries": [${entries.length === 0 ? "" : `\n${entries.map((entry) => `    ${JSON.stringify(entry)}`).join(",\n")}\n  `}]\n}\n`;

function readStored<T extends { readonly format: number }>(schema: v.GenericSchema<unknown, T>, text: string, path: string): T | { readonly wrong: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { wrong: `${path} is not JSON, perhaps after a merge conflict, and does not count. Restore it from git, or delete it.` };
  }
  const read = v.safeParse(schema, raw);
  if (!read.success) return { wrong: `${path} is not a file of OTP Audit's history and does not count.` };
  return read.output.format > FORMAT ? { wrong: `${path} was written by a newer OTP Audit and does not count here. Update OTP Audit.` } : read.output;
}

/** What became of an earlier run's findings. */
export const changesSince = (run: Run, result: ScanResult): { readonly since: string; readonly comparison: Comparison } => ({
  since: `the audit of ${run.date.slice(0, 10)}${run.commit === null ? "" : ` at commit ${run.commit.id.slice(0, 12)}`}`,
  comparison: compared(run.findings, { ...result, findings: [...result.findings, ...(result.known ?? [])] }),
});

/** Two kept audits: what the later one no longer has, has besides, and still has. Without the code, by fingerprint alone. */
export function changesBetween(earlier: Run, later: Run): RunComparison {
  const before = new Set(earlier.findings.map(({ fingerprint }) => fingerprint));
  const after = new Set(later.findings.map(({ fingerprint }) => fingerprint));
  const named = (run: Run): string => `${run.date.slice(0, 16).replace("T", " ")}${run.commit === null ? "" : ` (${run.commit.id.slice(0, 10)})`}`;
  return {
    earlier: named(earlier),
    later: named(later),
    gone: earlier.findings.filter(({ fingerprint }) => !after.has(fingerprint)),
    added: later.findings.filter(({ fingerprint }) => !before.has(fingerprint)),
    remaining: later.findings.filter(({ fingerprint }) => before.has(fingerprint)).length,
    rulesChanged: earlier.rules.join() !== later.rules.join(),
  };
}

/** A decision beside what the analysis sees now. */
export type CheckedEntry = WorklogEntry & { readonly verdict: "holds" | "contradicted" | "still detected" | "no longer detected" };

/** Re-checks every decision: FIXED is contradicted when the finding is still there. */
export function checkedEntries(worklog: Worklog, result: ScanResult): readonly CheckedEntry[] {
  const present = new Set([...result.findings, ...(result.known ?? []), ...(result.suppressed ?? [])].map(({ fingerprint }) => fingerprint));
  return worklog.entries.map((entry) => {
    const isThere = present.has(entry.fingerprint);
    if (entry.status === "fixed") return { ...entry, verdict: isThere ? "contradicted" : "holds" };
    return { ...entry, verdict: isThere ? "still detected" : "no longer detected" };
  });
}

/** Runs as points of a trend, oldest first, at most `most`. */
export const trendOf = (runs: readonly Run[], most = 12) =>
  runs.slice(-most).map(({ date, findings }) => {
    const count = (severity: Remembered["severity"]): number => findings.filter((finding) => finding.severity === severity).length;
    return { label: date.slice(5, 10), critical: count("critical"), high: count("high"), medium: count("medium"), low: count("low") };
  });
