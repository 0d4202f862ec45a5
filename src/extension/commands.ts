import * as vscode from "vscode";
import { acceptBaseline } from "./baseline/accept.ts";
import type { Baselines } from "./baseline/baselines.ts";
import type { FindingsView } from "./findings/findings-view.ts";
import { decideOn } from "./history/decide.ts";
import { compareRuns, compareWithRun, keepAudit } from "./history/history-commands.ts";
import type { HistoryView } from "./history/history-view.ts";
import type { Places } from "./places/places.ts";
import { explainLine } from "./report/explain-line.ts";
import { explainRule } from "./report/explain-rule.ts";
import { type Documents, showPage } from "./report/documents.ts";
import { copyReport, saveReport } from "./report/report-commands.ts";
import type { Located, Session } from "./session.ts";
import { deletePlan } from "./wizard/delete-plan.ts";
import { walkCommands } from "./wizard/walk-commands.ts";
import type { Wizards } from "./wizard/wizards.ts";
import { type CommandId, commands, views } from "./vscode/contributions.ts";

export type Parts = { readonly session: Session; readonly places: Places; readonly view: FindingsView; readonly documents: Documents; readonly baselines: Baselines; readonly history: HistoryView; readonly wizards: Wizards; readonly log: vscode.LogOutputChannel };

type Run = (...args: readonly unknown[]) => unknown;

/** Registers every command behind one guard: what fails is logged with its cause and told with a way to the log. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const table: Readonly<Record<CommandId, Run>> = {
    [commands.auditWorkspace]: () => auditWorkspace(parts),
    [commands.auditFile]: (uri) => auditFile(parts, uri instanceof vscode.Uri ? uri : undefined),
    [commands.showFindings]: () => vscode.commands.executeCommand(`${views.findings}.focus`),
    [commands.explainRule]: (about) => explainRule(parts, about),
    [commands.explainLine]: () => explainLine(parts),
    [commands.rescan]: () => parts.session.scan(),
    [commands.cancelScan]: () => parts.session.cancel(),
    [commands.openFinding]: (located) => (isLocated(located) ? openFinding(located, parts.places) : undefined),
    [commands.showLog]: () => parts.log.show(),
    [commands.saveReport]: () => saveReport(parts),
    [commands.copyReport]: () => copyReport(parts),
    [commands.decide]: (row) => {
      const located = typeof row === "object" && row !== null && "located" in row ? row.located : row;
      return isLocated(located) ? decideOn(located) : undefined;
    },
    [commands.keepAudit]: () => keepAudit(parts),
    [commands.compareWithRun]: (about) => compareWithRun(parts, about),
    [commands.compareRuns]: () => compareRuns(parts),
    [commands.showOnlyNew]: () => parts.baselines.showOnlyNew(true),
    [commands.showAllFindings]: () => parts.baselines.showOnlyNew(false),
    [commands.acceptBaseline]: () => acceptBaseline(parts),
    [commands.splitModule]: (about) => parts.wizards.openFor(about),
    [commands.openPlan]: (uri, module) => (uri instanceof vscode.Uri && typeof module === "string" ? parts.wizards.open(uri, module) : undefined),
    [commands.deletePlan]: (about) => deletePlan(parts.wizards, about),
    ...walkCommands(parts.wizards),
  };
  return vscode.Disposable.from(...Object.entries(table).map(([id, run]) => vscode.commands.registerCommand(id, guarded(id, run, parts.log))));
}

const guarded =
  (id: string, run: Run, log: vscode.LogOutputChannel): Run =>
  async (...args) => {
    try {
      return await run(...args);
    } catch (error) {
      log.error(`${id}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      const choice = await vscode.window.showErrorMessage(`OTP Audit could not finish: ${error instanceof Error ? error.message : String(error)}`, "Show Log");
      if (choice !== undefined) log.show();
      return undefined;
    }
  };

async function auditWorkspace({ session, documents }: Parts): Promise<void> {
  const ended = await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: "OTP Audit", cancellable: true }, (progress, token) => {
    token.onCancellationRequested(() => session.cancel());
    let shown = 0;
    return session.scan(({ done, total }) => {
      const percent = total === 0 ? 100 : (done / total) * 100;
      progress.report({ increment: Math.max(percent - shown, 0), message: `${done} of ${total} files` });
      shown = percent;
    });
  });
  if (ended.kind === "failed") throw new Error(ended.message);
  if (ended.kind === "done") await showPage(await documents.report(session));
}

async function auditFile({ session, view, places }: Parts, uri: vscode.Uri | undefined): Promise<void> {
  const target = uri ?? vscode.window.activeTextEditor?.document.uri;
  if (target === undefined || !/\.exs?$/.test(target.path)) return say("Only Elixir files (.ex, .exs) can be audited. Open one and run this again.");
  const name = vscode.workspace.asRelativePath(target);
  const folder = vscode.workspace.getWorkspaceFolder(target);
  if (folder === undefined) return say(`${name} lies outside of the open folders, and a file is judged together with its project. Open the project's folder to audit it.`);
  const resultOf = () => session.results.find((entry) => entry.folder.uri.toString() === folder.uri.toString())?.result;
  await session.judge(folder, await vscode.workspace.openTextDocument(target));
  const [first] = session.findingsIn(target);
  const problem = resultOf()?.problems.find(({ file }) => file !== undefined && vscode.Uri.joinPath(folder.uri, file).toString() === target.toString());
  if (first === undefined) return say(problem === undefined ? `No findings in ${name}.` : `No findings in ${name}, but it was not judged completely. ${problem.message}`);
  await openFinding(first, places);
  await view.reveal(first);
}

async function openFinding(located: Located, places: Places): Promise<void> {
  const document = await vscode.workspace.openTextDocument(located.uri);
  await vscode.window.showTextDocument(document, { selection: places.rangeOf(located), preview: true });
}

const isLocated = (argument: unknown): argument is Located => typeof argument === "object" && argument !== null && "finding" in argument && "uri" in argument && argument.uri instanceof vscode.Uri;

const say = (sentence: string): void => void vscode.window.showInformationMessage(sentence);
