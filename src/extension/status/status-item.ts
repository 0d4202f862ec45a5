import * as vscode from "vscode";
import { outlineOf } from "../../report/outline.ts";
import type { Session } from "../session.ts";
import { commands } from "../vscode/contributions.ts";

/** One item: open critical and high findings, a spinner while scanning; a click shows the view. */
export class StatusItem implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("otpAudit.status", vscode.StatusBarAlignment.Left, 10);
  readonly #lifetime: vscode.Disposable;

  constructor(session: Session) {
    this.#item.name = "OTP Audit";
    this.#item.command = commands.showFindings;
    this.#lifetime = vscode.Disposable.from(this.#item, session.onDidChange(() => this.#show(session)));
    this.#show(session);
    this.#item.show();
  }

  #show(session: Session): void {
    const { state } = session;
    if (state.kind === "scanning") {
      this.#item.text = "$(sync~spin) OTP";
      this.#item.tooltip = "OTP Audit is scanning";
      return;
    }
    const { counts } = outlineOf(session.findings.map(({ finding }) => finding));
    this.#item.text = state.kind === "failed" ? "$(alert) OTP" : `$(pulse) ${counts.critical + counts.high}`;
    this.#item.tooltip = state.kind === "failed" ? `OTP Audit could not scan: ${state.message}` : `OTP Audit: ${counts.critical} critical and ${counts.high} high findings`;
    this.#item.accessibilityInformation = { label: String(this.#item.tooltip) };
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}
