import * as v from "valibot";
import { compared, type Remembered, remembered } from "../engine/comparison.ts";
import { type ScanResult, severities } from "../engine/finding.ts";

/** Where a project keeps its baseline, relative to its root. */
export const BASELINE_FILE = ".otp_audit_baseline.json";

export const rememberedSchema = v.object({ fingerprint: v.string(), rule: v.string(), severity: v.picklist(severities), file: v.string(), module: v.string(), function: v.string(), message: v.string(), line: v.number() });
const schema = v.object({ tool: v.literal("otp-audit"), format: v.number(), findings: v.array(rememberedSchema) });
const FORMAT = 1;

/** Entries of a baseline file, or a sentence on why it cannot be used. */
export type ReadBaseline = { readonly entries: readonly Remembered[] } | { readonly wrong: string };

export function readBaseline(text: string, path: string): ReadBaseline {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { wrong: `${path} is not JSON, perhaps after a merge conflict. Restore it from git, or delete it and run otp-audit baseline.` };
  }
  const read = v.safeParse(schema, raw);
  if (!read.success) return { wrong: `${path} is no baseline of OTP Audit. Restore it from git, or delete it and run otp-audit baseline.` };
  if (read.output.format > FORMAT) return { wrong: `${path} was written by a newer OTP Audit. Update OTP Audit; the file is left as it is.` };
  return { entries: read.output.findings };
}

/** A baseline as text made for git: one line per finding, sorted by file, rule and fingerprint. */
export function baselineText(entries: readonly Remembered[]): string {
  const key = ({ file, rule, fingerprint }: Remembered): string => `${file}\0${rule}\0${fingerprint}`;
  const lines = [...entries].sort((a, b) => (key(a) < key(b) ? -1 : 1)).map((entry) => `    ${JSON.stringify(entry)}`);
  return `{\n  "tool": "otp-audit",\n  "format": ${FORMAT},\n  "findings": [${lines.length === 0 ? "" : `\n${lines.join(",\n")}\n  `}]\n}\n`;
}

/** What a baseline says of a scan: the result with new findings only, and entries that are gone. */
export type Baselined = { readonly result: ScanResult; readonly fixed: readonly Remembered[]; readonly kept: readonly Remembered[] };

/** Parts known findings from new ones. Moved and edited code counts as known; what cannot be judged stays in the baseline. */
export function baselined(result: ScanResult, entries: readonly Remembered[]): Baselined {
  const { added, fixed, replaced, moved, changed, ambiguous, unknown } = compared(entries, result);
  const fresh = new Set(added);
  const known = result.findings.filter((finding) => !fresh.has(finding));
  const gone = [...fixed, ...replaced.map(({ from }) => from)];
  const renamed = new Map([...moved, ...changed].map(({ from, to }) => [from, remembered(to)]));
  const left = new Set([...gone, ...ambiguous, ...unknown]);
  const current = new Map(known.map((finding) => [finding.fingerprint, remembered(finding)]));
  const kept = entries.filter((entry) => !left.has(entry)).map((entry) => renamed.get(entry) ?? current.get(entry.fingerprint) ?? entry);
  return { result: { ...result, findings: added, known, files: { ...result.files, withFindings: new Set(added.map(({ file }) => file)).size } }, fixed: gone, kept: [...kept, ...ambiguous, ...unknown] };
}
