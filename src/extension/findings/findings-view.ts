import * as vscode from "vscode";
import { ruleInfo } from "../../audit/rules.ts";
import { type Outline, outlineOf } from "../../report/outline.ts";
import type { Located, Session } from "../session.ts";
import { commands, stateKey, type ViewState, views } from "../vscode/contributions.ts";
import type { SettingsReader } from "../vscode/settings.ts";
import { explanation } from "./explanation.ts";

type GroupNode = { readonly kind: "group"; readonly id: string; readonly label: string; readonly findings: readonly Located[] };
type FindingNode = { readonly kind: "finding"; readonly located: Located; readonly group: GroupNode };
export type FindingsNode = GroupNode | FindingNode;

const icons: Readonly<Record<string, vscode.ThemeIcon>> = {
  critical: new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground")),
  high: new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground")),
  medium: new vscode.ThemeIcon("info", new vscode.ThemeColor("notificationsInfoIcon.foreground")),
  low: new vscode.ThemeIcon("circle-small-filled"),
  review: new vscode.ThemeIcon("question"),
};

/** The sidebar tree: severities, then findings. Draws what the session holds, and decides nothing. */
export class FindingsView implements vscode.TreeDataProvider<FindingsNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #session: Session;
  readonly #settings: SettingsReader;
  readonly #view: vscode.TreeView<FindingsNode>;
  readonly #lifetime: vscode.Disposable;
  #groups: readonly GroupNode[] = [];
  #wasScanning = false;

  constructor(session: Session, settings: SettingsReader) {
    this.#session = session;
    this.#settings = settings;
    this.#view = vscode.window.createTreeView(views.findings, { treeDataProvider: this, showCollapseAll: true });
    this.#lifetime = vscode.Disposable.from(this.#changed, this.#view, session.onDidChange(() => this.#refresh()));
    this.#refresh();
  }

  getChildren(node?: FindingsNode): FindingsNode[] {
    if (node === undefined) return [...this.#groups];
    return node.kind === "group" ? node.findings.map((located) => ({ kind: "finding", located, group: node })) : [];
  }
  getParent(node: FindingsNode): FindingsNode | undefined {
    return node.kind === "finding" ? node.group : undefined;
  }
  getTreeItem(node: FindingsNode): vscode.TreeItem {
    return node.kind === "group" ? groupItem(node) : findingItem(node);
  }
  reveal(): void {
    const first = this.#groups[0];
    if (first !== undefined) void this.#view.reveal(first, { focus: true, select: false });
  }

  #refresh(): void {
    const { state } = this.#session;
    if (state.kind === "scanning") {
      this.#view.message = state.progress === undefined ? "Scanning…" : `Scanning ${state.progress.done} of ${state.progress.total} files…`;
      if (!this.#wasScanning) void this.#setState(this.#groups.length > 0 ? "findings" : "scanning");
      this.#wasScanning = true;
      return;
    }
    this.#wasScanning = false;
    const located = this.#session.findings;
    const outline = outlineOf(located.map((entry) => entry.finding));
    this.#groups = outline.groups.map((group) => ({ kind: "group", id: group.id, label: group.label, findings: located.filter((entry) => group.findings.some(({ finding }) => finding === entry.finding)) }));
    this.#showCounts(outline);
    this.#changed.fire(undefined);
    const scanned = this.#session.results.reduce((sum, { result }) => sum + result.files.scanned, 0);
    void this.#setState(state.kind === "failed" ? "failed" : this.#groups.length > 0 ? "findings" : state.kind === "done" && scanned === 0 ? "noElixir" : state.kind === "done" ? "clean" : "noElixir");
  }

  #showCounts({ counts }: Outline): void {
    const grave = counts.critical + counts.high;
    const problems = this.#session.results.reduce((sum, { result }) => sum + result.problems.length, 0);
    this.#view.badge = grave > 0 && this.#settings.read()["badge.enabled"] ? { value: grave, tooltip: `${counts.critical} critical and ${counts.high} high findings` } : undefined;
    if (this.#session.state.kind === "failed") this.#view.message = "";
    else if (problems === 0) this.#view.message = "";
    else this.#view.message = `${problems} ${problems === 1 ? "file or rule was" : "files or rules were"} not judged completely: see the log.`;
  }
  #setState(state: ViewState): Thenable<unknown> {
    return vscode.commands.executeCommand("setContext", stateKey, state);
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}

function groupItem(node: GroupNode): vscode.TreeItem {
  const item = new vscode.TreeItem(node.label, node.id === "low" || node.id === "review" ? vscode.TreeItemCollapsibleState.Collapsed : vscode.TreeItemCollapsibleState.Expanded);
  item.id = node.id;
  item.description = String(node.findings.length);
  item.contextValue = "group";
  const icon = icons[node.id];
  if (icon !== undefined) item.iconPath = icon;
  item.accessibilityInformation = { label: `${node.label}, ${node.findings.length} findings` };
  return item;
}

function findingItem({ located, group }: FindingNode): vscode.TreeItem {
  const { finding, uri } = located;
  const item = new vscode.TreeItem(ruleInfo(finding.rule)?.title ?? finding.rule);
  item.id = `${group.id}|${uri.toString()}|${finding.fingerprint}`;
  item.description = `${finding.file.slice(finding.file.lastIndexOf("/") + 1)}:${finding.startLine} · ${finding.rule}`;
  item.tooltip = explanation(located);
  item.contextValue = "finding";
  const icon = icons[group.id];
  if (icon !== undefined) item.iconPath = icon;
  item.command = { command: commands.openFinding, title: "Open", arguments: [located] };
  item.accessibilityInformation = { label: `${finding.severity}, ${finding.rule}, ${finding.file} line ${finding.startLine}: ${finding.message}` };
  return item;
}
