import * as v from "valibot";
import type { Alternative, Plan } from "../decompose/plan/plan.ts";
import { emptyShape, type Groups } from "./groups.ts";
import { type Session, steps } from "./session.ts";
import { walkSteps } from "./walk-steps.ts";

const FORMAT = 1;

const group = v.object({ module: v.string(), file: v.optional(v.string(), ""), functions: v.array(v.string()) });
const counted = v.object({ modules: v.number(), calls: v.number() });
const moduleMetrics = v.object({ codeLines: v.number(), docLines: v.number(), publicFunctions: v.number(), privateFunctions: v.number(), longestFunction: v.number(), branches: v.number(), parts: v.number(), cohesion: v.number(), couplingOut: counted, couplingIn: v.optional(counted) });
const planMetrics = v.object({
  modules: v.array(v.object({ module: v.string(), codeLines: v.number(), publicFunctions: v.number(), privateFunctions: v.number(), parts: v.number() })),
  ...{ remainingCodeLines: v.number(), internalCallShare: v.number(), crossModuleCalls: v.number(), promotedPrivates: v.number(), compileTimeEdges: v.number(), runtimeCycles: v.number(), largestShare: v.number(), modularity: v.number(), turboMq: v.number() },
});
const risk = v.picklist(["low", "medium", "high"]);
const step = v.object({ number: v.number(), kind: v.picklist(["files", "extract", "process", "redirect"]), title: v.string(), modules: v.array(v.string()), risk, risks: v.array(v.string()), effort: v.object({ places: v.number(), files: v.number() }) });
const start = v.object({ metrics: moduleMetrics, exports: v.array(v.string()) });
const schema = v.object({
  ...{ tool: v.literal("otp-audit"), format: v.number(), file: v.string(), module: v.string() },
  ...{ alternative: v.string(), step: v.fallback(v.picklist(steps), "understand"), groups: v.array(group), pins: v.array(v.string()) },
  /** Keys of the steps that are written. */
  applied: v.array(v.string()),
  /** What follows is missing in a plan that the command line kept: there nothing is measured or written yet. */
  measured: v.optional(v.object({ stays: v.array(v.string()), splitsFile: v.boolean(), steps: v.array(step), metrics: planMetrics, /** The module before the first step. */ start })),
});

/** The module as it was before anything was written. */
export type Start = { readonly metrics: Session["plan"]["metrics"]; readonly exports: readonly string[] };

/** A plan as a pull request shows it: which module, which functions go where, in which steps, and how far it is. */
export type PlanFile = v.InferOutput<typeof schema>;

/** A walk as its file. */
export function planFileText(session: Session): string {
  const { plan, chosen, shape, pins, applied, splitsFile, start: first } = session;
  const kept = {
    ...{ tool: "otp-audit", format: FORMAT, file: plan.file, module: plan.module, alternative: chosen, step: session.step },
    groups: shape.groups.map(({ module, file, functions }) => ({ module, file, functions })),
    ...{ pins, applied },
    measured: { stays: shape.stays, splitsFile: splitsFile && session.files.length > 1, steps: shape.steps.filter(({ kind }) => kind === "extract").map(({ optional: _, ...rest }) => rest), metrics: shape.metrics, start: first },
  };
  return `${JSON.stringify(kept, undefined, 2)}\n`;
}

/** A plan file's content, or a sentence on why it does not count. */
export function readPlanFile(text: string, name: string): PlanFile | { readonly wrong: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { wrong: `${name} is not JSON, perhaps after a merge conflict. Restore it from git, or delete it and begin again.` };
  }
  if (typeof raw === "object" && raw !== null && "format" in raw && typeof raw.format === "number" && raw.format > FORMAT) return { wrong: `${name} was written by a newer OTP Audit. Update OTP Audit; the file is left as it is.` };
  const read = v.safeParse(schema, raw);
  return read.success ? read.output : { wrong: `${name} is no plan of OTP Audit. Restore it from git, or delete it and begin again.` };
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
