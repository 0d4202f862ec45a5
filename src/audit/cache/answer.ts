import { compareProblems, type Problem, type ScanResult } from "../../engine/finding.ts";
import type { ParseElixir } from "../../syntax/parse.ts";
import { Tree } from "../../syntax/tree.ts";
import type { ScanRequest } from "../scan-request.ts";
import type { Cache, Host } from "../host.ts";
import { type Before, type Resumed, resumed } from "../resume.ts";
import { type ScanOptions, type Scanned, scanWorkspace } from "../scan.ts";
import { type Begun, begun, keptResult } from "./begun.ts";
import { readKeptScan, writeKeptScan } from "./kept-scan.ts";
import { MOST_RESULTS, writeLedger } from "./ledger.ts";
import { TreePack } from "./tree-pack.ts";

/** What a scan answers, and on demand the trees and the rest behind it; `scanned` when that is there already. */
export type Answer = { readonly result: ScanResult; readonly files: ReadonlySet<string>; readonly whole: () => Promise<Scanned>; readonly scanned?: Scanned };

/** When more files than this share of all have changed, what was judged is kept anew: the next scan has less to do again. */
const RENEWING_SHARE = 0.03;

/**
 * The result of a scan, from the host's cache when every input is as it was: each file by its content, the options, the rules.
 * When only some files differ it goes on from what was kept, and else everything is scanned, with the trees of unchanged files.
 * Without a cache it is a plain scan, with the trees of unchanged files taken out of `earlier`, those of the scan before.
 */
export async function answerOf(platform: Host, options: ScanOptions, request: ScanRequest, earlier = new Map<string, Tree>()): Promise<Answer> {
  const { cache } = platform;
  if (cache === undefined) return answered(await scanWorkspace(platform, options, request, { parsing: (parse) => reusing(earlier, parse) }));
  return answerFrom(await begun(platform, cache, options, request), options, request);
}

/** The same, for a scan that has begun. */
export async function answerFrom(begin: Begun, options: ScanOptions, request: ScanRequest): Promise<Answer> {
  const { cache, host, ledger, listing, files, key, known } = begin;
  if (known !== undefined) return { result: keptResult(begin, known), files: new Set(known.files), whole: once(() => wholeOf(begin, options, request)) };
  const { kept, damaged: damagedRun } = await readKeptScan(cache, begin.keptKey);
  const { pack, damaged: damagedTrees } = kept === undefined ? {} : await TreePack.open(cache);
  const whole = once(() => wholeOf({ ...begin, damaged: begin.damaged ?? damagedRun ?? damagedTrees }, options, request));
  const partly = begin.damaged !== undefined || kept === undefined || pack === undefined ? undefined : await resumedWith(cache, pack, host, options, request, { listing, kept, stamps: (path) => files.get(path)?.hash });
  if (partly !== undefined) host.note?.(`Files that have changed since the scan that was kept: ${partly.changes} of ${partly.files.length}. Only what they concern was judged again.`);
  const answer = partly === undefined ? answered(await whole()) : { result: { ...partly.result, durationMs: Math.round(host.now() - begin.started) }, files: new Set(partly.files), whole };
  const others = ledger.results.filter((result) => result.key !== key);
  const results = isLasting(answer.result) ? [{ key, files: [...answer.files], result: answer.result }, ...others].slice(0, MOST_RESULTS) : others;
  await keeping(cache, () => writeLedger(cache, { ignoring: listing.ignoring, files, results }));
  return answer;
}

/** Does work on what is kept now, or once the answer is given where the process lives on. */
const keeping = async (cache: Cache, work: () => Promise<void>): Promise<void> => (cache.later === undefined ? work() : cache.later(work));

/** What is made at its first use; it then lets go of what it was made from: bytes that were read, here. */
const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let current = make;
  return () => {
    const made = current();
    current = () => made;
    return made;
  };
};

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

async function resumedWith(cache: Cache, pack: TreePack, host: Host, options: ScanOptions, request: ScanRequest, before: Omit<Before, "treeOf">): Promise<Resumed | undefined> {
  const partly = await resumed(host, options, request, { ...before, treeOf: (stamp) => pack.treeOf(stamp) });
  if (partly === undefined || partly.changes <= partly.files.length * RENEWING_SHARE) return partly;
  await keeping(cache, async () => {
    const kept = partly.kept();
    for (const tree of partly.trees()) pack.add(tree);
    for (const { facts } of kept.run.files) pack.use(facts.stamp);
    await pack.save(cache);
    await writeKeptScan(cache, kept);
  });
  return partly;
}

/** All that lies behind an answer: the trees, and what rules said and looked at. */
export async function wholeOf({ cache, listing, keptKey, damaged, host }: Begun, options: ScanOptions, request: ScanRequest): Promise<Scanned> {
  const { pack, damaged: alsoDamaged } = await TreePack.open(cache);
  const scanned = await scanWorkspace(host, options, request, { listing, parsing: (parse) => pack.parsing(parse), keeps: true });
  const aside = damaged ?? alsoDamaged ?? (await pack.setDamagedAside(cache));
  const speaking = [...scanned.trees.values()].filter(({ speaks }) => speaks).map(({ path }) => path);
  await keeping(cache, async () => {
    await pack.save(cache);
    if (scanned.kept !== undefined) await writeKeptScan(cache, { key: keptKey, run: scanned.kept.run, speaking });
  });
  return aside === undefined ? scanned : withProblem(scanned, { kind: "cache", message: `What earlier scans had kept was damaged; it lies in ${aside} now, and everything was scanned anew.` });
}

function withProblem(scanned: Scanned, problem: Problem): Scanned {
  const problems = [...scanned.result.problems, problem].sort(compareProblems);
  return { ...scanned, result: { ...scanned.result, problems } };
}
