import type { Finding, Problem, ScanResult } from "../engine/finding.ts";
import type { Rule } from "../engine/rule.ts";
import { rules as allRules } from "../rules/index.ts";
import { loadGrammar } from "../syntax/grammar.ts";
import { elixirParser, type ParseElixir } from "../syntax/parse.ts";
import type { Tree } from "../syntax/tree.ts";
import { analyse } from "./analyse.ts";
import { ScanStopped, type ScanRequest } from "./audit.ts";
import { type FileSelection, type SourceText, sourcesOf } from "./files.ts";
import type { Host } from "./host.ts";

/** What is scanned with which rules; filled from settings, command line and configuration. */
export type ScanOptions = FileSelection & {
  readonly version: string;
  /** Ids; without them the default set runs. */
  readonly rules?: readonly string[];
  readonly extended?: boolean;
};

/** What a scan leaves behind for later updates. */
export type Scanned = { readonly result: ScanResult; readonly trees: ReadonlyMap<string, Tree> };

/** The rules that options choose, sorted by id. */
export const chosenRules = (options: ScanOptions): readonly Rule[] => allRules.filter((rule) => (options.rules === undefined ? options.extended === true || rule.set === "default" : options.rules.includes(rule.id)));

const STEP_MS = 25;
const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

let parser: Promise<ParseElixir> | undefined;

/** The parser of this thread, loaded at its first use. */
export function parserOf(host: Host): Promise<ParseElixir> {
  parser ??= host.grammar().then(loadGrammar).then((grammar) => elixirParser(grammar));
  return parser;
}

/** Scans everything below the host's root. Files that cannot be read or parsed become problems; the rest is scanned. */
export async function scanWorkspace(host: Host, options: ScanOptions, request: ScanRequest): Promise<Scanned> {
  const started = host.now();
  const { files, problems, skipped } = await sourcesOf(host, options, request.stop);
  const trees = await parseAll(host, files, request);
  const result = resultOf(host, options, [...trees.values()], problems, skipped, started);
  return { result, trees };
}

/** Findings for trees that are already there: the end of every scan and update. */
export function resultOf(host: Host, options: ScanOptions, trees: readonly Tree[], problems: readonly Problem[], skipped: number, started: number): ScanResult {
  const rules = chosenRules(options);
  const parsing = trees.filter((tree) => tree.data.errors.length > 0).map(parseProblem);
  const analysis = analyse(trees, rules);
  return {
    tool: "otp-audit",
    version: options.version,
    root: host.root,
    files: { scanned: trees.length, withFindings: new Set(analysis.findings.map((finding: Finding) => finding.file)).size, parseErrors: parsing.length, skipped },
    rules: rules.map((rule) => rule.id),
    durationMs: Math.round(host.now() - started),
    problems: [...problems, ...parsing, ...analysis.problems].sort(compareProblems),
    findings: analysis.findings,
  };
}

async function parseAll(host: Host, files: readonly SourceText[], { stop, onProgress }: ScanRequest): Promise<Map<string, Tree>> {
  const parse = await parserOf(host);
  const trees = new Map<string, Tree>();
  let pause = host.now() + STEP_MS;
  for (const [done, { path, text }] of files.entries()) {
    if (stop.aborted) throw new ScanStopped();
    trees.set(path, parse(path, text));
    if (host.now() < pause) continue;
    onProgress?.({ done, total: files.length });
    await nextTurn(); // lets a stop request in
    pause = host.now() + STEP_MS;
  }
  onProgress?.({ done: files.length, total: files.length });
  return trees;
}

function parseProblem(tree: Tree): Problem {
  const first = tree.data.errors[0];
  const { line, column } = tree.positionAt(first?.start ?? 0);
  const more = tree.data.errors.length > 1 ? ` and ${tree.data.errors.length - 1} more places` : "";
  return { kind: "parse-error", file: tree.path, line, column, message: `${tree.path}:${line}:${column}${more} did not parse as Elixir. What parsed was scanned; findings near these places may be missing.` };
}

function compareProblems(a: Problem, b: Problem): number {
  const left = `${a.file ?? ""}\0${String(a.line ?? 0).padStart(7, "0")}\0${a.message}`;
  const right = `${b.file ?? ""}\0${String(b.line ?? 0).padStart(7, "0")}\0${b.message}`;
  return left < right ? -1 : left > right ? 1 : 0;
}
