import type { Workspace } from "../../model/workspace.ts";
import type { TestFacts } from "../../report/parts.ts";
import { isTest, skipLines, waitKinds, waitsIn } from "./waits.ts";

/** Tests, their waits and skips, counted in source; nothing is run. */
export function testFacts(workspace: Workspace): TestFacts {
  const modules = workspace.modules.filter(({ kind }) => kind === "test");
  const waits = waitsIn(modules.flatMap((module) => module.functions.flatMap(({ sites }) => sites)));
  return {
    files: new Set(modules.map(({ file }) => file.path)).size,
    tests: modules.reduce((sum, module) => sum + module.functions.filter(isTest).length, 0),
    waits: waitKinds.flatMap((how) => (waits.has(how) ? [{ how, count: waits.get(how) ?? 0 }] : [])),
    skipped: modules.flatMap((module) => skipLines(module).map((line) => ({ file: module.file.path, line, note: "test is skipped" }))),
  };
}
