import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FileChange } from "../../audit/planning.ts";
import type { RunProgram } from "../machine.ts";

/**
 * The changes as `mix format` of the project writes them. New files are always formatted; a file that was there only if it was
 * formatted before, so that nothing changes outside of what moves. Without a formatter configuration they stay as they are.
 */
export function formatted(folder: string, changes: readonly FileChange[], run: RunProgram, put: (path: string, text: string | null) => void): readonly FileChange[] {
  if (!existsSync(join(folder, ".formatter.exs"))) return changes;
  const format = (...args: readonly string[]): boolean => run("mix", ["format", ...args], folder, {}).code === 0;
  const ours = changes.filter(({ before, path }) => before === null || format("--check-formatted", path));
  try {
    for (const { path, after } of changes) put(join(folder, path), after);
    const files = ours.filter(({ after }) => after !== null).map(({ path }) => path);
    if (files.length === 0 || !format(...files)) return changes; // its plugins or imported rules are not compiled here
    return changes.map((change) => (files.includes(change.path) ? { ...change, after: readFileSync(join(folder, change.path), "utf8") } : change));
  } finally {
    for (const { path, before } of changes) put(join(folder, path), before);
  }
}
