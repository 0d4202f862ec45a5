import type { Finding, FixedFile, ReadyFix } from "../engine/finding.ts";
import { withEdits } from "../engine/ready-fix.ts";
import type { Block, DiffLine } from "./document.ts";
import type { Quote } from "./parts.ts";

/** The one edit that the report shows of several. */
export const readyFixOf = ({ fix }: Finding): ReadyFix | undefined => fix?.ready?.[0];

/** A ready fix as a difference, line by line; nothing where the file is not at hand. */
export function diffOf(fix: ReadyFix, quote: Quote): readonly Block[] {
  const lines = fix.files.flatMap((file) => hunksIn(file).flatMap((hunk, index) => [...(index === 0 ? [] : [gap]), ...linesOf(file.file, hunk, quote)]));
  const indents = lines.filter(({ text }) => text.trim() !== "" && text !== gap.text).map(({ text }) => text.length - text.trimStart().length);
  const cut = indents.length === 0 ? 0 : Math.min(...indents);
  return lines.some(({ sign }) => sign !== " ") ? [{ kind: "diff", lines: lines.map((line) => (line === gap ? line : { ...line, text: line.text.slice(cut) })) }] : [];
}

const gap: DiffLine = { sign: " ", text: "…" };

/** Edits on touching lines are one piece. */
function hunksIn({ edits }: FixedFile): readonly (readonly FixedFile["edits"][number][])[] {
  const hunks: FixedFile["edits"][number][][] = [];
  for (const edit of edits) {
    const last = hunks.at(-1);
    if (last !== undefined && edit.startLine <= (last.at(-1)?.endLine ?? 0) + 1) last.push(edit);
    else hunks.push([edit]);
  }
  return hunks;
}

/** Removed and added lines of one piece; around what is only added, the line before and after. */
function linesOf(file: string, edits: FixedFile["edits"], quote: Quote): readonly DiffLine[] {
  const from = Math.max(1, (edits[0]?.startLine ?? 1) - 1);
  const before = quote(file, from, (edits.at(-1)?.endLine ?? 1) + 1);
  if (before === undefined) return [];
  const after = withEdits(before.join("\n"), edits, from).split(/\r?\n/);
  let same = 0;
  while (same < before.length && same < after.length && before[same] === after[same]) same++;
  let tail = 0;
  while (tail < before.length - same && tail < after.length - same && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const context = (line: string | undefined): readonly DiffLine[] => (line === undefined || line.trim() === "" ? [] : [{ sign: " ", text: line }]);
  return [
    ...context(before[same - 1]),
    ...before.slice(same, before.length - tail).map((text): DiffLine => ({ sign: "-", text })),
    ...after.slice(same, after.length - tail).map((text): DiffLine => ({ sign: "+", text })),
    ...context(before[before.length - tail]),
  ];
}
