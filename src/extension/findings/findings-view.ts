import * as vscode from "vscode";
import { outlineOf } from "../../report/outline.ts";
import type { Located, Session, SessionState } from "../session.ts";
import { contextKeys, type ViewState, views } from "../vscode/contributions.ts";
import type { SettingsReader } from "../vscode/settings.ts";
import { type FindingsNode, type GroupNode, itemOf, nodesOf } from "./tree.ts";

/** The sidebar tree: severities, then findings. Draws what the session holds, and decides nothing. */
export class FindingsView implements vscode.TreeDataProvider<FindingsNode>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<undefined>();
  readonly onDidChangeTreeData = this.#changed.event;
  readonly #session: Session;
  readonly #settings: SettingsReader;
  readonly #view: vscode.TreeView<FindingsNode>;
  readonly #lifetime: vscode.Disposable;
  #groups: readonly GroupNode[] = [];

  constructor(session: Session, settings: SettingsReader) {
    this.#session = session;
    this.#settings = settings;
    this.#view = vscode.window.createTreeView(views.findings, { treeDataProvider: this, showCollapseAll: true });
    this.#lifetime = vscode.Disposable.from(
      this.#changed,
      this.#view,
      session.onDidChangeState((state) => this.#showState(state)),
      session.onDidFind(() => this.#showFindings()),
    );
    this.#showState(session.state);
  }

  getChildren(node?: FindingsNode): FindingsNode[] {
    if (node === undefined) return [...this.#groups];
    return node.kind === "group" ? [...node.children] : [];
  }
  getParent(node: FindingsNode): FindingsNode | undefined {
    return node.kind === "group" ? undefined : this.#groups.find((group) => group.children.includes(node));
  }
  getTreeItem(node: FindingsNode): vscode.TreeItem {
    return itemOf(node);
  }

  /** Brings a finding into view and selects it; the editor keeps the keyboard. */
  async reveal(located: Located): Promise<void> {
    const node = this.#groups.flatMap((group) => group.children).find((leaf) => leaf.kind === "finding" && leaf.located === located);
    if (node !== undefined) await this.#view.reveal(node, { select: true, focus: false });
  }

  #showFindings(): void {
    this.#groups = nodesOf(this.#session.findings, this.#session.results);
    const { counts } = outlineOf(this.#session.findings.map(({ finding }) => finding));
    const grave = counts.critical + counts.high;
    this.#view.badge = grave > 0 && this.#settings.read()["badge.enabled"] ? { value: grave, tooltip: `${counts.critical} critical and ${counts.high} high findings` } : undefined;
    this.#changed.fire(undefined);
    this.#showState(this.#session.state);
  }

  #showState(state: SessionState): void {
    this.#view.message = this.#groups.length === 0 ? "" : messageOver(state);
    void vscode.commands.executeCommand("setContext", contextKeys.state, this.#viewState(state));
  }

  #viewState({ kind }: SessionState): ViewState {
    if (this.#groups.length > 0) return "findings";
    if (kind !== "done") return kind;
    return this.#session.results.some(({ result }) => result.files.scanned > 0) ? "clean" : "noElixir";
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}

/** What stands above findings of an earlier scan. */
function messageOver(state: SessionState): string {
  if (state.kind === "failed") return "The last scan failed, so these findings may be out of date. The log tells why.";
  if (state.kind === "stopped") return "The scan was stopped. These findings are from before.";
  if (state.kind !== "scanning") return "";
  return state.progress === undefined ? "Scanning…" : `Scanning ${state.progress.done} of ${state.progress.total} files…`;
}
