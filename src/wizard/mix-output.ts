import type { Place } from "./session.ts";

const MOST_PLACES = 50;

/**
 * Places that mix's output names, in order and once each, with the words of the warning, error or failed test they belong to.
 * Reads what Elixir 1.14 prints as well as the drawn boxes of later versions. `stepOf` knows which step wrote a file.
 */
export function placesIn(output: string, stepOf: (file: string) => string | undefined): readonly Place[] {
  const places = new Map<string, Place>();
  let message = "";
  for (const line of output.split("\n")) {
    const heading = /^\s*(?:(?:\x1b\[[0-9;]*m)*)(warning|error): (.*)$/.exec(line) ?? /^\s+(\d+)\) (test .*)$/.exec(line);
    if (heading !== null) message = (heading[2] ?? "").trim();
    const thrown = /^\*\* \((\w+(?:\.\w+)*)\) (?:([\w./-]+\.exs?):(\d+)(?::\d+)?: )?(.*)$/.exec(line);
    if (thrown !== null) message = (thrown[4] ?? "").trim();
    const at = /(?:^|[\s(])((?:[\w.-]+\/)*[\w.-]+\.exs?):(\d+)/.exec(line);
    if (at === null || message === "" || places.size >= MOST_PLACES) continue;
    const [, file = "", number = "1"] = at;
    const key = `${file}:${number}`;
    if (!places.has(key) && !/^\s+\(/.test(line)) places.set(key, { file, line: Math.max(1, Number(number)), message, step: stepOf(file) });
  }
  return [...places.values()];
}
