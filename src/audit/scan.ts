import type { Configurations } from "../engine/configuration.ts";
import { compareProblems, type Problem, type ScanResult } from "../engine/finding.ts";
import type { KeptRun } from "../engine/kept-run.ts";
import { LiveRun } from "../engine/live-run.ts";
import { type RunOptions, type RunResult, runningRules } from "../engine/run.ts";
import { Workspace } from "../model/workspace.ts";
import type { Survey } from "../report/parts.ts";
import { type Grammar, loadGrammar } from "../syntax/grammar.ts";
import { editingParser, elixirParser, type ParseElixir, type ReparseElixir } from "../syntax/parse.ts";
import type { Tree } from "../syntax/tree.ts";
import { ScanStopped, type ScanRequest } from "./scan-request.ts";
import { type Choice, chosenRules, configure, judged, optionsIn, selectedBy, serversIn, strictestIn } from "./configured.ts";
import { isConfigurationFile, isElixirFile, isInSkippedFolder, LARGEST_FILE, type Listing, listSources, readSources, type SourceText } from "./files.ts";
import type { Host } from "./host.ts";
import { splitsIn } from "./planning.ts";
import { surveyOf } from "./survey/survey.ts";

/** What is scanned with which rules; filled from settings and command line. */
export type ScanOptions = Choice & {
  readonly version: string;
  /** Files that ended the analysis thread before; they are reported and not read again. */
  readonly fatal?: readonly string[];
};

/** What a scan leaves behind for later updates. */
export type Scanned = {
  readonly result: ScanResult;
  readonly trees: ReadonlyMap<string, Tree>;
  readonly configurations: Configurations;
  /** Files left out and wrong configuration; what the analysis itself says comes anew each time. */
  readonly problems: readonly Problem[];
  readonly isSelected: (path: string) => boolean;
  /** What rules said and looked at, where that was to be kept. */
  readonly kept?: { readonly key: string; readonly run: KeptRun };
  /** Once there was an edit: what repeats only what an edit concerns, and the options it was made for. */
  readonly live?: { readonly key: string; readonly run: LiveRun };
};

/** What a scan need not find out: which files there are, and trees of sources that were parsed before. `keeps`: a later scan shall go on from it. */
export type Given = { readonly listing?: Listing; readonly parsing?: (parse: ParseElixir) => ParseElixir; readonly keeps?: boolean };

const STEP_MS = 25;
const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

let parser: Promise<ParseElixir> | undefined;
let editing: ReparseElixir | undefined;

/** The parser of this thread, loaded at its first use. */
export function parserOf(host: Host): Promise<ParseElixir> {
  parser ??= grammarOf(host)
    .then((grammar) => elixirParser(grammar))
    .catch((error: unknown) => {
      parser = undefined;
      throw error;
    });
  return parser;
}
const grammarOf = (host: Host): Promise<Grammar> => host.grammar().then(loadGrammar);

/** The parser for files that are being edited. */
async function editingParserOf(host: Host): Promise<ReparseElixir> {
  const parse = await parserOf(host);
  editing ??= editingParser(await grammarOf(host), parse);
  return editing;
}

/** Scans everything below the host's root. Files that cannot be read or parsed become problems; the rest is scanned. */
export async function scanWorkspace(host: Host, options: ScanOptions, request: ScanRequest, given: Given = {}): Promise<Scanned> {
  const started = host.now();
  const listing = given.listing ?? (await listSources(host, request.stop));
  const parser = await parserOf(host); // after the listing: what a host does for its parser may depend on how much there is
  const parse = given.parsing?.(parser) ?? parser;
  const { configurations, isChosen, problems } = await readSettings(host, listing, options, request, async () => parse);
  const { files, problems: leftOut } = await readSources(host, listing.sources.filter(({ path }) => isChosen(path)), request.stop);
  const trees = await parseAll(host, files, parse, request);
  const before = { trees, configurations, problems: [...problems, ...leftOut], isSelected: (path: string) => isElixirFile(path) && !isInSkippedFolder(path) && !listing.isIgnored(path) && isChosen(path) };
  const { kept, ...analysis } = await judgedInSteps(host, [...trees.values()], { rules: chosenRules(options, configurations), optionsOf: optionsIn(configurations) }, configurations, request.stop, given.keeps === true);
  return { ...before, ...(kept === undefined ? {} : { kept: { key: JSON.stringify(options), run: kept } }), result: resultOf(host, options, { ...before, trees: [...trees.values()].filter(({ speaks }) => speaks), scanned: trees.size }, analysis, started) };
}

