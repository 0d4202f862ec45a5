import { addTo } from "../text/groups.ts";
import { type Block, heading, type Inline, list, paragraph, type Piece, table, type TreeNode } from "./document.ts";
import { linkTo } from "./finding-entry.ts";
import type { FilePortrait, ModulePoint, ModulePortrait, Place, Practice, ReportOptions, Supervised } from "./parts.ts";
import { shareText } from "./statistics.ts";

const SHOWN_PLACES = 3;
const MOST_GUARDS = 12;
/** Below this share a habit is no good practice: its counter-examples are findings or nobody's business. */
const PRACTICE_SHARE = 0.8;

const placesOf = (places: readonly Place[], options: ReportOptions): Piece[] => places.slice(0, SHOWN_PLACES).flatMap(({ file, line }, index): Piece[] => [...(index === 0 ? [] : [", "]), linkTo(file, line, options)]);

/** Habits that were counted: those that mostly hold with evidence and counter-evidence, the others with their share. */
export function habitBlocks(options: ReportOptions): readonly Block[] {
  const { practices, backpressure = [], errorStyle = [] } = options;
  if (practices === undefined) return [];
  const isGood = ({ holds, of }: Practice): boolean => holds / of >= PRACTICE_SHARE;
  const item = ({ title, holds, of, unit, for: examples, against }: Practice): Inline => [
    { strong: `${title}:` },
    ` ${shareText(holds, of)} ${unit}`,
    ...(examples.length === 0 ? [] : [", for example ", ...placesOf(examples, options)]),
    ...(against.length === 0 ? ["; no counter-example"] : ["; not so at ", ...placesOf(against, options)]),
  ];
  const good = practices.filter(isGood);
  const rest = practices.filter((practice) => !isGood(practice));
  return [
    heading(2, "Good practices observed"),
    ...(good.length === 0 ? [paragraph(`None of the ${practices.length} habits that are counted holds in 80 % of its places.`)] : [list(good.map(item))]),
    ...(backpressure.length === 0 ? [] : [paragraph([{ strong: "Backpressure" }, ` is there in ${backpressure.length} ${backpressure.length === 1 ? "place" : "places"}; how many need it is not measured${backpressure.length > MOST_GUARDS ? `; the first ${MOST_GUARDS} are` : ""}:`]), list(backpressure.slice(0, MOST_GUARDS).map(({ file, line, note }): Inline => [linkTo(file, line, options), ` ${note}`]))]),
    ...(rest.length === 0 ? [] : [heading(3, "Counted, and not kept in four of five places"), list(rest.map(item))]),
    ...(errorStyle.length === 0 ? [] : [heading(3, "How failures are handled"), paragraph("Constructs in lib code, counted and not judged here:"), table("How failures are handled", ["construct", "places"], errorStyle.map(({ how, count }) => [how, String(count)]), [1])]),
  ];
}

/** Sleeps that no rule reports, each with the reason. */
export function sleepBlocks(options: ReportOptions): readonly Block[] {
  const sleeps = options.legitimateSleeps ?? [];
  if (sleeps.length === 0) return [];
  const byNote = new Map<string, Place[]>();
  for (const sleep of sleeps) addTo(byNote, sleep.note, sleep);
  const item = ([note, places]: [string, readonly Place[]]): Inline => [`${note} (${places.length}): `, ...byFile(places, options)];
  return [heading(2, "Legitimate sleeps"), paragraph(`${sleeps.length} judged legitimate by rule, by what the source shows; sleeps that are neither here nor among the findings were not judged:`), list([...byNote].sort(([, a], [, b]) => b.length - a.length).map(item))];
}

/** Places with each file named once: `test/oven_test.exs:8, 12; test/till_test.exs:3`. */
function byFile(places: readonly Place[], options: ReportOptions): readonly Piece[] {
  const files = new Map<string, number[]>();
  for (const { file, line } of places) addTo(files, file, line);
  return [...files].flatMap(([file, lines], index): Piece[] => [
    ...(index === 0 ? [] : ["; "]),
    ...lines.flatMap((line, nth): Piece[] => {
      const whole = linkTo(file, line, options);
      return nth === 0 ? [whole] : [", ", typeof whole === "object" && "link" in whole ? { link: String(line), to: whole.to } : whole];
    }),
  ]);
}

/** Large modules with what they hold and how they could be split; then size against cohesion of all. */
export function moduleBlocks(options: ReportOptions): readonly Block[] {
  const { modules = [], files = [], sizes = [] } = options;
  if (modules.length + files.length === 0 && sizes.length < 2) return [];
  return [heading(2, "Large modules"), ...godBlocks(modules, options), ...fileBlocks(files, options), ...sizeBlocks(sizes)];
}

function godBlocks(modules: readonly ModulePortrait[], options: ReportOptions): readonly Block[] {
  if (modules.length === 0) return [];
  const row = ({ name, file, fromLine, toLine, codeLines, publicFunctions, privateFunctions, cohesion }: ModulePortrait): readonly Inline[] => [[{ code: name }], [linkTo(file, fromLine, options, toLine)], String(codeLines), String(publicFunctions), String(privateFunctions), cohesion === undefined ? "not measured" : `${Math.round(cohesion * 100)} %`];
  return [
    table("Modules that do the work of several", ["module", "place", "code lines", "public", "private", "cohesion"], modules.map(row), [2, 3, 4, 5]),
    ...modules.flatMap(({ name, proposed, blockers }): Block[] => [
      heading(3, `Proposed split of ${name}`),
      ...(proposed.length === 0 ? [paragraph("None: no group of functions stands on its own.")] : [list(proposed.map((part): Inline => [{ code: part.name }, ` (${part.functions.length}): `, ...part.functions.flatMap((id, index): Piece[] => [...(index === 0 ? [] : [", "]), { code: id }])]))]),
      ...(blockers.length === 0 ? [] : [paragraph([{ strong: "Stays, or stands in the way." }]), list(blockers)]),
    ]),
  ];
}

function fileBlocks(files: readonly FilePortrait[], options: ReportOptions): readonly Block[] {
  if (files.length === 0) return [];
  return [
    table("Files with several modules", ["file", "lines", "modules", "largest module", "its lines"], files.map(({ file, lines, modules, largest, largestLines }) => [[linkTo(file, 1, options)], String(lines), String(modules), [{ code: largest }], String(largestLines)]), [1, 2, 4]),
    ...files.map(({ file, proposed, blockers }) => (proposed.length === 0 ? paragraph([{ code: file }, `: cannot be split by itself. ${blockers.join(" ")}`]) : paragraph([{ code: file }, " would become one file per module, with no caller changed: ", ...proposed.flatMap((path, index): Piece[] => [...(index === 0 ? [] : [", "]), { code: path }]), "."]))),
  ];
}

function sizeBlocks(sizes: readonly ModulePoint[]): readonly Block[] {
  if (sizes.length < 2) return [];
  const reported = sizes.filter(({ isReported }) => isReported).length;
  const points = sizes.map(({ name, codeLines, cohesion, isReported }) => ({ label: name, x: codeLines, y: Math.round(cohesion * 100), isMarked: isReported }));
  return [
    paragraph(`Of the ${sizes.length} largest lib modules with 100 code lines or more, ${reported} ${reported === 1 ? "is" : "are"} reported as doing the work of several. Cohesion is the share of function pairs that calls, helpers or attributes connect.`),
    { kind: "scatter", title: "Module size against cohesion", across: "code lines", up: "cohesion in %", points },
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
