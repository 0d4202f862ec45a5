import * as vscode from "vscode";
import { auditDocument } from "../../report/audit-document.ts";
import type { Block } from "../../report/document.ts";
import { htmlOf } from "../../report/html.ts";
import { markdownOf } from "../../report/markdown.ts";
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
  const blocks = await documentOf(session);
  const text = /\.md$/i.test(target.path) ? markdownOf(blocks) : htmlOf(`OTP audit of ${session.results.map(({ folder }) => folder.name).join(", ")}`, blocks);
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  const open = "Open";
  const choice = await vscode.window.showInformationMessage(`The report is saved as ${vscode.workspace.asRelativePath(target)}.`, open);
  if (choice === open) await (/\.md$/i.test(target.path) ? vscode.window.showTextDocument(target) : vscode.env.openExternal(target));
}

/** The report as Markdown on the clipboard, for an issue or a chat. */
export async function copyReport({ session }: Parts): Promise<void> {
  if (session.results.length === 0) await session.scan();
  await vscode.env.clipboard.writeText(markdownOf(await documentOf(session)));
  vscode.window.setStatusBarMessage("$(check) The report is on the clipboard", 4000);
}

/** The reports of all folders, one after the other. */
async function documentOf(session: Session): Promise<readonly Block[]> {
  const blocks: Block[] = [];
  for (const entry of session.results) blocks.push(...auditDocument(entry.result, await reportInput(session, entry)));
  return blocks;
}
