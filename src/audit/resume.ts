import { LiveRun } from "../engine/live-run.ts";
import type { ScanResult } from "../engine/finding.ts";
import { Workspace } from "../model/workspace.ts";
import type { ParseElixir } from "../syntax/parse.ts";
import { Tree, type TreeData } from "../syntax/tree.ts";
import { stampOf } from "../text/hash.ts";
import type { ScanRequest } from "./scan-request.ts";
import type { KeptScan } from "./cache/kept-scan.ts";
import { chosenRules, optionsIn, serversIn } from "./configured.ts";
import { type Listing, readSources, textOf } from "./files.ts";
import type { FileEntry, Host } from "./host.ts";
import { parserOf, readSettings, resultOf, type ScanOptions } from "./scan.ts";

/** What a scan goes on from: the files and their stamps as they are now, what an earlier scan judged, and its trees by stamp. */
export type Before = {
  readonly listing: Listing;
  readonly stamps: (path: string) => string | undefined;
  readonly kept: KeptScan;
  readonly treeOf: (stamp: string) => TreeData | undefined;
};

/** A result, the files that were scanned for it, and what a later scan can go on from. */
export type Resumed = { readonly result: ScanResult; readonly files: readonly string[]; readonly changes: number; readonly kept: () => KeptScan; readonly trees: () => readonly Tree[] };

/** More files than this share of all cost as much as a scan from nothing. */
const MOST_CHANGED = 0.25;

/**
 * The result of a scan of the files as they are now, from an earlier one: what differs is parsed, and judged with all that it
 * concerns. Undefined when a scan from nothing is as good, or the only way.
 */
export async function resumed(host: Host, options: ScanOptions, request: ScanRequest, { listing, stamps, kept, treeOf }: Before): Promise<Resumed | undefined> {
  const started = host.now();
  const stored = (path: string, source: string): Tree | undefined => {
    const data = treeOf(stampOf(source));
    return data === undefined ? undefined : new Tree(path, source, data);
  };
  const settings = await readSettings(host, listing, options, request, (texts) => parsing(host, stored, texts));
  const chosen = listing.sources.filter(({ path }) => settings.isChosen(path));
  const known = new Map(kept.run.files.map(({ facts }) => [facts.path, facts.stamp]));
  const differing = chosen.filter(({ path }) => known.get(path) !== stamps(path));
  const now = new Set(chosen.map(({ path }) => path));
  const gone = [...known.keys()].filter((path) => !now.has(path));
  if (differing.length + gone.length > 1 + chosen.length * MOST_CHANGED) return undefined;

  const { files, problems } = await readSources(host, differing, request.stop);
  const parse = await parsing(host, stored, files);
  const readable = new Set(files.map(({ path }) => path));
  const trees = new Map(files.map(({ path, text }) => [path, parse(path, text)]));
  const sleepers = await sleepingTrees(host, chosen.filter(({ path }) => known.get(path) === stamps(path)), treeOf);
  let isOutdated = false;
  const treeAt = (path: string, stamp: string): Tree => {
    const tree = sleepers(path, stamp);
    if (tree !== undefined) return tree;
    isOutdated = true;
    throw new Error(`${path} is no longer what it was`);
  };
  const workspace = new Workspace(kept.run.files.map(({ facts }) => ({ facts, tree: () => treeAt(facts.path, facts.stamp) })), { servers: serversIn(settings.configurations) });
  const run = LiveRun.resume(workspace, { rules: chosenRules(options, settings.configurations), optionsOf: optionsIn(settings.configurations) }, kept.run);
  const left = differing.filter(({ path }) => !readable.has(path) && known.has(path)).map(({ path }) => path);
  const speaking = (): readonly Tree[] => [...kept.speaking.flatMap((path) => (trees.has(path) ? [] : (workspace.fileAt(path)?.tree ?? []))), ...[...trees.values()].filter((tree) => tree.speaks)];
  try {
    if (!run.edit([...[...gone, ...left].map((path) => [path, undefined] as const), ...trees])) return undefined;
    speaking();
  } catch (error) {
    if (isOutdated) return undefined;
    throw error;
  }
  const scanned = workspace.everyFile.map(({ path }) => path);
  const result = resultOf(host, options, { scanned: scanned.length, trees: speaking(), configurations: settings.configurations, problems: [...settings.problems, ...problems] }, run.result, started);
  // A rule that fails on such a file says so; but there it is not the rule.
  if (isOutdated) return undefined;
  return { result, files: scanned, changes: differing.length + gone.length, kept: () => ({ key: kept.key, run: run.kept, speaking: speaking().map(({ path }) => path) }), trees: () => [...trees.values()] };
}

/** Parses what is not stored; the parser is loaded only when there is such a text. */
async function parsing(host: Host, stored: (path: string, source: string) => Tree | undefined, texts: readonly { readonly path: string; readonly text: string }[]): Promise<ParseElixir> {
  const all = new Map(texts.map(({ path, text }) => [path, stored(path, text)]));
  if (![...all.values()].includes(undefined)) return (path, source) => all.get(path) ?? (stored(path, source) as Tree);
  host.parsesLittle?.();
  const parser = await parserOf(host);
  return (path, source) => stored(path, source) ?? parser(path, source);
}

/** Trees of files as they were, made when somebody looks into one; undefined when one changed meanwhile. Where files cannot be read at once, all are read now. */
async function sleepingTrees(host: Host, entries: readonly FileEntry[], treeOf: Before["treeOf"]): Promise<(path: string, stamp: string) => Tree | undefined> {
  const { readNow } = host;
  const texts = readNow === undefined ? new Map((await readSources(host, entries, { aborted: false })).files.map(({ path, text }) => [path, text])) : undefined;
  return (path, stamp) => {
    const text = readNow !== undefined ? textOf(readNow(path)) : texts?.get(path);
    const data = treeOf(stamp);
    const tree = text === undefined || data === undefined ? undefined : new Tree(path, text, data);
    if (tree?.stamp !== stamp) return undefined;
    tree.keep();
    return tree;
  };
}
