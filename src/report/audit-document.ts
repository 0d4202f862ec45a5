import { type Finding, type ScanResult, severities } from "../engine/finding.ts";
import { changeBlocks, decisionBlocks } from "./change-blocks.ts";
import { type Block, heading, type Inline, list, numbered, paragraph, table } from "./document.ts";
import { effortText, sumOf } from "./effort.ts";
import { entryOf, linkTo, titleOf } from "./finding-entry.ts";
import { countsOf, familyRows, severityRows, shareText } from "./statistics.ts";
import { moduleBlocks, practiceBlocks, sleepBlocks, supervisionBlocks } from "./survey-blocks.ts";
import type { ReportOptions } from "./parts.ts";
import { type Group, groupsOf, recommendationsOf } from "./recommendations.ts";

const titles = { critical: "Critical findings", high: "High findings", medium: "Medium findings", low: "Low findings" } as const;

/** The audit as a document: what was found, what it means, what to do, and what was not measured. */
export function auditDocument(result: ScanResult, options: ReportOptions): readonly Block[] {
  const sure = result.findings.filter(({ confidence }) => confidence !== "review");
  const reviews = result.findings.filter(({ confidence }) => confidence === "review");
  const groups = groupsOf(sure, options.rules);
  const numbers = new Map([...groups, ...groupsOf(reviews, options.rules)].flatMap(({ findings }) => findings).map((finding, index) => [finding, index + 1]));
  return [
    heading(1, `OTP audit of ${options.project}`),
    paragraph(origin(result, options)),
    heading(2, "Executive summary"),
    ...summary(result, sure, groups).map(paragraph),
    ...changeBlocks(result, options),
    ...decisionBlocks(options),
    ...statistics(result, groups, options),
    ...severities.flatMap((severity) => {
      const chosen = groups.filter((group) => group.severity === severity);
      if (chosen.length === 0) return [];
      return [heading(2, titles[severity]), ...chosen.flatMap((group) => groupBlocks(group, numbers, options))];
    }),
    ...(reviews.length === 0 ? [] : [heading(2, "To review"), paragraph("A person has to judge these: part of what decides them is not in the source."), ...groupsOf(reviews, options.rules).flatMap((group) => groupBlocks(group, numbers, options))]),
    ...moduleBlocks(options),
    ...supervisionBlocks(options),
    ...practiceBlocks(options),
    ...sleepBlocks(options),
    ...recommendations(groups, numbers, options),
    ...effortBlocks(groups),
    ...limits(result, options),
  ];
}

function origin(result: ScanResult, { commit, date, include = [], exclude = [] }: ReportOptions): Inline {
  const at = commit === undefined ? "commit not known" : `commit ${commit.id.slice(0, 12)}${commit.isDirty ? ", with uncommitted changes" : ""}`;
  const globs = `${include.length === 0 ? "all Elixir files" : `only ${include.join(", ")}`}${exclude.length === 0 ? "" : `, without ${exclude.join(", ")}`}`;
  return `${date === undefined ? "" : `${date}. `}Scanned: ${at}; ${globs}. By OTP Audit ${result.version} with ${result.rules.length} rules.`;
}

/** Three sentences made of counts. */
function summary(result: ScanResult, sure: readonly Finding[], groups: readonly Group[]): readonly string[] {
  const counts = countsOf(sure);
  const reviews = result.findings.length - sure.length;
  const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;
  const found = severities.filter((severity) => counts[severity] > 0).map((severity) => `${counts[severity]} ${severity}`);
  const first = found.length === 0 ? `No findings in ${plural(result.files.scanned, "file")}` : `${plural(sure.length, "finding")} of ${plural(groups.length, "kind")} (${found.join(", ")}) in ${result.files.scanned === 1 ? "the one file scanned" : `${plural(result.files.scanned, "file")}`}`;
  const inOrder = recommendationsOf(groups).inOrder;
  const graver = inOrder.reduce((sum, { findings }) => sum + findings.length, 0);
  const second = graver === 0 ? "None of them is critical or high." : `${graver} of them ${graver === 1 ? "is" : "are"} critical or high, ${inOrder[0] === undefined ? "" : `first of all: ${inOrder[0].title.charAt(0).toLowerCase()}${inOrder[0].title.slice(1)}`}.`;
  const third = reviews === 0 ? "Nothing is left to a person's judgement." : `${plural(reviews, "more place")} ${reviews === 1 ? "needs" : "need"} a person's judgement.`;
  return [`${first}. ${sure.length === 0 ? "" : `${second} `}${third}`];
}

