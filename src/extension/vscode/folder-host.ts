import * as vscode from "vscode";
import { isElixirFile } from "../../audit/files.ts";
import type { FileEntry, Host } from "../../audit/host.ts";

type Listed = FileEntry | { readonly path: string; readonly unreadable: string };

/** So many questions are under way at once: each may travel to another machine. */
const AT_ONCE = 16;

/**
 * A host over a folder of any file system that VS Code knows; `assets` holds both WebAssembly files. It lists what an audit
 * reads, Elixir and `.gitignore` files: each other file would cost a question for a size that nobody looks at.
 */
export function folderHost(folder: vscode.Uri, assets: vscode.Uri): Host {
  const asset = async (name: string): Promise<Uint8Array> => (await vscode.workspace.fs.readFile(vscode.Uri.joinPath(assets, name))).slice();
  return {
    root: folder.scheme === "vscode-remote" ? folder.path : folder.toString(true),
    list: (skipped) => walk(folder, skipped),
    read: async (path) => {
      try {
        return await vscode.workspace.fs.readFile(below(folder, path));
      } catch (error) {
        throw new Error(reason(error), { cause: error });
      }
    },
    grammar: async () => {
      const [core, elixir] = await Promise.all([asset("tree-sitter.wasm"), asset("tree-sitter-elixir.wasm")]);
      return { core, elixir };
    },
    now: () => performance.now(),
  };
}

const below = (folder: vscode.Uri, path: string): vscode.Uri => (path === "" ? folder : vscode.Uri.joinPath(folder, path));

async function* walk(root: vscode.Uri, skipped: ReadonlySet<string>): AsyncGenerator<Listed> {
  const pending: string[] = [""];
  while (pending.length > 0) {
    const listings = await Promise.all(pending.splice(0, AT_ONCE).map((folder) => listed(root, folder, skipped)));
    for (const { folders, entries } of listings) {
      pending.push(...folders);
      yield* entries;
    }
  }
}

type Listing = { readonly folders: readonly string[]; readonly entries: readonly Listed[] };

async function listed(root: vscode.Uri, folder: string, skipped: ReadonlySet<string>): Promise<Listing> {
  let names: readonly [string, vscode.FileType][];
  try {
    names = await vscode.workspace.fs.readDirectory(below(root, folder));
  } catch (error) {
    return { folders: [], entries: [{ path: folder === "" ? "." : folder, unreadable: reason(error) }] };
  }
  const folders: string[] = [];
  const files: Promise<Listed>[] = [];
  for (const [name, type] of names) {
    const path = folder === "" ? name : `${folder}/${name}`;
    const isSource = isElixirFile(name);
    const isFolder = (type & vscode.FileType.Directory) !== 0;
    if (isFolder && skipped.has(name)) continue;
    if ((type & vscode.FileType.SymbolicLink) !== 0) {
      if (isFolder || isSource) files.push(Promise.resolve({ path, unreadable: "it is a link, and where it leads cannot be seen from here" }));
    } else if (isFolder) folders.push(path);
    else if (isSource || name === ".gitignore") files.push(sized(root, path));
  }
  return { folders, entries: await Promise.all(files) };
}

async function sized(root: vscode.Uri, path: string): Promise<Listed> {
  try {
    return { path, size: (await vscode.workspace.fs.stat(below(root, path))).size };
  } catch (error) {
    return { path, unreadable: reason(error) };
  }
}

function reason(error: unknown): string {
  if (!(error instanceof vscode.FileSystemError)) return error instanceof Error ? error.message : String(error);
  if (error.code === "FileNotFound") return "it was deleted meanwhile";
  if (error.code === "NoPermissions") return "no permission to read it";
  return error.message;
}
