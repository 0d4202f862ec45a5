import * as vscode from "vscode";
import type { Audit } from "../audit/audit.ts";
import { ScanStopped } from "../audit/scan-request.ts";
import type { Progress, Stop } from "../audit/host.ts";
import { ruleInfos } from "../audit/rules.ts";
import type { ScanOptions } from "../audit/scan.ts";
import { compareFindings, confidences, type Finding, type ScanResult } from "../engine/finding.ts";
import type { Places } from "./places/places.ts";
import { pathIn } from "./vscode/files.ts";
import type { SettingsReader } from "./vscode/settings.ts";

/** A finding with the document it lies in. */
export type Located = { readonly finding: Finding; readonly uri: vscode.Uri; readonly folder: vscode.WorkspaceFolder };
export type FolderResult = { readonly folder: vscode.WorkspaceFolder; readonly result: ScanResult };

/** The text of a file; `version` when it is the one of an open document. */
export type Source = { readonly text: string; readonly version?: number };

export type SessionState =
  | { readonly kind: "idle" }
  | { readonly kind: "scanning"; readonly progress: Progress | undefined }
  | { readonly kind: "done" }
  | { readonly kind: "stopped" }
  | { readonly kind: "failed"; readonly message: string };

/** Makes the audit of one folder; `options` is asked before each scan, `note` writes a sentence into the log. */
export type OpenFolder = (folder: vscode.WorkspaceFolder, options: () => ScanOptions, note: (sentence: string) => void) => Audit;

export type SessionParts = { readonly open: OpenFolder; /** Which findings of a folder are shown. */ readonly shown: (folder: vscode.WorkspaceFolder, result: ScanResult) => readonly Finding[]; readonly settings: SettingsReader; readonly places: Places; readonly version: string; readonly note: (sentence: string) => void };

