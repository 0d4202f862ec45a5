import type { Finding, ScanResult } from "../engine/finding.ts";

const columns = ["severity", "confidence", "rule", "family", "file", "startLine", "startColumn", "endLine", "endColumn", "module", "function", "message", "fingerprint"] as const satisfies readonly (keyof Finding)[];

/** Findings as CSV (RFC 4180) with a head line. Cells that a spreadsheet would run as a formula begin with an apostrophe. */
export const csvReport = (result: ScanResult): string => [columns.join(","), ...result.findings.map((finding) => columns.map((column) => cell(String(finding[column]))).join(","))].map((line) => `${line}\r\n`).join("");

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
