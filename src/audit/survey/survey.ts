import type { Finding } from "../../engine/finding.ts";
import { Workspace, type WorkspaceOptions } from "../../model/workspace.ts";
import type { Survey } from "../../report/parts.ts";
import type { Tree } from "../../syntax/tree.ts";
import { forestOf } from "./forest.ts";
import { backpressureOf, errorStyleOf } from "./habits.ts";
import { filePortraitsOf, portraitsOf, sizesOf, type Splits } from "./portraits.ts";
import { practicesOf } from "./practices.ts";
import { toReenable } from "./reenable.ts";
import { legitimateSleeps } from "./sleeps.ts";
import { testFacts } from "./tests.ts";

const unsplit: Splits = { planOf: () => undefined, filesOf: () => ({ paths: [], reasons: [] }) };

/** What a report says besides findings. Built anew from the trees; `splits` asks the decomposition engine. */
export function surveyOf(trees: readonly Tree[], findings: readonly Finding[], reading: WorkspaceOptions = {}, splits: Splits = unsplit): Survey {
  const workspace = new Workspace(trees, reading);
  const tests = testFacts(workspace);
  const survey: Survey = {
    practices: practicesOf(workspace),
    backpressure: backpressureOf(workspace),
    errorStyle: errorStyleOf(workspace),
    tests,
    toReenable: toReenable(workspace, findings, tests),
    legitimateSleeps: legitimateSleeps(workspace, findings),
    modules: portraitsOf(workspace, findings, splits),
    files: filePortraitsOf(workspace, findings, splits),
    sizes: sizesOf(workspace, findings),
    supervision: forestOf(workspace),
    fanIn: fanInOf(workspace, findings),
    scanned: trees.map(({ path }) => path),
  };
  for (const tree of trees) tree.release();
  return survey;
}

/** How many other modules call each module that has findings. */
function fanInOf(workspace: Workspace, findings: readonly Finding[]): Readonly<Record<string, number>> {
  const named = [...new Set(findings.map(({ module }) => module))].filter((name) => name !== "").sort();
  return Object.fromEntries(
    named.map((name) => {
      const module = workspace.module(name);
      const callers = new Set(module?.functions.flatMap((fn) => fn.callers.map((site) => site.module).filter((other) => other !== module && other.kind !== "test")));
      return [name, callers.size];
    }),
  );
}
