import * as v from "valibot";
import { type Comparison, compared, laterRun, type Look, type Remembered, remembered } from "../engine/comparison.ts";
import { confidences, type ScanResult } from "../engine/finding.ts";
import type { RunComparison } from "../report/comparison.ts";
import type { Decision } from "../report/parts.ts";
import { hashOf } from "../text/hash.ts";
import { rememberedSchema } from "./baseline.ts";

/** Folder of a workspace that keeps audits: plain JSON, made for git. */
export const HISTORY_FOLDER = ".otp_audit";
export const RUNS_FOLDER = `${HISTORY_FOLDER}/runs`;
export const WORKLOG_FILE = `${HISTORY_FOLDER}/worklog.json`;
const FORMAT = 1;

const commitSchema = v.object({ id: v.string(), isDirty: v.boolean() });
const runSchema = v.object({ tool: v.literal("otp-audit"), format: v.number(), date: v.string(), commit: v.nullable(commitSchema), version: v.string(), rules: v.array(v.string()), scanned: v.number(), minConfidence: v.optional(v.picklist(confidences)), findings: v.array(rememberedSchema) });

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
  ...(result.minConfidence === undefined ? {} : { minConfidence: result.minConfidence }),
  findings: [...result.findings, ...(result.known ?? [])].map(remembered),
});

/** File name of a run: sorts by time; two runs of one moment differ by their content. */
export const runFileOf = (run: Run): string => `${run.date.replaceAll(":", "-")}-${run.commit === null ? "" : `${run.commit.id.slice(0, 10)}-`}${hashOf(runText(run)).slice(-6)}.json`;

/** A run as text: one line per finding. */
export function runText({ findings, ...rest }: Run): string {
  const head = JSON.stringify(rest, undefined, 2).replace(/\n}$/, "");
  return `${head},\n  "findings": [${findings.length === 0 ? "" : `\n${findings.map((finding) => `    ${JSON.stringify(finding)}`).join(",\n")}\n  `}]\n}\n`;
}

/** A stored run, or a sentence on why it does not count. */
export const readRun = (text: string, path: string): Run | { readonly wrong: string } => readStored(runSchema, text, path);

export const statuses = ["fixed", "accepted", "false-positive", "later"] as const;
export type Status = (typeof statuses)[number];

const entrySchema = v.object({ ...rememberedSchema.entries, status: v.picklist(statuses), reason: v.string(), author: v.string(), date: v.string() });
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

/** What became of the findings of the last run, and which new ones an earlier run had already: they came back. */
export type Changes = { readonly since: string; readonly comparison: Comparison; readonly regressed: ReadonlyMap<string, string>; readonly otherRules?: string };

/**
 * The runs before this one, oldest first: an audit of the same commit that found the same is this one, kept already, and says
 * nothing of what changed. When nothing else is kept it stays.
 */
export function runsBefore(runs: readonly Run[], result: ScanResult, commit: { readonly id: string } | undefined): readonly Run[] {
  const found = printsOf([...result.findings, ...(result.known ?? [])]);
  const isThis = (run: Run): boolean => run.commit !== null && run.commit.id === commit?.id && differenceIn(run, result) === undefined && printsOf(run.findings) === found;
  const before = runs.slice(0, runs.findLastIndex((run) => !isThis(run)) + 1);
  return before.length === 0 ? runs : before;
}

const printsOf = (findings: readonly { readonly fingerprint: string }[]): string => findings.map(({ fingerprint }) => fingerprint).sort().join();

/** Compares with the last of some runs, oldest first; undefined when there is none. */
export function changesSince(runs: readonly Run[], result: ScanResult, look: Look): Changes | undefined {
  const last = runs.at(-1);
  if (last === undefined) return undefined;
  const comparison = compared(last.findings, laterRun(result), look);
  const seen = new Map(runs.slice(0, -1).flatMap((run) => run.findings.map(({ fingerprint }) => [fingerprint, nameOf(run)] as const)));
  const difference = differenceIn(last, result);
  return { since: nameOf(last), comparison, regressed: new Map(comparison.added.flatMap(({ fingerprint }) => (seen.has(fingerprint) ? [[fingerprint, seen.get(fingerprint) ?? ""]] : []))), ...(difference === undefined ? {} : { otherRules: difference }) };
}