/** The configuration of a folder, which files it chooses, and what is wrong with it or the listing. */
type FolderSettings = { readonly configurations: Configurations; readonly isChosen: (path: string) => boolean; readonly problems: readonly Problem[] };

/** Reads the configuration files of a listing; `parserFor` gives a parser for their texts. */
export async function readSettings(host: Host, listing: Listing, options: ScanOptions, { stop }: ScanRequest, parserFor: (texts: readonly SourceText[]) => Promise<ParseElixir>): Promise<FolderSettings> {
  const settings = await readSources(host, listing.configurations, stop);
  const { configurations, problems: wrong } = configure(settings.files, await parserFor(settings.files), options);
  const isSelected = selectedBy(configurations, options);
  const fatal = new Set(options.fatal);
  const listed = listing.problems.map((problem) => (isConfigurationFile(problem.file ?? "") ? asConfigurationProblem(problem) : problem));
  return { configurations, isChosen: (path) => isSelected(path) && !fatal.has(path), problems: [...listed, ...settings.problems.map(asConfigurationProblem), ...wrong, ...[...fatal].map(fatalProblem)] };
}

const asConfigurationProblem = (problem: Problem): Problem => ({ ...problem, kind: "configuration", message: `${problem.message.replace(/ The rest is scanned\.$/, "")} Its settings do not count.` });

const fatalProblem = (path: string): Problem => ({ kind: "worker", file: path, message: `${path} ended the analysis thread and was left out. The rest is scanned; a report with this file attached helps to repair it.` });

/** The rules over all trees, with a pause now and then in which a stop is heard. */
async function judgedInSteps(host: Host, trees: readonly Tree[], options: RunOptions, configurations: Configurations, stop: ScanRequest["stop"], keeps: boolean): Promise<RunResult & { readonly kept?: KeptRun }> {
  await nextTurn();
  if (stop.aborted) throw new ScanStopped();
  const steps = keeps ? recorded(new Workspace(trees, { servers: serversIn(configurations) }), options) : runningRules(new Workspace(trees, { servers: serversIn(configurations) }), options);
  let pause = host.now();
  for (;;) {
    if (host.now() >= pause) {
      await nextTurn();
      pause = host.now() + STEP_MS;
    }
    if (stop.aborted) throw new ScanStopped();
    const step = steps.next();
    if (step.done !== true) continue;
    for (const tree of trees) tree.release();
    return step.value;
  }
}

/** The same, with a record of what was looked at. */
function* recorded(workspace: Workspace, options: RunOptions): Generator<undefined, RunResult & { readonly kept: KeptRun }> {
  const run = yield* LiveRun.starting(workspace, options);
  const { result } = run;
  yield;
  return { ...result, kept: run.kept };
}

/** The scan after one file changed (`undefined`: it is gone). Only that file is parsed, and only what depends on it is judged again. */
export async function rescan(host: Host, options: ScanOptions, before: Scanned, path: string, text: string | undefined): Promise<Scanned> {
  if (isConfigurationFile(path)) return scanWorkspace(host, options, { stop: { aborted: false } });
  const started = host.now();
  const problems = before.problems.filter((problem) => problem.file !== path);
  const isChosen = text !== undefined && before.isSelected(path);
  const isTooLarge = isChosen && text.length > LARGEST_FILE;
  if (isTooLarge) problems.push({ kind: "too-large", file: path, message: `${path} has grown past ${LARGEST_FILE / 1024 / 1024} MB and is no longer scanned. The rest is scanned.` });
  const tree = isChosen && !isTooLarge ? await editedTree(host, before.trees.get(path), path, text) : undefined;
  const trees = withTree(before.trees, path, tree);
  const key = JSON.stringify(options);
  const isLive = before.live?.key === key && before.live.run.edit([[path, tree]]);
  const live = isLive && before.live !== undefined ? before.live : { key, run: begun(before, options, path, tree) ?? liveRun(trees, options, before.configurations) };
  const { kept: _, ...others } = before;
  const after = { ...others, trees, problems, live };
  return { ...after, result: resultOf(host, options, { ...after, trees: [...trees.values()].filter(({ speaks }) => speaks), scanned: trees.size }, live.run.result, started) };
}

