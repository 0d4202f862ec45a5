import * as vscode from "vscode";
import type { Extraction, FileChange, PlanQuestion } from "../../audit/planning.ts";
import type { WalkStep } from "../../wizard/walk-steps.ts";
import type { Documents } from "../report/documents.ts";
import type { Session } from "../session.ts";
import { applyChanges, assertApplicable, inverse } from "./changes.ts";
import { Refusal } from "./refusal.ts";

export type WritingParts = { readonly session: Session; readonly documents: Documents; readonly memory: vscode.Memento };

/** Writes the steps of one plan and takes them back; remembers every file as it was, also over a restart. */
export class Writing {
  readonly #parts: WritingParts;
  readonly #folder: vscode.WorkspaceFolder;
  readonly #question: PlanQuestion;
  readonly #key: string;

  constructor(parts: WritingParts, folder: vscode.WorkspaceFolder, question: PlanQuestion) {
    this.#parts = parts;
    this.#folder = folder;
    this.#question = question;
    this.#key = `otpAudit.undo.${folder.uri.toString()}.${question.module ?? ""}`;
  }

  /** Writes one step on the code as it is now. Answers false when the preview discarded it; rejects, with nothing written, when it cannot be. */
  async write(step: WalkStep, withPreview: boolean): Promise<boolean> {
    const changes = changesIn(await this.#parts.session.ask(this.#folder, (audit) => (step.kind === "files" ? audit.files(this.#question.file) : audit.extract(this.#question, step.groups))));
    await assertApplicable(this.#folder, changes);
    const outcome = await applyChanges(this.#folder, changes, step.title, withPreview);
    if (outcome === "nothing" && !withPreview) throw new Error(`VS Code refused the edit “${step.title}”. Nothing of it was written.`);
    if (outcome === "nothing") return false;
    if (outcome === "partly") throw new Refusal(`Parts of “${step.title}” were left out in the preview, so the step does not count as written. Undo it in the editor, or take over the change.`, { kind: "scan", label: "Take over the change", file: this.#question.file });
    await this.#remember([...this.#memory, ...changes]);
    await this.#tell(changes);
    return true;
  }

  /** Brings every file back to what it was before the first step. */
  async undoAll(): Promise<void> {
    const back = inverse(this.#memory);
    if (back.length === 0) throw new Error("The files as they were before are not known here: the steps were written in another window or on another machine. Take them back with git.");
    await assertApplicable(this.#folder, back);
    if ((await applyChanges(this.#folder, back, "Undo the split", false)) !== "written") throw new Error("VS Code did not undo all of it. The files that are left show in the editor as changed.");
    await this.#tell(back);
    await this.#remember([]);
  }

  /** Shows the edits of `steps` from `from` on in VS Code's multi-file difference. Writes nothing. */
  async show(steps: readonly WalkStep[], from: number, title: string): Promise<void> {
    const { session, documents } = this.#parts;
    const extracts = steps.filter(({ kind }) => kind === "extract");
    const first = steps.some(({ kind }) => kind === "files") ? [await session.ask(this.#folder, (audit) => audit.files(this.#question.file))] : [];
    const rest = extracts.length === 0 ? [] : await session.ask(this.#folder, (audit) => audit.rehearse(this.#question, extracts.map(({ groups }) => groups), first.flatMap(changesIn)));
    const shown = inverse([...first, ...rest].slice(from).flatMap(changesIn));
    const side = (name: string, path: string, text: string | null): vscode.Uri => documents.text(`/${name}/${encodeURIComponent(title)}/${path}`, text ?? "");
    await vscode.commands.executeCommand("vscode.changes", title, shown.map(({ path, before, after }) => [vscode.Uri.joinPath(this.#folder.uri, path), side("before", path, after), side("after", path, before)]));
  }

  async #tell(changes: readonly FileChange[]): Promise<void> {
    for (const { path, after } of changes) await this.#parts.session.update(vscode.Uri.joinPath(this.#folder.uri, path), after === null ? undefined : { text: after });
  }
  get #memory(): readonly FileChange[] {
    return this.#parts.memory.get<readonly FileChange[]>(this.#key, []);
  }
  async #remember(changes: readonly FileChange[]): Promise<void> {
    await this.#parts.memory.update(this.#key, changes.length === 0 ? undefined : changes);
  }
}

function changesIn(extraction: Extraction): readonly FileChange[] {
  if (extraction.kind === "refused") throw new Error(extraction.reasons.join(" "));
  return extraction.changes;
}
