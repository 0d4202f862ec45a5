import * as vscode from "vscode";
import type { LineExplanation } from "../../audit/explain.ts";
import type { Session } from "../session.ts";
import { pathIn } from "../vscode/files.ts";
import { type Documents, showPage } from "./documents.ts";

/** Opens a page on the line under the cursor: who runs it, what its calls do, what is found there, and why nothing else is. */
export async function explainLine({ session, documents }: { readonly session: Session; readonly documents: Documents }): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  const folder = editor === undefined ? undefined : vscode.workspace.getWorkspaceFolder(editor.document.uri);
  if (editor === undefined || folder === undefined || !/\.exs?$/.test(editor.document.uri.path)) {
    void vscode.window.showInformationMessage("Only lines of Elixir files in an open folder can be explained. Put the cursor into one and run this again.");
    return;
  }
  const { document } = editor;
  const path = pathIn(folder, document.uri);
  const line = editor.selection.active.line + 1;
  const explanation = await vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title: `Explaining ${path}:${line}` }, async () => {
    await session.judge(folder, document);
    return session.ask(folder, (audit) => audit.explain(path, line));
  });
  await showPage(documents.text(`/${path} line ${line}.md`, "explained", linePage(explanation, `${path}:${line}`)));
}

/** The explanation as Markdown. Code of the workspace stands in code marks only. */
function linePage({ findings, suppressed, place, dismissed }: LineExplanation, where: string): string {
  const list = (items: readonly string[]): string => items.map((item) => `- ${item}\n`).join("");
  const parts = [`# ${where}\n`];
  if (place === undefined) parts.push("No function stands at this line.\n");
  else {
    parts.push(`\`${place.function}\` of \`${place.module === "" ? "a script" : place.module}\` runs\n`, list(place.runs));
    for (const { text, facts } of place.calls) parts.push(`## \`${text.replaceAll("`", "'")}\`\n`, list(facts));
  }
  parts.push("## Findings\n", findings.length === 0 ? "No rule reports this line.\n" : list(findings.map(({ rule, severity, confidence, message }) => `**${rule}** (${severity}, ${confidence}): ${message}`)));
  if (suppressed.length > 0) parts.push("## Switched off\n", list(suppressed.map(({ rule, suppressed: why }) => `**${rule}** by ${why?.by ?? "comment"}${why?.reason === undefined || why.reason === "" ? "" : `: ${why.reason}`}`)));
  if (dismissed.length > 0) parts.push("## Looked at and found right\n", list(dismissed.map(({ rule, because }) => `**${rule}**: ${because}.`)));
  return parts.join("\n");
}
