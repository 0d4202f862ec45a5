import type { Comparison, Remembered } from "../engine/comparison.ts";
import { type Block, heading, paragraph, table } from "./document.ts";
import { markdownOf } from "./markdown.ts";

/** Two kept audits of one project: labels, and what became of the findings of the earlier one. */
export type RunComparison = { readonly earlier: string; readonly later: string; readonly rulesChanged: boolean; readonly comparison: Comparison };

/** What differs between two kept audits, as Markdown. */
export function comparisonReport(project: string, { earlier, later, rulesChanged, comparison }: RunComparison): string {
  const { added, remaining, moved, changed, fixed, removed, skipped, replaced, ambiguous, unknown } = comparison;
  const gone = [...fixed, ...removed, ...skipped, ...replaced.map(({ from }) => from)];
  const rows = (items: readonly Remembered[]) => items.map(({ severity, rule, file, line, message }) => [severity, [{ code: rule }], `${file}:${line}`, message]);
  const part = (title: string, items: readonly Remembered[]): Block[] => (items.length === 0 ? [] : [heading(2, title), table(title, ["severity", "rule", "place", "finding"], rows(items))]);
  return markdownOf([
    heading(1, `Audits of ${project} compared`),
    paragraph(`${earlier} against ${later}: ${gone.length} gone, ${added.length} new, ${remaining.length + changed.length} in both, ${moved.length} moved${ambiguous.length === 0 ? "" : `, ${ambiguous.length} ambiguous`}${unknown.length === 0 ? "" : `, ${unknown.length} not checked by the later one`}. The code of neither is at hand, so fixed and deleted are one here.`),
    ...(rulesChanged ? [paragraph("The two ran with different rules or versions, so part of the difference may come from the rules.")] : []),
    ...part("Gone", gone),
    ...part("New", added),
    ...part("Moved", moved.map(({ to }) => to)),
    ...part("Ambiguous", ambiguous),
  ]);
}
