import * as vscode from "vscode";
import { BASELINE_FILE } from "../../audit/baseline.ts";
import type { Session } from "../session.ts";
import type { Baselines } from "./baselines.ts";

/** Accepts all that is there now, after asking; from then on only new findings count as news. */
export async function acceptBaseline({ session, baselines }: { readonly session: Session; readonly baselines: Baselines }): Promise<void> {
  if (session.results.length === 0) await session.scan();
  const count = session.results.reduce((sum, { result }) => sum + result.findings.length, 0);
  if (count === 0) return void vscode.window.showInformationMessage("There are no findings to accept.");
  const accept = "Accept";
  const choice = await vscode.window.showWarningMessage(`Accept all ${count} findings as baseline?`, { modal: true, detail: `They are written to ${BASELINE_FILE}. "Only new" then hides them, and the command line fails on new findings only.` }, accept);
  if (choice !== accept) return;
  for (const { folder, result } of session.results) await baselines.accept(folder, result);
  const next = "Show Only New";
  const then = await vscode.window.showInformationMessage(`${count} findings are the baseline now.`, next);
  if (then === next) await baselines.showOnlyNew(true);
}
