import { families, type Finding, type Severity, severities } from "../engine/finding.ts";
import type { Bar } from "./document.ts";

export const countsOf = (findings: readonly Finding[]): Readonly<Record<Severity, number>> => {
  const count = (severity: Severity): number => findings.filter((finding) => finding.severity === severity).length;
  return { critical: count("critical"), high: count("high"), medium: count("medium"), low: count("low") };
};

/** `11 of 390 (3 %)`; without a denominator there is no share. Nothing but none is 0 %, and nothing but all is 100 %. */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return String(part);
  const rounded = Math.round((part / whole) * 100);
  const share = rounded === 0 && part > 0 ? "under 1" : rounded === 100 && part < whole ? "over 99" : String(rounded);
  return `${part} of ${whole} (${share} %)`;
}

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Per severity and in all: kinds (rules) of proven and likely findings, how sure they are, and how many are to review. */
export function severityRows(findings: readonly Finding[], groups: readonly { readonly severity: Severity }[]): readonly (readonly string[])[] {
  const row = (label: string, chosen: readonly Finding[], kinds: number): readonly string[] => {
    const count = (confidence: Finding["confidence"]): number => chosen.filter((finding) => finding.confidence === confidence).length;
    return [label, String(kinds), String(count("proven")), String(count("likely")), String(count("proven") + count("likely")), String(count("review"))];
  };
  return [...severities.map((severity) => row(severity, findings.filter((finding) => finding.severity === severity), groups.filter((group) => group.severity === severity).length)), row("all", findings, groups.length)];
}

/** Families with findings, the largest first. */
export function familyRows(findings: readonly Finding[]): readonly Bar[] {
  return families
    .map((family) => ({ label: family, value: findings.filter((finding) => finding.family === family).length }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value || (a.label < b.label ? -1 : 1));
}

/** The folder that a path lies in within the project: the first one, and an umbrella's app by its name. */
export const folderOf = (path: string): string => /^apps\/[^/]+(?=\/)|^[^/]+(?=\/)/.exec(path)?.[0] ?? "the top folder";

/** Folders with scanned files, those with most findings first: files, those with findings, and findings by how sure they are. */
export function folderRows(scanned: readonly string[], findings: readonly Finding[]): readonly (readonly string[])[] {
  const files = new Map<string, number>();
  for (const path of scanned) files.set(folderOf(path), (files.get(folderOf(path)) ?? 0) + 1);
  return [...files]
    .map(([folder, count]) => ({ folder, count, here: findings.filter(({ file }) => folderOf(file) === folder) }))
    .sort((a, b) => b.here.length - a.here.length || (a.folder < b.folder ? -1 : 1))
    .map(({ folder, count, here }) => {
      const sure = here.filter(({ confidence }) => confidence !== "review");
      const grave = sure.filter(({ severity }) => severity === "critical" || severity === "high");
      return [folder, count, new Set(here.map(({ file }) => file)).size, grave.length, sure.length, here.length - sure.length].map(String);
    });
}
