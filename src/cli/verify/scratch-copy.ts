import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";

/** A copy of a project to compile and change; nothing in it is the user's. */
export type ScratchCopy = { readonly folder: string; readonly dispose: () => void };

const LEFT_OUT = new Set([".git", "node_modules", ".elixir_ls", ".lexical", "cover", "doc"]);
/** Room for dependencies that a project names by `path: "../…"`. */
const DEPTH = ["a", "b", "c", "d"];

/**
 * Copies a project with what it has compiled, so that only what changes is compiled again. Dependencies are linked, not copied;
 * those beside the project (`path: "../other"`) are linked beside the copy.
 */
export function scratchCopyOf(root: string): ScratchCopy {
  const top = mkdtempSync(join(tmpdir(), "otp-audit-verify-"));
  const folder = join(top, ...DEPTH, basename(root));
  cpSync(root, folder, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, filter: (path) => !LEFT_OUT.has(basename(path)) && path !== join(root, "deps") && path !== join(root, ".otp_audit") });
  if (existsSync(join(root, "deps"))) symlinkSync(join(root, "deps"), join(folder, "deps"));
  for (const path of pathsOutside(root)) {
    const target = resolve(folder, path);
    if (basename(target) === "_build") continue; // of an umbrella; the copy compiles into its own
    if (relative(top, target).startsWith("..") || existsSync(target) || !existsSync(resolve(root, path))) continue;
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(resolve(root, path), target);
  }
  return { folder, dispose: () => rmSync(top, { recursive: true, force: true }) };
}

/** Relative paths in mix.exs that lead out of the project: umbrella siblings and path dependencies. */
function pathsOutside(root: string): readonly string[] {
  const mix = join(root, "mix.exs");
  return existsSync(mix) ? [...new Set([...readFileSync(mix, "utf8").matchAll(/"((?:\.\.\/)+[^"]*)"/g)].map((match) => match[1] ?? ""))] : [];
}
