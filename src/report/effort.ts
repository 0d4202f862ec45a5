import type { Finding, FixKind } from "../engine/finding.ts";
import type { ModulePortrait } from "./parts.ts";

/** Minutes of work, as a range; an estimate by one model, never measured. */
export type Effort = { readonly from: number; readonly likely: number; readonly to: number };

/** Minutes for the first instance, by how its fix is made; calibrated on eight fixes of one real audit (5 to 25 minutes). */
const firstInstance: Readonly<Record<FixKind, number>> = { automatic: 5, guided: 15, none: 25, plan: 120 };
const REPETITION = 0.3;

/** An hour for ten functions that move to another module. */
const MOVED_FUNCTION = 6;

/**
 * Effort for findings of one rule: the first instance costs most, each repetition 30 % of it; half to double as a range.
 * A module to split costs by the functions that its plan moves, where there is a plan.
 */
export function effortOf(findings: readonly Finding[], modules: readonly ModulePortrait[] = []): Effort {
  const moved = (finding: Finding): number => (finding.fix?.kind !== "plan" ? 0 : (modules.find(({ file, name }) => file === finding.file && name === finding.module)?.proposed.reduce((sum, part) => sum + part.functions.length, 0) ?? 0));
  const planned = findings.filter((finding) => moved(finding) > 0);
  const rest = findings.filter((finding) => moved(finding) === 0);
  const base = Math.max(0, ...rest.map(({ fix }) => firstInstance[fix?.kind ?? "none"]));
  const likely = Math.round(base * (1 + REPETITION * Math.max(0, rest.length - 1)) + planned.reduce((sum, finding) => sum + MOVED_FUNCTION * moved(finding), 0));
  return { from: Math.round(likely / 2), likely, to: likely * 2 };
}

export const sumOf = (efforts: readonly Effort[]): Effort => efforts.reduce((sum, { from, likely, to }) => ({ from: sum.from + from, likely: sum.likely + likely, to: sum.to + to }), { from: 0, likely: 0, to: 0 });

/** Parts as they are printed, added up: who adds the lines of the table gets its last one. */
export const totalOf = (parts: readonly Effort[]): Effort => sumOf(parts.map((part) => (isInMinutes(part) ? part : { from: halfHours(part.from) * 30, likely: part.likely, to: halfHours(part.to) * 30 })));

const isInMinutes = ({ to }: Effort): boolean => to <= 120;
const halfHours = (minutes: number): number => Math.max(1, Math.round(minutes / 30));

/** `20 to 80 minutes`, `2 to 8 hours`. */
export function effortText(effort: Effort): string {
  return isInMinutes(effort) ? `${effort.from} to ${effort.to} minutes` : `${halfHours(effort.from) / 2} to ${halfHours(effort.to) / 2} hours`;
}