async function editedTree(host: Host, before: Tree | undefined, path: string, text: string): Promise<Tree> {
  return before === undefined ? (await parserOf(host))(path, text) : (await editingParserOf(host))(before, text);
}

function withTree(before: ReadonlyMap<string, Tree>, path: string, tree: Tree | undefined): ReadonlyMap<string, Tree> {
  const trees = new Map(before);
  if (tree === undefined) trees.delete(path);
  else trees.set(path, tree);
  return tree === undefined || before.has(path) ? trees : new Map([...trees].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A live run that goes on from what the scan kept, with the first edit made. */
function begun({ kept, trees, configurations }: Scanned, options: ScanOptions, path: string, tree: Tree | undefined): LiveRun | undefined {
  if (kept?.key !== JSON.stringify(options)) return undefined;
  const treeOf = (name: string): Tree => {
    const found = trees.get(name) as Tree;
    found.keep();
    return found;
  };
  const workspace = new Workspace(kept.run.files.map(({ facts }) => ({ facts, tree: () => treeOf(facts.path) })), { servers: serversIn(configurations) });
  const run = LiveRun.resume(workspace, { rules: chosenRules(options, configurations), optionsOf: optionsIn(configurations) }, kept.run);
  return run.edit([[path, tree]]) ? run : undefined;
}

function liveRun(trees: ReadonlyMap<string, Tree>, options: ScanOptions, configurations: Configurations): LiveRun {
  for (const tree of trees.values()) tree.keep();
  return LiveRun.start(new Workspace([...trees.values()], { servers: serversIn(configurations) }), { rules: chosenRules(options, configurations), optionsOf: optionsIn(configurations) });
}

/** What a report says besides findings, of a scan that is there. */
export const surveyed = (scanned: Scanned): Survey => surveyOf([...scanned.trees.values()], scanned.result.findings, { servers: serversIn(scanned.configurations) }, splitsIn(scanned));

/** What a result is made of besides findings; `trees` are at least those that speak. */
type Ground = { readonly scanned: number; readonly trees: readonly Tree[]; readonly configurations: Configurations; readonly problems: readonly Problem[] };

/** The end of every scan and update. */
export function resultOf(host: Host, options: ScanOptions, { scanned, trees, configurations, problems: earlier }: Ground, analysis: RunResult, started: number): ScanResult {
  const rules = chosenRules(options, configurations);
  const { findings, suppressed, problems } = judged(analysis.findings, trees, rules, configurations, options);
  const least = strictestIn(configurations, options);
  const parsing = trees.filter((tree) => tree.data.errors.length > 0).map(parseProblem);
  return {
    tool: "otp-audit",
    version: options.version,
    root: host.root,
    files: {
      scanned,
      withFindings: new Set(findings.map((finding) => finding.file)).size,
      parseErrors: parsing.length,
      skipped: earlier.filter(({ kind }) => kind === "unreadable" || kind === "binary" || kind === "too-large").length,
    },
    rules: rules.map((rule) => rule.id),
    durationMs: Math.round(host.now() - started),
    problems: [...earlier, ...parsing, ...analysis.problems, ...problems].sort(compareProblems),
    findings,
    ...(suppressed.length === 0 ? {} : { suppressed }),
    ...(least === "review" ? {} : { minConfidence: least }),
  };
}

async function parseAll(host: Host, files: readonly SourceText[], parse: ParseElixir, { stop, onProgress, onFile }: ScanRequest): Promise<Map<string, Tree>> {
  const trees = new Map<string, Tree>();
  let pause = host.now() + STEP_MS;
  for (const [done, { path, text }] of files.entries()) {
    if (stop.aborted) throw new ScanStopped();
    if (onFile !== undefined) {
      onFile(path);
      await nextTurn(); // the word is out before the file can do harm
    }
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
  const others = tree.data.errors.length - 1;
  const more = others === 0 ? "" : others === 1 ? " and one more place" : ` and ${others} more places`;
  return { kind: "parse-error", file: tree.path, line, column, message: `${tree.path}:${line}:${column}${more} did not parse as Elixir. What parsed was scanned; findings near these places may be missing.` };
}
