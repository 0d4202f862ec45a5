import * as vscode from "vscode";
import { ruleInfo } from "../../audit/rules.ts";
import type { Located } from "../session.ts";
import { commands } from "../vscode/contributions.ts";

/** What a hover and a tooltip say of a finding. Text from the workspace is escaped; only our own command can be clicked. */
export function explanation({ finding, folder }: Located): vscode.MarkdownString {
  const text = new vscode.MarkdownString(undefined, true);
  text.isTrusted = { enabledCommands: [commands.explainRule] };
  const rule = ruleInfo(finding.rule);
  text.appendMarkdown(`**${rule?.title ?? finding.rule}** · ${finding.severity} · ${finding.confidence}\n\n`);
  appendPlain(text, finding.message);
  if (rule !== undefined) {
    text.appendMarkdown(`\n\n${rule.doc.why}\n\n**Instead.** ${rule.doc.instead}`);
  }
  if (finding.related.length > 0) {
    text.appendMarkdown("\n\n**Places**\n");
    for (const other of finding.related.slice(0, 8)) {
      const target = vscode.Uri.joinPath(folder.uri, other.file).with({ fragment: `L${other.startLine}` });
      text.appendMarkdown(`\n- [${escaped(other.file)}:${other.startLine}](${target.toString()}) `);
      appendPlain(text, other.message);
    }
  }
  if (finding.searched.length > 0) {
    text.appendMarkdown("\n\n**Looked for** ");
    appendPlain(text, `${finding.searched.join("; ")}.`);
  }
  const argument = encodeURIComponent(JSON.stringify([finding.rule]));
  text.appendMarkdown(`\n\n[Explain ${finding.rule}](command:${commands.explainRule}?${argument})`);
  return text;
}

const escaped = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-!<>|~]/g, "\\$&");

/** Keeps `code` marks and escapes all else that Markdown would read. */
function appendPlain(text: vscode.MarkdownString, plain: string): void {
  text.appendMarkdown(
    plain
      .split(/(`[^`]*`)/)
      .map((part) => (part.startsWith("`") ? part : escaped(part)))
      .join(""),
  );
}
