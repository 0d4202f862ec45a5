import { type ChangedLines, changedLinesOf } from "../audit/changed-lines.ts";
import type { Host } from "../audit/host.ts";
import { overlayHost } from "../audit/overlay-host.ts";
import type { Commit } from "../report/parts.ts";
import { type Machine, UsageError } from "./machine.ts";

const DIFF = ["diff", "--unified=0", "--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/"];
const ELIXIR = ["--", "*.ex", "*.exs"];

/** The commit a folder is at, and whether its Elixir files differ from it; undefined without git or before the first commit. */
export function commitOf(machine: Machine, root: string): { readonly id: string; readonly isDirty: boolean } | undefined {
  const head = machine.git(root, ["rev-parse", "HEAD"]);
  const status = machine.git(root, ["status", "--porcelain", "--", "*.ex", "*.exs"]);
  return "wrong" in head || "wrong" in status ? undefined : { id: head.text.trim(), isDirty: status.text.trim() !== "" };
}

/** The commit in which a line of an earlier commit was changed or deleted; undefined where git cannot say. */
export function commitChanging(machine: Machine, root: string, since: string, { file, line }: { readonly file: string; readonly line: number }): Commit | "unchanged" | undefined {
  const blame = machine.git(root, ["blame", "--reverse", "--porcelain", "--no-textconv", "-L", `${line},${line}`, `${since}..HEAD`, "--", file]);
  const head = machine.git(root, ["rev-parse", "HEAD"]);
  if ("wrong" in blame || "wrong" in head) return undefined;
  const last = blame.text.slice(0, blame.text.indexOf(" ")).replace(/^\^/, "");
  if (last === head.text.trim()) return "unchanged";
  const after = machine.git(root, ["log", "--reverse", "--ancestry-path", "--format=%H %s", `${last}..HEAD`, "--", file]);
  const found = "wrong" in after ? null : /^(\S+) (.*)$/m.exec(after.text);
  return found === null ? undefined : { id: found[1] ?? "", title: (found[2] ?? "").slice(0, 72) };
}

/** Test files that differ from a commit: path now, and the old one. */
export function changedTests(machine: Machine, root: string, since: string): readonly { readonly now: string | undefined; readonly old: string | undefined }[] | undefined {
  const names = machine.git(root, ["diff", "--name-status", "-z", "--find-renames", "--no-ext-diff", "--relative", since, "--", "."]);
  if ("wrong" in names) return undefined;
  const parts = names.text.split("\0");
  const found: { readonly now: string | undefined; readonly old: string | undefined }[] = [];
  for (let i = 0; i + 1 < parts.length; ) {
    const status = parts[i++] ?? "";
    const old = parts[i++];
    const now = /^[RC]/.test(status) ? parts[i++] : old;
    if (/_test\.exs$/.test(now ?? "") || /_test\.exs$/.test(old ?? "")) found.push({ old: status === "A" || /^C/.test(status) ? undefined : old, now: status === "D" ? undefined : now });
  }
  return found;
}

/** The text of a file at a commit. */
export function textAt(machine: Machine, root: string, commit: string, path: string): string | undefined {
  const blob = machine.git(root, ["show", `${commit}:./${path}`]);
  return "wrong" in blob ? undefined : blob.text;
}

/**
 * Lines of Elixir files that git follows, changed since a revision, or since the point where its branch was left. Each call of git
 * counts when little has changed: whether the revision is one is asked when git could do nothing with it.
 */
export function changedSince(machine: Machine, root: string, revision: string): ChangedLines {
  const commit = `${revision}^{commit}`;
  const diff = [...DIFF, "--relative"];
  const fromBase = revision.startsWith("-") ? { wrong: "an option" } : machine.git(root, [...diff, "--merge-base", commit, ...ELIXIR]);
  if (!("wrong" in fromBase)) return changedLinesOf(fromBase.text, "");
  if (revision.startsWith("-") || "wrong" in machine.git(root, ["rev-parse", commit])) {
    prefixOf(machine, root, "--since"); // says so where there is no git at all
    throw new UsageError(`git knows no revision ${revision} here. Check its name; in a shallow clone, fetch it first (on GitHub Actions: fetch-depth: 0).`);
  }
  // Several bases, none, or a git older than 2.30.
  const base = machine.git(root, ["merge-base", commit, "HEAD"]);
  return changedLinesOf(asked(machine, root, [...diff, "wrong" in base ? commit : base.text.trim(), ...ELIXIR]), "");
}

/** Of some Elixir files those that are new to git, and not ignored: all of their lines are changed. */
export function newFilesOf(machine: Machine, root: string, files: readonly string[]): readonly string[] {
  // The list of what git follows is there; to find what it does not follow it has to look into every folder.
  const followed = files.length === 0 ? undefined : new Set(asked(machine, root, ["ls-files", "-z", ...ELIXIR]).split("\0"));
  const others = files.filter((file) => followed?.has(file) === false);
  if (others.length === 0) return [];
  const untracked = new Set(asked(machine, root, ["ls-files", "--others", "--exclude-standard", "-z", ...ELIXIR]).split("\0"));
  return others.filter((file) => untracked.has(file));
}

/** Staged lines, and a host that reads files as they are staged where that differs from the folder. */
export function staged(machine: Machine, root: string, host: Host): { readonly changed: ChangedLines; readonly host: Host } {
  const prefix = prefixOf(machine, root, "--staged");
  const changed = changedLinesOf(asked(machine, root, [...DIFF, "--cached", "--", "."]), prefix);
  const differing = new Set(asked(machine, root, ["diff", "--name-only", "-z", "--", "."]).split("\0").filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length)));
  const read = (path: string): Uint8Array | undefined => {
    if (!differing.has(path)) return undefined;
    const blob = machine.git(root, ["show", `:./${path}`]);
    return "wrong" in blob ? undefined : new TextEncoder().encode(blob.text);
  };
  return { changed, host: overlayHost(host, read) };
}

function prefixOf(machine: Machine, root: string, option: string): string {
  const prefix = machine.git(root, ["rev-parse", "--show-prefix"]);
  if ("wrong" in prefix) throw new UsageError(`${option} needs git, and ${root} cannot be asked: ${prefix.wrong}. Leave ${option} out to see all findings.`);
  return prefix.text.trim();
}

function asked(machine: Machine, root: string, args: readonly string[]): string {
  const answer = machine.git(root, args);
  if ("wrong" in answer) throw new UsageError(`git ${args[0]} failed: ${answer.wrong}.`);
  return answer.text;
}
