import * as vscode from "vscode";
import { type Audit, ScanStopped } from "../audit/audit.ts";
import type { Progress } from "../audit/host.ts";
import type { ScanOptions } from "../audit/scan.ts";
import { ruleInfos } from "../audit/rules.ts";
import { compareFindings, confidences, type Finding, type ScanResult } from "../engine/finding.ts";
import type { SettingsReader } from "./vscode/settings.ts";

/** A finding with the document it lies in. */
export type Located = { readonly finding: Finding; readonly uri: vscode.Uri; readonly folder: vscode.WorkspaceFolder };

export type SessionState =
  | { readonly kind: "idle" }
  | { readonly kind: "scanning"; readonly progress: Progress | undefined }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly message: string };

/** Makes the audit of one folder; `options` is asked before each scan. */
export type OpenFolder = (folder: vscode.WorkspaceFolder, options: () => ScanOptions) => Audit;

/** The audits of all workspace folders and what they found. Everything the extension shows comes from here. */
export class Session implements vscode.Disposable {
  readonly #audits = new Map<string, Audit>();
  readonly #results = new Map<string, { readonly folder: vscode.WorkspaceFolder; readonly result: ScanResult }>();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChange = this.#changed.event;
  readonly #open: OpenFolder;
  readonly #settings: SettingsReader;
  readonly #version: string;
  #state: SessionState = { kind: "idle" };
  #stop = { aborted: false };
  #running: Promise<void> = Promise.resolve();

  constructor(open: OpenFolder, settings: SettingsReader, version: string) {
    this.#open = open;
    this.#settings = settings;
    this.#version = version;
  }

  get state(): SessionState {
    return this.#state;
  }
  get results(): readonly { readonly folder: vscode.WorkspaceFolder; readonly result: ScanResult }[] {
    return [...this.#results.values()];
  }
  /** All findings in their one order, over all folders. */
  get findings(): readonly Located[] {
    const least = confidences.indexOf(this.#settings.read()["findings.minConfidence"]);
    return this.results
      .flatMap(({ folder, result }) => result.findings.map((finding) => ({ finding, folder, uri: vscode.Uri.joinPath(folder.uri, finding.file) })))
      .filter(({ finding }) => confidences.indexOf(finding.confidence) <= least)
      .sort((a, b) => compareFindings(a.finding, b.finding));
  }
  get isScanning(): boolean {
    return this.#state.kind === "scanning";
  }

  /** Scans every folder; `onProgress` hears of it. A scan that is already running is stopped first. */
  async scan(onProgress?: (progress: Progress) => void): Promise<void> {
    this.cancel();
    await this.#running;
    const stop = { aborted: false };
    this.#stop = stop;
    this.#running = this.#scanAll(stop, onProgress);
    await this.#running;
  }
  async #scanAll(stop: { aborted: boolean }, onProgress: ((progress: Progress) => void) | undefined): Promise<void> {
    this.#set({ kind: "scanning", progress: undefined });
    try {
      for (const folder of vscode.workspace.workspaceFolders ?? []) {
        const result = await this.#auditOf(folder).scan({
          stop,
          onProgress: (progress) => {
            this.#set({ kind: "scanning", progress });
            onProgress?.(progress);
          },
        });
        this.#results.set(folder.uri.toString(), { folder, result });
      }
      this.#set({ kind: "done" });
    } catch (error) {
      if (error instanceof ScanStopped) this.#set({ kind: this.#results.size > 0 ? "done" : "idle" });
      else this.#set({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
    }
  }

  cancel(): void {
    this.#stop.aborted = true;
  }

  /** Tells of one changed file; `undefined` when it is gone. Outside of a finished scan nothing happens. */
  async update(uri: vscode.Uri, text: string | undefined): Promise<void> {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder === undefined || this.#state.kind !== "done" || !this.#results.has(folder.uri.toString())) return;
    this.#running = this.#running.then(async () => {
      try {
        const result = await this.#auditOf(folder).update(pathIn(folder, uri), text);
        this.#results.set(folder.uri.toString(), { folder, result });
        this.#set({ kind: "done" });
      } catch (error) {
        if (!(error instanceof ScanStopped)) this.#set({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
      }
    });
    await this.#running;
  }

  /** Resolves when nothing is under way. */
  async whenIdle(): Promise<void> {
    let seen: Promise<void>;
    do {
      seen = this.#running;
      await seen;
    } while (seen !== this.#running);
  }

  forget(folder: vscode.WorkspaceFolder): void {
    this.#audits.get(folder.uri.toString())?.dispose();
    this.#audits.delete(folder.uri.toString());
    this.#results.delete(folder.uri.toString());
    this.#changed.fire();
  }

  #auditOf(folder: vscode.WorkspaceFolder): Audit {
    const key = folder.uri.toString();
    let audit = this.#audits.get(key);
    if (audit === undefined) this.#audits.set(key, (audit = this.#open(folder, () => this.#optionsFor(folder))));
    return audit;
  }
  #optionsFor(folder: vscode.WorkspaceFolder): ScanOptions {
    const settings = this.#settings.read(folder.uri);
    const disabled = new Set(settings["rules.disabled"]);
    const rules = ruleInfos.filter((rule) => (settings["rules.extended"] || rule.set === "default") && !disabled.has(rule.id)).map((rule) => rule.id);
    return { version: this.#version, rules, exclude: settings["scan.exclude"] };
  }
  #set(state: SessionState): void {
    this.#state = state;
    this.#changed.fire();
  }

  dispose(): void {
    this.cancel();
    for (const audit of this.#audits.values()) audit.dispose();
    this.#changed.dispose();
  }
}

const pathIn = (folder: vscode.WorkspaceFolder, uri: vscode.Uri): string => uri.path.slice(folder.uri.path.replace(/\/$/, "").length + 1);
