import * as vscode from "vscode";
import { ruleInfos } from "../audit/rules.ts";
import type { FindingsView } from "./findings/findings-view.ts";
import { type Documents, showPage } from "./report/documents.ts";
import type { Located, Session } from "./session.ts";
import { commands, documentScheme, type CommandId, views } from "./vscode/contributions.ts";
import { rangeOf } from "./vscode/place.ts";

export type Parts = { readonly session: Session; readonly view: FindingsView; readonly documents: Documents; readonly log: vscode.LogOutputChannel };

/** Registers every command behind one guard: what fails is logged with its cause and told with a way to the log. */
export function registerCommands(parts: Parts): vscode.Disposable {
  const table: Readonly<Record<CommandId, (...args: readonly unknown[]) => unknown>> = {
    [commands.auditWorkspace]: () => auditWorkspace(parts),
    [commands.auditFile]: (uri) => auditFile(parts, uri instanceof vscode.Uri ? uri : undefined),
    [commands.showFindings]: () => vscode.commands.executeCommand(`${views.findings}.focus`),
    [commands.explainRule]: (id) => explainRule(typeof id === "string" ? id : undefined),
    [commands.rescan]: () => parts.session.scan(),
    [commands.cancelScan]: () => parts.session.cancel(),
    [commands.openFinding]: (located) => openFinding(located as Located),
    [commands.showLog]: () => parts.log.show(),
  };
  return vscode.Disposable.from(...Object.entries(table).map(([id, run]) => vscode.commands.registerCommand(id, guarded(id, run, parts.log))));
}

const guarded =
  (id: string, run: (...args: readonly unknown[]) => unknown, log: vscode.LogOutputChannel) =>
  async (...args: readonly unknown[]): Promise<unknown> => {
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
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: "OTP Audit", cancellable: true }, async (progress, token) => {
    token.onCancellationRequested(() => session.cancel());
    let shown = 0;
    await session.scan(({ done, total }) => {
      const percent = total === 0 ? 100 : (done / total) * 100;
      progress.report({ increment: percent - shown, message: `${done} of ${total} files` });
      shown = percent;
    });
  });
  if (session.state.kind === "failed") throw new Error(session.state.message);
  if (session.state.kind === "done") await showPage(await documents.report(session));
}

async function auditFile({ session, view }: Parts, uri: vscode.Uri | undefined): Promise<void> {
  const target = uri ?? vscode.window.activeTextEditor?.document.uri;
  if (target === undefined || !/\.exs?$/.test(target.path)) {
    void vscode.window.showInformationMessage("Open an Elixir file to audit it.");
    return;
  }
  if (session.results.length === 0) await session.scan();
  const document = await vscode.workspace.openTextDocument(target);
  await session.update(target, document.getText());
  const here = session.findings.filter((located) => located.uri.toString() === target.toString());
  if (here.length === 0) void vscode.window.showInformationMessage(`No findings in ${vscode.workspace.asRelativePath(target)}.`);
  else {
    view.reveal();
    const first = here[0];
    if (first !== undefined) await openFinding(first);
  }
}

async function explainRule(id: string | undefined): Promise<void> {
  const chosen = id ?? (await vscode.window.showQuickPick(ruleInfos.map((rule) => ({ label: rule.id, description: `${rule.family}, ${rule.severity}`, detail: rule.title })), { placeHolder: "Rule to explain", matchOnDetail: true }))?.label;
  if (chosen !== undefined) await showPage(vscode.Uri.from({ scheme: documentScheme, path: `/rules/${chosen}.md` }));
}

async function openFinding({ uri, finding }: Located): Promise<void> {
  await vscode.window.showTextDocument(uri, { selection: rangeOf(finding), preview: true });
}
