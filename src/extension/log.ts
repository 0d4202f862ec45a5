import type * as vscode from "vscode";
import type { Session } from "./session.ts";

/** Writes down how each scan ended. Updates while typing are not news. */
export function logOutcomes(session: Session, log: vscode.LogOutputChannel): vscode.Disposable {
  return session.onDidChangeState((state) => {
    if (state.kind === "failed") log.error(state.message);
    else if (state.kind === "stopped") log.info("The scan was stopped.");
    else if (state.kind === "done")
      for (const { folder, result } of session.results) {
        log.info(`${folder.name}: ${result.files.scanned} files, ${result.findings.length} findings, ${result.durationMs} ms`);
        for (const problem of result.problems) log.warn(problem.message);
      }
  });
}
