import { type FunctionMap, mapOf } from "../decompose/layout/map.ts";
import { gradedOf } from "../decompose/plan/granularity.ts";
import { suggestionsFor } from "../decompose/plan/names.ts";
import type { Alternative, Plan } from "../decompose/plan/plan.ts";
import { alternativeOf, assignmentFrom, nameRules, planOf, type Subject, subjectOf, titles } from "../decompose/plan/planner.ts";
import { labels, repaired } from "../decompose/plan/repair.ts";
import { type CallerFile, callersOf } from "../decompose/read/callers.ts";
import { alsoHeld } from "../decompose/read/pins.ts";
import { modulesOf } from "../decompose/read/module-source.ts";
import { filesOf } from "../decompose/transform/files.ts";
import { exportsIn } from "../decompose/transform/inspection.ts";
import { type DelegateFate, redirectOf } from "../decompose/transform/redirect.ts";
import { type Extraction, type FileChange, splitOf } from "../decompose/transform/split.ts";
import type { ParseElixir } from "../syntax/parse.ts";
import type { Tree } from "../syntax/tree.ts";
import type { Scanned } from "./scan.ts";
import { surroundingsIn } from "./surroundings.ts";
import type { Splits } from "./survey/portraits.ts";

/** Groups as a person arranged them: module names with function ids (`name/arity`). */
export type WantedGroups = readonly { readonly module: string; readonly functions: readonly string[] }[];

/** What is asked about the split of one module; `module` undefined means the largest of the file. */
export type PlanQuestion = { readonly file: string; readonly module: string | undefined; /** Resolution of one more alternative: 1 is usual, below are fewer modules, above more. */ readonly granularity?: number };

export type { Extraction, FileChange } from "../decompose/transform/split.ts";
export type { CallerFile } from "../decompose/read/callers.ts";
export type Planned = {
  readonly plan: Plan;
  readonly map: FunctionMap;
  /** `name/arity` of every function of the module. */
  readonly functions: readonly string[];
  /** Public functions and macros as `name/arity`, defaults and delegates included. */
  readonly exports: readonly string[];
  readonly callers: readonly CallerFile[];
  /** The modules of the file that could have files of their own, when there are several and nothing stands against it. */
  readonly files: readonly { readonly path: string; readonly isNew: boolean }[];
};
export type Reshaped = { readonly alternative: Alternative; readonly notes: readonly string[] };

/** The plan alone. Throws with a sentence when there is no such module. */
export const planIn = (scanned: Scanned, question: PlanQuestion): Plan => planOf(subjectIn(scanned, question), question.granularity);

/** The plan for a module of a scanned workspace, who calls it, and a picture of its functions. Throws with a sentence when there is no such module. */
export function planned(scanned: Scanned, question: PlanQuestion): Planned {
  const subject = subjectIn(scanned, question);
  const { module, file } = subject;
  const plan = planOf(subject, question.granularity);
  const split = filesSplit(scanned, file);
  const callers = callersOf(module.name, [...scanned.trees].flatMap(([path, tree]) => (path === file ? [] : [tree])));
  const couplingIn = { modules: callers.length, calls: callers.reduce((sum, { calls }) => sum + calls.reduce((count, { times }) => count + times, 0), 0) };
  return {
    plan: { ...plan, metrics: { ...plan.metrics, couplingIn } },
    map: mapOf(module),
    functions: [...module.units.values()].flatMap((unit) => labels(module, unit.name)),
    exports: exportsIn(module.source),
    callers,
    files: split.kind === "refused" ? [] : split.changes.map(({ path, before }) => ({ path, isNew: before === null })),
  };
}

/** A split as fine as asked for, from few modules (0) to many. */
export const graded = (scanned: Scanned, question: PlanQuestion, grade: number): Reshaped => ({ alternative: gradedOf(subjectIn(scanned, question), grade), notes: [] });

/** Free names that would suit functions (`name/arity`) of a module, best first. */
export function suggested(scanned: Scanned, question: PlanQuestion, functions: readonly string[]): readonly string[] {
  const subject = subjectIn(scanned, question);
  const names = new Set(functions.map((id) => id.slice(0, id.lastIndexOf("/"))));
  return suggestionsFor(subject.module, [...subject.module.units.values()].filter((unit) => names.has(unit.name)), nameRules(subject));
}

