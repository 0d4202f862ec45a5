import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, sep } from "node:path";
import type { FileEntry, Host } from "../../audit/host.ts";

/**
 * A host over a folder of the local disk. `assets` is the folder that holds both WebAssembly files; without it they are
 * taken from the installed packages (when running from sources).
 */
export function nodeHost(root: string, assets?: string): Host {
  return {
    root,
    list: (skipped) => walk(root, skipped),
    read: async (path) => new Uint8Array(await readFile(join(root, path))),
    grammar: async () => ({ core: await readFile(asset(assets, "tree-sitter.wasm", "web-tree-sitter/tree-sitter.wasm")), elixir: await readFile(asset(assets, "tree-sitter-elixir.wasm", "tree-sitter-wasms/out/tree-sitter-elixir.wasm")) }),
    now: () => performance.now(),
  };
}

const asset = (folder: string | undefined, name: string, installed: string): string => (folder === undefined ? createRequire(join(process.cwd(), "package.json")).resolve(installed) : join(folder, name));

/** Depth first, in the order of names. A link is followed only if it leads to a place inside the root that was not seen. */
async function* walk(root: string, skipped: ReadonlySet<string>): AsyncGenerator<FileEntry | { readonly path: string; readonly unreadable: string }> {
  const home = await realpath(root);
  const seen = new Set<string>([home]);
  const pending: string[] = [""];
  while (pending.length > 0) {
    const folder = pending.pop() ?? "";
    let names: string[];
    try {
      names = (await readdir(join(root, folder))).sort();
    } catch (error) {
      yield { path: folder, unreadable: reason(error) };
      continue;
    }
    const folders: string[] = [];
    for (const name of names) {
      const path = folder === "" ? name : `${folder}/${name}`;
      try {
        const full = join(root, path);
        const info = await lstat(full);
        if (info.isSymbolicLink()) {
          const target = await realpath(full);
          if (seen.has(target) || !(target === home || target.startsWith(home + sep))) continue;
          const linked = await stat(full);
          if (linked.isDirectory()) continue; // its files are listed where they lie
          if (linked.isFile()) seen.add(target);
        } else if (info.isDirectory()) {
          if (!skipped.has(name)) folders.push(path);
        } else if (info.isFile()) yield { path, size: info.size };
      } catch (error) {
        yield { path, unreadable: reason(error) };
      }
    }
    pending.push(...folders.reverse());
  }
}

function reason(error: unknown): string {
  const code = (error as { code?: string }).code;
  if (code === "EACCES" || code === "EPERM") return "no permission to read it";
  if (code === "ELOOP") return "its link leads in a circle";
  if (code === "ENOENT") return "it is gone, or its link leads nowhere";
  return error instanceof Error ? error.message : String(error);
}
