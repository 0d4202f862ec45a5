import * as vscode from "vscode";
import type { Session } from "./session.ts";
import { contextKeys, views } from "./vscode/contributions.ts";

/** While a scan runs, the view's bar moves and its title offers to cancel. */
export function showProgress(session: Session): vscode.Disposable {
  let wasScanning = false;
  return session.onDidChangeState(({ kind }) => {
    const isScanning = kind === "scanning";
    if (isScanning === wasScanning) return;
    wasScanning = isScanning;
    void vscode.commands.executeCommand("setContext", contextKeys.scanning, isScanning);
    if (isScanning) void vscode.window.withProgress({ location: { viewId: views.findings } }, () => untilScanned(session));
  });
}

const untilScanned = (session: Session): Promise<void> =>
  new Promise((resolve) => {
    const listening = session.onDidChangeState(({ kind }) => {
      if (kind === "scanning") return;
      listening.dispose();
      resolve();
    });
  });
