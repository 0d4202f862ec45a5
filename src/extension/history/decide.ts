import * as vscode from "vscode";
import { type Status, statuses } from "../../audit/history.ts";
import { remembered } from "../../engine/comparison.ts";
import type { Located } from "../session.ts";
import { authorIn } from "./commit.ts";
import { decide } from "./history.ts";

const words: Readonly<Record<Status, string>> = {
  fixed: "It is fixed; the next audit checks that",
  accepted: "It is right as it is, for a reason",
  "false-positive": "The analysis is wrong here",
  later: "It is to be fixed, but not now",
};

/** Asks for a decision on a finding and its reason, and keeps both in the worklog, which reports check again. */
export async function decideOn(located: Located): Promise<void> {
  const folder = vscode.workspace.getWorkspaceFolder(located.uri);
  if (folder === undefined) return;
  const chosen = await vscode.window.showQuickPick(statuses.map((status) => ({ label: status, description: words[status] })), { placeHolder: located.finding.message });
  if (chosen === undefined) return;
  const reason = await vscode.window.showInputBox({ prompt: "Reason, for whoever reads the next report", validateInput: (text) => (text.trim() === "" ? "A decision needs a reason." : undefined) });
  if (reason === undefined) return;
  const author = (await authorIn(folder)) ?? (await vscode.window.showInputBox({ prompt: "Your name; git knows none here" }));
  if (author === undefined) return;
  await decide(folder, { ...remembered(located.finding), status: chosen.label, reason: reason.trim(), author: author.trim() || "unknown", date: new Date().toISOString() });
  void vscode.window.showInformationMessage("The decision is kept in .otp_audit/worklog.json. Reports show it beside what the analysis sees.");
}
