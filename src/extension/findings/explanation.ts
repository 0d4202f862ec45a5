import * as vscode from "vscode";
import { ruleInfo } from "../../audit/rules.ts";
import type { Located } from "../session.ts";
import { commands } from "../vscode/contributions.ts";

const MOST_PLACES = 8;

/** All that is known of a finding: what, why, what instead, and how it was found out. */
export function explanation(located: Located): vscode.MarkdownString {
  const { finding } = located;
  return page([heading(located), fromCode(finding.message), ...reasons(located)]);
}

/** The same without the sentence that Problems shows. */
export const background = (located: Located): vscode.MarkdownString => page([heading(located), ...reasons(located)]);

/** Text from the workspace is escaped before it comes here; of commands, only our own harmless one can be clicked. */
function page(paragraphs: readonly string[]): vscode.MarkdownString {
  const text = new vscode.MarkdownString(paragraphs.filter((paragraph) => paragraph !== "").join("\n\n"));
  text.isTrusted = { enabledCommands: [commands.explainRule] };
  return text;
}

const heading = ({ finding }: Located): string => `**${ruleInfo(finding.rule)?.title ?? finding.rule}** · ${finding.severity} · ${finding.confidence === "review" ? "to review" : finding.confidence}`;

function reasons(located: Located): readonly string[] {
  const { finding } = located;
  const rule = ruleInfo(finding.rule);
  return [
    rule?.doc.why ?? "",
    rule === undefined ? "" : `**Instead:** ${rule.doc.instead}`,
    places(located),
    finding.fix?.ready === undefined ? "" : "**Quick Fix:** a text edit is ready.",
    finding.evidence.length === 0 ? "" : `**Evidence:** ${finding.evidence.map(fromCode).join(" ")}`,
    finding.searched.length === 0 ? "" : `**Looked for and not found:** ${finding.searched.map(fromCode).join("; ")}.`,
    `[Explain \`${finding.rule}\`](command:${commands.explainRule}?${encodeURIComponent(JSON.stringify([finding.rule]))})`,
  ];
}

function places({ finding, folder }: Located): string {
  const all = [{ file: finding.file, startLine: finding.startLine, message: "Reported here." }, ...finding.related];
  const lines = all.slice(0, MOST_PLACES).map(({ file, startLine, message }) => {
    const target = vscode.Uri.joinPath(folder.uri, file).with({ fragment: `L${startLine}` });
    return `- [${escaped(file)}:${startLine}](${target.toString()}) ${fromCode(message)}`;
  });
  const more = all.length - lines.length;
  return [...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join("\n");
}

const escaped = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-!<>|~&]/g, "\\$&");

/** Keeps `code` marks and escapes all else that Markdown would read. */
const fromCode = (plain: string): string =>
  plain
    .split(/(`[^`\n]*`)/)
    .map((part) => (part.startsWith("`") && part.endsWith("`") && part.length > 1 ? part : escaped(part)))
    .join("");
