import * as vscode from "vscode";
import type { Finding } from "../engine/finding.ts";
import { Baselines } from "./baseline/baselines.ts";
import { registerCommands } from "./commands.ts";
import { Diagnostics } from "./diagnostics/diagnostics.ts";
import { FindingsView } from "./findings/findings-view.ts";
import { findingHover } from "./findings/hover.ts";
import { QuickFixes } from "./fixes/quick-fixes.ts";
import { HistoryView } from "./history/history-view.ts";
import { logOutcomes } from "./log.ts";
import type { MixRun } from "./platform.ts";
import { Places } from "./places/places.ts";
import { showProgress } from "./progress.ts";
import { Documents } from "./report/documents.ts";
import { type OpenFolder, Session } from "./session.ts";
import { StatusItem } from "./status/status-item.ts";
import { SettingsReader } from "./vscode/settings.ts";
import { PendingChanges, watchSources } from "./watch.ts";
import { PlansView } from "./wizard/plans-view.ts";
import { SplitActions } from "./wizard/split-actions.ts";
import { Wizards } from "./wizard/wizards.ts";

/** What other extensions, and our tests, may ask. */
export type Api = { readonly findings: () => readonly Finding[]; readonly whenIdle: () => Promise<void> };

/** The table of contents of the extension. */
export function activate(context: vscode.ExtensionContext, open: OpenFolder, runMix?: MixRun): Api {
  const own = <T extends vscode.Disposable>(part: T): T => {
    context.subscriptions.push(part);
    return part;
  };
  const log = own(vscode.window.createOutputChannel("OTP Audit", { log: true }));
  const settings = new SettingsReader(log);
  const places = own(new Places());
  const baselines = own(new Baselines(context.workspaceState));
  const session = own(new Session({ open, settings, places, shown: (folder, result) => baselines.shown(folder, result), version: String((context.extension.packageJSON as { version?: string }).version ?? ""), note: (sentence) => log.info(sentence) }));
  const pending = own(new PendingChanges(session, log));
  const documents = own(new Documents());
  const view = own(new FindingsView(session, settings));
  const diagnostics = own(new Diagnostics(session, places, settings));
  own(new QuickFixes(session, places));
  own(findingHover(session, places, diagnostics.shows));
  const history = own(new HistoryView());
  own(baselines.onDidChange(() => session.refresh()));
  const wizards = own(new Wizards({ session, documents, extension: context.extensionUri, memory: context.workspaceState, runMix }));
  own(new PlansView());
  own(new SplitActions(session));
  own(new StatusItem(session));
  own(showProgress(session));
  own(logOutcomes(session, log));
  own(registerCommands({ session, places, view, documents, baselines, history, wizards, log }));
  own(watchSources(session, pending));
  void baselines.load();
  if (settings.read()["scan.onOpen"]) void session.scan();
  return { findings: () => session.findings.map(({ finding }) => finding), whenIdle: () => pending.whenIdle() };
}
