import * as v from "valibot";
import type { Group, ModuleMetrics } from "./plan.ts";

export const PLANS_FOLDER = ".otp_audit/plans";
export const FORMAT = 1;

/** The pages of a walk, in order; a plan's file says at which one it stopped. */
export const steps = ["understand", "shape", "review", "apply", "verify"] as const;
export type StepId = (typeof steps)[number];

const group = v.object({ module: v.string(), file: v.optional(v.string(), ""), functions: v.array(v.string()) });
const counted = v.object({ modules: v.number(), calls: v.number() });
const moduleMetrics = v.object({ codeLines: v.number(), docLines: v.number(), publicFunctions: v.number(), privateFunctions: v.number(), longestFunction: v.number(), branches: v.number(), parts: v.number(), cohesion: v.number(), couplingOut: counted, couplingIn: v.exactOptional(counted) });
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
  measured: v.optional(
    v.object({
      ...{ stays: v.array(v.string()), splitsFile: v.boolean(), steps: v.array(step), metrics: planMetrics },
      /** What one module per file has written; empty before. */
      files: v.optional(v.array(v.object({ path: v.string(), isNew: v.boolean() })), []),
      /** The module before the first step. */
      start,
    }),
  ),
});

/** The module as it was before anything was written. */
export type Start = { readonly metrics: ModuleMetrics; readonly exports: readonly string[] };

type Fixed<T> = T extends readonly (infer E)[] ? readonly Fixed<E>[] : T extends object ? { readonly [K in keyof T]: Fixed<T[K]> } : T;

/** A plan as a pull request shows it: which module, which functions go where, in which steps, and how far it is. */
export type PlanFile = Fixed<v.InferOutput<typeof schema>>;

/** Why a text is no plan, in a sentence with the way out. */
export type Wrong = { readonly wrong: string };

export const planFileName = (module: string): string => `${module}.json`;
export const planFileText = (plan: PlanFile): string => `${JSON.stringify(plan, undefined, 2)}\n`;

/** A plan file's content, or a sentence on why it does not count. */
export function readPlanFile(text: string, name: string): PlanFile | Wrong {
  const raw = rawIn(text, name);
  if ("wrong" in raw) return raw;
  const read = v.safeParse(schema, raw.content);
  return read.success ? read.output : { wrong: `${name} is no plan of OTP Audit. Restore it from git, or delete it and begin again.` };
}

/** The groups alone, of a plan file or of one alternative as the command line prints it; or a sentence on why there are none. */
export function readGroups(text: string, name: string): readonly Pick<Group, "module" | "functions">[] | Wrong {
  const raw = rawIn(text, name);
  if ("wrong" in raw) return raw;
  const read = v.safeParse(v.object({ groups: v.array(group) }), raw.content);
  return read.success ? read.output.groups : { wrong: `${name} has no list of groups ({ module, functions }). A plan kept by OTP Audit, or one alternative of otp-audit plan, has.` };
}

/** The format comes first: what a later version writes may look different in everything else. */
function rawIn(text: string, name: string): { readonly content: unknown } | Wrong {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return { wrong: `${name} is not JSON, perhaps after a merge conflict. Restore it from git, or delete it and begin again.` };
  }
  const isNewer = typeof content === "object" && content !== null && "format" in content && typeof content.format === "number" && content.format > FORMAT;
  return isNewer ? { wrong: `${name} was written by a newer OTP Audit. Update OTP Audit; the file is left as it is.` } : { content };
}
