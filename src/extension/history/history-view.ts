import * as vscode from "vscode";
import { RUNS_FOLDER } from "../../audit/history.ts";
import { type Severity, severities } from "../../engine/finding.ts";
import { commands, contextKeys, views } from "../vscode/contributions.ts";
import { type KeptRun, keptRuns } from "./history.ts";

type Row = { readonly kept: KeptRun; readonly before: KeptRun | undefined; readonly isShared: boolean };

/** The tree *Audit History*: recorded audits, newest first, each with what changed since the one before. */
export class HistoryView implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #watcher = vscode.workspace.createFileSystemWatcher(`**/${RUNS_FOLDER}/*.json`);
  readonly #view: vscode.TreeView<Row>;
  readonly #lifetime: vscode.Disposable;

  constructor() {
    this.#view = vscode.window.createTreeView(views.history, { treeDataProvider: this });
    const again = (): void => this.refresh();
    this.#lifetime = vscode.Disposable.from(this.#changed, this.#view, this.#watcher, this.#watcher.onDidChange(again), this.#watcher.onDidCreate(again), this.#watcher.onDidDelete(again));
  }

  refresh(): void {
    this.#changed.fire(undefined);
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (row !== undefined) return [];
    const folders = vscode.workspace.workspaceFolders ?? [];
    const rows: Row[] = [];
    const wrong: string[] = [];
    for (const folder of folders) {
      const read = await keptRuns(folder);
      wrong.push(...read.wrong);
      rows.push(...read.runs.map((kept, index) => ({ kept, before: read.runs[index - 1], isShared: folders.length > 1 })));
    }
    this.#view.message = wrong.join(" ");
    void vscode.commands.executeCommand("setContext", contextKeys.hasHistory, rows.length > 0);
    return rows.sort((a, b) => (a.kept.run.date < b.kept.run.date ? 1 : -1));
  }

  getTreeItem({ kept, before, isShared }: Row): vscode.TreeItem {
    const { run, folder } = kept;
    const item = new vscode.TreeItem(`${run.date.slice(0, 10)} ${run.date.slice(11, 16)}`);
    const counts = severities.map((severity) => `${count(kept, severity)} ${severity}`).join(", ");
    const change = before === undefined ? "" : signed(run.findings.length - before.run.findings.length);
    item.id = kept.uri.toString();
    item.description = [...(isShared ? [folder.name] : []), `${run.findings.length} findings${change}`, ...(run.commit === null ? [] : [run.commit.id.slice(0, 10)])].join(" · ");
    item.tooltip = new vscode.MarkdownString(`${counts}\n\n${run.scanned} files, ${run.rules.length} rules, OTP Audit ${run.version}${run.commit?.isDirty === true ? ", with uncommitted changes" : ""}`);
    item.iconPath = new vscode.ThemeIcon(before === undefined || run.findings.length === before.run.findings.length ? "circle-outline" : run.findings.length < before.run.findings.length ? "arrow-down" : "arrow-up");
    item.contextValue = "run";
    item.command = { command: commands.compareWithRun, title: "Compare With Now", arguments: [kept] };
    item.accessibilityInformation = { label: `Audit of ${run.date.slice(0, 10)}: ${counts}${change === "" ? "" : `, ${change} since the one before`}` };
    return item;
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}

const count = ({ run }: KeptRun, severity: Severity): number => run.findings.filter((finding) => finding.severity === severity).length;
const signed = (change: number): string => (change === 0 ? ", unchanged" : ` (${change > 0 ? "+" : "−"}${Math.abs(change)})`);
