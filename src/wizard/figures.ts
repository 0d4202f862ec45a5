import type { Alternative, ModuleMetrics, PlanMetrics } from "../decompose/plan/plan.ts";

/** A measure as it is shown; `change` against the shape before, `isWorse` when the change goes the wrong way. */
export type Figure = { readonly label: string; readonly value: string; readonly change?: string; readonly isWorse?: boolean; readonly explanation: string };

export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/** Measures of the module as it stands. */
export const moduleFigures = (metrics: ModuleMetrics): readonly Figure[] => [
  { label: "Code lines", value: String(metrics.codeLines), explanation: "Without blank lines, comments and docs." },
  { label: "Doc lines", value: String(metrics.docLines), explanation: "They make a file long, and no module a god module." },
  { label: "Public functions", value: String(metrics.publicFunctions), explanation: "What other modules may call." },
  { label: "Private functions", value: String(metrics.privateFunctions), explanation: "What only this module calls." },
  { label: "Separate parts", value: String(metrics.parts), explanation: "Groups of functions that share neither calls nor attributes." },
  { label: "Cohesion", value: percent(metrics.cohesion), explanation: "Share of pairs of public functions that are connected." },
  { label: "Longest function", value: `${metrics.longestFunction} lines`, explanation: "All clauses together." },
  { label: "Modules it uses", value: String(metrics.couplingOut.modules), explanation: `${metrics.couplingOut.calls} calls to other modules.` },
  ...(metrics.couplingIn === undefined ? [] : [{ label: "Files that call it", value: String(metrics.couplingIn.modules), explanation: `${metrics.couplingIn.calls} calls by name from other files, tests included.` }]),
];

type Measure = { readonly label: string; readonly pick: (metrics: PlanMetrics) => number; readonly explanation: string; readonly isMoreBetter?: true; readonly show?: (value: number) => string };

/** Largest module after the split, by code lines: the module to be or what is left of the old one. */
const largestOf = ({ modules, remainingCodeLines }: PlanMetrics): number => Math.max(remainingCodeLines, ...modules.map(({ codeLines }) => codeLines));

const measures: readonly Measure[] = [
  { label: "Calls inside", pick: (metrics) => metrics.internalCallShare, explanation: "Share of calls that stay inside one module. More is better: modules that talk to themselves.", isMoreBetter: true, show: percent },
  { label: "Calls between", pick: (metrics) => metrics.crossModuleCalls, explanation: "Calls from one of the modules to another. Fewer is better." },
  { label: "Made public", pick: (metrics) => metrics.promotedPrivates, explanation: "Private functions that another module needs; they are marked @doc false." },
  { label: "Lines in largest", pick: largestOf, explanation: "Code lines of the largest module afterwards." },
  { label: "Lines that stay", pick: (metrics) => metrics.remainingCodeLines, explanation: "Code lines left in the old module, one for each delegate included." },
  { label: "Circles", pick: (metrics) => metrics.runtimeCycles, explanation: "Groups that call each other at run time; harmless, and a sign of a wrong border." },
  { label: "Compile waits", pick: (metrics) => metrics.compileTimeEdges, explanation: "Modules that wait for the old one when compiled." },
];

/** Measures of a shape with their change since `before`. */
export function planFigures(now: PlanMetrics, before: PlanMetrics | undefined): readonly Figure[] {
  return measures.map(({ label, pick, explanation, isMoreBetter, show = String }) => {
    const value = pick(now);
    const change = before === undefined ? 0 : value - pick(before);
    const shown = show(Math.abs(change));
    if (shown === show(0)) return { label, value: show(value), explanation };
    return { label, value: show(value), explanation, change: `${change > 0 ? "+" : "−"}${shown}`, isWorse: isMoreBetter === true ? change < 0 : change > 0 };
  });
}

/** Alternatives against each other: one row each, one column for a measure, the best of each column marked. */
export type Comparison = { readonly columns: readonly { readonly label: string; readonly explanation: string }[]; readonly rows: readonly { readonly id: string; readonly title: string; readonly modules: number; readonly cells: readonly { readonly value: string; readonly isBest: boolean }[] }[] };

export function comparisonOf(alternatives: readonly Alternative[]): Comparison {
  const shown = measures.slice(0, 4);
  const best = shown.map(({ pick, isMoreBetter }) => {
    const values = alternatives.map(({ metrics }) => pick(metrics));
    return new Set(values).size < 2 ? undefined : isMoreBetter === true ? Math.max(...values) : Math.min(...values);
  });
  return {
    columns: shown.map(({ label, explanation }) => ({ label, explanation })),
    rows: alternatives.map(({ id, title, groups, metrics }) => ({ id, title, modules: groups.length, cells: shown.map(({ pick, show = String }, i) => ({ value: show(pick(metrics)), isBest: pick(metrics) === best[i] })) })),
  };
}

/** The module before and what the plan makes of it. */
export type BeforeAfter = { readonly label: string; readonly before: string; readonly after: string; readonly explanation: string };

export function beforeAfter(start: ModuleMetrics, { metrics, groups }: Alternative): readonly BeforeAfter[] {
  const parts = metrics.modules.reduce((most, entry) => Math.max(most, entry.parts), 0);
  return [
    { label: "Modules", before: "1", after: String(groups.length + 1), explanation: "The old module stays as the door to the new ones." },
    { label: "Code lines of the largest", before: String(start.codeLines), after: String(largestOf(metrics)), explanation: "Without blank lines, comments and docs." },
    { label: "Code lines of the old module", before: String(start.codeLines), after: String(metrics.remainingCodeLines), explanation: "Afterwards one line for each delegate." },
    { label: "Separate parts in one module", before: String(start.parts), after: String(parts), explanation: "The most that any of the new modules has." },
    { label: "Public functions in one module", before: String(start.publicFunctions), after: String(metrics.modules.reduce((most, entry) => Math.max(most, entry.publicFunctions), 0)), explanation: "The most that any of the new modules has; the old one keeps its exported functions." },
  ];
}
