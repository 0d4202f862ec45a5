import type { FunctionMap } from "../decompose/layout/map.ts";
import type { ModuleMetrics, Plan, PlanMetrics, Step } from "../decompose/plan/plan.ts";
import { type Check, commitMessage, type Session, type StepId, steps } from "./session.ts";

export const stepTitles: Readonly<Record<StepId, string>> = { understand: "Understand", shape: "Shape", review: "Review", apply: "Apply", verify: "Verify" };

export type Figure = { readonly label: string; readonly value: string; readonly change?: string; readonly explanation: string };

export type GroupView = { readonly module: string; readonly shortName: string; readonly isStaying: boolean; readonly codeLines: number; readonly isApplied: boolean; readonly functions: readonly FunctionView[] };
export type FunctionView = { readonly id: string; readonly line: number; readonly isPrivate: boolean; readonly isPinned: boolean; readonly pinnedBecause: string | undefined; readonly why: readonly string[]; readonly isUncertain: boolean };
export type ChoiceView = { readonly id: string; readonly title: string; readonly isChosen: boolean; readonly summary: string };

/** Everything the page draws. It is sent whole each time. */
export type Snapshot = {
  readonly step: StepId;
  readonly steps: readonly { readonly id: StepId; readonly title: string; readonly isDone: boolean }[];
  readonly module: string;
  readonly file: string;
  readonly figures: readonly Figure[];
  readonly map: FunctionMap;
  readonly process: Plan["process"];
  readonly choices: readonly ChoiceView[];
  readonly groups: readonly GroupView[];
  readonly planFigures: readonly Figure[];
  readonly planSteps: readonly (Step & { readonly isApplied: boolean })[];
  readonly notes: readonly string[];
  readonly problem: string | undefined;
  readonly isBusy: boolean;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly isFrozen: boolean;
  readonly canVerify: boolean;
  readonly checks: readonly Check[];
  readonly commitMessage: string;
};

/** A session as its page shows it. */
export function view(session: Session): Snapshot {
  const { plan, shape, applied, map } = session;
  const before = session.plan.alternatives.find(({ id }) => id === session.chosen);
  const allApplied = shape.groups.length > 0 && shape.groups.every(({ module }) => applied.includes(module));
  return {
    step: session.step,
    steps: steps.map((id) => ({ id, title: stepTitles[id], isDone: id === "apply" ? allApplied : id === "verify" ? session.checks.length > 0 && session.checks.every(({ state }) => state === "passed") : steps.indexOf(id) < steps.indexOf(session.step) })),
    module: plan.module,
    file: plan.file,
    figures: moduleFigures(plan.metrics),
    map,
    process: plan.process,
    choices: plan.alternatives.map(({ id, title, metrics, groups }) => ({ id, title, isChosen: id === session.chosen, summary: `${groups.length} new modules, ${percent(metrics.internalCallShare)} of calls stay inside, ${metrics.promotedPrivates} private functions become public` })),
    groups: groupViews(session),
    planFigures: planFigures(shape.metrics, before?.metrics),
    planSteps: shape.steps.map((step) => ({ ...step, isApplied: step.modules.length > 0 && step.modules.every((module) => applied.includes(module)) })),
    notes: [...session.staleNotes, ...session.notes],
    problem: session.problem,
    isBusy: session.isBusy,
    canUndo: session.past.length > 0 && applied.length === 0,
    canRedo: session.future.length > 0 && applied.length === 0,
    isFrozen: applied.length > 0,
    canVerify: session.canVerify,
    checks: session.checks,
    commitMessage: commitMessage(session),
  };
}

function groupViews({ plan, shape, pins, applied, map }: Session): readonly GroupView[] {
  const nodes = new Map(map.nodes.map((node) => [node.name, node]));
  const fixed = new Map(plan.pinned.map(({ function: id, reason }) => [id, reason]));
  const functionView = (id: string, reasons: ReadonlyMap<string, { readonly why: readonly string[]; readonly uncertain?: true }>): FunctionView => {
    const node = nodes.get(id.slice(0, id.lastIndexOf("/")));
    const reason = reasons.get(id);
    return { id, line: node?.line ?? 1, isPrivate: node?.isPrivate ?? false, isPinned: pins.includes(id), pinnedBecause: fixed.get(id), why: reason?.why ?? [], isUncertain: reason?.uncertain === true };
  };
  const none = new Map();
  const linesOf = new Map(shape.metrics.modules.map(({ module, codeLines }) => [module, codeLines]));
  return [
    ...shape.groups.map(({ module, functions, reasons }): GroupView => {
      const byId = new Map(reasons.map((reason) => [reason.function, reason]));
      return { module, shortName: module.startsWith(`${plan.module}.`) ? module.slice(plan.module.length + 1) : module, isStaying: false, codeLines: linesOf.get(module) ?? 0, isApplied: applied.includes(module), functions: functions.map((id) => functionView(id, byId)) };
    }),
    { module: "", shortName: `stays in ${plan.module}`, isStaying: true, codeLines: shape.metrics.remainingCodeLines, isApplied: false, functions: shape.stays.map((id) => functionView(id, none)) },
  ];
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const moduleFigures = (metrics: ModuleMetrics): readonly Figure[] => [
  { label: "Code lines", value: String(metrics.codeLines), explanation: "Without blank lines, comments and docs." },
  { label: "Public functions", value: String(metrics.publicFunctions), explanation: "What other modules may call." },
  { label: "Private functions", value: String(metrics.privateFunctions), explanation: "What only this module calls." },
  { label: "Separate parts", value: String(metrics.parts), explanation: "Groups of functions that share neither calls nor attributes." },
  { label: "Cohesion", value: percent(metrics.cohesion), explanation: "Share of pairs of public functions that are connected." },
  { label: "Longest function", value: `${metrics.longestFunction} lines`, explanation: "All clauses together." },
  { label: "Modules it uses", value: String(metrics.couplingOut.modules), explanation: `${metrics.couplingOut.calls} calls to other modules.` },
];

function planFigures(now: PlanMetrics, before: PlanMetrics | undefined): readonly Figure[] {
  const figure = (label: string, pick: (metrics: PlanMetrics) => number, explanation: string, show: (value: number) => string = String): Figure => {
    const value = pick(now);
    const change = before === undefined ? 0 : value - pick(before);
    return { label, value: show(value), explanation, ...(change === 0 ? {} : { change: `${change > 0 ? "+" : "−"}${show(Math.abs(change))}` }) };
  };
  return [
    figure("Calls that stay inside", (metrics) => metrics.internalCallShare, "More is better: modules that talk to themselves.", percent),
    figure("Calls between modules", (metrics) => metrics.crossModuleCalls, "Fewer is better."),
    figure("Private functions made public", (metrics) => metrics.promotedPrivates, "They are marked @doc false."),
    figure("Lines that stay", (metrics) => metrics.remainingCodeLines, "In the old module, delegates left out."),
    figure("Circles at run time", (metrics) => metrics.runtimeCycles, "Groups that call each other; harmless, and a sign of a wrong border."),
    figure("Compile-time edges", (metrics) => metrics.compileTimeEdges, "Modules that wait for each other when compiled."),
  ];
}
