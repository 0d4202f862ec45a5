import { GRADES } from "../decompose/plan/grades.ts";
import type { Plan } from "../decompose/plan/plan.ts";
import { type StepId, steps } from "../decompose/plan/plan-file.ts";
import type { CoChange } from "./co-change.ts";
import { type BeforeAfter, beforeAfter, type Comparison, comparisonOf, type Figure, moduleFigures, planFigures } from "./figures.ts";
import { areSame, groupsOf, shortName, withoutArity } from "./groups.ts";
import { writtenModules } from "./kept-plan.ts";
import { linksOf, warningsOf } from "./links.ts";
import { type Check, commitMessage, isSound, type Session } from "./session.ts";
import { callersTouched, walkSteps, type WalkStep } from "./walk-steps.ts";

const stepTitles: Readonly<Record<StepId, string>> = { understand: "Understand", shape: "Shape", review: "Review", apply: "Apply", verify: "Verify" };

export type FunctionView = { readonly id: string; readonly line: number; readonly lines: number; readonly isPrivate: boolean; readonly isPinned: boolean; readonly staysBecause: string | undefined; readonly why: readonly string[]; readonly isUncertain: boolean };
export type GroupView = {
  readonly module: string;
  readonly shortName: string;
  readonly isStaying: boolean;
  readonly codeLines: number;
  readonly isApplied: boolean;
  readonly functions: readonly FunctionView[];
  /** What it calls and who calls it, in short names, as sentences. */
  readonly links: readonly string[];
  /** Public functions that tell best what it is about. */
  readonly examples: readonly string[];
};
export type StepView = Omit<WalkStep, "groups"> & {
  readonly isApplied: boolean;
  readonly callers: readonly { readonly file: string; readonly line: number; readonly times: number }[];
  readonly tests: readonly string[];
};
export type CallerView = { readonly file: string; readonly line: number; readonly times: number; readonly functions: number };

/** Everything the page draws. */
export type Snapshot = {
  readonly step: StepId;
  readonly steps: readonly { readonly id: StepId; readonly title: string; readonly isDone: boolean }[];
  readonly module: string;
  readonly file: string;
  readonly figures: readonly Figure[];
  readonly map: Session["map"];
  readonly process: Plan["process"];
  readonly callers: readonly CallerView[];
  readonly history: CoChange | undefined;
  /** Files that one module per file would write; empty when there is one module. */
  readonly files: Session["files"];
  readonly splitsFile: boolean;
  readonly alternatives: Comparison;
  readonly chosen: string;
  readonly isEdited: boolean;
  readonly grades: number;
  readonly grade: number | undefined;
  readonly groups: readonly GroupView[];
  readonly planFigures: readonly Figure[];
  readonly warnings: readonly string[];
  readonly planSteps: readonly StepView[];
  readonly notes: readonly string[];
  readonly staleNotes: readonly string[];
  readonly problem: Session["problem"];
  readonly doing: string | undefined;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly isFrozen: boolean;
  readonly mixObstacle: string | undefined;
  readonly tests: readonly { readonly file: string; readonly isChosen: boolean; readonly times: number }[];
  readonly checks: readonly Check[];
  readonly inspection: Session["inspection"];
  /** It was inspected, and nothing is wrong with it. */
  readonly isSound: boolean;
  readonly beforeAfter: readonly BeforeAfter[];
  readonly commitMessage: string;
};

