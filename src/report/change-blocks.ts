import type { Remembered } from "../engine/comparison.ts";
import { type Block, heading, type Inline, list, paragraph, type Piece, table } from "./document.ts";
import { linkTo } from "./finding-entry.ts";
import type { Decision, ReportOptions } from "./parts.ts";
import { plural } from "./statistics.ts";

/** Decisions that people wrote down, each beside what this run sees: a fix that is still detected is contradicted. */
export function decisionBlocks(options: ReportOptions): readonly Block[] {
  const { decisions = [] } = options;
  if (decisions.length === 0) return [];
  const contradicted = decisions.filter(isContradicted);
  const rows = [...contradicted, ...decisions.filter((decision) => !isContradicted(decision))].map(({ fingerprint, status, rule, file, line, reason, author, date, verdict, now }): readonly Inline[] => [[{ code: fingerprint.slice(0, 8) }], status === "fixed" ? status : `skipped: ${status}`, [{ code: rule }], `${file}:${line}`, reason, `${author}, ${date.slice(0, 10)}`, [...stressed(verdict), ...(now === undefined ? [] : [": ", linkTo(now.file, now.line, options)])]]);
  return [
    heading(3, "Decisions"),
    paragraph(`${decisions.length} written down by people, each checked again by this run${contradicted.length === 0 ? "; none is contradicted" : `; ${contradicted.length} contradicted`}.`),
    table("Decisions", ["id", "status", "rule", "place", "reason", "by", "this run"], rows),
  ];
}

const CONTRADICTED = "contradicted";
const isContradicted = ({ verdict }: Decision): boolean => verdict.startsWith(CONTRADICTED);
const stressed = (verdict: string): readonly Piece[] => (verdict.startsWith(CONTRADICTED) ? [{ strong: CONTRADICTED }, verdict.slice(CONTRADICTED.length)] : [verdict]);

