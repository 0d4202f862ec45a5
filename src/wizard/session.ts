import type { FunctionMap } from "../decompose/layout/map.ts";
import type { Alternative, Plan } from "../decompose/plan/plan.ts";
import type { Start, StepId } from "../decompose/plan/plan-file.ts";
import type { CallerFile } from "../decompose/read/callers.ts";
import type { Inspection } from "../decompose/transform/inspection.ts";
import type { CoChange } from "./co-change.ts";
import { emptyShape, type Groups } from "./groups.ts";
import { type WalkStep, walkSteps } from "./walk-steps.ts";

/** What a command of the verification said; a place in the output leads to the file and to the step that wrote it. */
export type Check = { readonly title: string; readonly state: "running" | "passed" | "failed"; readonly output: string; readonly places: readonly Place[] };
export type Place = { readonly file: string; readonly line: number; readonly message: string; readonly step: string | undefined };

/** Something that went wrong, and the one action that leads out of it. */
export type Problem = { readonly message: string; readonly remedy?: Remedy };
export type Remedy = { readonly label: string; readonly kind: "save" | "open" | "undoAll" | "scan"; readonly file: string };

/** A shape with what it was made from; undo and redo go from one to the other. */
export type Version = Pick<Session, "shape" | "chosen" | "grade">;
export const versionOf = ({ shape, chosen, grade }: Version): Version => ({ shape, chosen, grade });

/** Everything about one walk through a decomposition. Plain data; changed by `update` and `received` alone. */
export type Session = {
  readonly step: StepId;
  readonly plan: Plan;
  readonly map: FunctionMap;
  readonly callers: readonly CallerFile[];
  /** Files that "one module per file" writes; empty when the file holds one module. */
  readonly files: readonly { readonly path: string; readonly isNew: boolean }[];
  /** Whether the plan begins with one module per file. */
  readonly splitsFile: boolean;
  /** The module before anything was written. */
  readonly start: Start;
  /** The alternative the shape began as, "" after the slider was used. */
  readonly chosen: string;
  /** Where the slider stands, once it was used. */
  readonly grade: number | undefined;
  readonly shape: Alternative;
  readonly past: readonly Version[];
  readonly future: readonly Version[];
  /** Functions the user nailed to where they are. */
  readonly pins: readonly string[];
  /** What had to follow the last change, in sentences. */
  readonly notes: readonly string[];
  readonly problem: Problem | undefined;
  /** What is being done, in words; undefined when nothing is. */
  readonly doing: string | undefined;
  /** Keys of the steps that are written. */
  readonly applied: readonly string[];
  readonly checks: readonly Check[];
  readonly inspection: Inspection | undefined;
  /** Why mix cannot run here; undefined when it can. */
  readonly mixObstacle: string | undefined;
  /** Test files that are run with the verification. */
  readonly tests: readonly string[];
  readonly history: CoChange | undefined;
  /** The file changed since the plan was made; what was left of it was taken over. */
  readonly staleNotes: readonly string[];
};

/** What the page asks for. */
export type Intent =
  | { readonly kind: "go"; readonly step: StepId }
  | { readonly kind: "choose"; readonly id: string }
  | { readonly kind: "grade"; readonly grade: number }
  | { readonly kind: "splitFile"; readonly isOn: boolean }
  | { readonly kind: "move"; readonly functions: readonly string[]; readonly to: string }
  | { readonly kind: "rename"; readonly from: string; readonly to: string }
  | { readonly kind: "merge"; readonly from: string; readonly into: string }
  | { readonly kind: "split"; readonly functions: readonly string[]; readonly name: string }
  | { readonly kind: "pin"; readonly functions: readonly string[]; readonly isOn: boolean }
  /** The host asks for the missing part of a change with VS Code's own quick input. */
  | { readonly kind: "ask"; readonly what: "move" | "rename" | "merge" | "split"; readonly functions: readonly string[]; readonly module: string }
  | { readonly kind: "undo" }
  | { readonly kind: "redo" }
  | { readonly kind: "open"; readonly file: string; readonly line: number }
  | { readonly kind: "preview"; readonly step: string }
  | { readonly kind: "apply"; readonly steps: readonly string[]; readonly withPreview: boolean }
  | { readonly kind: "undoAll" }
  | { readonly kind: "test"; readonly file: string; readonly isOn: boolean }
  | { readonly kind: "verify" }
  | { readonly kind: "remedy" }
  | { readonly kind: "copyMessage" };

/** Work that the session itself cannot do; whoever runs it answers with `received`. */
export type Effect =
  /** `chosen` is the alternative that the groups come from, when another one was chosen. */
  | { readonly kind: "reshape"; readonly groups: Groups; readonly chosen?: string }
  | { readonly kind: "grade"; readonly grade: number }
  | { readonly kind: "ask"; readonly what: "move" | "rename" | "merge" | "split"; readonly functions: readonly string[]; readonly module: string }
  | { readonly kind: "open"; readonly file: string; readonly line: number }
  /** Shows the edits of `steps` from `from` on, on what the earlier ones leave. */
  | { readonly kind: "preview"; readonly steps: readonly WalkStep[]; readonly from: number; readonly title: string }
  | { readonly kind: "apply"; readonly steps: readonly WalkStep[]; readonly withPreview: boolean }
  | { readonly kind: "undoAll" }
  | { readonly kind: "verify"; readonly tests: readonly string[] }
  | { readonly kind: "remedy"; readonly remedy: Remedy }
  | { readonly kind: "copy"; readonly text: string };

