import * as v from "valibot";
import { compared, laterRun, type Look, lookAt, type Remembered } from "../engine/comparison.ts";
import { confidences, type ScanResult, severities } from "../engine/finding.ts";

/** Where a project keeps its baseline, relative to its root. */
export const BASELINE_FILE = ".otp_audit_baseline.json";

export const rememberedSchema = v.object({ fingerprint: v.string(), rule: v.string(), severity: v.picklist(severities), confidence: v.picklist(confidences), file: v.string(), module: v.string(), function: v.string(), message: v.string(), line: v.number() });
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

/** What a baseline says of a scan: the result with new findings only; entries that are fixed or switched off; entries that stay. */
export type Baselined = { readonly result: ScanResult; readonly gone: readonly Remembered[]; readonly kept: readonly Remembered[] };

/** Parts known findings from new ones. Moved and edited code counts as known; what cannot be judged stays in the baseline. */
export function baselined(result: ScanResult, entries: readonly Remembered[], look: Look = lookAt(result)): Baselined {
  const { added, remaining, moved, changed, ambiguous, unknown, ...rest } = compared(entries, laterRun(result), look);
  const fresh = new Set(added.map(({ fingerprint }) => fingerprint));
  const findings = result.findings.filter(({ fingerprint }) => fresh.has(fingerprint));
  const known = result.findings.filter(({ fingerprint }) => !fresh.has(fingerprint));
  const gone = [...rest.fixed, ...rest.removed, ...rest.skipped, ...rest.replaced.map(({ from }) => from), ...rest.silenced.map(({ from }) => from)].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  const kept = [...remaining, ...moved.map(({ to }) => to), ...changed.map(({ to }) => to), ...ambiguous, ...unknown];
  return { result: { ...result, findings, known, ...(gone.length === 0 ? {} : { gone }), files: { ...result.files, withFindings: new Set(findings.map(({ file }) => file)).size } }, gone, kept };
}
