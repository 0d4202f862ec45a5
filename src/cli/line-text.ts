import type { LineExplanation } from "../audit/explain.ts";
import type { ScanResult } from "../engine/finding.ts";
import { type Paint, textReport } from "../report/text.ts";

/** What `explain FILE:LINE` prints: findings, what is switched off, who runs the line, what its calls do, and why rules are silent. */
export function lineText({ findings, suppressed, place, dismissed }: LineExplanation, result: ScanResult, where: string, paint: Paint): string {
  const parts: string[] = [];
  if (findings.length > 0) parts.push(textReport({ ...result, findings, problems: [] }, paint));
  parts.push(...suppressed.map(({ rule, suppressed: why }) => `${rule} is switched off here by ${why?.by ?? "comment"}${why?.reason === undefined || why.reason === "" ? "" : `: ${why.reason}`}.\n`));
  if (findings.length + suppressed.length === 0) parts.push(`None of the ${result.rules.length} rules reports ${where}.\n`);
  if (place === undefined) parts.push("No function stands at this line.\n");
  else {
    parts.push(`\n${paint("bold", `${place.function} of ${place.module === "" ? "a script" : place.module}`)} runs\n${place.runs.map((run) => `  ${run}\n`).join("")}`);
    for (const { text, facts } of place.calls) parts.push(`\n${paint("bold", text)}\n${facts.map((fact) => `  ${fact}\n`).join("")}`);
  }
  if (dismissed.length > 0) parts.push(`\n${paint("bold", "Looked at and found right")}\n${dismissed.map(({ rule, because }) => `  ${rule}: ${because}.\n`).join("")}`);
  else if (findings.length + suppressed.length === 0) parts.push("\notp-audit explain RULE tells when a rule stays silent.\n");
  return parts.join("");
}
