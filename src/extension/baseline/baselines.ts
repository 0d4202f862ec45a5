import * as vscode from "vscode";
import { BASELINE_FILE, baselined, baselineText, readBaseline } from "../../audit/baseline.ts";
import { type Remembered, remembered } from "../../engine/comparison.ts";
import type { Finding, ScanResult } from "../../engine/finding.ts";
import { contextKeys } from "../vscode/contributions.ts";
import { readText, writeWhole } from "../vscode/files.ts";

const ONLY_NEW = "otpAudit.onlyNew";

/** The baseline of each folder, and whether findings that it knows are hidden. */
export class Baselines implements vscode.Disposable {
  readonly #entries = new Map<string, readonly Remembered[]>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #memory: vscode.Memento;
  readonly #watcher = vscode.workspace.createFileSystemWatcher(`**/${BASELINE_FILE}`);
  readonly #lifetime: vscode.Disposable;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
    const again = (): void => void this.load();
    this.#lifetime = vscode.Disposable.from(this.#changed, this.#watcher, this.#watcher.onDidChange(again), this.#watcher.onDidCreate(again), this.#watcher.onDidDelete(again), vscode.workspace.onDidChangeWorkspaceFolders(again));
    this.#tellContext();
  }

  get onlyNew(): boolean {
    return this.#memory.get<boolean>(ONLY_NEW, false);
  }
  async showOnlyNew(isOn: boolean): Promise<void> {
    await this.#memory.update(ONLY_NEW, isOn);
    this.#tellContext();
    this.#changed.fire();
  }

  /** Reads the baselines of all folders; one that cannot be used is told and counts as none. */
  async load(): Promise<void> {
    this.#entries.clear();
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      const text = await readText(vscode.Uri.joinPath(folder.uri, BASELINE_FILE));
      if (text === undefined) continue;
      const read = readBaseline(text, BASELINE_FILE);
      if ("wrong" in read) void vscode.window.showWarningMessage(read.wrong);
      else this.#entries.set(folder.uri.toString(), read.entries);
    }
    this.#changed.fire();
  }

  /** The findings to show: all, or those that the folder's baseline does not know. */
  shown(folder: vscode.WorkspaceFolder, result: ScanResult): readonly Finding[] {
    const entries = this.#entries.get(folder.uri.toString());
    return this.onlyNew && entries !== undefined ? baselined(result, entries).result.findings : result.findings;
  }

  /** Writes the baseline of a folder: what is gone leaves it, and all that is there now is accepted. One that cannot be read is left as it is. */
  async accept(folder: vscode.WorkspaceFolder, result: ScanResult): Promise<number> {
    const uri = vscode.Uri.joinPath(folder.uri, BASELINE_FILE);
    const text = await readText(uri);
    const read = text === undefined ? { entries: [] } : readBaseline(text, BASELINE_FILE);
    if ("wrong" in read) throw new Error(read.wrong);
    const { result: fresh, kept } = baselined(result, read.entries);
    const entries = [...kept, ...fresh.findings.map(remembered)];
    await writeWhole(uri, baselineText(entries));
    this.#entries.set(folder.uri.toString(), entries);
    this.#changed.fire();
    return entries.length;
  }

  #tellContext(): void {
    void vscode.commands.executeCommand("setContext", contextKeys.onlyNew, this.onlyNew);
  }
  dispose(): void {
    this.#lifetime.dispose();
  }
}
