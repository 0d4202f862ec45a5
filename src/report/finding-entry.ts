import type { Finding, ReadyFix } from "../engine/finding.ts";
import type { RuleInfo } from "../engine/rule-info.ts";
import { type Block, list, paragraph, type Piece } from "./document.ts";
import { diffOf, readyFixOf } from "./fix-diff.ts";
import type { ReportOptions } from "./parts.ts";

const LONGEST_QUOTE = 12;
const CONTEXT = 2;

const relativeLink = (file: string, line: number, endLine?: number): string => `${encodeURI(file)}#L${line}${endLine === undefined || endLine === line ? "" : `-L${endLine}`}`;

/** A place as a link, where there is an address for it. */
export function linkTo(file: string, line: number, { link = relativeLink }: Pick<ReportOptions, "link">, endLine?: number): Piece {
  const lines = endLine === undefined || endLine === line ? `${line}` : `${line}-${endLine}`;
  return { link: `${file}:${lines}`, to: link(file, line, endLine) };
}

export const titleOf = (finding: Finding, rules: readonly RuleInfo[]): string => rules.find(({ id }) => id === finding.rule)?.title ?? finding.rule;

/** One finding: place, what is wrong, code, how it comes about, and what its group does not say already. */
export function entryOf(finding: Finding, number: number, options: ReportOptions, own: { readonly fix: string; readonly searched: string }): Block {
  const { file, startLine, endLine, confidence, related, evidence } = finding;
  const inside = finding.function === "" ? finding.module : `${finding.module === "" ? "" : `${finding.module}.`}${finding.function}`;
  const files = new Set([file, ...related.map((other) => other.file)]).size;
  const ready = readyFixOf(finding);
  return {
    kind: "entry",
    id: anchorOf(finding),
    tone: confidence === "review" ? "review" : finding.severity,
    title: [`${number}. `, linkTo(file, startLine, options, endLine), ...(inside === "" ? [] : [" in ", { code: inside }]), `, ${confidence}${files === 1 ? "" : `, over ${files} files`}`],
    blocks: [
      paragraph(finding.message),
      ...quoteOf(finding, options),
      ...(related.length === 0 ? [] : [list(related.map((other) => [linkTo(other.file, other.startLine, options), ` ${other.message}`]))]),
      ...(evidence.length === 0 ? [] : [paragraph([{ strong: "Evidence." }, ` ${[...new Set(evidence)].join(" ")}`])]),
      ...(own.searched === "" ? [] : [paragraph([{ strong: "Looked for." }, ` ${own.searched}.`])]),
      ...(own.fix === "" ? [] : [paragraph([{ strong: "Fix." }, ` ${own.fix}`])]),
      ...(ready === undefined ? [] : editOf(ready, options)),
    ],
  };
}

/** The edit that is ready: what it does and where, and the difference. */
function editOf(fix: ReadyFix, options: ReportOptions): readonly Block[] {
  const places = fix.files.flatMap(({ file, edits }) => edits.slice(0, 1).map(({ startLine }): Piece => linkTo(file, startLine, options)));
  return [paragraph([{ strong: "Edit." }, ` ${fix.title}, at `, ...places.flatMap((place, index) => (index === 0 ? [place] : [" and ", place])), fix.safe ? "." : ". Look at it before it is applied."]), ...diffOf(fix, options.quote)];
}

/** Where a finding stands in the report. */
export const anchorOf = ({ fingerprint }: Finding): string => `finding-${fingerprint}`;

/** At most twelve lines: the reported ones, marked, with a little around them. */
function quoteOf({ file, startLine, endLine }: Finding, { quote }: ReportOptions): readonly Block[] {
  const length = Math.min(endLine - startLine + 1, LONGEST_QUOTE);
  const around = Math.max(0, Math.min(CONTEXT, Math.floor((LONGEST_QUOTE - length) / 2)));
  const from = Math.max(1, startLine - around);
  const lines = quote(file, from, startLine + length - 1 + around) ?? [];
  const blank = lines.slice(0, startLine - from).findIndex((line) => line.trim() !== "");
  const skipped = blank < 0 ? startLine - from : blank;
  const shown = withoutIndent(lines.slice(skipped));
  return shown.length === 0 ? [] : [{ kind: "code", lines: shown, firstLine: from + skipped, marked: { from: startLine, to: startLine + length - 1 } }];
}

function withoutIndent(lines: readonly string[]): readonly string[] {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const cut = indents.length === 0 ? 0 : Math.min(...indents);
  const cutLines = lines.map((line) => line.slice(cut).trimEnd());
  return cutLines.slice(0, cutLines.findLastIndex((line) => line !== "") + 1);
}
