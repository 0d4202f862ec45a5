import type { ScanResult } from "../../engine/finding.ts";
import type { Cache } from "../host.ts";
import { sumOf } from "./bytes.ts";

const NAME = "ledger";
/** Results of different options (another rule alone, fewer files); the oldest goes. */
export const MOST_RESULTS = 4;

/** What a file's bytes came to when it was last read: it holds for as long as the platform's `version` of the file does. */
export type Known = { readonly version: string | undefined; readonly hash: string };
export type Kept = { readonly key: string; readonly files: readonly string[]; readonly result: ScanResult };
export type Ledger = { readonly files: ReadonlyMap<string, Known>; readonly results: readonly Kept[] };

const empty: Ledger = { files: new Map(), results: [] };
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const headOf = (build: string): string => `otp-audit ledger ${build}`;

/** The ledger of this build, empty when there is none; `damaged` tells where one that cannot be read lies now. */
export async function readLedger(cache: Cache): Promise<{ readonly ledger: Ledger; readonly damaged?: string }> {
  const bytes = await cache.read(NAME);
  if (bytes === undefined) return { ledger: empty };
  const end = bytes.indexOf(10);
  const body = bytes.subarray(end + 1);
  const [head, sum] = decoder.decode(bytes.subarray(0, Math.max(0, end))).split("\t");
  if (head?.startsWith("otp-audit ledger ") !== true || Number(sum) !== sumOf(body)) return { ledger: empty, damaged: await cache.setAside(NAME) };
  if (head !== headOf(cache.build)) return { ledger: empty };
  const { files, results } = JSON.parse(decoder.decode(body)) as { readonly files: readonly [string, string, string | undefined][]; readonly results: readonly Kept[] };
  return { ledger: { files: new Map(files.map(([path, hash, version]) => [path, { hash, version }])), results } };
}

export async function writeLedger(cache: Cache, { files, results }: Ledger): Promise<void> {
  const body = encoder.encode(JSON.stringify({ files: [...files].map(([path, { hash, version }]) => [path, hash, version]), results }));
  const head = encoder.encode(`${headOf(cache.build)}\t${sumOf(body)}\n`);
  const bytes = new Uint8Array(head.length + body.length);
  bytes.set(head);
  bytes.set(body, head.length);
  await cache.write(NAME, bytes);
}
