import type { KeptRun, KeptUnit } from "../../engine/kept-run.ts";
import type { KeptIndex } from "../../model/indexes.ts";
import type { FileFacts } from "../../model/source-file.ts";
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
  const written = data as Written | undefined;
  return { ...(written?.key === key ? { kept: { key, speaking: written.speaking, run: runFrom(written) } } : {}), ...(damaged === undefined ? {} : { damaged }) };
}

export const writeKeptScan = (cache: Cache, { key, run, speaking }: KeptScan): Promise<void> => writeSealed(cache, NAME, { key, speaking, ...writtenRun(run) } satisfies Written);

/** Texts that repeat are numbers here: places in `texts`. */
type Written = { readonly key: string; readonly speaking: readonly string[] } & WrittenRun;
type WrittenRun = { readonly texts: readonly string[]; readonly files: readonly WrittenFile[]; readonly whole: readonly WrittenUnit[]; readonly indexes: readonly WrittenIndex[] };
type WrittenUnit = readonly [rule: number, keys: readonly number[], said?: KeptUnit["said"]];
type WrittenFile = readonly [facts: Omit<FileFacts, "mentions" | "calls">, mentions: readonly number[], calls: readonly (readonly [number, readonly number[]])[], units: readonly WrittenUnit[]];
type WrittenIndex = readonly [name: string, about: string, parts: readonly (readonly [path: number, entries: readonly (readonly [number, string])[], grounds: readonly number[]])[]];

function writtenRun({ files, whole, indexes }: KeptRun): WrittenRun {
  const places = new Map<string, number>();
  const place = (text: string): number => {
    const known = places.get(text);
    if (known !== undefined) return known;
    places.set(text, places.size);
    return places.size - 1;
  };
  const unit = ({ rule, keys, said }: KeptUnit): WrittenUnit => (said.length === 0 ? [place(rule), keys.map(place)] : [place(rule), keys.map(place), said]);
  const written = {
    files: files.map(({ facts: { mentions, calls, ...facts }, units }): WrittenFile => [facts, mentions.map(place), calls.map(([target, orders]) => [place(target), orders]), units.map(unit)]),
    whole: whole.map(unit),
    indexes: indexes.map(({ name, about, parts }): WrittenIndex => [name, about, parts.map(([path, entries, grounds]) => [place(path), entries.map(([key, digest]) => [place(key), digest]), grounds.map(place)])]),
  };
  return { texts: [...places.keys()], ...written };
}

function runFrom({ texts, files, whole, indexes }: WrittenRun): KeptRun {
  const text = (place: number): string => texts[place] as string;
  const unit = ([rule, keys, said]: WrittenUnit): KeptUnit => ({ rule: text(rule), keys: keys.map(text), said: said ?? [] });
  return {
    // Few are asked what they mention.
    files: files.map(([facts, mentions, calls, units]) => ({ facts: { ...facts, calls: calls.map(([target, orders]) => [text(target), orders] as const), get mentions() { return mentions.map(text); } }, units: units.map(unit) })),
    whole: whole.map(unit),
    indexes: indexes.map(([name, about, parts]): KeptIndex => ({ name, about, parts: parts.map(([path, entries, grounds]) => [text(path), entries.map(([key, digest]) => [text(key), digest] as const), grounds.map(text)] as const) })),
  };
}
