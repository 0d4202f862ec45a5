import * as vscode from "vscode";
import type { Session } from "../session.ts";
import { commands } from "../vscode/contributions.ts";

const rules = new Set(["god-module", "god-process", "multi-module-file"]);
const elixir: vscode.DocumentSelector = [{ language: "elixir" }, { pattern: "**/*.ex" }];

/** The way from a god module to its plan: a light bulb on the finding, and a lens above the module. */
export class SplitActions implements vscode.CodeActionProvider, vscode.CodeLensProvider, vscode.Disposable {
  readonly #session: Session;
  readonly #lifetime: vscode.Disposable;
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(session: Session) {
    this.#session = session;
    this.onDidChangeCodeLenses = session.onDidFind;
    this.#lifetime = vscode.Disposable.from(
      vscode.languages.registerCodeActionsProvider(elixir, this, { providedCodeActionKinds: [vscode.CodeActionKind.RefactorMove] }),
      vscode.languages.registerCodeLensProvider(elixir, this),
    );
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    return this.#places(document).flatMap(({ located, line }) => {
      if (range.start.line !== line) return [];
      const action = new vscode.CodeAction(`Split ${located.finding.module === "" ? "this file" : located.finding.module}…`, vscode.CodeActionKind.RefactorMove);
      action.command = { command: commands.splitModule, title: "Split", arguments: [{ located }] };
      return [action];
    });
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    return this.#places(document).map(({ located, line }) => new vscode.CodeLens(new vscode.Range(line, 0, line, 0), { command: commands.splitModule, title: "$(split-horizontal) Split this module…", tooltip: located.finding.message, arguments: [{ located }] }));
  }

  #places(document: vscode.TextDocument) {
    return this.#session.findingsIn(document.uri).filter(({ finding }) => rules.has(finding.rule)).map((located) => ({ located, line: Math.min(located.finding.startLine - 1, document.lineCount - 1) }));
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}
