import * as vscode from "vscode";
import { outlineOf } from "../../report/outline.ts";
import type { Session } from "../session.ts";
import { commands } from "../vscode/contributions.ts";

/** One item: open critical and high findings, a spinner while scanning; a click shows the view. Absent where there is no Elixir. */
export class StatusItem implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem("otpAudit.status", vscode.StatusBarAlignment.Left, 10);
  readonly #lifetime: vscode.Disposable;

  constructor(session: Session) {
    this.#item.name = "OTP Audit";
    this.#item.command = commands.showFindings;
    const show = (): void => this.#show(session);
    this.#lifetime = vscode.Disposable.from(this.#item, session.onDidChangeState(show), session.onDidFind(show));
    show();
  }

  #show(session: Session): void {
    const { state, results, findings } = session;
    const hasSources = results.some(({ result }) => result.files.scanned > 0);
    if (state.kind === "scanning") this.#say("$(sync~spin) OTP Audit", "OTP Audit is scanning");
    else if (state.kind === "failed") this.#say("$(alert) OTP Audit", `OTP Audit could not scan: ${state.message}`);
    else if (hasSources) {
      const { counts } = outlineOf(findings.map(({ finding }) => finding));
      const grave = [counts.critical > 0 ? `${counts.critical} critical` : "", counts.high > 0 ? `${counts.high} high` : ""].filter((part) => part !== "");
      this.#say(`$(pulse) ${grave.length === 0 ? "OTP Audit" : grave.join(", ")}`, `OTP Audit: ${counts.critical} critical and ${counts.high} high findings`);
    } else this.#item.hide();
  }

  #say(text: string, tooltip: string): void {
    this.#item.text = text;
    this.#item.tooltip = tooltip;
    this.#item.accessibilityInformation = { label: tooltip };
    this.#item.show();
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}
