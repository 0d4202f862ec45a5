import type { Problem, ScanResult } from "../../engine/finding.ts";
import type { ParseElixir } from "../../syntax/parse.ts";
import { Tree } from "../../syntax/tree.ts";
import { hashOf } from "../../text/hash.ts";
import { type ScanRequest, ScanStopped } from "../audit.ts";
import { type Listing, listSources, readSource } from "../files.ts";
import type { Cache, FileEntry, Host, Stop } from "../host.ts";
import { compareProblems, type ScanOptions, type Scanned, scanWorkspace } from "../scan.ts";
import { type Known, type Ledger, MOST_RESULTS, readLedger, writeLedger } from "./ledger.ts";
import { TreePack } from "./tree-pack.ts";

/** What a scan answers, and on demand the trees and the rest behind it; `scanned` when that is there already. */
export type Answer = { readonly result: ScanResult; readonly files: ReadonlySet<string>; readonly whole: () => Promise<Scanned>; readonly scanned?: Scanned };

/**
 * The result of a scan, from the host's cache when every input is as it was: each file by its content, the options, the rules.
 * What the cache lacks is scanned, with the trees of unchanged files taken from it. Without a cache it is a plain scan, with
 * the trees of unchanged files taken out of `earlier`, those of the scan before.
 */
export async function answerOf(host: Host, options: ScanOptions, request: ScanRequest, earlier = new Map<string, Tree>()): Promise<Answer> {
  const { cache } = host;
  if (cache === undefined) return answered(await scanWorkspace(host, options, request, { parsing: (parse) => reusing(earlier, parse) }));
  const started = host.now();
  const { ledger, damaged } = await readLedger(cache);
  const listing = await listSources(host, request.stop);
  const files = await hashed(host, listing, ledger, request.stop);
  const key = hashOf(JSON.stringify([cache.build, options, host.root, listing.problems, [...files].map(([path, { hash }]) => [path, hash])]));
  const scan = (): Promise<Scanned> => scanWith(cache, host, options, request, listing, damaged);
  const kept = ledger.results.find((result) => result.key === key);
  if (kept !== undefined) {
    let scanned: Promise<Scanned> | undefined;
    return { result: { ...kept.result, durationMs: Math.round(host.now() - started) }, files: new Set(kept.files), whole: () => (scanned ??= scan()) };
  }
  const scanned = await scan();
  const others = ledger.results.filter((result) => result.key !== key);
  const results = isLasting(scanned.result) ? [{ key, files: [...scanned.trees.keys()], result: scanned.result }, ...others].slice(0, MOST_RESULTS) : others;
  await writeLedger(cache, { files, results });
  return answered(scanned);
}

const answered = (scanned: Scanned): Answer => ({ result: scanned.result, files: new Set(scanned.trees.keys()), whole: async () => scanned, scanned });

/** A parser that takes what it parses out of `earlier` when it is as it was: the trees of two scans at once would be twice the memory. */
const reusing =
  (earlier: Map<string, Tree>, parse: ParseElixir): ParseElixir =>
  (path, source) => {
    const tree = earlier.get(path);
    earlier.delete(path);
    return tree?.source === source ? new Tree(path, tree.source, tree.data) : parse(path, source);
  };

/** What went wrong once may go well the next time: then the scan has to be done again. */
const isLasting = ({ problems }: ScanResult): boolean => !problems.some(({ kind }) => kind === "worker" || kind === "cache" || kind === "unreadable");

/** Hashes of all inputs. A file is read only when the platform cannot promise that it is as it was. */
async function hashed(host: Host, { sources, configurations }: Listing, ledger: Ledger, stop: Stop): Promise<ReadonlyMap<string, Known>> {
  const files = new Map<string, Known>();
  for (const entry of [...configurations, ...sources]) {
    if (stop.aborted) throw new ScanStopped();
    const known = ledger.files.get(entry.path);
    const isKnown = known !== undefined && entry.version !== undefined && known.version === entry.version;
    files.set(entry.path, isKnown ? known : { version: entry.version, hash: await hashOfFile(host, entry) });
  }
  return files;
}

async function hashOfFile(host: Host, entry: FileEntry): Promise<string> {
  const source = await readSource(host, entry);
  return "kind" in source ? hashOf(source.message) : `${source.text.length}-${hashOf(source.text)}`;
}

async function scanWith(cache: Cache, host: Host, options: ScanOptions, request: ScanRequest, listing: Listing, damaged: string | undefined): Promise<Scanned> {
  const { pack, damaged: alsoDamaged } = await TreePack.open(cache);
  const scanned = await scanWorkspace(host, options, request, { listing, parsing: (parse) => pack.parsing(parse) });
  await pack.save(cache);
  const aside = damaged ?? alsoDamaged;
  return aside === undefined ? scanned : withProblem(scanned, { kind: "cache", message: `What earlier scans had kept was damaged; it lies in ${aside} now, and everything was scanned anew.` });
}

function withProblem(scanned: Scanned, problem: Problem): Scanned {
  const problems = [...scanned.result.problems, problem].sort(compareProblems);
  return { ...scanned, result: { ...scanned.result, problems } };
}
