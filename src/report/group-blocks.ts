import type { Finding, FixKind } from "../engine/finding.ts";
import type { RuleInfo } from "../engine/rule-info.ts";
import { type Block, heading, type Inline, paragraph } from "./document.ts";
import { effortText } from "./effort.ts";
import { entryOf } from "./finding-entry.ts";
import type { ReportOptions } from "./parts.ts";
import type { Group } from "./recommendations.ts";

/** What kind of work a fix is. */
export const fixWords: Readonly<Record<FixKind, string>> = { automatic: "a mechanical edit", guided: "an edit with a choice to make", plan: "in planned steps", none: "by hand" };

/** A rule in one severity: what its findings share, said once, then each of them. */
export function groupBlocks(group: Group, numbers: ReadonlyMap<Finding, number>, options: ReportOptions): readonly Block[] {
  const { title, rule, anchor, findings, effort } = group;
  const info = options.rules.find(({ id }) => id === rule);
  const searched = sharedBy(findings, (finding) => finding.searched.join("; "));
  const fix = sharedBy(findings, fixText);
  return [
    heading(3, `${title} (${findings.length})`, anchor),
    paragraph([{ code: rule }, ` · ${findings[0]?.family ?? ""} · ${findings[0]?.confidence === "review" ? "effort not estimated" : `estimated effort ${effortText(effort)}`}`]),
    ...(info === undefined ? [] : [paragraph([{ strong: "Impact." }, ` ${info.doc.why}`])]),
    paragraph([{ strong: "Fix." }, ...fixOf(fix, info)]),
    ...(searched === undefined || searched === "" ? [] : [paragraph([{ strong: "Looked for, each time." }, ` ${searched}.`])]),
    ...findings.map((finding) => entryOf(finding, numbers.get(finding) ?? 0, options, { fix: fix === undefined ? fixText(finding) : "", searched: searched === undefined ? finding.searched.join("; ") : "" })),
  ];
}

const fixText = ({ fix }: Finding): string => (fix === null ? "" : `${fix.title} (${fixWords[fix.kind]}).${fix.ready === undefined ? "" : " A text edit is ready."}`);

function fixOf(text: string | undefined, info: RuleInfo | undefined): readonly Exclude<Inline, string>[number][] {
  const never = info?.doc.never;
  return [` ${text === undefined || text === "" ? "" : `${text} `}${info?.doc.instead ?? ""}`, ...(never === undefined ? [] : [" ", { strong: "Never:" }, ` ${never.charAt(0).toLowerCase()}${never.slice(1)}`])];
}

/** What all findings of a group have in common; undefined where they differ. */
function sharedBy(findings: readonly Finding[], of: (finding: Finding) => string): string | undefined {
  const all = new Set(findings.map(of));
  return all.size === 1 ? [...all][0] : undefined;
}
