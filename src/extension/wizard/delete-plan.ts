import * as vscode from "vscode";
import { isAbsence } from "../vscode/files.ts";
import { isPlanRow } from "./plans-view.ts";
import type { Wizards } from "./wizards.ts";

/** Deletes a plan's file after a question, and closes its walk, which would keep it again; the code it has split stays as it is. */
export async function deletePlan(wizards: Wizards, about: unknown): Promise<void> {
  if (!isPlanRow(about)) return;
  const { plan, uri, folder } = about;
  const detail = plan.applied.length === 0 ? "Nothing of it is written yet." : "The code that it has split stays as it is.";
  if ((await vscode.window.showWarningMessage(`Delete the plan for ${plan.module}?`, { modal: true, detail }, "Delete")) !== "Delete") return;
  await wizards.forget(folder, plan.module);
  try {
    // Not every file system has a trash (another machine, a container, the browser), and the question is asked.
    await vscode.workspace.fs.delete(uri, { useTrash: false });
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}
