import * as vscode from "vscode";
import { isPlanRow } from "./plans-view.ts";

/** Deletes a plan's file after a question; the code it has split stays as it is. */
export async function deletePlan(about: unknown): Promise<void> {
  if (!isPlanRow(about)) return;
  const { plan, uri } = about;
  const detail = plan.applied.length === 0 ? "Nothing of it is written yet." : "The code that it has split stays as it is.";
  if ((await vscode.window.showWarningMessage(`Delete the plan for ${plan.module}?`, { modal: true, detail }, "Delete")) === "Delete") await vscode.workspace.fs.delete(uri, { useTrash: true });
}
