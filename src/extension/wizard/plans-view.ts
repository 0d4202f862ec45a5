import * as vscode from "vscode";
import { commands, contextKeys, views } from "../vscode/contributions.ts";
import { namesIn, readText } from "../vscode/files.ts";
import { type PlanFile, PLANS_FOLDER, readPlanFile } from "../../audit/plan-file.ts";

type Row = { readonly plan: PlanFile; readonly folder: vscode.WorkspaceFolder };

/** The tree *Plans*: kept plans with their progress; a click takes one up again. */
export class PlansView implements vscode.TreeDataProvider<Row>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #watcher = vscode.workspace.createFileSystemWatcher(`**/${PLANS_FOLDER}/*.json`);
  readonly #view: vscode.TreeView<Row>;
  readonly #lifetime: vscode.Disposable;

  constructor() {
    this.#view = vscode.window.createTreeView(views.plans, { treeDataProvider: this });
    const again = (): void => this.#changed.fire(undefined);
    this.#lifetime = vscode.Disposable.from(this.#changed, this.#view, this.#watcher, this.#watcher.onDidChange(again), this.#watcher.onDidCreate(again), this.#watcher.onDidDelete(again));
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (row !== undefined) return [];
    const rows: Row[] = [];
    const wrong: string[] = [];
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const place = vscode.Uri.joinPath(folder.uri, PLANS_FOLDER);
      for (const name of (await namesIn(place)).filter((candidate) => candidate.endsWith(".json"))) {
        const read = readPlanFile((await readText(vscode.Uri.joinPath(place, name))) ?? "", name);
        if ("wrong" in read) wrong.push(read.wrong);
        else rows.push({ plan: read, folder });
      }
    }
    this.#view.message = wrong.join(" ");
    void vscode.commands.executeCommand("setContext", contextKeys.hasPlans, rows.length > 0);
    return rows;
  }

  getTreeItem({ plan, folder }: Row): vscode.TreeItem {
    const item = new vscode.TreeItem(plan.module);
    const isDone = plan.groups.length > 0 && plan.groups.every(({ module }) => plan.applied.includes(module));
    item.id = `${folder.uri.toString()} ${plan.module}`;
    item.description = isDone ? "done" : `${plan.applied.length} of ${plan.groups.length} split off`;
    item.tooltip = plan.groups.map(({ module, functions }) => `${module}: ${functions.length} functions${plan.applied.includes(module) ? ", done" : ""}`).join("\n");
    item.iconPath = new vscode.ThemeIcon(isDone ? "pass" : plan.applied.length > 0 ? "circle-large-filled" : "circle-large-outline");
    item.command = { command: commands.openPlan, title: "Open Plan", arguments: [vscode.Uri.joinPath(folder.uri, plan.file), plan.module] };
    item.contextValue = "plan";
    return item;
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}
