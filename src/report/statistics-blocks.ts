import { type ScanResult, severities } from "../engine/finding.ts";
import { type Block, heading, list, table } from "./document.ts";
import type { ReportOptions } from "./parts.ts";
import type { Group } from "./recommendations.ts";
import { familyRows, folderRows, plural, severityRows, shareText } from "./statistics.ts";

/** Counts with their denominators, as tables and as charts of the same figures. */
export function statisticsBlocks(result: ScanResult, groups: readonly Group[], { tests, scanned = [], trend = [] }: ReportOptions): readonly Block[] {
  const { files, findings } = result;
  const sure = groups.flatMap((group) => group.findings);
  const withGrave = new Set(sure.filter(({ severity }) => severity === "critical" || severity === "high").map(({ file }) => file)).size;
  const families = familyRows(findings);
  const folders = folderRows(scanned, findings);
  const others = [result.known === undefined ? "" : `${plural(result.known.length, "more finding")} known from the baseline`, result.suppressed === undefined ? "" : `${plural(result.suppressed.length, "more finding")} switched off by comment or configuration`].filter((part) => part !== "");
  return [
    heading(2, "Statistics"),
    list([
      `Files scanned: ${files.scanned}; with at least one finding: ${shareText(files.withFindings, files.scanned)}; with a critical or high one: ${shareText(withGrave, files.scanned)}`,
      `Files that did not parse completely: ${shareText(files.parseErrors, files.scanned)}; left out: ${files.skipped}`,
      `Rules run: ${result.rules.length}; with findings: ${shareText(new Set(findings.map(({ rule }) => rule)).size, result.rules.length)}`,
      `Findings: ${findings.length}, of which proven or likely: ${shareText(sure.length, findings.length)}, of ${plural(groups.length, "kind")} (a rule at one severity); to review: ${findings.length - sure.length}${others.length === 0 ? "" : `. Besides: ${others.join(", ")}`}`,
      ...(tests === undefined ? [] : [`Tests in source: ${plural(tests.tests, "test")} in ${plural(tests.files, "file")}${tests.folders.length < 2 ? "" : ` (${tests.folders.map(({ folder, count }) => `${folder} ${count}`).join(", ")})`}, ${tests.skipped.length} skipped by tag. Waits in them: ${tests.waits.length === 0 ? "none" : tests.waits.map(({ how, count }) => `${how} ${count}`).join(", ")}`]),
      "Test suite and Dialyzer: not run",
    ]),
    table("Findings by severity", ["severity", "kinds", "proven", "likely", "proven or likely", "to review"], severityRows(findings, groups), [1, 2, 3, 4, 5]),
    { kind: "bars", title: "Proven and likely findings by severity", bars: severities.map((severity) => ({ label: severity, value: sure.filter((finding) => finding.severity === severity).length, tone: severity })) },
    ...(folders.length < 2 ? [] : [table("Findings by folder", ["folder", "files", "with findings", "critical or high", "proven or likely", "to review"], folders, [1, 2, 3, 4, 5])]),
    ...(families.length === 0 ? [] : [table("Findings by family, those to review included", ["family", "findings"], families.map(({ label, value }) => [label, String(value)]), [1]), { kind: "bars", title: "Findings by family", bars: families } as const]),
    ...(groups.length === 0 ? [] : [table("Proven and likely findings by rule", ["rule", "severity", "findings", "what"], groups.map(({ rule, anchor, severity, findings: found, title }) => [[{ code: rule }], severity, String(found.length), [{ link: title, to: `#${anchor}` }]]), [2])]),
    ...(trend.length < 2 ? [] : [{ kind: "trend", title: "Findings over the last audits, those to review included", points: trend.map(({ label, ...counts }) => ({ label, parts: severities.map((severity) => ({ label: severity, value: counts[severity], tone: severity })) })) } as const, table("Findings over the last audits", ["audit", ...severities], trend.map((point) => [point.run, ...severities.map((severity) => String(point[severity]))]), [1, 2, 3, 4])]),
  ];
}
