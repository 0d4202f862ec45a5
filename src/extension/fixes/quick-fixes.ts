import * as vscode from "vscode";
import type { FixedFile, ReadyFix } from "../../engine/finding.ts";
import { fits } from "../../engine/ready-fix.ts";
import type { Places } from "../places/places.ts";
import type { Located, Session } from "../session.ts";
import { elixirFiles } from "../vscode/contributions.ts";
import { currentText } from "../vscode/files.ts";

/** The light bulb of a finding whose fix is written out. An edit is offered only for the very text that was analysed. */
export class QuickFixes implements vscode.CodeActionProvider, vscode.Disposable {
  readonly #session: Session;
  readonly #places: Places;
  readonly #lifetime: vscode.Disposable;

  constructor(session: Session, places: Places) {
    this.#session = session;
    this.#places = places;
    this.#lifetime = vscode.languages.registerCodeActionsProvider(elixirFiles, this, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] });
  }

  async provideCodeActions(document: vscode.TextDocument, range: vscode.Range, { diagnostics }: vscode.CodeActionContext): Promise<vscode.CodeAction[]> {
    const actions: vscode.CodeAction[] = [];
    for (const located of this.#session.findingsIn(document.uri)) {
      const ready = located.finding.fix?.ready ?? [];
      const at = this.#places.rangeOf(located);
      if (ready.length === 0 || at.intersection(range) === undefined) continue;
      const about = diagnostics.filter((diagnostic) => isOf(diagnostic, located, at));
      for (const fix of ready) {
        const edit = await editOf(fix, located);
        if (edit !== undefined) actions.push(actionOf(fix, edit, about));
      }
    }
    return actions;
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}

function actionOf({ title, safe }: ReadyFix, edit: vscode.WorkspaceEdit, about: vscode.Diagnostic[]): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.edit = edit;
  action.diagnostics = about;
  action.isPreferred = safe;
  return action;
}

/** The edit, if every file of it reads as it did when it was analysed: typed text, saved or not, and the disk for files that are not open. */
async function editOf({ files }: ReadyFix, { folder }: Located): Promise<vscode.WorkspaceEdit | undefined> {
  const edit = new vscode.WorkspaceEdit();
  for (const file of files) {
    const uri = vscode.Uri.joinPath(folder.uri, file.file);
    const text = await currentText(uri);
    if (text === undefined || !fits(file, text)) return undefined;
    edit.set(uri, textEdits(file));
  }
  return edit;
}

const textEdits = ({ edits }: FixedFile): vscode.TextEdit[] => edits.map(({ startLine, startColumn, endLine, endColumn, newText }) => vscode.TextEdit.replace(new vscode.Range(startLine - 1, startColumn - 1, endLine - 1, endColumn - 1), newText));

function isOf(diagnostic: vscode.Diagnostic, { finding }: Located, at: vscode.Range): boolean {
  const { code } = diagnostic;
  return diagnostic.source === "OTP Audit" && typeof code === "object" && code.value === finding.rule && diagnostic.range.isEqual(at);
}