function statistics(result: ScanResult, groups: readonly Group[], { rules, trend = [] }: ReportOptions): readonly Block[] {
  const { files, findings } = result;
  const byRule = groupsOf([...findings].sort((a, b) => (a.rule < b.rule ? -1 : 1)), rules);
  const families = familyRows(findings);
  return [
    heading(2, "Statistics"),
    list([
      `Files scanned: ${files.scanned}, of which with at least one finding: ${shareText(files.withFindings, files.scanned)}`,
      `Files that did not parse completely: ${shareText(files.parseErrors, files.scanned)}; left out: ${files.skipped}`,
      `Rules run: ${result.rules.length}, of which with findings: ${shareText(new Set(findings.map(({ rule }) => rule)).size, result.rules.length)}`,
      `Findings: ${findings.length} in ${groups.length} groups of one rule and severity${result.suppressed === undefined ? "" : `; switched off by comment or configuration: ${result.suppressed.length}`}`,
      "Tests and Dialyzer: not run",
    ]),
    table("Findings by severity", ["severity", "kinds", "findings", "proven", "likely", "to review"], severityRows(findings), [1, 2, 3, 4, 5]),
    { kind: "bars", title: "Findings by severity", bars: severities.map((severity) => ({ label: severity, value: findings.filter((finding) => finding.severity === severity).length, tone: severity })) },
    ...(families.length === 0 ? [] : [table("Findings by family", ["family", "findings"], families.map(({ label, value }) => [label, String(value)]), [1]), { kind: "bars", title: "Findings by family", bars: families } as const]),
    ...(byRule.length === 0 ? [] : [table("Findings by rule", ["rule", "severity", "findings", "what"], byRule.map(({ rule, severity, findings: found, title }) => [[{ code: rule }], severity, String(found.length), title]), [2])]),
    ...(trend.length < 2 ? [] : [{ kind: "trend", title: "Findings over the last audits", points: trend.map(({ label, ...counts }) => ({ label, parts: severities.map((severity) => ({ label: severity, value: counts[severity], tone: severity })) })) } as const]),
  ];
}

function groupBlocks(group: Group, numbers: ReadonlyMap<Finding, number>, options: ReportOptions): readonly Block[] {
  const { title, rule, findings, effort } = group;
  const info = options.rules.find(({ id }) => id === rule);
  return [
    heading(3, `${title} (${findings.length})`),
    paragraph([{ code: rule }, ` · ${findings[0]?.family ?? ""} · estimated effort ${effortText(effort)}`]),
    ...(info === undefined ? [] : [paragraph([{ strong: "Impact." }, ` ${info.doc.why}`])]),
    ...findings.map((finding) => entryOf(finding, numbers.get(finding) ?? 0, info, options)),
  ];
}

function recommendations(groups: readonly Group[], numbers: ReadonlyMap<Finding, number>, options: ReportOptions): readonly Block[] {
  if (groups.length === 0) return [];
  const { inOrder, quickWins, hints } = recommendationsOf(groups);
  const item = ({ title, severity, findings, effort }: Group): Inline => `${title}: ${findings.length} ${severity}, ${effortText(effort)} (${findings.slice(0, 5).map((finding) => `no. ${numbers.get(finding) ?? 0}`).join(", ")}${findings.length > 5 ? ", …" : ""})`;
  return [
    heading(2, "Recommendations"),
    ...(inOrder.length === 0 ? [paragraph("Nothing is critical or high; the findings can be taken in any order.")] : [paragraph("In this order: all that is critical, then what is high, the most frequent first."), numbered(inOrder.map(item))]),
    heading(3, "Quick wins"),
    ...(quickWins.length === 0 ? [paragraph("None: no proven finding has an automatic fix of 15 minutes or less.")] : [list(quickWins.map((finding): Inline => [linkTo(finding.file, finding.startLine, options), ` ${titleOf(finding, options.rules)}: ${finding.fix?.title ?? ""}`]))]),
    ...(hints.length === 0 ? [] : [heading(3, "Architecture"), list(hints)]),
  ];
}

function effortBlocks(groups: readonly Group[]): readonly Block[] {
  if (groups.length === 0) return [];
  const rows = severities.flatMap((severity) => {
    const chosen = groups.filter((group) => group.severity === severity);
    return chosen.length === 0 ? [] : [[severity, String(chosen.length), String(chosen.reduce((sum, { findings }) => sum + findings.length, 0)), effortText(sumOf(chosen.map(({ effort }) => effort)))]];
  });
  const total = sumOf(groups.map(({ effort }) => effort));
  return [
    heading(2, "Effort"),
    paragraph("An estimate, not measured: the first finding of a kind counts in full by how its fix is made (automatic 5, guided 15, by hand 25, planned 120 minutes), each further one 30 %; the range is half to double. What is left to review is not included."),
    table("Estimated effort", ["severity", "kinds", "findings", "effort"], [...rows, ["all", String(groups.length), String(groups.reduce((sum, { findings }) => sum + findings.length, 0)), effortText(total)]], [1, 2]),
  ];
}

function limits(result: ScanResult, { rules }: ReportOptions): readonly Block[] {
  const off = rules.filter(({ id }) => !result.rules.includes(id)).map(({ id }) => id);
  return [
    heading(2, "Limits"),
    list([
      "The analysis reads source and runs nothing. It does not see what macros outside this workspace add, calls through variables, other applications, and generated code.",
      off.length === 0 ? "All rules ran." : `Rules that did not run: ${off.join(", ")}.`,
      ...result.problems.map(({ message }) => message),
    ]),
  ];
}
