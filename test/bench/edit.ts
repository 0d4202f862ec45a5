import { openAudit } from "../../src/audit/open-audit.ts";
import { loadGrammar } from "../../src/syntax/grammar.ts";
import { cost, median, quantile, type Row } from "./measure.ts";
import { generatedHost, longSource } from "./workspace.ts";

const FILE = "lib/plan.ex";

/** From an edit to the findings of the whole workspace, against parsing the edited file once. */
export async function edits(count: number, assets: string, runs: number): Promise<readonly Row[]> {
  const host = generatedHost(count, assets, new Map([[FILE, longSource()]]));
  const audit = openAudit(host, () => ({ version: "bench" }));
  await audit.scan({ stop: { aborted: false } });
  const { parser } = await loadGrammar(await host.grammar());
  let lines = longSource().split("\n");
  const updates: number[] = [];
  const parses: number[] = [];
  for (let run = 0; run < 10 + runs * 10; run++) {
    lines = editedLines(lines, run);
    const text = lines.join("\n");
    const update = (await cost(() => audit.update(FILE, text))).thread;
    const parse = (await cost(() => parser.parse(text)?.delete())).thread;
    if (run < 10) continue;
    updates.push(update);
    parses.push(parse);
  }
  const parse = median(parses);
  const row = (measure: string, value: number, unit: Row["unit"], most: number): Row => ({ measure, on: `${count} files`, value, unit, target: { most }, note: `${lines.length} lines, a full parse takes ${parse.toFixed(1)} ms; ${updates.length} edits` });
  return [row("edit to findings, p50", quantile(updates, 0.5), "ms", 10), row("edit to findings, p95", quantile(updates, 0.95), "ms", 30), row("edit to findings against a full parse, p50", quantile(updates, 0.5) / parse, "×", 1), row("edit to findings against a full parse, p95", quantile(updates, 0.95) / parse, "×", 2.5)];
}

/** One more edit at one place: a line more, another value in a body, another server that is called. */
function editedLines(lines: readonly string[], run: number): string[] {
  const from = 20 + ((run * 37) % (lines.length - 60));
  const find = (wanted: RegExp): number => lines.findIndex((line, i) => i >= from && wanted.test(line));
  if (run % 3 === 0) return lines.toSpliced(find(/^ {4}case /), 0, `    # ${run}`);
  const at = run % 3 === 1 ? find(/:step, \d+/) : find(/Oven\d+/);
  return lines.with(at, (lines[at] ?? "").replace(run % 3 === 1 ? /:step, \d+/ : /Oven\d+/, run % 3 === 1 ? `:step, ${run}` : `Oven${run}`));
}
