import * as vscode from "vscode";
import type { Severity } from "../../engine/finding.ts";
import type { Located, Session } from "../session.ts";
import { documentScheme } from "../vscode/contributions.ts";
import { rangeOf } from "../vscode/place.ts";
import type { SettingsReader } from "../vscode/settings.ts";
import { shifted } from "./shift.ts";

const severityOf: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = { critical: vscode.DiagnosticSeverity.Error, high: vscode.DiagnosticSeverity.Warning, medium: vscode.DiagnosticSeverity.Warning, low: vscode.DiagnosticSeverity.Information };

/** Proven and likely findings in Problems and editors; questions to a person stay in the tree. They stay when a file closes. */
export class Diagnostics implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection("otp-audit");
  readonly #lifetime: vscode.Disposable;
  readonly #session: Session;
  readonly #settings: SettingsReader;

  constructor(session: Session, settings: SettingsReader) {
    this.#session = session;
    this.#settings = settings;
    this.#lifetime = vscode.Disposable.from(
      this.#collection,
      session.onDidChange(() => {
        if (!session.isScanning) this.#show();
      }),
      vscode.workspace.onDidChangeTextDocument((change) => this.#follow(change)),
    );
  }

  #show(): void {
    this.#collection.clear();
    if (!this.#settings.read()["diagnostics.enabled"]) return;
    const byDocument = new Map<string, Located[]>();
    for (const located of this.#session.findings) {
      if (located.finding.confidence === "review") continue;
      const key = located.uri.toString();
      byDocument.set(key, [...(byDocument.get(key) ?? []), located]);
    }
    this.#collection.set([...byDocument.values()].map((list) => [(list[0] as Located).uri, list.map(diagnosticOf)]));
  }

  /** Moves ranges with an edit at once; the rescan that follows sets them right. */
  #follow({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const shown = this.#collection.get(document.uri);
    if (shown === undefined || shown.length === 0 || contentChanges.length === 0) return;
    this.#collection.set(document.uri, shown.map((diagnostic) => withRange(diagnostic, contentChanges.reduce((range, change) => shifted(range, change.range, change.text), diagnostic.range))));
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}

function diagnosticOf({ finding, folder }: Located): vscode.Diagnostic {
  const diagnostic = new vscode.Diagnostic(rangeOf(finding), finding.message.replaceAll("`", ""), severityOf[finding.severity]);
  diagnostic.source = "OTP Audit";
  diagnostic.code = { value: finding.rule, target: vscode.Uri.from({ scheme: documentScheme, path: `/rules/${finding.rule}.md` }) };
  diagnostic.relatedInformation = finding.related.map((other) => new vscode.DiagnosticRelatedInformation(new vscode.Location(vscode.Uri.joinPath(folder.uri, other.file), new vscode.Position(other.startLine - 1, 0)), other.message));
  return diagnostic;
}

function withRange(diagnostic: vscode.Diagnostic, range: vscode.Range): vscode.Diagnostic {
  const moved = new vscode.Diagnostic(range, diagnostic.message, diagnostic.severity);
  if (diagnostic.source !== undefined) moved.source = diagnostic.source;
  if (diagnostic.code !== undefined) moved.code = diagnostic.code;
  if (diagnostic.relatedInformation !== undefined) moved.relatedInformation = diagnostic.relatedInformation;
  return moved;
}
