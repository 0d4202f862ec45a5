import type { Remembered } from "../engine/comparison.ts";
import { type Block, heading, paragraph, table } from "./document.ts";
import { markdownOf } from "./markdown.ts";

/** Two kept audits of one project: labels, and findings as history remembers them. */
export type RunComparison = { readonly earlier: string; readonly later: string; readonly gone: readonly Remembered[]; readonly added: readonly Remembered[]; readonly remaining: number; readonly rulesChanged: boolean };

/** What differs between two kept audits, as Markdown. */
export function comparisonReport(project: string, { earlier, later, gone, added, remaining, rulesChanged }: RunComparison): string {
  const rows = (items: readonly Remembered[]) => items.map(({ severity, rule, file, line, message }) => [severity, [{ code: rule }], `${file}:${line}`, message]);
  const part = (title: string, items: readonly Remembered[]): Block[] => (items.length === 0 ? [] : [heading(2, title), table(title, ["severity", "rule", "place", "finding"], rows(items))]);
  return markdownOf([
    heading(1, `Audits of ${project} compared`),
    paragraph(`${earlier} against ${later}: ${gone.length} gone, ${added.length} new, ${remaining} in both. Code that was edited or moved counts as gone and new here.`),
    ...(rulesChanged ? [paragraph("The two ran with different rules, so part of the difference may come from the rules.")] : []),
    ...part("Gone", gone),
    ...part("New", added),
  ]);
}
