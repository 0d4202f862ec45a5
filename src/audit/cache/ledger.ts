import type { ScanResult } from "../../engine/finding.ts";
import type { Cache } from "../host.ts";
import { readSealed, writeSealed } from "./sealed.ts";

const NAME = "ledger";
/** Results of different options (another rule alone, fewer files); the oldest goes. */
export const MOST_RESULTS = 4;

/** What a file's bytes came to when it was last read: it holds for as long as the platform's `version` of the file does. */
export type Known = { readonly version: string | undefined; readonly hash: string };
export type Kept = { readonly key: string; readonly files: readonly string[]; readonly result: ScanResult };
/** `ignoring` names the `.gitignore` files under which the files were listed. */
export type Ledger = { readonly ignoring: string; readonly files: ReadonlyMap<string, Known>; readonly results: readonly Kept[] };

/** The ledger of this build, empty when there is none; `damaged` tells where one that cannot be read lies now. */
export async function readLedger(cache: Cache): Promise<{ readonly ledger: Ledger; readonly damaged?: string }> {
  const { data, damaged } = await readSealed(cache, NAME);
  if (data === undefined) return { ledger: { ignoring: "", files: new Map(), results: [] }, ...(damaged === undefined ? {} : { damaged }) };
  const { ignoring, files, results } = data as { readonly ignoring: string; readonly files: readonly [string, string, string | undefined][]; readonly results: readonly Kept[] };
  return { ledger: { ignoring, files: new Map(files.map(([path, hash, version]) => [path, { hash, version }])), results } };
}

export const writeLedger = (cache: Cache, { ignoring, files, results }: Ledger): Promise<void> => writeSealed(cache, NAME, { ignoring, files: [...files].map(([path, { hash, version }]) => [path, hash, version]), results });
