import { families, type Finding, type Severity, severities } from "../engine/finding.ts";
import type { Bar } from "./document.ts";

export const countsOf = (findings: readonly Finding[]): Readonly<Record<Severity, number>> => {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  return { critical: count("critical"), high: count("high"), medium: count("medium"), low: count("low") };
};

/** `11 of 390 (3 %)`; without a denominator there is no share. */
export const shareText = (part: number, whole: number): string => (whole === 0 ? String(part) : `${part} of ${whole} (${Math.round((part / whole) * 100)} %)`);

/** Per severity: kinds (rules), findings, and how sure they are. */
export function severityRows(findings: readonly Finding[]): readonly (readonly string[])[] {
  return severities.map((severity) => {
    const all = findings.filter((finding) => finding.severity === severity);
    const sure = (confidence: Finding["confidence"]): string => String(all.filter((finding) => finding.confidence === confidence).length);
    return [severity, String(new Set(all.map(({ rule }) => rule)).size), String(all.length), sure("proven"), sure("likely"), sure("review")];
  });
}

/** Families with findings, the largest first. */
export function familyRows(findings: readonly Finding[]): readonly Bar[] {
  return families
    .map((family) => ({ label: family, value: findings.filter((finding) => finding.family === family).length }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value || (a.label < b.label ? -1 : 1));
}
