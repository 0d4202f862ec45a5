import * as vscode from "vscode";
import type { PlanQuestion } from "../../audit/planning.ts";
import type { Intent } from "../../wizard/session.ts";
import type { Located } from "../session.ts";
import { pathIn } from "../vscode/files.ts";
import { pageOf } from "./page.ts";
import { isReady, type Resume, WizardPanel, type WizardParts } from "./wizard-panel.ts";
import { memoryKey } from "./writing.ts";

export const WIZARD_TYPE = "otpAudit.wizard";

/** Opens walks, one panel for each module, and brings them back after a restart. */
export class Wizards implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #parts: WizardParts;
  readonly #open = new Map<vscode.WebviewPanel, { walk: WizardPanel | undefined; readonly folder: vscode.WorkspaceFolder }>();
  readonly #lifetime: vscode.Disposable;

  constructor(parts: WizardParts) {
    this.#parts = parts;
    this.#lifetime = vscode.window.registerWebviewPanelSerializer(WIZARD_TYPE, this);
  }

  /** Opens the walk for a file's module (the largest when none is named), or shows the one that is open. */
  async open(uri: vscode.Uri, module: string | undefined): Promise<void> {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder === undefined) throw new Error(`${vscode.workspace.asRelativePath(uri)} lies outside of the open folders. Open its project to split it.`);
    const there = module === undefined ? undefined : this.#panelFor(folder, module);
    if (there !== undefined) return there.reveal();
    const panel = vscode.window.createWebviewPanel(WIZARD_TYPE, "Split", vscode.ViewColumn.Active, {});
    await this.#fill(panel, folder, { file: pathIn(folder, uri), module });
  }

  /** From a row of the findings, or for the file in the editor. */
  async openFor(about: unknown): Promise<void> {
    const located = locatedIn(about);
    if (located !== undefined) return this.open(located.uri, located.finding.rule === "multi-module-file" ? undefined : located.finding.module);
    const uri = about instanceof vscode.Uri ? about : vscode.window.activeTextEditor?.document.uri;
    if (uri === undefined || !/\.ex$/.test(uri.path)) return void vscode.window.showInformationMessage("Only Elixir modules (.ex files) can be split. Open one and run this again.");
    await this.open(uri, undefined);
  }

  /** An intent for the walk that is in front, from a command or a menu of its page. */
  send(intent: Intent): void {
    for (const [panel, { walk }] of this.#open) if (panel.active) walk?.handle(intent);
  }

  /** Closes the walk of a plan that is deleted, and forgets the files as they were before its steps. */
  async forget(folder: vscode.WorkspaceFolder, module: string): Promise<void> {
    const panel = this.#panelFor(folder, module);
    if (panel !== undefined) {
      await this.#open.get(panel)?.walk?.forget();
      panel.dispose();
    }
    await this.#parts.memory.update(memoryKey(folder, module), undefined);
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const resume = resumeIn(state);
    const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.toString() === resume?.folder);
    if (resume === undefined || folder === undefined) return panel.dispose();
    try {
      await this.#fill(panel, folder, { file: resume.file, module: resume.module });
    } catch (error) {
      void vscode.window.showWarningMessage(`The plan for ${resume.module} could not be taken up again: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The page is there at once and says that it reads; the walk follows. */
  async #fill(panel: vscode.WebviewPanel, folder: vscode.WorkspaceFolder, question: PlanQuestion): Promise<void> {
    const entry: { walk: WizardPanel | undefined; readonly folder: vscode.WorkspaceFolder } = { walk: undefined, folder };
    this.#open.set(panel, entry);
    let isPageReady = false;
    const early = panel.webview.onDidReceiveMessage((message: unknown) => {
      if (isReady(message)) isPageReady = true;
    });
    panel.onDidDispose(() => {
      this.#open.delete(panel);
      early.dispose();
      entry.walk?.dispose();
    });
    panel.webview.options = { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(this.#parts.extension, "dist/webview")] };
    panel.iconPath = { light: vscode.Uri.joinPath(this.#parts.extension, "media/split-light.svg"), dark: vscode.Uri.joinPath(this.#parts.extension, "media/split-dark.svg") };
    panel.webview.html = pageOf(panel.webview, this.#parts.extension, question.file);
    try {
      const opened = await WizardPanel.read(this.#parts, folder, question);
      if (!this.#open.has(panel)) return; // the tab was closed meanwhile
      const there = this.#panelFor(folder, opened.walk.plan.module);
      if (there !== undefined) {
        panel.dispose();
        return there.reveal();
      }
      early.dispose();
      entry.walk = new WizardPanel(this.#parts, panel, folder, opened);
      if (isPageReady) entry.walk.ready();
    } catch (error) {
      panel.dispose();
      throw error;
    }
  }

  #panelFor(folder: vscode.WorkspaceFolder, module: string): vscode.WebviewPanel | undefined {
    for (const [panel, { walk, folder: other }] of this.#open) if (other.uri.toString() === folder.uri.toString() && walk?.module === module) return panel;
    return undefined;
  }

  dispose(): void {
    this.#lifetime.dispose();
    for (const { walk } of this.#open.values()) walk?.dispose();
  }
}

function locatedIn(about: unknown): Located | undefined {
  if (typeof about !== "object" || about === null || !("located" in about)) return undefined;
  return about.located as Located;
}
function resumeIn(state: unknown): Resume | undefined {
  if (typeof state !== "object" || state === null || !("folder" in state) || !("file" in state) || !("module" in state)) return undefined;
  const { folder, file, module } = state;
  return typeof folder === "string" && typeof file === "string" && typeof module === "string" ? { folder, file, module } : undefined;
}