/** Why two audits do not see the same, in words: another version of the tool, or other rules asked for. */
function differenceIn(earlier: Pick<ScanResult, "version" | "rules">, later: Pick<ScanResult, "version" | "rules">): string | undefined {
  if (earlier.version !== later.version) return `That audit was made by OTP Audit ${earlier.version}, this one by ${later.version}`;
  return earlier.rules.join() === later.rules.join() ? undefined : `That audit ran other rules (${earlier.rules.length}, now ${later.rules.length})`;
}

const nameOf = (run: Run): string => `the audit of ${run.date.slice(0, 10)}${run.commit === null ? "" : ` at commit ${run.commit.id.slice(0, 12)}${run.commit.isDirty ? ", with uncommitted changes" : ""}`}`;

const placeOf = ({ file, module, function: name }: Remembered): string => `${file}\n${module}\n${name}`;

/** Two kept audits, the code of neither at hand: only a function with findings in both is known to stand in both. */
export function changesBetween(earlier: Run, later: Run): RunComparison {
  const named = (run: Run): string => `${run.date.slice(0, 16).replace("T", " ")}${run.commit === null ? "" : ` (${run.commit.id.slice(0, 10)})`}, ${run.scanned} files`;
  const places = new Set(later.findings.map(placeOf));
  const look: Look = (item) => (places.has(placeOf(item)) ? "read" : "gone");
  const found = { findings: later.findings, suppressed: [], rules: later.rules, least: later.minConfidence ?? "review" } as const;
  return { earlier: named(earlier), later: named(later), rulesChanged: differenceIn(earlier, later) !== undefined, comparison: compared(earlier.findings, found, look) };
}

/** Re-checks every decision against what the analysis sees now: a fix that is still detected is contradicted. */
export const checkedEntries = (worklog: Worklog, result: ScanResult, look: Look): readonly Decision[] => worklog.entries.map((entry) => ({ ...entry, ...verdictOn(entry, laterRun(result), look) }));

function verdictOn(entry: WorklogEntry, now: ReturnType<typeof laterRun>, look: Look): Pick<Decision, "verdict" | "now"> {
  const { remaining, moved, changed, replaced, silenced, skipped, ambiguous, unknown } = compared([entry], now, look);
  const still = entry.status === "fixed" ? "contradicted: still detected" : "re-check: still detected";
  const [there] = remaining;
  if (there !== undefined) return { verdict: still, now: there };
  const [move] = moved;
  if (move !== undefined) return { verdict: `${still} after a rename`, now: move.to };
  const [edit] = changed;
  if (edit !== undefined) return { verdict: `${still} in the same function, over edited code`, now: edit.to };
  const [other] = replaced;
  if (other !== undefined) return { verdict: `not detected; \`${other.by.rule}\` speaks in the same function`, now: other.by };
  if (silenced.length > 0) return { verdict: "switched off by comment or configuration" };
  if (skipped.length > 0) return { verdict: "not detected, but its test is skipped now" };
  if (ambiguous.length > 0) return { verdict: "undecided: several places could be this one" };
  if (unknown.length > 0) return { verdict: "not checked: its file was not read whole, or its rule did not run" };
  return { verdict: entry.status === "fixed" ? "holds: not detected" : "re-check: not detected any more" };
}

/** Runs as points of a trend, oldest first, at most `most`. */
export const trendOf = (runs: readonly Run[], most = 12) =>
  runs.slice(-most).map(({ date, commit, findings }) => ({ label: date.slice(5, 10), run: `${date.slice(0, 10)}${commit === null ? "" : ` at ${commit.id.slice(0, 12)}`}`, ...countsIn(findings) }));

/** How many findings of each severity there are, those to review included. */
export function countsIn(findings: readonly Pick<Remembered, "severity">[]): Readonly<Record<Remembered["severity"], number>> {
  const counts = { critical: 0, high: 0, medium: 0, low: 0 };
  for (const { severity } of findings) counts[severity]++;
  return counts;
}