export type Answer =
  | { readonly kind: "reshaped"; readonly alternative: Alternative; readonly notes: readonly string[]; readonly grade?: number; readonly chosen?: string }
  | { readonly kind: "doing"; readonly what: string }
  /** Nothing was changed after all. */
  | { readonly kind: "nothing" }
  | { readonly kind: "applied"; readonly step: string }
  | { readonly kind: "undone" }
  /** Steps that were undone in the editor. */
  | { readonly kind: "takenBack"; readonly steps: readonly string[] }
  | { readonly kind: "checks"; readonly checks: readonly Check[] }
  | { readonly kind: "inspected"; readonly inspection: Inspection }
  | { readonly kind: "history"; readonly history: CoChange }
  | { readonly kind: "mix"; readonly obstacle: string | undefined }
  /** The code changed: the plan is made anew, and what still fits of the shape is kept. */
  | { readonly kind: "replanned"; readonly plan: Plan; readonly map: FunctionMap; readonly exports: readonly string[]; readonly callers: readonly CallerFile[]; readonly files: Session["files"]; readonly shape: Alternative; readonly notes: readonly string[] }
  /** Something went wrong beside what is being done, which goes on. */
  | { readonly kind: "problem"; readonly problem: Problem }
  /** What was being done could not be done. */
  | { readonly kind: "failed"; readonly problem: Problem };

export type Begin = Pick<Session, "plan" | "map" | "callers" | "files" | "mixObstacle" | "start"> & Partial<Pick<Session, "shape" | "chosen" | "pins" | "applied" | "step" | "staleNotes" | "splitsFile">>;

/** A walk at its beginning, or where an earlier one stopped. Undefined when there is nothing to do in the module or its file. */
export function begin({ plan, map, callers, files, mixObstacle, start, shape, chosen, pins = [], applied = [], step = "understand", staleNotes = [], splitsFile = files.length > 1 }: Begin): Session | undefined {
  const first = plan.alternatives.find((alternative) => alternative.default) ?? plan.alternatives[0];
  const current = shape ?? first ?? (files.length > 1 ? emptyShape(plan) : undefined);
  if (current === undefined) return undefined;
  const tests = callers.filter(({ isTest }) => isTest).map(({ file }) => file).filter((file) => file.endsWith("_test.exs"));
  return { step, plan, map, callers, files, splitsFile, start, chosen: chosen ?? (shape === undefined ? (first?.id ?? "") : ""), grade: undefined, shape: current, past: [], future: [], pins, notes: [], problem: undefined, doing: undefined, applied, checks: [], inspection: undefined, mixObstacle, tests, history: undefined, staleNotes };
}

/** The session after work was done for it. */
export function received(session: Session, answer: Answer): Session {
  switch (answer.kind) {
    case "reshaped":
      return { ...session, past: [...session.past, versionOf(session)], future: [], shape: answer.alternative, notes: answer.notes, ...originOf(session, answer), doing: undefined };
    case "doing":
      return { ...session, doing: answer.what };
    case "nothing":
      return { ...session, doing: undefined };
    case "applied":
      return { ...session, applied: [...session.applied, answer.step], checks: [], inspection: undefined };
    case "undone":
      return { ...session, applied: [], checks: [], inspection: undefined, doing: undefined, notes: ["Every file is as it was before the first step."] };
    case "takenBack":
      return { ...session, applied: session.applied.filter((key) => !answer.steps.includes(key)), checks: [], inspection: undefined, notes: [`${answer.steps.length === 1 ? "The last step was" : `The last ${answer.steps.length} steps were`} undone in the editor.`] };
    case "checks":
      return { ...session, checks: answer.checks };
    case "inspected":
      return { ...session, inspection: answer.inspection, doing: undefined };
    case "history":
      return { ...session, history: answer.history };
    case "mix":
      return { ...session, mixObstacle: answer.obstacle };
    case "replanned":
      return { ...session, plan: answer.plan, map: answer.map, callers: answer.callers, files: session.applied.length > 0 ? session.files : answer.files, shape: answer.shape, past: [], future: [], staleNotes: answer.notes, start: session.applied.length > 0 ? session.start : { metrics: answer.plan.metrics, exports: answer.exports } };
    case "problem":
      return { ...session, problem: answer.problem };
    case "failed":
      return { ...session, problem: answer.problem, doing: undefined };
  }
}

/** Where a new shape comes from: the slider, another alternative, or the one that it changes. */
function originOf(session: Session, { grade, chosen }: Extract<Answer, { readonly kind: "reshaped" }>): Pick<Session, "grade" | "chosen"> {
  if (grade !== undefined) return { grade, chosen: "" };
  return chosen === undefined ? { grade: session.grade, chosen: session.chosen } : { grade: undefined, chosen };
}

/** Whether reading the code alone finds nothing lost and nothing that was not meant. */
export const isSound = ({ broken, lostExports, newExports, missing }: Inspection): boolean => [broken, lostExports, newExports, missing].every((list) => list.length === 0);

/** What to write into the history of the project. */
export function commitMessage(session: Session): string {
  const { plan, applied } = session;
  const counted = walkSteps(session).filter(({ key }) => applied.length === 0 || applied.includes(key));
  const groups = counted.flatMap((step) => step.groups);
  const files = counted.some(({ kind }) => kind === "files");
  const title = groups.length > 0 ? `Split ${plan.module} into ${groups.length + 1} modules` : `Give each module of ${plan.file} a file of its own`;
  const body = groups.length === 0 ? [] : ["", `${plan.module} keeps its exported functions and delegates to:`, "", ...groups.map(({ module, functions }) => `- ${module} (${functions.length} function${functions.length === 1 ? "" : "s"})`)];
  return [title, ...body, ...(files && groups.length > 0 ? ["", `Each module of ${plan.file} has a file of its own now.`] : [])].join("\n");
}
