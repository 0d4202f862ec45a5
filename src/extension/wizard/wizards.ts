import * as vscode from "vscode";
import type { Located } from "../session.ts";
import { type Resume, WIZARD_TYPE, WizardPanel, type WizardParts } from "./wizard-panel.ts";

/** Opens walks, one panel for each module, and brings them back after a restart. */
export class Wizards implements vscode.WebviewPanelSerializer, vscode.Disposable {
  readonly #parts: WizardParts;
  readonly #panels = new Map<string, vscode.WebviewPanel>();
  readonly #lifetime: vscode.Disposable;

  constructor(parts: WizardParts) {
    this.#parts = parts;
    this.#lifetime = vscode.window.registerWebviewPanelSerializer(WIZARD_TYPE, this);
  }

  /** Opens the walk for a file's module (the largest when none is named), or shows the one that is open. */
  async open(uri: vscode.Uri, module: string | undefined): Promise<void> {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder === undefined) throw new Error(`${vscode.workspace.asRelativePath(uri)} lies outside of the open folders. Open its project to split it.`);
    const file = uri.path.slice(folder.uri.path.replace(/\/$/, "").length + 1);
    const key = `${uri.toString()} ${module ?? ""}`;
    const there = this.#panels.get(key);
    if (there !== undefined) return there.reveal();
    const panel = vscode.window.createWebviewPanel(WIZARD_TYPE, "Split", vscode.ViewColumn.Active, {});
    this.#panels.set(key, panel);
    panel.onDidDispose(() => this.#panels.delete(key));
    try {
      await WizardPanel.open(this.#parts, panel, folder, { file, module });
    } catch (error) {
      panel.dispose();
      throw error;
    }
  }

  /** From a row of the findings, or for the file in the editor. */
  async openFor(about: unknown): Promise<void> {
    const located = locatedIn(about);
    if (located !== undefined) return this.open(located.uri, located.finding.rule === "multi-module-file" ? undefined : located.finding.module);
    const uri = about instanceof vscode.Uri ? about : vscode.window.activeTextEditor?.document.uri;
    if (uri === undefined || !/\.ex$/.test(uri.path)) return void vscode.window.showInformationMessage("Only Elixir modules (.ex files) can be split. Open one and run this again.");
    await this.open(uri, undefined);
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel, state: unknown): Promise<void> {
    const resume = resumeIn(state);
    const folder = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.toString() === resume?.folder);
    if (resume === undefined || folder === undefined) return panel.dispose();
    try {
      await WizardPanel.open(this.#parts, panel, folder, { file: resume.file, module: resume.module });
    } catch (error) {
      panel.dispose();
      void vscode.window.showWarningMessage(`The plan for ${resume.module} could not be taken up again: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  dispose(): void {
    this.#lifetime.dispose();
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
