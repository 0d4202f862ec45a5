import ignore, { type Ignore } from "ignore";
import picomatch from "picomatch";
import type { Problem } from "../engine/finding.ts";
import type { FileEntry, Host, Stop } from "./host.ts";
import { ScanStopped } from "./audit.ts";

/** Folders that never hold a project's own sources. */
export const skippedFolders: ReadonlySet<string> = new Set(["deps", "_build", "node_modules", ".git", ".elixir_ls", ".elixir-tools", ".lexical", ".expert", "cover", ".hg", ".svn", ".vscode", ".idea", ".otp_audit"]);

/** Larger files are data or generated; parsing them would cost more than all others together. */
export const LARGEST_FILE = 2 * 1024 * 1024;

export type SourceText = { readonly path: string; readonly text: string };

/** Elixir sources below the root, decoded, in the order of their paths, and a problem for each file left out. */
export type Sources = { readonly files: readonly SourceText[]; readonly problems: readonly Problem[]; readonly skipped: number };

export type FileSelection = { readonly exclude?: readonly string[]; readonly include?: readonly string[] };

/** Lists what is to be scanned: `.ex` and `.exs`, not ignored by a `.gitignore` on the way, not excluded by a glob. */
export async function sourcesOf(host: Host, selection: FileSelection, stop: Stop): Promise<Sources> {
  const problems: Problem[] = [];
  const entries: FileEntry[] = [];
  const ignoreFiles: string[] = [];
  for await (const entry of host.list(skippedFolders)) {
    if (stop.aborted) throw new ScanStopped();
    if ("unreadable" in entry) problems.push({ kind: "unreadable", file: entry.path, message: `${entry.path} cannot be read: ${entry.unreadable}. The rest is scanned.` });
    else if (/\.exs?$/.test(entry.path)) entries.push(entry);
    else if (/(^|\/)\.gitignore$/.test(entry.path)) ignoreFiles.push(entry.path);
  }
  const isIgnored = await ignoreOf(host, ignoreFiles);
  const isExcluded = selection.exclude === undefined || selection.exclude.length === 0 ? () => false : picomatch([...selection.exclude], { dot: true });
  const isIncluded = selection.include === undefined || selection.include.length === 0 ? () => true : picomatch([...selection.include], { dot: true });
  const chosen = entries.filter(({ path }) => !isIgnored(path) && !isExcluded(path) && isIncluded(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  const files: SourceText[] = [];
  for (const entry of chosen) {
    if (stop.aborted) throw new ScanStopped();
    const read = await readSource(host, entry);
    if ("text" in read) files.push(read);
    else problems.push(read);
  }
  return { files, problems, skipped: chosen.length - files.length };
}

async function ignoreOf(host: Host, paths: readonly string[]): Promise<(path: string) => boolean> {
  const rules: { readonly folder: string; readonly matcher: Ignore }[] = [];
  for (const path of paths) {
    try {
      const text = new TextDecoder().decode(await host.read(path));
      rules.push({ folder: path.slice(0, -".gitignore".length), matcher: ignore().add(text) });
    } catch {
      // An unreadable .gitignore ignores nothing.
    }
  }
  return (path) => rules.some(({ folder, matcher }) => path.startsWith(folder) && matcher.ignores(path.slice(folder.length)));
}

async function readSource(host: Host, { path, size }: FileEntry): Promise<SourceText | Problem> {
  if (size > LARGEST_FILE) return { kind: "too-large", file: path, message: `${path} is ${(size / 1024 / 1024).toFixed(1)} MB and was not scanned: the limit is ${LARGEST_FILE / 1024 / 1024} MB.` };
  let bytes: Uint8Array;
  try {
    bytes = await host.read(path);
  } catch (error) {
    return { kind: "unreadable", file: path, message: `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}. The rest is scanned.` };
  }
  if (bytes.subarray(0, 8192).includes(0)) return { kind: "binary", file: path, message: `${path} is a binary file, not Elixir source, and was not scanned.` };
  return { path, text: textOf(bytes) };
}

const strict = new TextDecoder("utf-8", { fatal: true });
const lenient = new TextDecoder("utf-8");
const BOM = 0xfeff;

/** UTF-8, or what can be read of it; a byte order mark is dropped. */
function textOf(bytes: Uint8Array): string {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    text = lenient.decode(bytes);
  }
  return text.charCodeAt(0) === BOM ? text.slice(1) : text;
}
