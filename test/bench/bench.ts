import { listSources, readSources } from "../../src/audit/files.ts";
import { analyse } from "../../src/audit/analyse.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";
import { rules } from "../../src/rules/index.ts";
import { loadGrammar } from "../../src/syntax/grammar.ts";
import { elixirParser } from "../../src/syntax/parse.ts";

export type BenchRow = { readonly folder: string; readonly files: number; readonly megabytes: number; readonly parseMs: number; readonly scanMs: number; readonly scanToParse: number; readonly coldScanToParse: number; readonly filesPerSecond: number; readonly mbPerSecond: number; readonly peakMemoryMb: number; readonly findings: number };

/** CPU milliseconds of a piece of work in this process. */
function cpu(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const used = process.cpuUsage(before);
  return (used.user + used.system) / 1000;
}
const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

/** Parses and scans the files of a folder in turns, `runs` times after one cold round; reading the disk is not timed. */
export async function bench(folder: string, runs: number, root: string): Promise<BenchRow> {
  const host = nodeHost(folder, `${root}/dist`);
  const stop = { aborted: false };
  const { files } = await readSources(host, (await listSources(host, stop)).sources, stop);
  const grammar = await loadGrammar(await host.grammar());
  const parse = elixirParser(grammar);
  const chosen = rules.filter((rule) => rule.set === "default");
  let findings = 0;
  const parseAlone = (): void => {
    for (const { text } of files) grammar.parser.parse(text)?.delete();
  };
  const scanAll = (): void => {
    findings = analyse(files.map(({ path, text }) => parse(path, text)), chosen).findings.length;
  };
  const cold = { parse: cpu(parseAlone), scan: cpu(scanAll) };
  const parses: number[] = [];
  const scans: number[] = [];
  for (let run = 0; run < runs; run++) {
    parses.push(cpu(parseAlone));
    scans.push(cpu(scanAll));
  }
  const megabytes = files.reduce((sum, { text }) => sum + text.length, 0) / 1024 / 1024;
  const scanMs = median(scans);
  return {
    folder, files: files.length, megabytes, parseMs: median(parses), scanMs,
    scanToParse: median(scans.map((scan, i) => scan / (parses[i] ?? scan))),
    coldScanToParse: cold.scan / cold.parse,
    filesPerSecond: (files.length / scanMs) * 1000, mbPerSecond: (megabytes / scanMs) * 1000,
    peakMemoryMb: process.resourceUsage().maxRSS / 1024, findings,
  };
}
