import * as vscode from "vscode";
import { ruleInfos } from "../../audit/rules.ts";
import type { RuleInfo } from "../../engine/rule-info.ts";
import type { Places } from "../places/places.ts";
import type { Session } from "../session.ts";
import { documentScheme } from "../vscode/contributions.ts";
import { showPage } from "./documents.ts";

type Found = { readonly session: Session; readonly places: Places };

/** Shows the page of a rule: the one asked for by id or by a finding's row, else the one picked. */
export async function explainRule(found: Found, about: unknown): Promise<void> {
  const id = ruleOf(about) ?? (await vscode.window.showQuickPick(choices(found), { placeHolder: "Rule to explain", matchOnDetail: true }))?.label;
  if (id !== undefined) await showPage(vscode.Uri.from({ scheme: documentScheme, path: `/rules/${id}.md` }));
}

/** The command takes a rule's id (hover, tooltip) or a row of the tree. */
function ruleOf(about: unknown): string | undefined {
  if (typeof about === "string") return about;
  if (typeof about !== "object" || about === null || !("located" in about)) return undefined;
  return (about.located as { readonly finding: { readonly rule: string } }).finding.rule;
}

/** Rules that have findings come first, those under the cursor before all. */
function choices({ session, places }: Found): vscode.QuickPickItem[] {
  const editor = vscode.window.activeTextEditor;
  const here = new Set(editor === undefined ? [] : session.findingsIn(editor.document.uri).filter((located) => places.rangeOf(located).contains(editor.selection.active)).map(({ finding }) => finding.rule));
  const inWorkspace = new Set(session.findings.map(({ finding }) => finding.rule));
  return [
    ...section("At the cursor", ruleInfos.filter(({ id }) => here.has(id))),
    ...section("In this workspace", ruleInfos.filter(({ id }) => inWorkspace.has(id) && !here.has(id))),
    ...section("Other rules", ruleInfos.filter(({ id }) => !inWorkspace.has(id))),
  ];
}

const section = (label: string, rules: readonly RuleInfo[]): vscode.QuickPickItem[] =>
  rules.length === 0 ? [] : [{ label, kind: vscode.QuickPickItemKind.Separator }, ...rules.map((rule) => ({ label: rule.id, description: `${rule.family}, ${rule.severity}`, detail: rule.title }))];
