import { families, type Finding, type ScanResult } from "../engine/finding.ts";
import { escapeHtml } from "./escape-html.ts";

/**
 * JUnit XML: one suite per family, one failing case per finding; what a person has to judge is a skipped case. A family
 * without findings has one case that passes. Names are unique, since readers merge cases of one name.
 */
export function junitReport(result: ScanResult): string {
  const suites = families.map((family) => suiteOf(family, result.findings.filter((finding) => finding.family === family)));
  const tests = suites.reduce((sum, suite) => sum + suite.tests, 0);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="OTP Audit" tests="${tests}" failures="${result.findings.filter(isFailure).length}" errors="0" time="0">\n${suites.map(({ text }) => text).join("\n")}\n</testsuites>\n`;
}

const isFailure = ({ confidence }: Finding): boolean => confidence !== "review";

function suiteOf(family: string, findings: readonly Finding[]): { readonly tests: number; readonly text: string } {
  const cases = findings.map((finding) => {
    const { file, startLine, startColumn, rule, message, severity, evidence } = finding;
    const detail = escapeHtml([`${file}:${startLine}`, ...evidence].join("\n"));
    const outcome = isFailure(finding) ? `<failure type="${severity}" message="${escapeHtml(message)}">${detail}</failure>` : `<skipped type="review" message="${escapeHtml(message)}">${detail}</skipped>`;
    return `    <testcase name="${escapeHtml(`${rule} at ${file}:${startLine}:${startColumn}`)}" classname="otp-audit.${family}" time="0">\n      ${outcome}\n    </testcase>`;
  });
  if (cases.length === 0) cases.push(`    <testcase name="no findings" classname="otp-audit.${family}" time="0"/>`);
  const failures = findings.filter(isFailure).length;
  return { tests: cases.length, text: `  <testsuite name="${family}" tests="${cases.length}" failures="${failures}" errors="0" skipped="${findings.length - failures}" time="0">\n${cases.join("\n")}\n  </testsuite>` };
}
