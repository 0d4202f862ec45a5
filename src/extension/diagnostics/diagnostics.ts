import * as vscode from "vscode";
import type { Severity } from "../../engine/finding.ts";
import type { Places } from "../places/places.ts";
import type { Located, Session } from "../session.ts";
import { documentScheme } from "../vscode/contributions.ts";
import type { SettingsReader } from "../vscode/settings.ts";

const severityOf: Readonly<Record<Severity, vscode.DiagnosticSeverity>> = { critical: vscode.DiagnosticSeverity.Error, high: vscode.DiagnosticSeverity.Warning, medium: vscode.DiagnosticSeverity.Warning, low: vscode.DiagnosticSeverity.Information };

/** Proven and likely findings in Problems and editors; questions to a person stay in the tree. They stay when a file closes. */
export class Diagnostics implements vscode.Disposable {
  readonly #collection = vscode.languages.createDiagnosticCollection("otp-audit");
  readonly #lifetime: vscode.Disposable;
  readonly #session: Session;
  readonly #places: Places;
  readonly #settings: SettingsReader;
  #shown: readonly vscode.Uri[] = [];

  constructor(session: Session, places: Places, settings: SettingsReader) {
    this.#session = session;
    this.#places = places;
    this.#settings = settings;
    this.#lifetime = vscode.Disposable.from(
      this.#collection,
      session.onDidFind(() => this.#showAll()),
      places.onDidMove((uri) => this.#move(uri)),
    );
  }

  /** Whether findings of this confidence are shown here. */
  readonly shows = (confidence: string): boolean => confidence !== "review" && this.#settings.read()["diagnostics.enabled"];

  /** One call for all documents, those without findings by now included: Problems changes once and does not flicker. */
  #showAll(): void {
    const entries = [...this.#session.findingsByDocument.values()].flatMap((list): [vscode.Uri, vscode.Diagnostic[]][] => {
      const diagnostics = this.#of(list);
      const [first] = list;
      return first === undefined || diagnostics.length === 0 ? [] : [[first.uri, diagnostics]];
    });
    const current = new Set(entries.map(([uri]) => uri.toString()));
    const gone = this.#shown.filter((uri) => !current.has(uri.toString()));
    this.#shown = entries.map(([uri]) => uri);
    this.#collection.set([...gone.map((uri): [vscode.Uri, undefined] => [uri, undefined]), ...entries]);
  }

  /** Findings keep their code while it is edited; the update that follows says whether they are still true. */
  #move(uri: vscode.Uri): void {
    if (this.#collection.has(uri)) this.#collection.set(uri, this.#of(this.#session.findingsIn(uri)));
  }

  #of(findings: readonly Located[]): vscode.Diagnostic[] {
    return findings.filter(({ finding }) => this.shows(finding.confidence)).map((located) => diagnosticOf(located, this.#places));
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}

function diagnosticOf(located: Located, places: Places): vscode.Diagnostic {
  const { finding, folder } = located;
  const diagnostic = new vscode.Diagnostic(places.rangeOf(located), finding.message.replaceAll("`", ""), severityOf[finding.severity]);
  diagnostic.source = "OTP Audit";
  diagnostic.code = { value: finding.rule, target: vscode.Uri.from({ scheme: documentScheme, path: `/rules/${finding.rule}.md` }) };
  diagnostic.relatedInformation = finding.related.map((other) => new vscode.DiagnosticRelatedInformation(new vscode.Location(vscode.Uri.joinPath(folder.uri, other.file), new vscode.Position(other.startLine - 1, 0)), other.message.replaceAll("`", "")));
  return diagnostic;
}
