import { type FunctionMap, mapOf } from "../decompose/layout/map.ts";
import type { Alternative, Plan } from "../decompose/plan/plan.ts";
import { alternativeOf, assignmentFrom, planOf, type Subject, subjectOf, titles } from "../decompose/plan/planner.ts";
import { repaired } from "../decompose/plan/repair.ts";
import { alsoHeld } from "../decompose/read/pins.ts";
import { modulesOf } from "../decompose/read/module-source.ts";
import { filesOf } from "../decompose/transform/files.ts";
import { type DelegateFate, redirectOf } from "../decompose/transform/redirect.ts";
import { type Extraction, splitOf } from "../decompose/transform/split.ts";
import type { Tree } from "../syntax/tree.ts";
import type { Scanned } from "./scan.ts";
import { surroundingsIn } from "./surroundings.ts";
import type { Splits } from "./survey/portraits.ts";

/** Groups as a person arranged them: module names with function ids (`name/arity`). */
export type WantedGroups = readonly { readonly module: string; readonly functions: readonly string[] }[];

/** What is asked about the split of one module; `module` undefined means the largest of the file. */
export type PlanQuestion = { readonly file: string; readonly module: string | undefined; /** Resolution of one more alternative: 1 is usual, below are fewer modules, above more. */ readonly granularity?: number };

export type { Extraction, FileChange } from "../decompose/transform/split.ts";
export type Planned = { readonly plan: Plan; readonly map: FunctionMap };
export type Reshaped = { readonly alternative: Alternative; readonly notes: readonly string[] };

/** The plan for a module of a scanned workspace, with a picture of its functions. Throws with a sentence when there is no such module. */
export function planned(scanned: Scanned, question: PlanQuestion): Planned {
  const subject = subjectIn(scanned, question);
  return { plan: planOf(subject, question.granularity), map: mapOf(subject.module) };
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
      return planned(scanned, { file, module }).plan;
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
