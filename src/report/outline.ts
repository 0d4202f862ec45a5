import { type Finding, type ScanResult, type Severity, severities } from "../engine/finding.ts";

/** Findings as every face lists them: by severity, questions to a person apart. */
export type OutlineGroup = { readonly id: Severity | "review"; readonly label: string; readonly findings: readonly OutlineFinding[] };
export type OutlineFinding = { readonly finding: Finding; readonly label: string; readonly description: string };

export type Outline = { readonly groups: readonly OutlineGroup[]; readonly counts: Readonly<Record<Severity, number>> };

const title: Record<Severity, string> = { critical: "Critical", high: "High", medium: "Medium", low: "Low" };

/** Groups in order of severity, then those of confidence `review`; empty groups are left out. Counts leave reviews out, too. */
export function outlineOf(findings: readonly Finding[]): Outline {
  const sure = findings.filter((finding) => finding.confidence !== "review");
  const groups: OutlineGroup[] = severities.map((severity) => ({ id: severity, label: title[severity], findings: sure.filter((finding) => finding.severity === severity).map(outlineFinding) }));
  groups.push({ id: "review", label: "To review", findings: findings.filter((finding) => finding.confidence === "review").map(outlineFinding) });
  const count = (severity: Severity): number => sure.filter((finding) => finding.severity === severity).length;
  return { groups: groups.filter((group) => group.findings.length > 0), counts: { critical: count("critical"), high: count("high"), medium: count("medium"), low: count("low") } };
}

const outlineFinding = (finding: Finding): OutlineFinding => ({ finding, label: finding.message, description: `${finding.file}:${finding.startLine} · ${finding.rule}` });

/** One sentence on what was scanned and found. */
export function summaryOf(result: ScanResult): string {
  if (result.files.scanned === 0) return result.files.skipped === 0 ? "There are no Elixir files (.ex, .exs) here, so nothing was scanned." : "None of the Elixir files here could be scanned.";
  const { counts } = outlineOf(result.findings);
  const reviews = result.findings.filter((finding) => finding.confidence === "review").length;
  const parts = severities.filter((severity) => counts[severity] > 0).map((severity) => `${counts[severity]} ${severity}`);
  if (reviews > 0) parts.push(`${reviews} to review`);
  const files = `${result.files.scanned} ${result.files.scanned === 1 ? "file" : "files"}`;
  const known = result.known === undefined ? "" : ` ${result.known.length} known from the baseline ${result.known.length === 1 ? "is" : "are"} not shown.`;
  return `${parts.length === 0 ? `No ${result.known === undefined ? "" : "new "}findings in ${files}.` : `${parts.join(", ")} in ${result.files.withFindings} of ${files}.`}${known}`;
}
