import type { Module } from "../../model/module.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { TestFacts } from "../../report/parts.ts";
import { folderOf } from "../../report/statistics.ts";
import { isTest, skipLines, waitKinds, waitsIn } from "./waits.ts";

/** Tests, their waits and skips, counted in source; nothing is run. */
export function testFacts(workspace: Workspace): TestFacts {
  const modules = workspace.modules.filter(({ kind }) => kind === "test");
  const waits = waitsIn(modules.flatMap((module) => module.functions.flatMap(({ sites }) => sites)));
  return {
    files: new Set(modules.map(({ file }) => file.path)).size,
    tests: modules.reduce((sum, module) => sum + testsIn(module), 0),
    folders: foldersOf(modules),
    waits: waitKinds.flatMap((how) => (waits.has(how) ? [{ how, count: waits.get(how) ?? 0 }] : [])),
    skipped: modules.flatMap((module) => skipLines(module).map((line) => ({ file: module.file.path, line, note: "test is skipped" }))),
  };
}

const testsIn = (module: Module): number => module.functions.filter(isTest).length;

function foldersOf(modules: readonly Module[]): TestFacts["folders"] {
  const counts = new Map<string, number>();
  for (const module of modules) {
    const folder = folderOf(module.file.path);
    counts.set(folder, (counts.get(folder) ?? 0) + testsIn(module));
  }
  return [...counts].map(([folder, count]) => ({ folder, count })).filter(({ count }) => count > 0).sort((a, b) => b.count - a.count || (a.folder < b.folder ? -1 : 1));
}
