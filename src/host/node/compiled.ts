import { readFileSync, statSync } from "node:fs";
import { createRequire, wrap } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";
import { hashOf } from "../../text/hash.ts";
import { writeWhole } from "./cache-folder.ts";

type Body = (exports: object, require: NodeJS.Require, module: { exports: object }, file: string, folder: string) => void;

/**
 * Runs a bundle as `require` does and answers what it exports, with the compiled code that its last run left in `home`; without a
 * place it only runs it.
 * V8 takes such code only if its own version and its flags are the same, and compiles anew otherwise.
 */
export function runCompiled(file: string, home: string | undefined): unknown {
  const place = home === undefined ? undefined : placeOf(file, home);
  const cachedData = place === undefined ? undefined : bytesAt(place);
  const script = new Script(wrap(readFileSync(file, "utf8")), { filename: file, ...(cachedData === undefined ? {} : { cachedData }) });
  const module: { exports: object } = { exports: {} };
  (script.runInThisContext() as Body).call(module.exports, module.exports, createRequire(file), module, file, dirname(file));
  // At the end what was needed is compiled, and nothing else.
  if (place !== undefined && (cachedData === undefined || script.cachedDataRejected === true)) process.once("exit", () => writeWhole(place, script.createCachedData()));
  return module.exports;
}

/** One place for each build: of the source V8 compares no more than the length. Places of earlier builds go when nobody has written there for a month. */
function placeOf(file: string, home: string): string {
  const { size, mtimeMs } = statSync(file);
  return join(home, `code-${hashOf(`${file}\0${size}\0${mtimeMs}`)}`);
}

function bytesAt(place: string): Buffer | undefined {
  try {
    return readFileSync(place);
  } catch {
    return undefined;
  }
}
