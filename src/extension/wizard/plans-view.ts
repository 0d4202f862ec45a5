import * as vscode from "vscode";
import { type PlanFile, PLANS_FOLDER, readPlanFile } from "../../decompose/plan/plan-file.ts";
import { progressOf } from "../../wizard/kept-plan.ts";
import { commands, contextKeys, views } from "../vscode/contributions.ts";
import { namesIn, readText } from "../vscode/files.ts";

export type PlanRow = { readonly kind: "plan"; readonly plan: PlanFile; readonly uri: vscode.Uri; readonly folder: vscode.WorkspaceFolder };
type StepRow = { readonly kind: "step"; readonly above: PlanRow; readonly key: string; readonly title: string; readonly isApplied: boolean };
type Row = PlanRow | StepRow;

export const isPlanRow = (about: unknown): about is PlanRow => typeof about === "object" && about !== null && "kind" in about && about.kind === "plan" && "uri" in about;

/** The tree *Plans*: kept plans with their steps and progress; a click takes one up again. */
export class PlansView implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #watcher = vscode.workspace.createFileSystemWatcher(`**/${PLANS_FOLDER}/*.json`);
  readonly #view: vscode.TreeView<Row>;
  readonly #lifetime: vscode.Disposable;

  constructor() {
    this.#view = vscode.window.createTreeView(views.plans, { treeDataProvider: this, showCollapseAll: true });
    const again = (): void => this.#changed.fire(undefined);
    this.#lifetime = vscode.Disposable.from(this.#changed, this.#view, this.#watcher, this.#watcher.onDidChange(again), this.#watcher.onDidCreate(again), this.#watcher.onDidDelete(again));
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (row?.kind === "step") return [];
    if (row !== undefined) return progressOf(row.plan).map((step) => ({ kind: "step", above: row, ...step }));
    const rows: PlanRow[] = [];
    const wrong: string[] = [];
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const place = vscode.Uri.joinPath(folder.uri, PLANS_FOLDER);
      for (const name of (await namesIn(place)).filter((candidate) => candidate.endsWith(".json"))) {
        const uri = vscode.Uri.joinPath(place, name);
        const read = readPlanFile((await readText(uri)) ?? "", name);
        if ("wrong" in read) wrong.push(read.wrong);
        else rows.push({ kind: "plan", plan: read, uri, folder });
      }
    }
    this.#view.message = wrong.join(" ");
    void vscode.commands.executeCommand("setContext", contextKeys.hasPlans, rows.length > 0);
    return rows;
  }

  getParent(row: Row): Row | undefined {
    return row.kind === "step" ? row.above : undefined;
  }

  getTreeItem(row: Row): vscode.TreeItem {
    return row.kind === "plan" ? planItem(row) : stepItem(row);
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}

const openCommand = ({ plan, folder }: PlanRow): vscode.Command => ({ command: commands.openPlan, title: "Open Plan", arguments: [vscode.Uri.joinPath(folder.uri, plan.file), plan.module] });

function planItem(row: PlanRow): vscode.TreeItem {
  const { plan, folder } = row;
  const all = progressOf(plan);
  const done = all.filter(({ isApplied }) => isApplied).length;
  const isDone = all.length > 0 && done === all.length;
  const item = new vscode.TreeItem(plan.module, vscode.TreeItemCollapsibleState.Collapsed);
  item.id = `${folder.uri.toString()} ${plan.module}`;
  item.description = isDone ? "done" : `${done} of ${all.length} steps`;
  item.tooltip = new vscode.MarkdownString(`${plan.file}\n\n${plan.groups.map(({ module, functions }) => `- ${module}: ${functions.length} functions`).join("\n")}`);
  item.iconPath = isDone ? new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed")) : new vscode.ThemeIcon(done > 0 ? "circle-large-filled" : "circle-large-outline");
  item.accessibilityInformation = { label: `Plan for ${plan.module}, ${isDone ? "done" : `${done} of ${all.length} steps written`}` };
  item.command = openCommand(row);
  item.contextValue = "plan";
  return item;
}

function stepItem({ above, key, title, isApplied }: StepRow): vscode.TreeItem {
  const item = new vscode.TreeItem(title);
  item.id = `${above.folder.uri.toString()} ${above.plan.module} ${key}`;
  item.iconPath = isApplied ? new vscode.ThemeIcon("pass", new vscode.ThemeColor("testing.iconPassed")) : new vscode.ThemeIcon("circle-outline");
  item.accessibilityInformation = { label: `${title}, ${isApplied ? "written" : "open"}` };
  item.command = openCommand(above);
  item.contextValue = "planStep";
  return item;
}
