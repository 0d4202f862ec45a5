import { lstatSync, readdirSync, readFileSync, realpathSync, type Stats, statSync } from "node:fs";
import { join, sep } from "node:path";
import { isListed } from "../../audit/files.ts";
import type { Cache, FileEntry, Host } from "../../audit/host.ts";
import { grammarFiles } from "./grammar-files.ts";

/**
 * A host over a folder of the local disk. `assets` is the folder that holds both WebAssembly files; without it they are
 * looked for beside the running bundle, then among the installed packages (when running from sources).
 * It lists what an audit reads. Reads are synchronous: the host lives in a worker or in the command line, where nothing else waits, and many small
 * asynchronous reads cost more than the parsing they feed.
 */
export function nodeHost(root: string, assets?: string, cache?: Cache): Host {
  return {
    root,
    list: (skipped) => walk(root, skipped),
    read: async (path) => new Uint8Array(readFileSync(join(root, path))),
    readNow: (path) => readFileSync(join(root, path)),
    grammar: async () => {
      const { core, elixir } = grammarFiles(assets);
      return { core: new Uint8Array(readFileSync(core)), elixir: new Uint8Array(readFileSync(elixir)) };
    },
    ...(cache === undefined ? {} : { cache }),
    now: () => Number(process.hrtime.bigint()) / 1e6, // `performance` loads modules that nothing else here needs
  };
}

type Listed = FileEntry | { readonly path: string; readonly unreadable: string };

/** Depth first, in the order of names. Links are not followed: what lies inside the root is listed where it lies. */
async function* walk(root: string, skipped: ReadonlySet<string>): AsyncGenerator<Listed> {
  const home = realpathSync(root);
  const now = Date.now();
  const pending: string[] = [""];
  while (pending.length > 0) {
    const folder = pending.pop() ?? "";
    const here = join(home, folder);
    const listing = listed(here, folder);
    if (!Array.isArray(listing)) {
      yield listing;
      continue;
    }
    const folders: string[] = [];
    for (const entry of listing) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!skipped.has(entry.name)) folders.push(path);
      } else if (entry.isSymbolicLink()) {
        const problem = skipped.has(entry.name) ? undefined : linkProblem(home, path);
        if (problem !== undefined) yield { path, unreadable: problem };
      } else if (isListed(entry.name) && entry.isFile()) {
        try {
          yield entryOf(path, lstatSync(`${here}${sep}${entry.name}`), now);
        } catch (error) {
          yield { path, unreadable: reason(error) };
        }
      }
    }
    pending.push(...folders.reverse());
  }
}

/** File systems note changes by a clock that may stand still for a while: what has just changed may change unseen. */
const UNSURE_MS = 2000;

function entryOf(path: string, { size, mtimeMs, ctimeMs, ino }: Stats, now: number): FileEntry {
  return Math.max(mtimeMs, ctimeMs) > now - UNSURE_MS ? { path, size } : { path, size, version: `${size}-${mtimeMs}-${ctimeMs}-${ino}` };
}

function listed(here: string, folder: string) {
  try {
    return readdirSync(here, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    return { path: folder === "" ? "." : folder, unreadable: reason(error) };
  }
}

/** Why a link is left out, when the user would want to know: it hides sources that are not listed elsewhere. */
function linkProblem(home: string, path: string): string | undefined {
  const isSource = /\.exs?$/.test(path);
  try {
    const target = realpathSync(join(home, path));
    const isInside = target === home || target.startsWith(home + sep);
    if (isInside) return join(home, path).startsWith(target + sep) ? "its link leads in a circle" : undefined;
    return isSource || statSync(target).isDirectory() ? "its link leads out of the scanned folder" : undefined;
  } catch (error) {
    return isSource ? reason(error) : undefined;
  }
}

function reason(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "EACCES" || code === "EPERM") return "no permission to read it";
  if (code === "ELOOP") return "its link leads in a circle";
  if (code === "ENOENT") return "its link leads nowhere, or it was deleted meanwhile";
  return error instanceof Error ? error.message : String(error);
}