/** The audits of all workspace folders and what they found. All that the extension shows comes from here; work runs one job after another. */
export class Session implements vscode.Disposable {
  readonly #parts: SessionParts;
  readonly #audits = new Map<string, Audit>();
  readonly #results = new Map<string, FolderResult>();
  readonly #stateChanged = new vscode.EventEmitter<SessionState>();
  readonly #found = new vscode.EventEmitter<void>();
  readonly onDidChangeState = this.#stateChanged.event;
  /** There are other findings than before. */
  readonly onDidFind = this.#found.event;
  #state: SessionState = { kind: "idle" };
  #stop = { aborted: false };
  #queue: Promise<unknown> = Promise.resolve();
  #located: readonly Located[] | undefined;
  #byDocument: ReadonlyMap<string, readonly Located[]> | undefined;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  get state(): SessionState {
    return this.#state;
  }
  get results(): readonly FolderResult[] {
    return [...this.#results.values()];
  }
  /** All findings in their one order, over all folders. */
  get findings(): readonly Located[] {
    return (this.#located ??= this.#locate());
  }
  findingsIn(uri: vscode.Uri): readonly Located[] {
    return this.findingsByDocument.get(uri.toString()) ?? [];
  }
  get findingsByDocument(): ReadonlyMap<string, readonly Located[]> {
    return (this.#byDocument ??= byDocument(this.findings));
  }

  /** Scans every folder and says how it ended. A scan that is already running is stopped first. */
  scan(onProgress: (progress: Progress) => void = () => undefined): Promise<SessionState> {
    this.cancel();
    const stop = { aborted: false };
    this.#stop = stop;
    return this.#enqueue(() => this.#scanAll(stop, onProgress));
  }

  cancel(): void {
    this.#stop.aborted = true;
  }

  /** Tells of one changed file; `undefined` when it is gone. Folders that were never scanned are left alone. */
  update(uri: vscode.Uri, source: Source | undefined): Promise<void> {
    return this.#enqueue(async () => {
      const folder = vscode.workspace.getWorkspaceFolder(uri);
      if (folder === undefined || !this.#results.has(folder.uri.toString())) return;
      try {
        this.#keep(folder, await this.#auditOf(folder).update(pathIn(folder, uri), source?.text));
        if (source?.version !== undefined) this.#parts.places.see(uri, source.version);
        if (this.#state.kind === "failed" && this.#isComplete) this.#set({ kind: "done" });
        this.#tell();
      } catch (error) {
        if (!(error instanceof ScanStopped)) this.#set({ kind: "failed", message: messageOf(error) });
      }
    });
  }

  /** Brings what is known of a document up to what is typed in it; a folder that was never scanned is scanned first. */
  async judge(folder: vscode.WorkspaceFolder, document: vscode.TextDocument): Promise<void> {
    if (!this.#results.has(folder.uri.toString())) await this.scan();
    await this.update(document.uri, { text: document.getText(), version: document.version });
  }

  /** Asks the audit of a folder something that changes nothing, in line with scans and updates. */
  ask<T>(folder: vscode.WorkspaceFolder, question: (audit: Audit) => Promise<T>): Promise<T> {
    return this.#enqueue(() => question(this.#auditOf(folder)));
  }

  /** Resolves when nothing is under way. */
  async whenIdle(): Promise<void> {
    let seen: Promise<unknown>;
    do {
      seen = this.#queue;
      await seen;
    } while (seen !== this.#queue);
  }

  /** Shows the same results under changed settings. */
  refresh(): void {
    this.#tell();
  }

  forget(folder: vscode.WorkspaceFolder): void {
    const key = folder.uri.toString();
    this.#audits.get(key)?.dispose();
    this.#audits.delete(key);
    this.#results.delete(key);
    this.#tell();
  }

  async #scanAll(stop: Stop, onProgress: (progress: Progress) => void): Promise<SessionState> {
    if (stop.aborted) return { kind: "stopped" }; // another scan has taken its place
    this.#set({ kind: "scanning", progress: undefined });
    const failures: string[] = [];
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      try {
        await this.#scanFolder(folder, stop, (progress) => {
          this.#set({ kind: "scanning", progress });
          onProgress(progress);
        });
      } catch (error) {
        if (error instanceof ScanStopped) return this.#end({ kind: "stopped" });
        failures.push(messageOf(error));
      }
    }
    return this.#end(failures.length === 0 ? { kind: "done" } : { kind: "failed", message: failures.join(" ") });
  }

  /** The disk first, then what is typed and not saved. */
  async #scanFolder(folder: vscode.WorkspaceFolder, stop: Stop, onProgress: (progress: Progress) => void): Promise<void> {
    const open = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === folder.uri.scheme && vscode.workspace.getWorkspaceFolder(uri) === folder && /\.exs?$/.test(uri.path));
    const seen = open.map((document) => ({ uri: document.uri, version: document.version, typed: document.isDirty ? document.getText() : undefined }));
    const audit = this.#auditOf(folder);
    let result = await audit.scan({ stop, onProgress });
    for (const { uri, typed } of seen) if (typed !== undefined) result = await audit.update(pathIn(folder, uri), typed);
    if (stop.aborted) throw new ScanStopped();
    this.#keep(folder, result);
    for (const { uri, version } of seen) this.#parts.places.see(uri, version);
  }

  #enqueue<T>(job: () => Promise<T>): Promise<T> {
    const run = this.#queue.then(job);
    this.#queue = run.catch(() => undefined);
    return run;
  }
  get #isComplete(): boolean {
    return (vscode.workspace.workspaceFolders ?? []).every(({ uri }) => this.#results.has(uri.toString()));
  }
  #keep(folder: vscode.WorkspaceFolder, result: ScanResult): void {
    this.#results.set(folder.uri.toString(), { folder, result });
  }
  #end(state: SessionState): SessionState {
    this.#set(state);
    this.#tell();
    return state;
  }
  #set(state: SessionState): void {
    this.#state = state;
    this.#stateChanged.fire(state);
  }
  #tell(): void {
    this.#located = undefined;
    this.#byDocument = undefined;
    this.#found.fire();
  }

  #locate(): readonly Located[] {
    const least = confidences.indexOf(this.#parts.settings.read()["findings.minConfidence"]);
    return this.results
      .flatMap(({ folder, result }) => this.#parts.shown(folder, result).map((finding) => ({ finding, folder, uri: vscode.Uri.joinPath(folder.uri, finding.file) })))
      .filter(({ finding }) => confidences.indexOf(finding.confidence) <= least)
      .sort((a, b) => compareFindings(a.finding, b.finding));
  }
  #auditOf(folder: vscode.WorkspaceFolder): Audit {
    const key = folder.uri.toString();
    let audit = this.#audits.get(key);
    if (audit === undefined) this.#audits.set(key, (audit = this.#parts.open(folder, () => this.#optionsFor(folder), (sentence) => this.#parts.note(`${folder.name}: ${sentence}`))));
    return audit;
  }
  #optionsFor(folder: vscode.WorkspaceFolder): ScanOptions {
    const settings = this.#parts.settings.read(folder.uri);
    const disabled = new Set(settings["rules.disabled"]);
    const rules = ruleInfos.filter((rule) => (settings["rules.extended"] || rule.set === "default") && !disabled.has(rule.id)).map((rule) => rule.id);
    return { version: this.#parts.version, rules, exclude: settings["scan.exclude"] };
  }

  dispose(): void {
    this.cancel();
    for (const audit of this.#audits.values()) audit.dispose();
    this.#stateChanged.dispose();
    this.#found.dispose();
  }
}

function byDocument(findings: readonly Located[]): ReadonlyMap<string, readonly Located[]> {
  const documents = new Map<string, Located[]>();
  for (const located of findings) {
    const key = located.uri.toString();
    const list = documents.get(key);
    if (list === undefined) documents.set(key, [located]);
    else list.push(located);
  }
  return documents;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
