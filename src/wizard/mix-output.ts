import { diagnosticsIn, plain } from "../decompose/transform/diagnostics.ts";
import type { Place } from "./session.ts";

const MOST_PLACES = 50;
const FAILED = /^\s+\d+\) (test .*)$/m;

type Said = Pick<Place, "message" | "line"> & { readonly path: string };

/**
 * Places that mix's output names, in order and once each, with the words of the warning, error or failed test they belong to.
 * `stepOf` knows which step wrote a file.
 */
export function placesIn(output: string, stepOf: (file: string) => string | undefined): readonly Place[] {
  const places = new Map<string, Place>();
  const text = plain(output);
  // What a test prints reads like a warning now and then; the compiler has spoken before the first fails.
  const tests = text.search(FAILED);
  const said = tests < 0 ? diagnosticsIn(text) : [...diagnosticsIn(text.slice(0, tests)), ...failuresIn(text.slice(tests))];
  for (const { path, line, message } of said) {
    const key = `${path}:${line}`;
    if (!places.has(key) && places.size < MOST_PLACES) places.set(key, { file: path, line: Math.max(1, line), message, step: stepOf(path) });
  }
  return [...places.values()];
}

/** Where failed tests stand, and the lines of the project that they failed at. */
function* failuresIn(output: string): Generator<Said> {
  let test: string | undefined;
  for (const line of output.split("\n")) {
    const heading = FAILED.exec(line);
    if (heading !== null) test = heading[1]?.trim();
    else if (/^\S/.test(line)) test = undefined;
    const place = test === undefined ? null : /^\s+((?:[\w.-]+\/)*[\w.-]+\.exs?):(\d+)(?::|$)/.exec(line);
    if (test !== undefined && place !== null) yield { path: place[1] ?? "", line: Number(place[2]), message: test };
  }
}