/**
 * The edits of several steps, each on the code that the ones before it leave, as they will be when applied one after the
 * other, `before` first. Ends at the first that is refused. Nothing is written and the scan stays as it is.
 */
export function rehearsed(scanned: Scanned, parse: ParseElixir, question: PlanQuestion, steps: readonly WantedGroups[], before: readonly FileChange[] = []): readonly Extraction[] {
  const answers: Extraction[] = [];
  const trees = new Map(scanned.trees);
  for (const { path, after } of before) if (after !== null) trees.set(path, parse(path, after));
  for (const groups of steps) {
    const answer = extracted({ ...scanned, trees }, question, groups);
    answers.push(answer);
    if (answer.kind === "refused") break;
    for (const { path, after } of answer.changes) if (after !== null) trees.set(path, parse(path, after));
  }
  return answers;
}

/** A person's arrangement made applicable: constraints repaired, measured, explained. */
export function reshaped(scanned: Scanned, question: PlanQuestion, groups: WantedGroups): Reshaped {
  const subject = subjectIn(scanned, question);
  const wanted = assignmentFrom(subject.module, { groups: groups.map((group) => ({ ...group, file: "", reasons: [] })) });
  return { alternative: alternativeOf(subject, "edited", titles.edited, wanted), notes: repaired(subject.module, subject.pins, wanted).notes };
}

/** One module per file, for a file with several. */
export function filesSplit({ trees }: Scanned, file: string): Extraction {
  const tree = trees.get(file);
  if (tree === undefined) throw new Error(`${file} is not among the scanned files. Check that it is not excluded.`);
  return filesOf(tree, file, new Set(trees.keys()));
}

/** The edits that move some groups out, on the code as it is now; functions named in `held` stay all the same. Nothing is written. */
export function extracted(scanned: Scanned, question: PlanQuestion, groups: WantedGroups, held: ReadonlySet<string> = new Set()): Extraction {
  const whole = subjectIn(scanned, question);
  const subject = held.size === 0 ? whole : { ...whole, pins: alsoHeld(whole.module, whole.pins, held, "does not compile elsewhere") };
  return splitOf(subject, assignmentFrom(subject.module, { groups: groups.map((group) => ({ ...group, file: "", reasons: [] })) }));
}

/** Callers all over the project pointed at the modules that a split made; the delegates kept, deprecated or removed. */
export function redirected(scanned: Scanned, question: PlanQuestion, fate: DelegateFate): Extraction {
  const { module, file } = subjectIn(scanned, question);
  return redirectOf(module.source, file, scanned.trees, fate);
}

/** Splits for a report; a module that cannot be planned has none. */
export const splitsIn = (scanned: Scanned): Splits => ({
  planOf: (file, module) => {
    try {
      return planIn(scanned, { file, module });
    } catch {
      return undefined; // the file holds no such module that the planner reads, such as one made by a macro
    }
  },
  filesOf: (file) => {
    const split = filesSplit(scanned, file);
    return split.kind === "refused" ? { paths: [], reasons: split.reasons } : { paths: split.changes.map(({ path }) => path), reasons: [] };
  },
});

const lately = new WeakMap<Tree, Map<string, Subject>>();

/** Read once per tree and module: edits of a plan ask for the same one again and again. */
export function subjectIn({ trees }: Pick<Scanned, "trees">, { file, module }: PlanQuestion): Subject {
  const tree = trees.get(file);
  if (tree === undefined) throw new Error(`${file} is not among the scanned files. Scan again, or check that it is not excluded.`);
  const sources = modulesOf(tree);
  const source = module === undefined ? sources.toSorted((a, b) => b.node.end - b.node.start - (a.node.end - a.node.start))[0] : sources.find((candidate) => candidate.name === module);
  if (source === undefined) throw new Error(module === undefined ? `${file} defines no module.` : `${file} defines no module ${module}. It defines ${sources.map(({ name }) => name).join(", ")}.`);
  const known = lately.get(tree) ?? new Map<string, Subject>();
  lately.set(tree, known);
  const found = known.get(source.name);
  if (found !== undefined) return found;
  const subject = subjectOf(file, source, surroundingsIn(trees, tree, sources));
  known.set(source.name, subject);
  return subject;
}
