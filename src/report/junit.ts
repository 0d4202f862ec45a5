import { families, type Finding, type ScanResult } from "../engine/finding.ts";
import { escapeHtml } from "./escape-html.ts";

/** JUnit XML: one suite per family, one failing case per finding; a family without findings has one case that passes. */
export function junitReport(result: ScanResult): string {
  const suites = families.map((family) => suiteOf(family, result.findings.filter((finding) => finding.family === family)));
  const tests = suites.reduce((sum, suite) => sum + suite.tests, 0);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="OTP Audit" tests="${tests}" failures="${result.findings.length}" errors="0" time="0">\n${suites.map(({ text }) => text).join("\n")}\n</testsuites>\n`;
}

function suiteOf(family: string, findings: readonly Finding[]): { readonly tests: number; readonly text: string } {
  const cases = findings.map(({ file, startLine, rule, message, severity, evidence }) => {
    const detail = [`${file}:${startLine}`, ...evidence].join("\n");
    return `    <testcase name="${escapeHtml(`${rule} at ${file}:${startLine}`)}" classname="otp-audit.${family}" file="${escapeHtml(file)}" line="${startLine}" time="0">\n      <failure type="${severity}" message="${escapeHtml(message)}">${escapeHtml(detail)}</failure>\n    </testcase>`;
  });
  if (cases.length === 0) cases.push(`    <testcase name="no findings" classname="otp-audit.${family}" time="0"/>`);
  return { tests: cases.length, text: `  <testsuite name="${family}" tests="${cases.length}" failures="${findings.length}" errors="0" skipped="0" time="0">\n${cases.join("\n")}\n  </testsuite>` };
}
