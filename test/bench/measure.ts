import { existsSync, readFileSync } from "node:fs";

/** CPU milliseconds of this thread so far, where the system tells (Linux): what the clock would show on a machine that does nothing else. */
function threadMs(): number {
  return Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[0]) / 1e6;
}

/** What a piece of work costs: on its thread, and in all, with the compiler and the garbage collection beside it. */
export type Cost = { readonly thread: number; readonly all: number };

export async function cost(work: () => unknown): Promise<Cost> {
  const before = existsSync("/proc/thread-self/schedstat") ? threadMs() : undefined;
  const all = await cpu(work);
  return { all, thread: before === undefined ? all : threadMs() - before };
}

/** CPU milliseconds of a piece of work in this process, its background threads included. */
export async function cpu(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000;
}
/** Milliseconds on the clock. */
export async function wall(work: () => unknown): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}
export const quantile = (values: readonly number[], part: number): number => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? Number.NaN;
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** One line of the table: what was measured, on what, the ratio or number that counts, and what it should be. */
export type Row = {
  readonly measure: string;
  readonly on: string;
  /** What a machine reads of it, one JSON line a folder. */
  readonly figures?: Readonly<Record<string, number>>;
  readonly value: number;
  readonly unit: "×" | "ms" | "MB" | "%";
  /** At most, or at least, this. */
  readonly target: { readonly most: number } | { readonly least: number };
  readonly note: string;
};
export const isMet = ({ value, target }: Row): boolean => ("most" in target ? value <= target.most : value >= target.least);
