import type { ScanResult } from "../engine/finding.ts";
import { outlineOf, summaryOf } from "./outline.ts";

/** Marks a piece of terminal output; a plain terminal gets the text unchanged. */
export type Paint = (style: "bold" | "dim" | "critical" | "high" | "medium" | "low" | "review", text: string) => string;
export const plain: Paint = (_style, text) => text;

const codes = { bold: "1", dim: "2", critical: "1;31", high: "31", medium: "33", low: "36", review: "35" } as const;
export const coloured: Paint = (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m`;

/** Findings for a terminal, grouped by severity, with the path to each; then problems; then one sentence. */
export function textReport(result: ScanResult, paint: Paint = plain): string {
  const lines: string[] = [];
  for (const group of outlineOf(result.findings).groups) {
    lines.push(paint(group.id, `${group.label} (${group.findings.length})`), "");
    for (const { finding } of group.findings) {
      lines.push(`  ${paint("bold", `${finding.file}:${finding.startLine}:${finding.startColumn}`)} ${paint("dim", `${finding.rule}, ${finding.confidence}`)}`, `    ${finding.message}`);
      for (const related of finding.related) lines.push(paint("dim", `      ${related.file}:${related.startLine} ${related.message}`));
      if (finding.searched.length > 0) lines.push(paint("dim", `      Looked for: ${finding.searched.join("; ")}.`));
      if (finding.fix !== null) lines.push(`      Fix: ${finding.fix.title}.${finding.fix.ready === undefined ? "" : " A text edit is ready."}`);
      lines.push("");
    }
  }
  if (result.problems.length > 0) {
    lines.push(paint("bold", `Problems (${result.problems.length})`), "", ...result.problems.map((problem) => `  ${problem.message}`), "");
  }
  lines.push(summaryOf(result), "");
  return lines.join("\n");
}
