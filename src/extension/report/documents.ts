import * as vscode from "vscode";
import { changesBetween } from "../../audit/history.ts";
import { ruleInfo } from "../../audit/rules.ts";
import { comparisonReport } from "../../report/comparison.ts";
import { markdownReport } from "../../report/markdown.ts";
import { rulePage } from "../../report/rule-page.ts";
import type { KeptRun } from "../history/history.ts";
import type { Session } from "../session.ts";
import { documentScheme } from "../vscode/contributions.ts";
import { reportInput } from "./report-input.ts";

/** Rule pages and the audit report, as read-only documents that any editor or preview can open. */
export class Documents implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.#changed.event;
  readonly #lifetime: vscode.Disposable;
  readonly #reports = new Map<string, string>();

  constructor() {
    this.#lifetime = vscode.Disposable.from(this.#changed, vscode.workspace.registerTextDocumentContentProvider(documentScheme, this));
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const id = /^\/rules\/(.+)\.md$/.exec(uri.path)?.[1];
    const rule = id === undefined ? undefined : ruleInfo(id);
    if (rule !== undefined) return rulePage(rule);
    return this.#reports.get(keyOf(uri)) ?? "# Nothing here yet\n\nRun **OTP Audit: Audit Workspace** from the command palette.\n";
  }

  /** Writes the report of what the session holds and answers where it can be opened; `against` is a kept audit to compare with. */
  async report(session: Session, against?: KeptRun): Promise<vscode.Uri> {
    const parts: string[] = [];
    for (const entry of session.results) {
      const { folder, result } = entry;
      const kept = against?.folder.uri.toString() === folder.uri.toString() ? against : undefined;
      // The preview reads a leading slash as the first folder of the window; it has no address for places in the others.
      const link = (file: string, line: number): string | undefined => (folder.index === 0 ? `/${encodeURI(file)}#L${line}` : undefined);
      parts.push(markdownReport(result, { ...(await reportInput(session, entry, kept)), link }));
    }
    return this.#put("/OTP audit.md", parts.join("\n"));
  }

  /** Two kept audits side by side. */
  comparison(earlier: KeptRun, later: KeptRun): vscode.Uri {
    return this.#put("/OTP audit comparison.md", comparisonReport(later.folder.name, changesBetween(earlier.run, later.run)));
  }

  /** Any text as a read-only document, for a side of a difference; both sides have the file's path and differ in `side`. */
  text(path: string, side: string, text: string): vscode.Uri {
    return this.#put(path, text, side);
  }

  #put(path: string, text: string, query = ""): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: documentScheme, path, query });
    this.#reports.set(keyOf(uri), text);
    this.#changed.fire(uri);
    return uri;
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}

const keyOf = ({ path, query }: vscode.Uri): string => `${path}?${query}`;

/** Shows a Markdown document as a page; where no preview is installed, as text. */
export async function showPage(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  } catch {
    await vscode.window.showTextDocument(uri, { preview: true });
  }
}
