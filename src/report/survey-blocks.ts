import { type Block, heading, type Inline, list, paragraph, type Piece, table, type TreeNode } from "./document.ts";
import { linkTo } from "./finding-entry.ts";
import type { ModulePortrait, Place, Practice, ReportOptions, Supervised } from "./parts.ts";
import { shareText } from "./statistics.ts";

const SHOWN_PLACES = 3;
/** Below this share a habit is no good practice: its counter-examples are findings or nobody's business. */
const PRACTICE_SHARE = 0.8;

const placesOf = (places: readonly Place[], options: ReportOptions): Piece[] => places.slice(0, SHOWN_PLACES).flatMap(({ file, line }, index): Piece[] => [...(index === 0 ? [] : [", "]), linkTo(file, line, options)]);

/** Habits that were counted and mostly hold, each with evidence and counter-evidence. */
export function practiceBlocks(options: ReportOptions): readonly Block[] {
  if (options.practices === undefined) return [];
  const good = options.practices.filter(({ holds, of }) => of > 0 && holds / of >= PRACTICE_SHARE);
  const item = ({ title, holds, of, unit, for: examples, against }: Practice): Inline => [
    { strong: `${title}:` },
    ` ${shareText(holds, of)} ${unit}`,
    ...(examples.length === 0 ? [] : [", for example ", ...placesOf(examples, options)]),
    ...(against.length === 0 ? ["; no counter-example"] : ["; not so at ", ...placesOf(against, options)]),
  ];
  return [heading(2, "Good practices observed"), ...(good.length === 0 ? [paragraph(`None of the ${options.practices.length} habits that are counted holds in 80 % of its places.`)] : [list(good.map(item))])];
}

export function sleepBlocks(options: ReportOptions): readonly Block[] {
  const sleeps = options.legitimateSleeps ?? [];
  if (sleeps.length === 0) return [];
  return [heading(2, "Legitimate sleeps"), paragraph("Judged legitimate by rule:"), list(sleeps.map(({ file, line, note }): Inline => [linkTo(file, line, options), ` ${note}`]))];
}

/** Large modules with what they hold and how they could be split. */
export function moduleBlocks(options: ReportOptions): readonly Block[] {
  const modules = options.modules ?? [];
  if (modules.length === 0) return [];
  const row = ({ name, file, fromLine, toLine, codeLines, publicFunctions, privateFunctions, cohesion }: ModulePortrait): readonly Inline[] => [[{ code: name }], [linkTo(file, fromLine, options, toLine)], String(codeLines), String(publicFunctions), String(privateFunctions), cohesion === undefined ? "not measured" : `${Math.round(cohesion * 100)} %`];
  const measured = modules.flatMap(({ name, codeLines, cohesion }) => (cohesion === undefined ? [] : [{ label: name, x: codeLines, y: Math.round(cohesion * 100) }]));
  return [
    heading(2, "Large modules"),
    table("Large modules", ["module", "place", "code lines", "public", "private", "cohesion"], modules.map(row), [2, 3, 4, 5]),
    ...(measured.length < 2 ? [] : [{ kind: "scatter", title: "Module size against cohesion", across: "code lines", up: "cohesion in %", points: measured } as const]),
    ...modules.flatMap(({ name, proposed, blockers }): Block[] => [
      ...(proposed.length === 0 ? [] : [heading(3, `Proposed split of ${name}`), list(proposed.map((part): Inline => [{ code: part.name }, `: ${part.functions.join(", ")}`]))]),
      ...(blockers.length === 0 ? [] : [paragraph([{ strong: "In the way." }, ` ${blockers.join(" ")}`])]),
    ]),
  ];
}

export function supervisionBlocks(options: ReportOptions): readonly Block[] {
  const roots = options.supervision ?? [];
  if (roots.length === 0) return [];
  const node = ({ name, note, file, line, children }: Supervised): TreeNode => {
    const piece = linkTo(file, line, options);
    return { name, note, to: typeof piece === "object" && "link" in piece ? piece.to : undefined, children: children.map(node) };
  };
  return [heading(2, "Supervision tree"), paragraph("As the source says; children that are computed at run time are not shown."), { kind: "tree", title: "Supervision tree", roots: roots.map(node) }];
}
