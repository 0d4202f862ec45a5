import * as vscode from "vscode";
import { readSettings, type Settings, settingKeys } from "../../audit/settings.ts";

/** The user's settings; a wrong value counts as its default, and is told once for each value. */
export class SettingsReader {
  readonly #told = new Set<string>();
  readonly #log: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
  }

  read(scope?: vscode.Uri): Settings {
    const section = vscode.workspace.getConfiguration("otpAudit", scope ?? null);
    const { settings, problems } = readSettings(Object.fromEntries(settingKeys.map((key) => [key, section.get(key)])));
    for (const problem of problems) {
      if (this.#told.has(problem)) continue;
      this.#told.add(problem);
      this.#log.warn(problem);
      void vscode.window.showWarningMessage(problem, "Open Settings").then((choice) => (choice === undefined ? undefined : vscode.commands.executeCommand("workbench.action.openSettings", "otpAudit")));
    }
    return settings;
  }
}