/** What became of the findings of the last audit; absent when there was none to compare with. */
export function changeBlocks(options: ReportOptions): readonly Block[] {
  if (options.changes === undefined) return [];
  const { since, comparison, regressed, changedBy, otherRules } = options.changes;
  const { added, remaining, moved, changed, fixed, removed, skipped, replaced, silenced, ambiguous, unknown } = comparison;
  const isNew = ({ fingerprint }: Remembered): boolean => !regressed.has(fingerprint);
  const at = ({ file, line }: Remembered): Piece => linkTo(file, line, options);
  const row = (status: string, { rule, fingerprint }: Remembered, place: Inline, detail: Inline): readonly Inline[] => [status, [{ code: rule }], place, detail, [{ code: fingerprint.slice(0, 8) }]];
  const was = (status: string, item: Remembered, detail: Inline): readonly Inline[] => row(status, item, `${item.file}:${item.line}`, detail);
  const commit = (item: Remembered): string => {
    const found = changedBy?.(item);
    if (found === "unchanged") return "; the line itself did not change";
    return found === undefined ? "" : `; the line changed in ${found.id.slice(0, 10)} (${found.title})`;
  };
  const rows: (readonly Inline[])[] = [
    ...fixed.map((item) => was("fixed", item, `no finding of the rule in ${item.function === "" ? "its place" : item.function} any more${commit(item)}`)),
    ...removed.map((item) => was("removed", item, `${item.function === "" ? "its code" : item.function} is gone${commit(item)}`)),
    ...skipped.map((item) => was("test skipped", item, `no finding of the rule in ${item.function} any more, but that test is skipped now, which fixes nothing${commit(item)}`)),
    ...replaced.map(({ from, by }) => was("replaced", from, [{ code: by.rule }, " now speaks in the same function: ", at(by), commit(from)])),
    ...silenced.map(({ from, reason }) => was("skipped", from, `switched off${reason === "" ? ", without a reason" : `: ${reason}`}`)),
    ...ambiguous.map((item) => was("ambiguous", item, "several places could be this one, so nothing is claimed")),
    ...unknown.map((item) => was("not checked", item, "its file was not read whole, its rule did not run, or only surer findings were asked for")),
    ...added.filter((item) => !isNew(item)).map((item) => row("regressed", item, [at(item)], `was there in ${regressed.get(item.fingerprint) ?? ""}, and not in the last; ${item.message}`)),
    ...added.filter(isNew).map((item) => row("new", item, [at(item)], item.message)),
    ...moved.map(({ from, to }) => was("moved", from, [...(to.function === from.function && to.module === from.module ? ["now at "] : ["now in ", { code: `${to.module}${to.module === "" || to.function === "" ? "" : "."}${to.function}` }, " at "]), at(to)])),
    ...changed.map(({ from, to }) => was("still there", from, ["over edited code: ", at(to)])),
  ];
  const counts = [
    [fixed.length, "fixed"], [removed.length, "gone with their code"], [skipped.length, "in tests that are skipped now"], [replaced.length, "replaced by another finding"], [silenced.length, "switched off"],
    [remaining.length + changed.length, "still there"], [moved.length, "moved"], [added.filter(isNew).length, "new"], [regressed.size, "regressed"], [ambiguous.length, "ambiguous"], [unknown.length, "not checked"],
  ] as const;
  const before = fixed.length + removed.length + skipped.length + replaced.length + silenced.length + remaining.length + changed.length + moved.length + ambiguous.length + unknown.length;
  return [
    heading(2, "Since the last audit"),
    paragraph(`Compared with ${since}, which had ${before} ${before === 1 ? "finding" : "findings"}: ${counts.filter(([count, word]) => count > 0 || word === "fixed" || word === "still there" || word === "new").map(([count, word]) => `${count} ${word}`).join(", ")}. Told by fingerprints of rule, module, function and code, never by commit messages.${otherRules === undefined ? "" : ` ${otherRules}, so part of the difference may come from the rules.`}`),
    ...(rows.length === 0 ? [] : [table("Changes", ["status", "rule", "place", "detail", "id"], rows)]),
  ];
}

/** Test files whose sleeps or skips changed since the last audit, and what stands in their place. */
export function testChangeBlocks({ testChanges, changes }: ReportOptions): readonly Block[] {
  if (testChanges === undefined || changes === undefined) return [];
  const removed = testChanges.reduce((sum, { inPlace }) => sum + inPlace.reduce((all, { count }) => all + count, 0), 0);
  const skipped = testChanges.reduce((sum, each) => sum + Math.max(0, each.skipped), 0);
  const row = ({ file, before, after, inPlace, skipped: skips }: (typeof testChanges)[number]): readonly string[] => [file, String(before), String(after), inPlace.map(({ how, count }) => `${count} ${how}`).join(", ") || "-", skips === 0 ? "0" : `${skips > 0 ? "+" : ""}${skips}`];
  return [
    heading(3, "Test modifications"),
    paragraph(testChanges.length === 0 ? `No test file lost or gained a sleep or a skip since ${changes.since}.` : `Since ${changes.since}: ${plural(testChanges.length, "test file")} with other sleeps or skips, ${plural(removed, "sleep")} removed, ${plural(skipped, "test")} newly skipped. A skipped test is no fixed one.`),
    ...(testChanges.length === 0 ? [] : [table("Test modifications", ["file", "sleeps before", "sleeps now", "in their place", "skips"], testChanges.map(row), [1, 2, 4])]),
  ];
}

/** What was switched off or built for the time being. */
export function reenableBlocks(options: ReportOptions): readonly Block[] {
  const { toReenable = [] } = options;
  if (toReenable.length === 0) return [];
  return [heading(3, "Needs re-enabling"), paragraph("Trees that differ by environment, marks of something temporary within 5 lines of a finding, and skipped tests:"), list(toReenable.map(({ file, line, note }): Inline => [linkTo(file, line, options), ` ${note}`]))];
}
