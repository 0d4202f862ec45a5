import { basename, join, relative } from "node:path";
import { type Extraction, filesSplit, planned } from "../audit/planning.ts";
import { scanWorkspace } from "../audit/scan.ts";
import type { Alternative, Plan, ProcessPlan } from "../decompose/plan/plan.ts";
import { FORMAT, type PlanFile, planFileName, planFileText, PLANS_FOLDER, readPlanFile } from "../decompose/plan/plan-file.ts";
import { type GroupState, planStateOf } from "../decompose/plan/plan-state.ts";
import { exitCode } from "./exit-code.ts";
import { type Machine, textOfFile, UsageError, writeWhole } from "./machine.ts";
import { targetOf } from "./target.ts";

export type PlanCommand = { readonly kind: "plan"; readonly file: string; readonly module: string | undefined; readonly format: "text" | "json"; /** Id of an alternative to keep as the plan of the project. */ readonly keep: string | undefined; readonly granularity: number | undefined };

/** Prints the ways to split a module, and how far a kept plan is. Writes only the plan it is told to keep. */
export async function planCommand({ file, module, format, keep, granularity }: PlanCommand, machine: Machine): Promise<number> {
  const { root, only } = targetOf(machine.folder, file);
  if (only === undefined) throw new UsageError(`${file} is a folder. plan needs a file, for example: otp-audit plan lib/shop.ex.`);
  const scanned = await scanWorkspace(machine.hostFor(root), { version: machine.version, rules: [] }, { stop: { aborted: false } });
  const { plan } = askedFor(() => planned(scanned, { file: only, module, ...(granularity === undefined ? {} : { granularity }) }));
  const path = join(root, PLANS_FOLDER, planFileName(plan.module));
  const earlier = keptPlan(path);
  const kept = keep === undefined ? earlier : keepPlan(path, plan, keep, earlier);
  const states = kept === undefined ? [] : planStateOf(scanned.trees, plan.module, kept.groups);
  machine.out(format === "json" ? `${JSON.stringify(kept === undefined ? plan : { ...plan, kept: { file: relative(root, path), groups: states } }, undefined, 2)}\n` : `${planText(plan)}${keptText(states)}${filesFirst(filesSplit(scanned, only), file)}`);
  return plan.blockers.length > 0 && plan.alternatives.length === 0 ? exitCode.refused : exitCode.clean;
}

/** Puts an alternative in the place of the plan that is kept; what the user nailed down in that one stays so. */
function keepPlan(path: string, plan: Plan, id: string, earlier: PlanFile | undefined): PlanFile {
  if (earlier !== undefined && earlier.applied.length > 0) throw new UsageError("The kept plan has written steps. Undo them in the walk, or delete the file, then keep another.");
  const groups = alternativeNamed(plan, id).groups.map(({ module, file, functions }) => ({ module, file, functions }));
  const kept: PlanFile = { tool: "otp-audit", format: FORMAT, file: plan.file, module: plan.module, alternative: id, step: "shape", groups, pins: earlier?.pins ?? [], applied: [] };
  writeWhole(path, planFileText(kept), "The plan was not kept.");
  return kept;
}

/** One of a plan's alternatives by its id; throws a sentence with those there are. */
export function alternativeNamed({ alternatives }: Plan, id: string): Alternative {
  const named = alternatives.find((alternative) => alternative.id === id);
  if (named === undefined) throw new UsageError(`There is no alternative ${id}. The plan offers ${alternatives.map((alternative) => alternative.id).join(", ") || "none"}.`);
  return named;
}

function keptPlan(path: string): PlanFile | undefined {
  const text = textOfFile(path);
  if (text === undefined) return undefined;
  const read = readPlanFile(text, basename(path));
  if ("wrong" in read) throw new UsageError(read.wrong);
  return read;
}

const keptText = (states: readonly GroupState[]): string => (states.length === 0 ? "" : `\nThe plan that is kept:\n${states.map(({ module, state, moved, open, gone }) => `  ${module}: ${state}${state === "partly done" ? ` (${moved.length} of ${moved.length + open.length})` : ""}${gone.length > 0 ? `: ${gone.join(", ")} ${gone.length === 1 ? "is" : "are"} gone` : ""}\n`).join("")}`);

/** What a person named wrongly is a wrong call, not a failure. */
export function askedFor<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A file with several modules gains most, at no risk, from one file for each. */
const filesFirst = (split: Extraction, file: string): string => (split.kind === "refused" ? "" : `\nThis file holds ${split.changes.length} modules. Give each its own file first: otp-audit decompose ${file} --alternative files\n`);

function planText({ module, file, metrics, alternatives, pinned, blockers, process }: Plan): string {
  return `${[
    `${module} (${file})`,
    `${metrics.codeLines} code lines, ${metrics.publicFunctions} public and ${metrics.privateFunctions} private functions, ${metrics.parts} parts that share nothing`,
    ...blockers.map(({ reason, line }) => `Line ${line}: ${reason}`),
    ...alternatives.flatMap(alternativeText),
    ...(process === undefined ? [] : processText(process)),
    ...(pinned.length === 0 ? [] : ["", `${pinned.length} functions stay:`, ...pinned.slice(0, 20).map((pin) => `  ${pin.function} ${pin.reason}`)]),
  ].join("\n")}\n`;
}

/** The callbacks against the state, in blocks, and how each block would become a process. */
function processText({ fields, callbacks, blocks }: ProcessPlan): readonly string[] {
  const widest = Math.max(...callbacks.map(({ message }) => message.length));
  const sign = { "": "·", read: "r", write: "W" } as const;
  const heads = fields.map((field, i) => `  ${String.fromCharCode(97 + (i % 26))} ${field}`);
  return [
    "",
    "What the callbacks do to the state (r reads, W writes), what belongs together side by side:",
    ...heads,
    `  ${" ".repeat(widest)}  ${fields.map((_, i) => String.fromCharCode(97 + (i % 26))).join(" ")}`,
    ...callbacks.map(({ message, marks }) => `  ${message.padEnd(widest)}  ${marks.map((mark) => sign[mark]).join(" ")}`),
    ...blocks.filter(({ rows }) => rows.length > 1).flatMap(({ name, fields: own, rows, shared, cohesion, risks, steps }) => [
      "",
      `  ${name}: ${own.join(", ")} (${rows.length} callbacks, ${Math.round(cohesion * 100)} % of what they touch${shared.length > 0 ? `; shares ${shared.join(", ")}` : ""})`,
      ...risks.map((risk) => `    risk: ${risk}`),
      ...steps.map((step, i) => `    ${i + 1}. ${step}`),
    ]),
  ];
}

const alternativeText = ({ id, title, groups, stays, metrics, default: isDefault }: Alternative): readonly string[] => [
  "",
  `${title} (${id}${isDefault === true ? ", the default" : ""}): ${groups.length} new modules, ${Math.round(metrics.internalCallShare * 100)} % of calls stay inside, ${metrics.promotedPrivates} private functions become public`,
  ...groups.map((group) => `  ${group.module}: ${group.functions.join(", ")}`),
  ...(stays.length === 0 ? [] : [`  stays: ${stays.join(", ")}`]),
];
