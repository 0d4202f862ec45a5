import { type Finding, type ScanResult, severities } from "../engine/finding.ts";
import { type Block, heading, type Inline, list, numbered, paragraph, type Piece, table } from "./document.ts";
import { type Effort, effortText, sumOf, totalOf } from "./effort.ts";
import { anchorOf, linkTo, titleOf } from "./finding-entry.ts";
import type { ReportOptions } from "./parts.ts";
import { type Group, recommendationsOf } from "./recommendations.ts";
import { plural } from "./statistics.ts";

const SHOWN = 5;

/** What to do first, what is quickly done, and what the families that spoke say of the architecture. */
export function recommendationBlocks(groups: readonly Group[], numbers: ReadonlyMap<Finding, number>, options: ReportOptions): readonly Block[] {
  if (groups.length === 0) return [];
  const { inOrder, quickWins, hints } = recommendationsOf(groups);
  const number = (finding: Finding): Piece => ({ link: `no. ${numbers.get(finding) ?? 0}`, to: `#${anchorOf(finding)}` });
  const item = ({ title, anchor, severity, findings, effort, fanIn }: Group): Inline => [
    { link: title, to: `#${anchor}` },
    `: ${findings.length} ${severity}, ${effortText(effort)}${fanIn === undefined || fanIn < 2 ? "" : `, called from up to ${plural(fanIn, "other module")}`} (`,
    ...findings.slice(0, SHOWN).flatMap((finding, index): Piece[] => [...(index === 0 ? [] : [", "]), number(finding)]),
    findings.length > SHOWN ? ", …)" : ")",
  ];
  return [
    heading(2, "Recommendations"),
    ...(inOrder.length === 0 ? [paragraph("Nothing is critical or high; the findings can be taken in any order.")] : [paragraph(`In this order: all that is critical, then what is high; ${options.fanIn === undefined ? "" : "code that more modules call comes first, then "}what occurs more often${options.fanIn === undefined ? " comes first" : ""}.`), numbered(inOrder.map(item))]),
    heading(3, "Quick wins"),
    ...(quickWins.length === 0
      ? [paragraph("None: no proven finding has a mechanical fix of 15 minutes or less.")]
      : [paragraph("Proven, with a mechanical fix of 15 minutes or less:"), list(quickWins.map((finding): Inline => [number(finding), ", ", linkTo(finding.file, finding.startLine, options), ` ${titleOf(finding, options.rules)}: ${finding.fix?.title ?? ""}`]))]),
    ...(hints.length === 0 ? [] : [heading(3, "Architecture"), paragraph("Only from families of rules that spoke:"), list(hints)]),
  ];
}

/** One model for every sum, so that parts and total agree. */
export function effortBlocks(groups: readonly Group[]): readonly Block[] {
  if (groups.length === 0) return [];
  const row = (label: string, chosen: readonly Group[], effort: Effort): readonly string[] => [label, String(chosen.length), String(chosen.reduce((sum, { findings }) => sum + findings.length, 0)), effortText(effort)];
  return [
    heading(2, "Effort"),
    paragraph("An estimate, not measured. The first finding of a kind counts in full by how its fix is made (a mechanical edit 5, an edit with a choice 15, by hand 25, planned steps 120 minutes), each further one 30 %; a module with a plan counts an hour for ten functions that move; the range is half to double. What is left to review is not included."),
    table("Estimated effort", ["severity", "kinds", "findings", "effort"], [...bySeverity(groups).map(({ severity, chosen, effort }) => row(severity, chosen, effort)), row("all", groups, effortOfAll(groups))], [1, 2]),
  ];
}

const bySeverity = (groups: readonly Group[]) =>
  severities
    .map((severity) => ({ severity, chosen: groups.filter((group) => group.severity === severity) }))
    .filter(({ chosen }) => chosen.length > 0)
    .map(({ severity, chosen }) => ({ severity, chosen, effort: sumOf(chosen.map(({ effort }) => effort)) }));

const effortOfAll = (groups: readonly Group[]): Effort => totalOf(bySeverity(groups).map(({ effort }) => effort));

/** What the analysis does not see, what was not run, and what it could not read. */
export function limitBlocks(result: ScanResult, { rules, wrong = [], commands = [], changes }: ReportOptions): readonly Block[] {
  const off = rules.filter(({ id }) => !result.rules.includes(id)).map(({ id }) => id);
  return [
    heading(2, "Limits"),
    list([
      "The analysis reads source and runs nothing of the project. It does not see what macros outside this workspace add, calls through variables, other applications, and generated code.",
      "Supervision trees and habits are counted as the source writes them; children and names computed at run time are not followed.",
      off.length === 0 ? "All rules ran." : `Rules that did not run: ${off.join(", ")}.`,
      ...(result.minConfidence === undefined ? [] : [`Findings less sure than ${result.minConfidence} were left out, at least in some files.`]),
      ...(changes === undefined ? ["No earlier audit was compared: otp-audit scan --record keeps one."] : []),
      commands.length === 0 ? "No command was run for this report." : `Commands run for this report: ${commands.map((command) => `\`${command}\``).join(", ")}.`,
      ...wrong,
      ...result.problems.map(({ message }) => message),
    ]),
  ];
}

/** Counts, total effort, next action. */
export function closingBlocks(result: ScanResult, groups: readonly Group[]): readonly Block[] {
  const all = groups.reduce((sum, { findings }) => sum + findings.length, 0);
  const [next] = recommendationsOf(groups).inOrder;
  const action = next === undefined ? (all === 0 ? "nothing is urgent; keep this audit, so that the next one can be compared" : "take the findings in any order") : `"${next.title}", ${next.findings.length} ${next.severity}, ${effortText(next.effort)}`;
  return [
    heading(2, "Summary"),
    list([`Proven or likely: ${plural(all, "finding")} of ${plural(groups.length, "kind")}; to review: ${result.findings.length - all}`, `Estimated effort: ${all === 0 ? "none" : effortText(effortOfAll(groups))}`, `Next: ${action}`]),
  ];
}
