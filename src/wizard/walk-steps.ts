import type { Risk } from "../decompose/plan/plan.ts";
import type { CallerFile } from "../decompose/read/callers.ts";
import { type Groups, groupsOf, shortName } from "./groups.ts";
import type { Session } from "./session.ts";

/** One piece of work after which everything compiles; written in one go, and undone in one go. */
export type WalkStep = {
  /** Names the step in messages and in the plan's file. */
  readonly key: string;
  readonly kind: "files" | "extract";
  readonly title: string;
  readonly reason: string;
  readonly groups: Groups;
  readonly risk: Risk;
  readonly risks: readonly string[];
  readonly effort: { readonly places: number; readonly files: number };
};

/** Key of the step that gives each module of a file its own. */
export const FILES = "files";
export const filesTitle = (file: string): string => `Give each module of ${file.slice(file.lastIndexOf("/") + 1)} a file of its own`;

/** The steps of a walk in the order in which they are written. */
export function walkSteps({ plan, shape, files, splitsFile, applied }: Pick<Session, "plan" | "shape" | "files" | "splitsFile" | "applied">): readonly WalkStep[] {
  const groups = groupsOf(shape);
  const first: WalkStep = {
    key: FILES,
    kind: "files",
    title: filesTitle(plan.file),
    reason: files.length === 0 ? "" : `${files.filter(({ isNew }) => isNew).length} modules leave as they are. No caller changes.`,
    groups: [],
    risk: "low",
    risks: [],
    effort: { places: files.length, files: files.length },
  };
  const extracts = shape.steps
    .filter((step) => step.kind === "extract")
    .map((step): WalkStep => {
      const own = groups.filter(({ module }) => step.modules.includes(module));
      return { key: step.modules.join(" "), kind: "extract", title: step.title, reason: reasonOf(own, plan.module), groups: own, risk: step.risk, risks: step.risks, effort: step.effort };
    });
  return (splitsFile && files.length > 1) || applied.includes(FILES) ? [first, ...extracts] : extracts;
}

function reasonOf(groups: Groups, module: string): string {
  const parts = groups.map((group) => `${shortName(group.module, module)} takes ${group.functions.slice(0, 3).join(", ")}${group.functions.length > 3 ? ` and ${group.functions.length - 3} more` : ""}`);
  return parts.length === 0 ? "" : `${parts.join("; ")}.`;
}

/** Files that call something of a step's functions, with what they call. */
export function callersTouched(step: WalkStep, callers: readonly CallerFile[]): readonly CallerFile[] {
  const moving = new Set(step.groups.flatMap(({ functions }) => functions));
  return callers.flatMap((caller) => {
    const calls = caller.calls.filter((call) => moving.has(call.function));
    return calls.length === 0 ? [] : [{ ...caller, calls }];
  });
}
