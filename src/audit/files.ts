import ignore, { type Ignore } from "ignore";
import picomatch from "picomatch";
import type { Problem } from "../engine/finding.ts";
import type { FileEntry, Host, Stop } from "./host.ts";
import { hashOf } from "../text/hash.ts";
import { ScanStopped } from "./scan-request.ts";

/** Folders that never hold a project's own sources. */
export const skippedFolders: ReadonlySet<string> = new Set(["deps", "_build", "node_modules", ".git", ".elixir_ls", ".elixir-tools", ".lexical", ".expert", "cover", ".hg", ".svn", ".vscode", ".idea", ".otp_audit"]);

export const isInSkippedFolder = (path: string): boolean => path.split("/").slice(0, -1).some((folder) => skippedFolders.has(folder));

/** Larger files are data or generated; parsing them would cost more than all others together. */
export const LARGEST_FILE = 2 * 1024 * 1024;

export type SourceText = { readonly path: string; readonly text: string };

/** What an earlier listing came to: under the same `.gitignore` files it need not be asked again whether a file is one of them. */
export type Earlier = { readonly ignoring: string; readonly has: (path: string) => boolean };

/** Elixir files below the root that no `.gitignore` on the way ignores, in the order of their paths. */
export type Listing = {
  readonly sources: readonly FileEntry[];
  /** Configuration files are Elixir source, too, and come apart: they are read as data and never audited. */
  readonly configurations: readonly FileEntry[];
  readonly isIgnored: (path: string) => boolean;
  /** Equal for equal `.gitignore` files in the same places. */
  readonly ignoring: string;
  readonly problems: readonly Problem[];
};

/** Globs on paths relative to the root. Without `include` every Elixir file counts. */
export type FileSelection = { readonly exclude?: readonly string[]; readonly include?: readonly string[] };

/** The name of a configuration file, in any folder. */
const CONFIGURATION_FILE = ".otp_audit.exs";

export const isConfigurationFile = (path: string): boolean => path === CONFIGURATION_FILE || path.endsWith(`/${CONFIGURATION_FILE}`);
export const isElixirFile = (path: string): boolean => /\.exs?$/.test(path);
/** Whether an audit reads a file, by its name or path. */
export const isListed = (path: string): boolean => isElixirFile(path) || /(^|\/)\.gitignore$/.test(path);

/** Lists what there is to scan, before any configuration is known. */
export async function listSources(host: Host, stop: Stop, earlier?: Earlier): Promise<Listing> {
  const problems: Problem[] = [];
  const entries: FileEntry[] = [];
  const ignoreFiles: string[] = [];
  for await (const entry of host.list(skippedFolders)) {
    if (stop.aborted) throw new ScanStopped();
    if ("unreadable" in entry) problems.push({ kind: "unreadable", file: entry.path, message: `${entry.path} was not scanned: ${entry.unreadable}. The rest is scanned.` });
    else if (isElixirFile(entry.path)) entries.push(entry);
    else if (/(^|\/)\.gitignore$/.test(entry.path)) ignoreFiles.push(entry.path);
  }
  const ignoreTexts = await textsOf(host, ignoreFiles);
  const ignoring = hashOf(JSON.stringify(ignoreTexts));
  const isKnown = earlier?.ignoring === ignoring ? earlier.has : () => false;
  let matcher: ((path: string) => boolean) | undefined;
  const isIgnored = (path: string): boolean => (matcher ??= ignoreOf(ignoreTexts))(path);
  const kept = entries.filter(({ path }) => isKnown(path) || !isIgnored(path)).sort((a, b) => (a.path < b.path ? -1 : 1));
  return { sources: kept.filter(({ path }) => !isConfigurationFile(path)), configurations: kept.filter(({ path }) => isConfigurationFile(path)), isIgnored, ignoring, problems };
}

/** Reads files and decodes them; each one left out is a problem that says why. */
export async function readSources(host: Host, entries: readonly FileEntry[], stop: Stop): Promise<{ readonly files: readonly SourceText[]; readonly problems: readonly Problem[] }> {
  const files: SourceText[] = [];
  const problems: Problem[] = [];
  for (const entry of entries) {
    if (stop.aborted) throw new ScanStopped();
    const read = await readSource(host, entry);
    if ("kind" in read) problems.push(read);
    else files.push(read);
  }
  return { files, problems };
}

/** Tells whether a path is chosen by the globs: included, if anything is, and not excluded. */
export function selectionOf({ include = [], exclude = [] }: FileSelection): (path: string) => boolean {
  const isIncluded = include.length === 0 ? () => true : picomatch([...include], { dot: true });
  const isExcluded = exclude.length === 0 ? () => false : picomatch([...exclude], { dot: true });
  return (path) => isIncluded(path) && !isExcluded(path);
}

/** `.gitignore` files with their texts, those above before those below. An unreadable one ignores nothing. */
async function textsOf(host: Host, paths: readonly string[]): Promise<readonly (readonly [path: string, text: string])[]> {
  const texts: (readonly [string, string])[] = [];
  for (const path of [...paths].sort((a, b) => a.split("/").length - b.split("/").length)) {
    try {
      texts.push([path, lenient.decode(await host.read(path))]);
    } catch {
      // It may be gone again.
    }
  }
  return texts;
}

/** As git decides: the deepest file that says something about a path wins; a file in an ignored folder says nothing. */
function ignoreOf(texts: readonly (readonly [path: string, text: string])[]): (path: string) => boolean {
  const rules: { readonly folder: string; readonly matcher: Ignore }[] = [];
  const isIgnored = (path: string): boolean => {
    let ignored = false;
    for (const { folder, matcher } of rules) {
      if (!path.startsWith(folder)) continue;
      const verdict = matcher.test(path.slice(folder.length));
      if (verdict.ignored) ignored = true;
      else if (verdict.unignored) ignored = false;
    }
    return ignored;
  };
  for (const [path, text] of texts) if (!isIgnored(path)) rules.push({ folder: path.slice(0, -".gitignore".length), matcher: ignore().add(text) });
  return isIgnored;
}

/** One file decoded, or the problem that says why it is left out. */
export async function readSource(host: Host, { path, size }: FileEntry): Promise<SourceText | Problem> {
  if (size > LARGEST_FILE) return { kind: "too-large", file: path, message: `${path} is ${(size / 1024 / 1024).toFixed(1)} MB and was not scanned: the limit is ${LARGEST_FILE / 1024 / 1024} MB. The rest is scanned.` };
  let bytes: Uint8Array;
  try {
    bytes = await host.read(path);
  } catch (error) {
    return { kind: "unreadable", file: path, message: `${path} was not scanned: it cannot be read (${error instanceof Error ? error.message : String(error)}). The rest is scanned.` };
  }
  if (bytes.subarray(0, 8192).includes(0)) return { kind: "binary", file: path, message: `${path} is a binary file, not Elixir source, and was not scanned.` };
  return { path, text: textOf(bytes) };
}

const strict = new TextDecoder("utf-8", { fatal: true });
const lenient = new TextDecoder("utf-8");
const BOM = 0xfeff;

/** UTF-8, or what can be read of it: a wrong byte, usually in a comment, becomes U+FFFD. A byte order mark is dropped. */
export function textOf(bytes: Uint8Array): string {
  let text: string;
  try {
    text = strict.decode(bytes);
  } catch {
    text = lenient.decode(bytes);
  }
  return text.charCodeAt(0) === BOM ? text.slice(1) : text;
}
