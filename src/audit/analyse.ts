import type { Finding, Problem } from "../engine/finding.ts";
import type { Rule } from "../engine/rule.ts";
import { type RunOptions, runRules } from "../engine/run.ts";
import { Workspace, type WorkspaceOptions } from "../model/workspace.ts";
import type { Tree } from "../syntax/tree.ts";

export type Analysis = { readonly findings: readonly Finding[]; readonly problems: readonly Problem[] };

/** Rules over trees: builds the model, runs the rules, frees what they looked at. */
export function analyse(trees: readonly Tree[], rules: readonly Rule[], options: Omit<RunOptions, "rules"> = {}, reading: WorkspaceOptions = {}): Analysis {
  const result = runRules(new Workspace(trees, reading), { ...options, rules });
  for (const tree of trees) tree.release();
  return { findings: result.findings, problems: result.problems };
}
