import { type ScanResult, severities } from "../engine/finding.ts";
import { hashOf } from "../text/hash.ts";
import { type Block, heading, list, paragraph } from "./document.ts";
import type { ReportOptions } from "./parts.ts";
import { type Group, recommendationsOf } from "./recommendations.ts";
import { countsOf, plural } from "./statistics.ts";

/** Title, origin and the executive summary. Only the line with the date differs between two runs on the same tree. */
export function openingBlocks(result: ScanResult, groups: readonly Group[], options: ReportOptions): readonly Block[] {
  const { project, date, commit, include = [], exclude = [], narrowed, rules } = options;
  const at = commit === undefined ? "not known (no git, or no commit yet)" : `${commit.id.slice(0, 12)}${commit.isDirty ? ", with uncommitted Elixir files" : ", no uncommitted Elixir files"}`;
  const ran = rules.filter(({ id }) => result.rules.includes(id));
  return [
    heading(1, `OTP audit of ${project}`),
    ...(date === undefined ? [] : [paragraph(`Date: ${date}`)]),
    list([
      `Commit: ${at}`,
      `Files: ${include.length === 0 ? "all Elixir files" : `only ${include.join(", ")}`}${exclude.length === 0 ? "" : `, without ${exclude.join(", ")}`}; what .gitignore names, deps and _build are left out`,
      ...(narrowed === undefined ? [] : [`Reported: only ${narrowed}; the comparison with earlier audits speaks of all findings`]),
      `By OTP Audit ${result.version}, ${plural(ran.length, "rule")}, rule set ${hashOf(JSON.stringify(ran)).slice(-8)}`,
    ]),
    heading(2, "Executive summary"),
    paragraph(summary(result, groups)),
  ];
}

/** Three sentences made of counts. */
function summary(result: ScanResult, groups: readonly Group[]): string {
  const sure = groups.flatMap(({ findings }) => findings);
  const counts = countsOf(sure);
  const reviews = result.findings.length - sure.length;
  const found = severities.filter((severity) => counts[severity] > 0).map((severity) => `${counts[severity]} ${severity}`);
  const files = result.files.scanned === 1 ? "the one file scanned" : `${new Set(sure.map(({ file }) => file)).size} of ${plural(result.files.scanned, "file")}`;
  const first = found.length === 0 ? `No proven or likely findings in ${plural(result.files.scanned, "file")}` : `${plural(sure.length, "finding")} of ${plural(groups.length, "kind")} (${found.join(", ")}) in ${files}`;
  const [urgent, ...others] = recommendationsOf(groups).inOrder;
  const graver = [urgent, ...others].reduce((sum, group) => sum + (group?.findings.length ?? 0), 0);
  const second = urgent === undefined ? "None of them is critical or high." : `${graver} of them ${graver === 1 ? "is" : "are"} critical or high; the first to take is "${urgent.title}" (${urgent.findings.length}).`;
  const third = reviews === 0 ? "Nothing is left to a person's judgement." : `${plural(reviews, sure.length === 0 ? "place" : "more place")} ${reviews === 1 ? "needs" : "need"} a person's judgement.`;
  return `${first}. ${sure.length === 0 ? "" : `${second} `}${third}`;
}
