import * as vscode from "vscode";
import { type Documents, showPage } from "../report/documents.ts";
import type { Session } from "../session.ts";
import { commitOf } from "./commit.ts";
import { keep, type KeptRun, keptRuns } from "./history.ts";
import type { HistoryView } from "./history-view.ts";

type Parts = { readonly session: Session; readonly documents: Documents; readonly history: HistoryView };

/** Keeps what the last scan found, for each folder. */
export async function keepAudit({ session, history }: Parts): Promise<void> {
  if (session.results.length === 0) await session.scan();
  for (const entry of session.results) await keep(entry, await commitOf(entry.folder), new Date());
  history.refresh();
  void vscode.window.showInformationMessage("The audit is kept in .otp_audit/runs. Commit that folder, and the next report says what was fixed.");
}

/** The report of now, against a kept audit. */
export async function compareWithRun({ session, documents }: Parts, about: unknown): Promise<void> {
  const kept = keptIn(about);
  if (kept === undefined) return;
  if (session.results.length === 0) await session.scan();
  await showPage(await documents.report(session, kept));
}

/** Two kept audits side by side: what the later one no longer has, and what it has besides. */
export async function compareRuns({ documents }: Parts): Promise<void> {
  const all: KeptRun[] = [];
  for (const folder of vscode.workspace.workspaceFolders ?? []) all.push(...(await keptRuns(folder)).runs);
  if (all.length < 2) return void vscode.window.showInformationMessage("Comparing takes two kept audits. Keep one now, and another after the next changes.");
  const choices = all.toReversed().map((kept) => ({ label: kept.run.date.slice(0, 16).replace("T", " "), description: `${kept.run.findings.length} findings${kept.run.commit === null ? "" : ` · ${kept.run.commit.id.slice(0, 10)}`}`, kept }));
  const chosen = await vscode.window.showQuickPick(choices, { canPickMany: true, placeHolder: "Choose two audits to compare" });
  if (chosen === undefined) return;
  const [later, earlier] = chosen.map(({ kept }) => kept);
  if (later === undefined || earlier === undefined || chosen.length !== 2) return void vscode.window.showInformationMessage("Choose exactly two audits.");
  await showPage(documents.comparison(earlier, later));
}

/** A row of the view, or the run that its command passes on. */
function keptIn(about: unknown): KeptRun | undefined {
  if (typeof about !== "object" || about === null) return undefined;
  const inner = "kept" in about ? about.kept : about;
  return typeof inner === "object" && inner !== null && "run" in inner && "folder" in inner ? (inner as KeptRun) : undefined;
}
