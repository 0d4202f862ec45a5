import type { Alternative, Plan } from "../decompose/plan/plan.ts";
import { FORMAT, type PlanFile } from "../decompose/plan/plan-file.ts";
import type { Written } from "../decompose/transform/inspection.ts";
import { emptyShape, type Groups, groupsOf } from "./groups.ts";
import type { Session } from "./session.ts";
import { FILES, walkSteps } from "./walk-steps.ts";

/** A walk as its file. */
export function planFileOf({ plan, chosen, shape, pins, applied, splitsFile, files, step, start }: Session): PlanFile {
  return {
    ...{ tool: "otp-audit", format: FORMAT, file: plan.file, module: plan.module, alternative: chosen, step },
    groups: shape.groups.map(({ module, file, functions }) => ({ module, file, functions })),
    ...{ pins, applied },
    measured: { stays: shape.stays, splitsFile: splitsFile && files.length > 1, steps: shape.steps.filter(({ kind }) => kind === "extract").map(({ optional: _, ...rest }) => rest), metrics: shape.metrics, files: applied.includes(FILES) ? files : [], start },
  };
}

/** How far a plan is: steps with whether they are written. A plan of the command line has one for each group. */
export function progressOf(plan: PlanFile): readonly { readonly key: string; readonly title: string; readonly isApplied: boolean }[] {
  const extracts = plan.measured?.steps.map((entry) => ({ key: entry.modules.join(" "), title: entry.title })) ?? plan.groups.map(({ module }) => ({ key: module, title: `Extract ${module}` }));
  const all = plan.measured?.splitsFile === true || plan.applied.includes("files") ? [{ key: "files", title: "One module per file" }, ...extracts] : extracts;
  return all.map((entry) => ({ ...entry, isApplied: plan.applied.includes(entry.key) }));
}

/** The shape that a file holds, as it was measured when it was written; for one that never was, what its groups leave of `functions` stays. */
export function keptShape({ groups, measured }: PlanFile, plan: Plan, functions: readonly string[]): Alternative {
  const moving = new Set(groups.flatMap((entry) => entry.functions));
  return { ...emptyShape(plan), id: "edited", title: "As edited", groups: groups.map((entry) => ({ ...entry, reasons: [] })), stays: functions.filter((id) => !moving.has(id)), ...(measured === undefined ? {} : { stays: measured.stays, metrics: measured.metrics, steps: measured.steps }) };
}

/** What was there to plan, and what there is now; `groups` are those that are not written yet. */
export type Reconciled = { readonly groups: Groups; readonly notes: readonly string[] };

/** What of a shape still fits the code, and sentences on what does not. Functions that are new stay where they are. */
export function reconciled(shape: Pick<Alternative, "groups" | "stays">, writtenModules: ReadonlySet<string>, functions: readonly string[]): Reconciled {
  if (shape.groups.length === 0) return { groups: [], notes: [] };
  const now = new Set(functions);
  const open = shape.groups.filter(({ module }) => !writtenModules.has(module));
  const planned = new Set([...shape.groups.flatMap((entry) => entry.functions), ...shape.stays]);
  const gone = [...open.flatMap((entry) => entry.functions), ...shape.stays].filter((id) => !now.has(id) && !isWritten(shape, writtenModules, id));
  const fresh = functions.filter((id) => !planned.has(id));
  const groups = open.map((entry) => ({ module: entry.module, functions: entry.functions.filter((id) => now.has(id)) })).filter((entry) => entry.functions.length > 0);
  const notes = [
    ...(gone.length === 0 ? [] : [`The code changed since this plan was made: ${listed(gone)} ${gone.length === 1 ? "is" : "are"} gone and left out of it.`]),
    ...(fresh.length === 0 ? [] : [`${gone.length === 0 ? "The code changed since this plan was made: " : ""}${listed(fresh)} ${fresh.length === 1 ? "is new and stays" : "are new and stay"} where ${fresh.length === 1 ? "it is" : "they are"}, until you move ${fresh.length === 1 ? "it" : "them"}.`]),
  ];
  return { groups, notes };
}

const isWritten = (shape: Pick<Alternative, "groups">, written: ReadonlySet<string>, id: string): boolean => shape.groups.some(({ module, functions }) => written.has(module) && functions.includes(id));
const listed = (ids: readonly string[]): string => (ids.length <= 4 ? ids.join(", ") : `${ids.slice(0, 4).join(", ")} and ${ids.length - 4} more`);

/** Modules whose step is written. */
export const writtenModules = (session: Pick<Session, "plan" | "shape" | "files" | "splitsFile" | "applied">): ReadonlySet<string> => new Set(walkSteps(session).filter(({ key }) => session.applied.includes(key)).flatMap(({ groups }) => groups.map(({ module }) => module)));

/** What the steps that are written made of a module. */
export function writtenOf(session: Session): Written {
  const { plan, start, shape, applied, files } = session;
  const modules = writtenModules(session);
  return { file: plan.file, module: plan.module, exports: start.exports, groups: groupsOf(shape).filter(({ module }) => modules.has(module)), files: applied.includes(FILES) ? files.map(({ path }) => path) : [] };
}
