import type { KeptRun } from "../../engine/kept-run.ts";
import type { Cache } from "../host.ts";
import { readSealed, writeSealed } from "./sealed.ts";

const NAME = "run";

/** What a scan judged, for a later one to go on from. */
export type KeptScan = {
  /** Of the options, the configuration and all else that holds for every file. */
  readonly key: string;
  readonly run: KeptRun;
  /** Files whose tree says something by itself: they did not parse whole, or hold comments to this program. */
  readonly speaking: readonly string[];
};

/** The kept scan of this build, if there is one for the key. */
export async function readKeptScan(cache: Cache, key: string): Promise<{ readonly kept?: KeptScan; readonly damaged?: string }> {
  const { data, damaged } = await readSealed(cache, NAME);
  const kept = data as KeptScan | undefined;
  return { ...(kept?.key === key ? { kept } : {}), ...(damaged === undefined ? {} : { damaged }) };
}

export const writeKeptScan = (cache: Cache, kept: KeptScan): Promise<void> => writeSealed(cache, NAME, kept);
