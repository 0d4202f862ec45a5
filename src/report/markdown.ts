import { type Finding, type ScanResult, type Severity, severities } from "../engine/finding.ts";
import type { RuleInfo } from "../engine/rule-info.ts";
import { summaryOf } from "./outline.ts";

/** Source lines of a place, for quoting; undefined when the file is not at hand. */
export type Quote = (file: string, fromLine: number, toLine: number) => readonly string[] | undefined;

export type ReportOptions = { readonly rules: readonly RuleInfo[]; readonly quote: Quote; readonly project: string;
  /** Address of a place; relative to the scanned folder when left out. Without an address the place is plain text. */
  readonly link?: (file: string, line: number) => string | undefined;
};

const LONGEST_QUOTE = 12;
const titles: Record<Severity, string> = { critical: "Critical findings", high: "High findings", medium: "Medium findings", low: "Low findings" };

/** The audit as Markdown: summary, statistics, findings by severity with place, code, impact and fix, then limits. */
export function markdownReport(result: ScanResult, options: ReportOptions): string {
  const sections = [`# OTP audit of ${options.project}`, "", summaryOf(result), "", ...statistics(result, options.rules)];
  let number = 0;
  for (const severity of severities) {
    const findings = result.findings.filter((finding) => finding.severity === severity && finding.confidence !== "review");
    if (findings.length === 0) continue;
    sections.push("", `## ${titles[severity]} (${findings.length})`);
    for (const finding of findings) sections.push("", ...section(finding, ++number, options));
  }
  const reviews = result.findings.filter((finding) => finding.confidence === "review");
  if (reviews.length > 0) {
    sections.push("", `## To review (${reviews.length})`, "", "A person has to judge these: part of what decides them is not in the source.");
    for (const finding of reviews) sections.push("", ...section(finding, ++number, options));
  }
  return `${[...sections, "", ...limits(result)].join("\n")}\n`;
}

function placeOf(file: string, line: number, link: NonNullable<ReportOptions["link"]>): string {
  const address = link(file, line);
  return address === undefined ? `\`${file}:${line}\`` : `[${file}:${line}](${address})`;
}

const relativeLink = (file: string, line: number): string => `${encodeURI(file)}#L${line}`;

function statistics(result: ScanResult, rules: readonly RuleInfo[]): string[] {
  const { files, findings } = result;
  const share = files.scanned === 0 ? 0 : Math.round((files.withFindings / files.scanned) * 100);
  const rows = severities.map((severity) => {
    const all = findings.filter((finding) => finding.severity === severity);
    return `| ${severity} | ${all.length} | ${all.filter((finding) => finding.confidence === "proven").length} | ${all.filter((finding) => finding.confidence === "likely").length} | ${all.filter((finding) => finding.confidence === "review").length} |`;
  });
  const byRule = [...new Set(findings.map((finding) => finding.rule))].map((id) => ({ id, count: findings.filter((finding) => finding.rule === id).length })).sort((a, b) => b.count - a.count || (a.id < b.id ? -1 : 1));
  return [
    "## Statistics", "",
    `- Files scanned: ${files.scanned}; with findings: ${files.withFindings} (${share} %); did not parse completely: ${files.parseErrors}; left out: ${files.skipped}`,
    `- Rules run: ${result.rules.length}; rules with findings: ${byRule.length}`, "",
    "| severity | findings | proven | likely | to review |", "| --- | ---: | ---: | ---: | ---: |", ...rows,
    ...(byRule.length === 0 ? [] : ["", "| rule | findings | what |", "| --- | ---: | --- |", ...byRule.map(({ id, count }) => `| \`${id}\` | ${count} | ${rules.find((rule) => rule.id === id)?.title ?? ""} |`)]),
  ];
}

function section(finding: Finding, number: number, { rules, quote, link = relativeLink }: ReportOptions): string[] {
  const rule = rules.find((candidate) => candidate.id === finding.rule);
  const lines = quote(finding.file, finding.startLine, Math.min(finding.endLine, finding.startLine + LONGEST_QUOTE - 1));
  return [
    `### ${number}. ${rule?.title ?? finding.rule}`, "",
    `${placeOf(finding.file, finding.startLine, link)}${finding.function === "" ? "" : ` in \`${finding.module === "" ? "" : `${finding.module}.`}${finding.function}\``} · \`${finding.rule}\` · ${finding.confidence}`, "",
    ...(lines === undefined ? [] : ["```elixir", ...lines, "```", ""]),
    finding.message, "",
    ...(rule === undefined ? [] : [`**Impact.** ${rule.doc.why}`, ""]),
    ...(finding.related.length === 0 ? [] : ["**Places**", "", ...finding.related.map((other) => `- ${placeOf(other.file, other.startLine, link)} ${other.message}`), ""]),
    ...(finding.evidence.length === 0 ? [] : [`**Evidence.** ${finding.evidence.join(" ")}`, ""]),
    ...(finding.searched.length === 0 ? [] : [`**Looked for.** ${finding.searched.join("; ")}.`, ""]),
    `**Fix.** ${finding.fix === null ? "" : `${finding.fix.title}. `}${rule?.doc.instead ?? ""}${rule?.doc.never === undefined ? "" : ` Never: ${rule.doc.never}`}`,
  ];
}

function limits(result: ScanResult): string[] {
  return [
    "## Limits", "",
    "The analysis reads source and runs nothing. It does not see what macros outside this workspace add, calls through variables, other applications, and generated code.",
    ...(result.problems.length === 0 ? [] : ["", ...result.problems.map((problem) => `- ${problem.message}`)]),
  ];
}
