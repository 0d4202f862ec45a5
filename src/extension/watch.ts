import * as vscode from "vscode";
import type { Session } from "./session.ts";

const PAUSE_MS = 250;

/** Keeps findings in step with what is typed and with what other programs write. */
export function watchSources(session: Session, log: vscode.LogOutputChannel): vscode.Disposable {
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  const later = (uri: vscode.Uri, textOf: () => Promise<string | undefined>): void => {
    const key = uri.toString();
    clearTimeout(timers.get(key));
    timers.set(
      key,
      setTimeout(() => {
        timers.delete(key);
        textOf().then((text) => session.update(uri, text), (error: unknown) => log.warn(`${uri.path}: ${String(error)}`));
      }, PAUSE_MS),
    );
  };
  const isOpen = (uri: vscode.Uri): boolean => vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString() && !document.isClosed);
  const watcher = vscode.workspace.createFileSystemWatcher("**/*.{ex,exs}");
  const onDisk = (uri: vscode.Uri): void => {
    if (!isOpen(uri) && !/\/(deps|_build|node_modules)\//.test(uri.path)) later(uri, async () => new TextDecoder().decode(await vscode.workspace.fs.readFile(uri)));
  };
  return vscode.Disposable.from(
    watcher,
    watcher.onDidCreate(onDisk),
    watcher.onDidChange(onDisk),
    watcher.onDidDelete((uri) => later(uri, async () => undefined)),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0 && /\.exs?$/.test(document.uri.path)) later(document.uri, async () => document.getText());
    }),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("otpAudit")) void session.scan();
    }),
    vscode.workspace.onDidChangeWorkspaceFolders(({ removed }) => {
      for (const folder of removed) session.forget(folder);
      void session.scan();
    }),
    { dispose: () => timers.forEach((timer) => clearTimeout(timer)) },
  );
}
