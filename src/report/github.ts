import type { ScanResult, Severity } from "../engine/finding.ts";
import { summaryOf } from "./outline.ts";

const levelOf: Readonly<Record<Severity, string>> = { critical: "error", high: "error", medium: "warning", low: "notice" };

/** Workflow commands that GitHub Actions turns into annotations on the changed files, and a last line for the log. */
export function githubReport(result: ScanResult): string {
  const lines = result.findings
    .filter(({ confidence }) => confidence !== "review")
    .map(({ severity, file, startLine, startColumn, endLine, endColumn, rule, message }) => {
      // GitHub shows columns only for places on one line.
      const columns = startLine === endLine ? `,col=${startColumn},endColumn=${endColumn}` : "";
      return `::${levelOf[severity]} file=${property(file)},line=${startLine},endLine=${endLine}${columns},title=${property(`OTP Audit: ${rule}`)}::${value(message)}`;
    });
  const problems = result.problems.map(({ message }) => `::warning title=OTP Audit::${value(message)}`);
  return `${[...lines, ...problems, summaryOf(result)].join("\n")}\n`;
}

const value = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => value(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
