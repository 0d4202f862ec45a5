import * as vscode from "vscode";
import { htmlReport } from "../../report/html.ts";
import { markdownReport } from "../../report/markdown.ts";
import type { Session } from "../session.ts";
import { reportInput } from "./report-input.ts";

type Parts = { readonly session: Session };

/** Writes the report where the user says: Markdown, or one HTML file that needs nothing else. */
export async function saveReport({ session }: Parts): Promise<void> {
  if (session.results.length === 0) await session.scan();
  const [first] = session.results;
  if (first === undefined) return;
  const target = await vscode.window.showSaveDialog({ defaultUri: vscode.Uri.joinPath(first.folder.uri, "otp-audit.html"), filters: { "Web page": ["html"], Markdown: ["md"] }, title: "Save the audit" });
  if (target === undefined) return;
  const write = /\.md$/i.test(target.path) ? markdownReport : htmlReport;
  const texts: string[] = [];
  for (const entry of session.results) texts.push(write(entry.result, await reportInput(session, entry)));
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(texts.join("\n")));
  const open = "Open";
  const choice = await vscode.window.showInformationMessage(`The report is saved as ${vscode.workspace.asRelativePath(target)}.`, open);
  if (choice === open) await (/\.md$/i.test(target.path) ? vscode.window.showTextDocument(target) : vscode.env.openExternal(target));
}

/** The report as Markdown on the clipboard, for an issue or a chat. */
export async function copyReport({ session }: Parts): Promise<void> {
  if (session.results.length === 0) await session.scan();
  const texts: string[] = [];
  for (const entry of session.results) texts.push(markdownReport(entry.result, await reportInput(session, entry)));
  await vscode.env.clipboard.writeText(texts.join("\n"));
  vscode.window.setStatusBarMessage("$(check) The report is on the clipboard", 4000);
}
