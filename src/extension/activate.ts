import * as vscode from "vscode";
import type { Finding } from "../engine/finding.ts";
import { registerCommands } from "./commands.ts";
import { Diagnostics } from "./diagnostics/diagnostics.ts";
import { findingHover } from "./findings/hover.ts";
import { FindingsView } from "./findings/findings-view.ts";
import { Documents } from "./report/documents.ts";
import { type OpenFolder, Session } from "./session.ts";
import { StatusItem } from "./status/status-item.ts";
import { views } from "./vscode/contributions.ts";
import { SettingsReader } from "./vscode/settings.ts";
import { watchSources } from "./watch.ts";

/** What other extensions, and our tests, may ask. */
export type Api = { readonly findings: () => readonly Finding[]; readonly whenIdle: () => Promise<void> };

/** The table of contents of the extension. */
export function activate(context: vscode.ExtensionContext, open: OpenFolder): Api {
  const own = <T extends vscode.Disposable>(part: T): T => {
    context.subscriptions.push(part);
    return part;
  };
  const log = own(vscode.window.createOutputChannel("OTP Audit", { log: true }));
  const settings = new SettingsReader(log);
  const session = own(new Session(open, settings, String((context.extension.packageJSON as { version?: string }).version ?? "")));
  const documents = own(new Documents());
  const view = own(new FindingsView(session, settings));
  own(new Diagnostics(session, settings));
  own(findingHover(session));
  own(new StatusItem(session));
  own(registerCommands({ session, view, documents, log }));
  own(watchSources(session, log));
  own(session.onDidChange(() => logOutcome(session, log)));
  if (settings.read()["scan.onOpen"]) void vscode.window.withProgress({ location: { viewId: views.findings } }, () => session.scan());
  return { findings: () => session.findings.map(({ finding }) => finding), whenIdle: () => session.whenIdle() };
}

function logOutcome(session: Session, log: vscode.LogOutputChannel): void {
  const { state } = session;
  if (state.kind === "failed") log.error(state.message);
  if (state.kind !== "done") return;
  for (const { folder, result } of session.results) {
    log.info(`${folder.name}: ${result.files.scanned} files, ${result.findings.length} findings, ${result.durationMs} ms`);
    for (const problem of result.problems) log.warn(problem.message);
  }
}
