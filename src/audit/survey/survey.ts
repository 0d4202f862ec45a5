import type { Finding } from "../../engine/finding.ts";
import { Workspace, type WorkspaceOptions } from "../../model/workspace.ts";
import type { Survey } from "../../report/parts.ts";
import type { Tree } from "../../syntax/tree.ts";
import { forestOf } from "./forest.ts";
import { portraitsOf } from "./portraits.ts";
import { practicesOf } from "./practices.ts";
import { legitimateSleeps } from "./sleeps.ts";

/** What a report says besides findings: habits, sleeps that are fine, large modules, supervision trees. Built anew from the trees. */
export function surveyOf(trees: readonly Tree[], findings: readonly Finding[], reading: WorkspaceOptions = {}): Survey {
  const workspace = new Workspace(trees, reading);
  const survey = { practices: practicesOf(workspace), legitimateSleeps: legitimateSleeps(workspace, findings), modules: portraitsOf(workspace, findings), supervision: forestOf(workspace) };
  for (const tree of trees) tree.release();
  return survey;
}
