import * as vscode from "vscode";
import type { Finding } from "../../engine/finding.ts";
import { shifted } from "./shift.ts";

type Edit = { readonly version: number; readonly changes: readonly vscode.TextDocumentContentChangeEvent[] };

const isElixir = (uri: vscode.Uri): boolean => /\.exs?$/.test(uri.path);

/** Where findings lie now: where they were found, moved by the edits that the analysis has not seen yet. */
export class Places implements vscode.Disposable {
  readonly #unseen = new Map<string, readonly Edit[]>();
  readonly #moved = new vscode.EventEmitter<vscode.Uri>();
  /** Tells of a document whose findings may lie elsewhere now. */
  readonly onDidMove = this.#moved.event;
  readonly #lifetime: vscode.Disposable;

  constructor() {
    this.#lifetime = vscode.Disposable.from(
      this.#moved,
      vscode.workspace.onDidChangeTextDocument((change) => this.#record(change)),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => void this.#unseen.delete(uri.toString())),
    );
  }

  /** Range in the editor, which counts from 0. */
  rangeOf({ uri, finding }: { readonly uri: vscode.Uri; readonly finding: Finding }): vscode.Range {
    const found = new vscode.Range(finding.startLine - 1, finding.startColumn - 1, finding.endLine - 1, finding.endColumn - 1);
    const changes = (this.#unseen.get(uri.toString()) ?? []).flatMap((edit) => edit.changes);
    return changes.reduce((range, change) => shifted(range, change.range, change.text), found);
  }

  /** The findings shown from now on come from this version of the document: what was typed up to it is in them. */
  see(uri: vscode.Uri, version: number): void {
    const key = uri.toString();
    const rest = (this.#unseen.get(key) ?? []).filter((edit) => edit.version > version);
    if (rest.length === 0) this.#unseen.delete(key);
    else this.#unseen.set(key, rest);
  }

  #record({ document, contentChanges }: vscode.TextDocumentChangeEvent): void {
    const { uri, version } = document;
    if (contentChanges.length === 0 || !isElixir(uri) || vscode.workspace.getWorkspaceFolder(uri) === undefined) return;
    const key = uri.toString();
    this.#unseen.set(key, [...(this.#unseen.get(key) ?? []), { version, changes: contentChanges }]);
    this.#moved.fire(uri);
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}
