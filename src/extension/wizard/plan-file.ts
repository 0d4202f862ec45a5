import * as v from "valibot";
import type { Plan } from "../../decompose/plan/plan.ts";
import type { Groups, StepId } from "../../wizard/session.ts";
import { steps } from "../../wizard/session.ts";

export const PLANS_FOLDER = ".otp_audit/plans";
const FORMAT = 1;

const group = v.object({ module: v.string(), functions: v.array(v.string()) });
const schema = v.object({ tool: v.literal("otp-audit"), format: v.number(), file: v.string(), module: v.string(), alternative: v.string(), step: v.picklist(steps), groups: v.array(group), pins: v.array(v.string()), applied: v.array(v.string()) });

/** A plan as a pull request shows it: which module, which functions go where, and how far it is. */
export type PlanFile = v.InferOutput<typeof schema>;

export const planFileOf = (file: string, module: string, alternative: string, step: StepId, groups: Groups, pins: readonly string[], applied: readonly string[]): PlanFile => ({ tool: "otp-audit", format: FORMAT, file, module, alternative, step, groups: groups.map((entry) => ({ module: entry.module, functions: [...entry.functions] })), pins: [...pins], applied: [...applied] });

export const planFileText = (plan: PlanFile): string => `${JSON.stringify(plan, undefined, 2)}\n`;
export const planFileName = (module: string): string => `${module}.json`;

/** A plan file's content, or a sentence on why it does not count. */
export function readPlanFile(text: string, name: string): PlanFile | { readonly wrong: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { wrong: `${name} is not JSON, perhaps after a merge conflict. Restore it from git, or delete it and begin again.` };
  }
  const read = v.safeParse(schema, raw);
  if (!read.success) return { wrong: `${name} is no plan of OTP Audit. Restore it from git, or delete it and begin again.` };
  return read.output.format > FORMAT ? { wrong: `${name} was written by a newer OTP Audit. Update OTP Audit; the file is left as it is.` } : read.output;
}

/** What of a kept plan still fits the code, and sentences on what does not. Functions that are new stay where they are. */
export function reconciled(kept: PlanFile, plan: Plan): { readonly groups: Groups; readonly notes: readonly string[] } {
  const now = new Set(plan.alternatives.flatMap(({ groups, stays }) => [...groups.flatMap(({ functions }) => functions), ...stays]));
  const planned = new Set(kept.groups.flatMap(({ functions }) => functions));
  const open = kept.groups.filter(({ module }) => !kept.applied.includes(module));
  const gone = open.flatMap(({ functions }) => functions).filter((id) => !now.has(id));
  const groups = kept.groups.map(({ module, functions }) => ({ module, functions: kept.applied.includes(module) ? functions : functions.filter((id) => now.has(id)) })).filter(({ functions }) => functions.length > 0);
  const notes = gone.length === 0 ? [] : [`The code changed since this plan was made: ${listed(gone)} ${gone.length === 1 ? "is" : "are"} gone and left out of it.`];
  const fresh = [...now].filter((id) => !planned.has(id) && !plan.pinned.some((pin) => pin.function === id)).length;
  return { groups, notes: fresh > 0 && gone.length > 0 ? [...notes, `${fresh} functions that the plan does not name stay where they are.`] : notes };
}
const listed = (ids: readonly string[]): string => (ids.length <= 4 ? ids.join(", ") : `${ids.slice(0, 4).join(", ")} and ${ids.length - 4} more`);
