import * as vscode from "vscode";
import type { Problem } from "../../engine/finding.ts";
import { outlineOf } from "../../report/outline.ts";
import type { FolderResult, Located } from "../session.ts";
import { commands } from "../vscode/contributions.ts";
import { explanation } from "./explanation.ts";

export type GroupNode = { readonly kind: "group"; readonly id: string; readonly label: string; readonly children: readonly LeafNode[] };
export type FindingNode = { readonly kind: "finding"; readonly located: Located; readonly group: string };
export type ProblemNode = { readonly kind: "problem"; readonly problem: Problem; readonly folder: vscode.WorkspaceFolder; readonly id: string };
export type LeafNode = FindingNode | ProblemNode;
export type FindingsNode = GroupNode | LeafNode;

/** The rows of the tree: findings as every face groups them, then what the scan could not do. */
export function nodesOf(findings: readonly Located[], results: readonly FolderResult[]): readonly GroupNode[] {
  const located = new Map(findings.map((entry) => [entry.finding, entry]));
  const groups = outlineOf(findings.map(({ finding }) => finding)).groups.map(({ id, label, findings: members }): GroupNode => ({
    kind: "group",
    id,
    label,
    children: members.flatMap(({ finding }) => {
      const entry = located.get(finding);
      return entry === undefined ? [] : [{ kind: "finding" as const, located: entry, group: id }];
    }),
  }));
  const problems = results.flatMap(({ folder, result }) => result.problems.map((problem, index): ProblemNode => ({ kind: "problem", problem, folder, id: `problem|${folder.uri.toString()}|${index}|${problem.message}` })));
  return problems.length === 0 ? groups : [...groups, { kind: "group", id: "problems", label: "Not judged completely", children: problems }];
}

const icons: Readonly<Record<string, vscode.ThemeIcon>> = {
  critical: new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground")),
  high: new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground")),
  medium: new vscode.ThemeIcon("info", new vscode.ThemeColor("notificationsInfoIcon.foreground")),
  low: new vscode.ThemeIcon("circle-outline"),
  review: new vscode.ThemeIcon("question"),
  problems: new vscode.ThemeIcon("circle-slash"),
};
const collapsedAtFirst = new Set(["low", "review", "problems"]);

/** How a row looks. Rows say the rule and the place first, so that they differ in a narrow sidebar, too; the sentence follows. */
export function itemOf(node: FindingsNode): vscode.TreeItem {
  switch (node.kind) {
    case "group":
      return groupItem(node);
    case "finding":
      return findingItem(node);
    case "problem":
      return problemItem(node);
  }
}

function groupItem({ id, label, children }: GroupNode): vscode.TreeItem {
  const item = new vscode.TreeItem(label, collapsedAtFirst.has(id) ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.Expanded);
  item.id = id;
  item.description = String(children.length);
  item.contextValue = "group";
  const icon = icons[id];
  if (icon !== undefined) item.iconPath = icon;
  item.accessibilityInformation = { label: `${label}, ${children.length} ${id === "problems" ? "places" : "findings"}` };
  return item;
}

function findingItem({ located, group }: FindingNode): vscode.TreeItem {
  const { finding, uri, folder } = located;
  const place = `${finding.file.slice(finding.file.lastIndexOf("/") + 1)}:${finding.startLine}`;
  const message = finding.message.replaceAll("`", "");
  const item = new vscode.TreeItem(finding.rule);
  item.id = `${group}|${uri.toString()}|${finding.fingerprint}`;
  item.description = `${isOneOfMany(folder) ? `${folder.name} · ` : ""}${place} · ${message}`;
  item.tooltip = explanation(located);
  item.contextValue = splittable.has(finding.rule) ? "splittable" : "finding";
  const icon = icons[group];
  if (icon !== undefined) item.iconPath = icon;
  item.command = { command: commands.openFinding, title: "Open", arguments: [located] };
  item.accessibilityInformation = { label: `${finding.severity}, ${finding.rule}, ${finding.file} line ${finding.startLine}: ${message}` };
  return item;
}

function problemItem({ problem, folder, id }: ProblemNode): vscode.TreeItem {
  const item = new vscode.TreeItem(problem.file === undefined ? problem.kind : `${problem.file.slice(problem.file.lastIndexOf("/") + 1)}${problem.line === undefined ? "" : `:${problem.line}`}`);
  item.id = id;
  item.description = problem.message;
  item.tooltip = problem.message;
  item.contextValue = "problem";
  if (problem.file !== undefined && problem.kind !== "unreadable" && problem.kind !== "binary") {
    const at = new vscode.Position((problem.line ?? 1) - 1, (problem.column ?? 1) - 1);
    item.command = { command: "vscode.open", title: "Open", arguments: [vscode.Uri.joinPath(folder.uri, problem.file), { selection: new vscode.Range(at, at) }] };
  }
  item.accessibilityInformation = { label: problem.message };
  return item;
}

/** Rules whose finding begins a plan. */
const splittable = new Set(["god-module", "god-process", "multi-module-file"]);
const isOneOfMany = (folder: vscode.WorkspaceFolder): boolean => folder.index > 0 || (vscode.workspace.workspaceFolders ?? []).length > 1;
