import { openAudit } from "../../src/audit/open-audit.ts";
import { scanWorkspace } from "../../src/audit/scan.ts";
import { cost, median, type Row } from "./measure.ts";
import { generatedHost, joinedHost } from "./workspace.ts";

const options = { version: "bench" };
const request = { stop: { aborted: false } };
const MB = 1024 * 1024;
declare const gc: (() => void) | undefined;

/** Leaves the turn, whose frames still hold what has ended, and collects. */
async function withoutGarbage(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let i = 0; i < 3; i++) gc?.();
}

/** Bytes that are held once garbage is gone: the heap and the buffers beside it. */
async function held(): Promise<number> {
  await withoutGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Time and memory per file of ten times as many files, against those of the number before; code that is already compiled. */
export async function growth(counts: readonly number[], assets: string, runs: number): Promise<readonly Row[]> {
  for (let i = 0; i < 3; i++) await scanWorkspace(generatedHost(300, assets), options, request);
  const perFile: { readonly count: number; readonly ms: number; readonly bytes: number }[] = [];
  for (const count of counts) {
    const host = generatedHost(count, assets);
    const before = await held();
    let scanned = await scanWorkspace(host, options, request);
    const bytes = ((await held()) - before) / scanned.trees.size;
    const times: number[] = [];
    for (let run = 0; run < (count >= 10_000 ? Math.min(runs, 2) : runs); run++) times.push((await cost(async () => (scanned = await scanWorkspace(host, options, request)))).thread);
    perFile.push({ count, ms: median(times) / count, bytes });
  }
  const reference = perFile.find(({ count }) => count === 1000) ?? perFile[0];
  return perFile.flatMap(({ count, ms, bytes }) => [
    { measure: "growth: time per file against 1,000 files", on: `${count} files`, value: ms / (reference?.ms ?? ms), unit: "×" as const, target: { most: 1.15 }, note: `${ms.toFixed(2)} ms a file` },
    { measure: "growth: memory per file against 1,000 files", on: `${count} files`, value: bytes / (reference?.bytes ?? bytes), unit: "×" as const, target: { most: 1.15 }, note: `${(bytes / 1024).toFixed(1)} kB a file held after the scan` },
  ]);
}

/** Resident memory above that of a process which has loaded the program and scanned nothing, after each of three scans. */
export async function memory(folders: readonly string[], assets: string): Promise<readonly Row[]> {
  const resident = async (): Promise<number> => {
    await withoutGarbage();
    return process.memoryUsage().rss / MB;
  };
  const empty = await resident();
  const audit = openAudit(joinedHost(folders, assets), () => options);
  const after: number[] = [];
  let files = 0;
  for (let scan = 0; scan < 3; scan++) {
    files = (await audit.scan(request)).files.scanned;
    after.push((await resident()) - empty);
  }
  const note = `${files} files; after each scan ${after.map((mb) => mb.toFixed(0)).join(", ")} MB, peak ${(process.resourceUsage().maxRSS / 1024 - empty).toFixed(0)} MB`;
  const [first = Number.NaN, , third = Number.NaN] = after;
  return [
    { measure: "memory above an empty host, after three scans", on: `${folders.length} folders`, value: third, unit: "MB", target: { most: 96 }, note },
    { measure: "memory after the third scan against the first", on: `${folders.length} folders`, value: third / first, unit: "×", target: { most: 1.05 }, note: "" },
  ];
}

