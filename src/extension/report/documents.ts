import * as vscode from "vscode";
import { ruleInfo, ruleInfos } from "../../audit/rules.ts";
import { markdownReport } from "../../report/markdown.ts";
import { rulePage } from "../../report/rule-page.ts";
import type { FolderResult, Session } from "../session.ts";
import { documentScheme } from "../vscode/contributions.ts";

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
    return this.#reports.get(uri.path) ?? "# Nothing here yet\n\nRun **OTP Audit: Audit Workspace** from the command palette.\n";
  }

  /** Writes the report of what the session holds and answers where it can be opened. */
  async report(session: Session): Promise<vscode.Uri> {
    const parts: string[] = [];
    for (const folderResult of session.results) parts.push(await reportOf(folderResult));
    const uri = vscode.Uri.from({ scheme: documentScheme, path: "/OTP audit.md" });
    this.#reports.set(uri.path, parts.join("\n"));
    this.#changed.fire(uri);
    return uri;
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}

async function reportOf({ folder, result }: FolderResult): Promise<string> {
  const sources = new Map<string, readonly string[]>();
  for (const file of new Set(result.findings.map((finding) => finding.file))) sources.set(file, await linesOf(vscode.Uri.joinPath(folder.uri, file)));
  return markdownReport(result, {
    project: folder.name,
    rules: ruleInfos,
    quote: (file, from, to) => sources.get(file)?.slice(from - 1, to),
    // The preview reads a leading slash as the first folder of the window; it has no address for places in the others.
    link: (file, line) => (folder.index === 0 ? `/${encodeURI(file)}#L${line}` : undefined),
  });
}

/** As the editor has it, since findings follow what is typed; else as it is on disk. */
async function linesOf(uri: vscode.Uri): Promise<readonly string[]> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  try {
    return (open?.getText() ?? new TextDecoder().decode(await vscode.workspace.fs.readFile(uri))).split(/\r?\n/);
  } catch {
    return []; // the file is gone since the scan; the report quotes nothing
  }
}

/** Shows a Markdown document as a page; where no preview is installed, as text. */
export async function showPage(uri: vscode.Uri): Promise<void> {
  try {
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  } catch {
    await vscode.window.showTextDocument(uri, { preview: true });
  }
}
