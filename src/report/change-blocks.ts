import type { ScanResult } from "../engine/finding.ts";
import { type Block, heading, type Inline, paragraph, table } from "./document.ts";
import { linkTo } from "./finding-entry.ts";
import type { ReportOptions } from "./parts.ts";

/** Decisions that people wrote down, each beside what this run sees: a fix that is still detected is contradicted. */
export function decisionBlocks({ decisions = [] }: ReportOptions): readonly Block[] {
  if (decisions.length === 0) return [];
  return [heading(2, "Worklog"), table("Decisions", ["status", "rule", "place", "reason", "by", "now"], decisions.map(({ status, rule, place, reason, author, date, verdict }) => [status, [{ code: rule }], place, reason, `${author}, ${date.slice(0, 10)}`, verdict]))];
}

/** What became of the findings of the last audit; absent when there was none to compare with. */
export function changeBlocks(result: ScanResult, options: ReportOptions): readonly Block[] {
  if (options.changes === undefined) return [];
  const { since, comparison } = options.changes;
  const { added, remaining, moved, changed, fixed, replaced, ambiguous, unknown } = comparison;
  const was = (rule: string, file: string, line: number): readonly Inline[] => [[{ code: rule }], `${file}:${line}`];
  const now = (file: string, line: number): Inline => [linkTo(file, line, options)];
  const rows: (readonly Inline[])[] = [
    ...fixed.map((item) => ["fixed", ...was(item.rule, item.file, item.line), "no finding of the rule in this function any more"]),
    ...replaced.map(({ from, by }) => ["replaced", ...was(from.rule, from.file, from.line), [{ code: by.rule }, " now speaks in the same function: ", ...[now(by.file, by.startLine)].flat()]]),
    ...changed.map(({ from, to }) => ["still there", ...was(from.rule, from.file, from.line), ["the code was edited, the rule still speaks: ", ...[now(to.file, to.startLine)].flat()]]),
    ...moved.map(({ from, to }) => ["moved", ...was(from.rule, from.file, from.line), ["now at ", ...[now(to.file, to.startLine)].flat()]]),
    ...ambiguous.map((item) => ["ambiguous", ...was(item.rule, item.file, item.line), "several places could be this one, so nothing is claimed"]),
    ...unknown.map((item) => ["not known", ...was(item.rule, item.file, item.line), result.rules.includes(item.rule) ? "its file was not read or did not parse" : "its rule did not run"]),
    ...added.map((finding) => ["new", [{ code: finding.rule }], now(finding.file, finding.startLine), finding.message]),
  ];
  return [
    heading(2, "Since the last audit"),
    paragraph(`Compared with ${since}: ${fixed.length} fixed, ${replaced.length} replaced by another finding, ${moved.length} moved, ${remaining.length + changed.length} still there, ${added.length} new${ambiguous.length + unknown.length === 0 ? "" : `, ${ambiguous.length + unknown.length} undecided`}.`),
    ...(rows.length === 0 ? [] : [table("Changes", ["status", "rule", "place", "detail"], rows)]),
  ];
}