/** A session as its page shows it. */
export function view(session: Session): Snapshot {
  const { plan, shape, applied, map, callers } = session;
  const planSteps = stepViews(session);
  const links = linksOf(map, shape);
  const isWritten = planSteps.length > 0 && planSteps.every((step) => step.isApplied);
  const isRead = session.inspection !== undefined && isSound(session.inspection);
  const isVerified = isWritten && isRead && session.checks.every(({ state }) => state === "passed");
  const isDone = (id: StepId): boolean => (id === "verify" ? isVerified : id === "apply" ? isWritten : isWritten || steps.indexOf(id) < steps.indexOf(session.step));
  return {
    step: session.step,
    steps: steps.map((id) => ({ id, title: stepTitles[id], isDone: isDone(id) })),
    module: plan.module,
    file: plan.file,
    figures: moduleFigures(session.start.metrics),
    map,
    process: plan.process,
    callers: callers.map(({ file, calls }) => ({ file, line: calls[0]?.line ?? 1, times: timesOf(calls), functions: calls.length })),
    history: session.history,
    files: session.files,
    splitsFile: session.splitsFile,
    alternatives: comparisonOf(plan.alternatives),
    chosen: session.chosen,
    isEdited: !plan.alternatives.some((alternative) => alternative.id === session.chosen && areSame(groupsOf(alternative), groupsOf(shape))),
    grades: GRADES,
    grade: session.grade,
    groups: groupViews(session, links),
    planFigures: planFigures(shape.metrics, session.past.at(-1)?.shape.metrics),
    warnings: shape.groups.length === 0 ? [] : warningsOf(links, shape, plan.module),
    planSteps,
    notes: session.notes,
    staleNotes: session.staleNotes,
    problem: session.problem,
    doing: session.doing,
    canUndo: session.past.length > 0 && applied.length === 0,
    canRedo: session.future.length > 0 && applied.length === 0,
    isFrozen: applied.length > 0,
    mixObstacle: session.mixObstacle,
    tests: callers.filter(({ file, isTest }) => isTest && file.endsWith("_test.exs")).map(({ file, calls }) => ({ file, isChosen: session.tests.includes(file), times: timesOf(calls) })),
    checks: session.checks,
    inspection: session.inspection,
    isSound: isRead,
    beforeAfter: beforeAfter(session.start.metrics, shape),
    commitMessage: commitMessage(session),
  };
}

const timesOf = (calls: readonly { readonly times: number }[]): number => calls.reduce((sum, { times }) => sum + times, 0);

function stepViews(session: Session): readonly StepView[] {
  return walkSteps(session).map(({ groups, ...step }): StepView => {
    const touched = callersTouched({ ...step, groups }, session.callers);
    return { ...step, isApplied: session.applied.includes(step.key), callers: touched.filter(({ isTest }) => !isTest).map(({ file, calls }) => ({ file, line: calls[0]?.line ?? 1, times: timesOf(calls) })), tests: touched.filter(({ isTest }) => isTest).map(({ file }) => file) };
  });
}

function groupViews({ plan, shape, pins, map, ...rest }: Session, links: ReturnType<typeof linksOf>): readonly GroupView[] {
  const nodes = new Map(map.nodes.map((node) => [node.name, node]));
  const fixed = new Map(plan.pinned.map(({ function: id, reason }) => [id, reason]));
  const written = writtenModules({ plan, shape, ...rest });
  const nailed = new Set(pins.map(withoutArity));
  const nameOf = (module: string): string => (module === "" ? "what stays" : shortName(module, plan.module));
  const linksFor = (module: string): readonly string[] => [...links.filter(({ from }) => from === module).slice(0, 3).map(({ to, calls }) => `calls ${nameOf(to)} ${calls}×`), ...links.filter(({ to }) => to === module).slice(0, 3).map(({ from, calls }) => `called by ${nameOf(from)} ${calls}×`)];
  const functionView = (id: string, reasons: ReadonlyMap<string, { readonly why: readonly string[]; readonly uncertain?: true }>): FunctionView => {
    const node = nodes.get(withoutArity(id));
    const reason = reasons.get(id);
    return { id, line: node?.line ?? 1, lines: node?.lines ?? 0, isPrivate: node?.isPrivate ?? false, isPinned: nailed.has(withoutArity(id)), staysBecause: fixed.get(id), why: reason?.why ?? [], isUncertain: reason?.uncertain === true };
  };
  const linesOf = new Map(shape.metrics.modules.map(({ module, codeLines }) => [module, codeLines]));
  const groups = shape.groups.map(({ module, functions, reasons }): GroupView => {
    const byId = new Map(reasons.map((reason) => [reason.function, reason]));
    const views = functions.map((id) => functionView(id, byId));
    return { module, shortName: shortName(module, plan.module), isStaying: false, codeLines: linesOf.get(module) ?? 0, isApplied: written.has(module), functions: views, links: linksFor(module), examples: examplesOf(views) };
  });
  const staying = shape.stays.map((id) => functionView(id, new Map()));
  return [...groups, { module: "", shortName: `stays in ${plan.module}`, isStaying: true, codeLines: shape.metrics.remainingCodeLines, isApplied: false, functions: staying, links: linksFor(""), examples: examplesOf(staying) }];
}

/** The longest public functions, or the longest at all where none is public. */
function examplesOf(functions: readonly FunctionView[]): readonly string[] {
  const open = functions.some(({ isPrivate }) => !isPrivate) ? functions.filter(({ isPrivate }) => !isPrivate) : functions;
  return open.toSorted((a, b) => b.lines - a.lines).slice(0, 3).map(({ id }) => id);
}
