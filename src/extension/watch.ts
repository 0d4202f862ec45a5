import * as vscode from "vscode";
import type { Session, Source } from "./session.ts";

const PAUSE_MS = 250;
/** From so many changed files on (a branch switch, a formatter) one scan is cheaper than an update for each. */
const MANY = 12;

type Read = () => Promise<Source | undefined>;

/** Changed files on their way to the analysis: the latest text of each, handed over when typing pauses, never two at a time. */
export class PendingChanges implements vscode.Disposable {
  readonly #session: Session;
  readonly #log: vscode.LogOutputChannel;
  readonly #reads = new Map<string, { readonly uri: vscode.Uri; readonly read: Read }>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: Promise<void> | undefined;

  constructor(session: Session, log: vscode.LogOutputChannel) {
    this.#session = session;
    this.#log = log;
  }

  add(uri: vscode.Uri, read: Read): void {
    this.#reads.set(uri.toString(), { uri, read });
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#handOver(), PAUSE_MS);
  }

  /** Resolves when every change so far has reached the findings. */
  async whenIdle(): Promise<void> {
    while (this.#reads.size > 0 || this.#running !== undefined) {
      await this.#running;
      if (this.#reads.size > 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS / 5));
    }
    await this.#session.whenIdle();
  }

  #handOver(): void {
    // While one hand-over runs, later changes gather; it looks again when it is through.
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
    });
  }

  async #drain(): Promise<void> {
    while (this.#reads.size > 0) {
      const changes = [...this.#reads.values()];
      this.#reads.clear();
      if (changes.length >= MANY) await this.#session.scan();
      else for (const change of changes) await this.#update(change.uri, change.read);
    }
  }

  async #update(uri: vscode.Uri, read: Read): Promise<void> {
    try {
      await this.#session.update(uri, await read());
    } catch (error) {
      this.#log.warn(`${uri.path} could not be read after it changed, so its findings are those of before: ${String(error)}`);
    }
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#reads.clear();
  }
}

/** Keeps findings in step with what is typed, with what other programs write, and with the folders and settings of the window. */
export function watchSources(session: Session, pending: PendingChanges): vscode.Disposable {
  const sources = vscode.workspace.createFileSystemWatcher("**/*.{ex,exs}");
  const ignored = vscode.workspace.createFileSystemWatcher("**/.gitignore");
  const removals = vscode.workspace.createFileSystemWatcher("**/*", true, true, false);
  const onDisk = (uri: vscode.Uri): void => {
    if (!isOpen(uri) && isOurs(uri)) pending.add(uri, () => textOnDisk(uri));
  };
  const rescan = (): void => {
    if (session.state.kind !== "idle") void session.scan();
  };
  return vscode.Disposable.from(
    ...[sources, ignored, removals],
    sources.onDidCreate(onDisk),
    sources.onDidChange(onDisk),
    sources.onDidDelete((uri) => isOurs(uri) && pending.add(uri, async () => undefined)),
    ...[ignored.onDidCreate(rescan), ignored.onDidChange(rescan), ignored.onDidDelete(rescan)],
    removals.onDidDelete((uri) => forgetBelow(uri, session, pending)),
    watchEditors(pending),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (["scan.exclude", "rules"].some((key) => change.affectsConfiguration(`otpAudit.${key}`))) rescan();
      else if (change.affectsConfiguration("otpAudit")) session.refresh();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(({ removed }) => {
      for (const folder of removed) session.forget(folder);
      rescan();
    }),
  );
}

function watchEditors(pending: PendingChanges): vscode.Disposable {
  const unsaved = new Set<string>();
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (!isElixir(document.uri)) return;
      if (document.isDirty) unsaved.add(document.uri.toString());
      else unsaved.delete(document.uri.toString());
      if (contentChanges.length > 0) pending.add(document.uri, async () => ({ text: document.getText(), version: document.version }));
    }),
    // What was typed and not saved is gone with its editor.
    vscode.workspace.onDidCloseTextDocument(({ uri }) => {
      if (unsaved.delete(uri.toString()) && uri.scheme !== "untitled") pending.add(uri, () => textOnDisk(uri));
    }),
  );
}

const isElixir = (uri: vscode.Uri): boolean => /\.exs?$/.test(uri.path);
const isOurs = (uri: vscode.Uri): boolean => !/\/(deps|_build|node_modules)\//.test(uri.path);
const isOpen = (uri: vscode.Uri): boolean => vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString() && !document.isClosed);

/** A removed folder is told as one event, without its files. */
function forgetBelow(folder: vscode.Uri, session: Session, pending: PendingChanges): void {
  if (isElixir(folder)) return;
  const prefix = `${folder.toString()}/`;
  for (const key of session.findingsByDocument.keys()) if (key.startsWith(prefix)) pending.add(vscode.Uri.parse(key), async () => undefined);
}

/** `undefined` when the file is gone by now. */
async function textOnDisk(uri: vscode.Uri): Promise<Source | undefined> {
  try {
    return { text: new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)) };
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === "FileNotFound") return undefined;
    throw error;
  }
}
