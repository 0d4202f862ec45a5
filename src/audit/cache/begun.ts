import type { ScanResult } from "../../engine/finding.ts";
import { hashOf, stampOf } from "../../text/hash.ts";
import { type Listing, listSources, readSource } from "../files.ts";
import type { Cache, FileEntry, Host, Stop } from "../host.ts";
import { readingAhead } from "../read-ahead.ts";
import type { ScanOptions } from "../scan.ts";
import { type ScanRequest, ScanStopped } from "../scan-request.ts";
import { type Kept, type Known, type Ledger, readLedger } from "./ledger.ts";

/**
 * A scan as far as it comes without looking into a file that has not changed: which files there are, what their contents come
 * to, and whether a scan of just these is kept. Plain but for the host, so that the rest of the program can be loaded later.
 */
export type Begun = {
  readonly cache: Cache;
  readonly host: Host;
  readonly started: number;
  readonly ledger: Ledger;
  readonly damaged: string | undefined;
  readonly listing: Listing;
  readonly files: ReadonlyMap<string, Known>;
  /** Of all inputs; and of all that holds for every file. */
  readonly key: string;
  readonly keptKey: string;
  readonly known: Kept | undefined;
};

/** Begins a scan on a platform that keeps something. Rejects with `ScanStopped` when stopped. */
export async function begun(platform: Host, cache: Cache, options: ScanOptions, { stop }: ScanRequest): Promise<Begun> {
  const started = platform.now();
  const { ledger, damaged } = await readLedger(cache);
  const listing = await listSources(platform, stop, { ignoring: ledger.ignoring, has: (path) => ledger.files.has(path) });
  const host = platform.readNow === undefined ? readingAhead(platform, [...listing.configurations, ...listing.sources]) : platform;
  const files = await hashed(host, listing, ledger, stop);
  const fixed = [cache.build, options, host.root, listing.problems];
  const key = hashOf(JSON.stringify([...fixed, [...files].map(([path, { hash }]) => [path, hash])]));
  const keptKey = hashOf(JSON.stringify([...fixed, listing.configurations.map(({ path }) => [path, files.get(path)?.hash])]));
  return { cache, host, started, ledger, damaged, listing, files, key, keptKey, known: ledger.results.find((result) => result.key === key) };
}

/** The result of an earlier scan of the same files, as the answer of this one. */
export function keptResult({ host, started }: Begun, { result }: Kept): ScanResult {
  host.note?.("No file has changed: the findings are those that an earlier scan has kept.");
  return { ...result, durationMs: Math.round(host.now() - started) };
}

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
  return "kind" in source ? hashOf(source.message) : stampOf(source.text);
}
