import { analyse } from "../../src/audit/analyse.ts";
import { listSources, readSources, type SourceText } from "../../src/audit/files.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";
import { rules } from "../../src/rules/index.ts";
import { type Grammar, loadGrammar } from "../../src/syntax/grammar.ts";
import { elixirParser } from "../../src/syntax/parse.ts";
import { type Cost, cost, median, type Row } from "./measure.ts";

const chosen = rules.filter((rule) => rule.set === "default");

export type Loaded = { readonly files: readonly SourceText[]; readonly grammar: Grammar };

/** The sources of a folder and the grammar: neither disk nor start-up is part of what is measured. */
export async function loaded(folder: string, assets: string): Promise<Loaded> {
  const host = nodeHost(folder, assets);
  const stop = { aborted: false };
  const { files } = await readSources(host, (await listSources(host, stop)).sources, stop);
  return { files, grammar: await loadGrammar(await host.grammar()) };
}

/** Tree-sitter alone, through its public interface: what the whole scan is compared with. */
export function parseAlone({ files, grammar }: Loaded): void {
  for (const { text } of files) grammar.parser.parse(text)?.delete();
}

/** Everything after reading the disk: parse, own trees, model, all default rules, findings. */
export function scanAll({ files, grammar }: Loaded): number {
  const parse = elixirParser(grammar);
  return analyse(files.map(({ path, text }) => parse(path, text)), chosen).findings.length;
}

const WARM_UP = 3;

/** Whole scans against parsing alone, taking turns in one process that has done both before. */
export async function warmScan(folder: string, assets: string, runs: number): Promise<Row> {
  const work = await loaded(folder, assets);
  const parses: Cost[] = [];
  const scans: Cost[] = [];
  let findings = 0;
  for (let run = 0; run < WARM_UP + runs; run++) {
    const parse = await cost(() => parseAlone(work));
    const scan = await cost(() => {
      findings = scanAll(work);
    });
    if (run < WARM_UP) continue;
    parses.push(parse);
    scans.push(scan);
  }
  const megabytes = work.files.reduce((sum, { text }) => sum + text.length, 0) / 1024 / 1024;
  const ratio = (part: keyof Cost): number => median(scans.map((scan, i) => scan[part] / (parses[i]?.[part] ?? Number.NaN)));
  const scan = median(scans.map(({ thread }) => thread));
  const figures = { scanToParse: ratio("thread"), scanToParseAllThreads: ratio("all"), filesPerSecond: (work.files.length / scan) * 1000, mbPerSecond: (megabytes / scan) * 1000, peakMemoryMb: process.resourceUsage().maxRSS / 1024 };
  return { figures, measure: "scan against parsing alone, warm", on: folder, value: ratio("thread"), unit: "×", target: { most: 1.35 }, note: `with background threads ${ratio("all").toFixed(2)}; ${work.files.length} files, ${megabytes.toFixed(2)} MB, ${findings} findings, parse ${median(parses.map(({ thread }) => thread)).toFixed(0)} ms, scan ${scan.toFixed(0)} ms, ${((work.files.length / scan) * 1000).toFixed(0)} files/s` };
}

/** Cost of one kind of work in a process that has done nothing yet. */
export async function coldWork(kind: "parse" | "scan", folder: string, assets: string): Promise<Cost> {
  const work = await loaded(folder, assets);
  return cost(() => (kind === "parse" ? parseAlone(work) : scanAll(work)));
}
