import type { ScanResult, Severity } from "../engine/finding.ts";

const severityOf: Readonly<Record<Severity, string>> = { critical: "critical", high: "major", medium: "minor", low: "info" };

/** GitLab's code quality report. Fingerprints are unique, since GitLab merges equal ones; what is to review is no more than info. */
export function gitlabReport(result: ScanResult): string {
  const issues = result.findings.map(({ message, rule, fingerprint, severity, confidence, file, startLine, endLine }) => ({
    type: "issue",
    description: message,
    check_name: rule,
    categories: ["Bug Risk"],
    fingerprint,
    severity: confidence === "review" ? "info" : severityOf[severity],
    location: { path: file, lines: { begin: startLine, end: endLine } },
  }));
  return `${JSON.stringify(issues, undefined, 2)}\n`;
}
