import * as v from "valibot";
import { compareFindings, compareProblems, type Finding, type Problem, type ScanResult } from "../engine/finding.ts";
import { hashOf } from "../text/hash.ts";

/** One part of a scan that several machines share: number `index` (from 1) of `count`. */
export type Shard = { readonly index: number; readonly count: number };

/** A file belongs to one part, by its path alone. What has no file belongs to the first. */
export const isInShard = (file: string | undefined, { index, count }: Shard): boolean => (file === undefined ? 1 : (Number.parseInt(hashOf(file).slice(-8), 16) % count) + 1) === index;

/** The part of a whole result that one machine reports; `files` are all that were scanned. */
export function shardOf(result: ScanResult, files: readonly string[], shard: Shard): ScanResult {
  const mine = <T extends { readonly file?: string }>(items: readonly T[]): readonly T[] => items.filter(({ file }) => isInShard(file, shard));
  const findings = mine(result.findings);
  const problems = mine(result.problems);
  return {
    ...result,
    files: {
      scanned: files.filter((file) => isInShard(file, shard)).length,
      withFindings: new Set(findings.map(({ file }) => file)).size,
      parseErrors: problems.filter(({ kind }) => kind === "parse-error").length,
      skipped: problems.filter(isLeftOut).length,
    },
    problems,
    findings,
    ...(result.suppressed === undefined ? {} : { suppressed: mine(result.suppressed) }),
    ...(result.known === undefined ? {} : { known: mine(result.known) }),
    ...(result.gone === undefined ? {} : { gone: mine(result.gone) }),
    shard: { ...shard, files: files.length },
  };
}

export const isLeftOut = ({ kind }: Problem): boolean => kind === "unreadable" || kind === "binary" || kind === "too-large";

/** What keeps results from being all the parts of one run, as a sentence; undefined when nothing does. */
function wrongIn(first: ScanResult, parts: readonly ScanResult[]): string | undefined {
  const run = ({ version, rules, minConfidence, shard }: ScanResult): string => [version, minConfidence, shard?.count, shard?.files, ...rules].join();
  if (parts.some((part) => run(part) !== run(first))) return "These results are not of one run: their rules, versions, files or numbers of parts differ. Run all shards with the same otp-audit and options, on the same commit.";
  if (first.shard === undefined) return parts.length === 1 ? undefined : "Each of these results is a whole run. Run each shard with --shard I/N.";
  const wanted = Array.from({ length: first.shard.count }, (_, index) => index + 1);
  const times = (index: number): number => parts.filter(({ shard }) => shard?.index === index).length;
  const faults = [...wanted.filter((index) => times(index) === 0).map((index) => `part ${index} is missing`), ...wanted.filter((index) => times(index) > 1).map((index) => `part ${index} is there ${times(index)} times`)];
  return faults.length === 0 ? undefined : `Of ${wanted.length} parts ${faults.join(", ")}, so nothing is said of the whole. Merge each part of the run once.`;
}

/** All parts of a run as one result: the same as one run, apart from the duration. A sentence when they are not that. */
export function merged(parts: readonly ScanResult[]): ScanResult | { readonly wrong: string } {
  const [one] = parts;
  if (one === undefined) return { wrong: "There is nothing to put together." };
  const wrong = wrongIn(one, parts);
  if (wrong !== undefined) return { wrong };
  const { shard: _part, ...first } = one;
  const sum = (of: (result: ScanResult) => number): number => parts.reduce((total, part) => total + of(part), 0);
  const all = (of: (result: ScanResult) => readonly Finding[] | undefined): readonly Finding[] => parts.flatMap((part) => of(part) ?? []).sort(compareFindings);
  const suppressed = all((part) => part.suppressed);
  const gone = parts.flatMap((part) => part.gone ?? []).sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  return {
    ...first,
    files: { scanned: sum(({ files }) => files.scanned), withFindings: sum(({ files }) => files.withFindings), parseErrors: sum(({ files }) => files.parseErrors), skipped: sum(({ files }) => files.skipped) },
    durationMs: Math.max(...parts.map(({ durationMs }) => durationMs)),
    problems: parts.flatMap(({ problems }) => problems).sort(compareProblems),
    findings: all((part) => part.findings),
    ...(suppressed.length === 0 ? {} : { suppressed }),
    ...(parts.some(({ known }) => known !== undefined) ? { known: all((part) => part.known) } : {}),
    ...(gone.length === 0 ? {} : { gone }),
  };
}

const envelope = v.looseObject({ tool: v.literal("otp-audit"), version: v.string(), root: v.string(), rules: v.array(v.string()), durationMs: v.number(), files: v.looseObject({ scanned: v.number() }), shard: v.optional(v.object({ index: v.number(), count: v.number(), files: v.number() })), problems: v.array(v.looseObject({ message: v.string() })), findings: v.array(v.looseObject({ rule: v.string(), file: v.string(), fingerprint: v.string(), startLine: v.number() })) });

/** A result from JSON text that this tool wrote; undefined when it is something else. */
export function readResult(text: string): ScanResult | undefined {
  try {
    const raw: unknown = JSON.parse(text);
    return v.is(envelope, raw) ? (raw as unknown as ScanResult) : undefined;
  } catch {
    return undefined;
  }
}
