import * as vscode from "vscode";
import type { Extraction, FileChange, PlanQuestion } from "../../audit/planning.ts";
import type { WalkStep } from "../../wizard/walk-steps.ts";
import type { Documents } from "../report/documents.ts";
import type { Session } from "../session.ts";
import { applyChanges, areBack, assertApplicable, assertSaved, inverse, putBack, together } from "./changes.ts";

export type WritingParts = { readonly session: Session; readonly documents: Documents; readonly memory: vscode.Memento };

/** Where the steps of a module that are written are remembered. */
export const memoryKey = (folder: vscode.WorkspaceFolder, module: string): string => `otpAudit.undo.${folder.uri.toString()}.${module}`;

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
    this.#key = memoryKey(folder, question.module ?? "");
  }

  /** Writes one step on the code as it is now. Answers false when the preview discarded it; rejects, with nothing written, when it cannot be. */
  async write(step: WalkStep, withPreview: boolean): Promise<boolean> {
    assertSaved(this.#folder, this.#question.file);
    const changes = changesIn(await this.#parts.session.ask(this.#folder, (audit) => (step.kind === "files" ? audit.files(this.#question.file) : audit.extract(this.#question, step.groups))));
    await assertApplicable(this.#folder, changes);
    const outcome = await applyChanges(this.#folder, changes, step.title, withPreview);
    if (outcome.kind === "nothing" && !withPreview) throw new Error(`VS Code refused the edit “${step.title}”. Nothing of it was written.`);
    if (outcome.kind === "nothing") return false;
    if (outcome.kind === "partly") throw new Error(`Parts of “${step.title}” were left out in the preview. A step is written whole or not at all, so nothing of it was kept.`);
    await this.#remember([...this.#memory, { step: step.key, changes: outcome.changes }]);
    await this.#tell(outcome.changes);
    return true;
  }

  /** Steps at the end that somebody took back with VS Code's own undo: every file of theirs is as it was. They are forgotten here, too. */
  async takenBack(): Promise<readonly string[]> {
    const steps: string[] = [];
    for (let last = this.#memory.at(-1); last !== undefined && (await areBack(this.#folder, last.changes)); last = this.#memory.at(-1)) {
      steps.push(last.step);
      await this.#remember(this.#memory.slice(0, -1));
      await this.#tell(inverse(last.changes));
    }
    return steps;
  }

  /** Brings every file back to what it was before the first step. */
  async undoAll(): Promise<void> {
    const changes = this.#memory.flatMap((step) => step.changes);
    const back = inverse(changes);
    const between = handEdited(changes);
    if (between !== undefined) throw new Error(`${between} was edited between two steps, and undoing all of them would lose that edit. Undo the steps one by one in the editor (Ctrl+Z), or with git.`);
    if (back.length === 0) throw new Error("The files as they were before are not known here: the steps were written in another window or on another machine. Take them back with git.");
    await assertApplicable(this.#folder, back);
    if (!(await putBack(this.#folder, together(changes), "Undo the split"))) throw new Error("VS Code did not undo all of it. The files that are left show in the editor as changed.");
    await this.#tell(back);
    await this.#remember([]);
  }

  /** Shows the edits of `steps` from `from` on in VS Code's multi-file difference. Writes nothing. */
  async show(steps: readonly WalkStep[], from: number, title: string): Promise<void> {
    const { session, documents } = this.#parts;
    const extracts = steps.filter(({ kind }) => kind === "extract");
    const first = steps.some(({ kind }) => kind === "files") ? [await session.ask(this.#folder, (audit) => audit.files(this.#question.file))] : [];
    const rest = extracts.length === 0 ? [] : await session.ask(this.#folder, (audit) => audit.rehearse(this.#question, extracts.map(({ groups }) => groups), first.flatMap(changesIn)));
    const shown = together([...first, ...rest].slice(from).flatMap(changesIn));
    const side = (name: string, path: string, text: string | null): vscode.Uri | undefined => (text === null ? undefined : documents.text(`/${path}`, `${name} ${title}`, text));
    await vscode.commands.executeCommand("vscode.changes", title, shown.map(({ path, before, after }) => [vscode.Uri.joinPath(this.#folder.uri, path), side("before", path, before), side("after", path, after)]));
  }

  async #tell(changes: readonly FileChange[]): Promise<void> {
    for (const { path, after } of changes) await this.#parts.session.update(vscode.Uri.joinPath(this.#folder.uri, path), after === null ? undefined : { text: after });
  }
  get #memory(): readonly WrittenStep[] {
    return this.#parts.memory.get<readonly WrittenStep[]>(this.#key, []);
  }
  async #remember(steps: readonly WrittenStep[]): Promise<void> {
    await this.#parts.memory.update(this.#key, steps.length === 0 ? undefined : steps);
  }
}

/** A step as it was written, with every file before and after. */
type WrittenStep = { readonly step: string; readonly changes: readonly FileChange[] };

/** A file that did not begin a step as the step before left it. */
function handEdited(changes: readonly FileChange[]): string | undefined {
  const last = new Map<string, string | null>();
  for (const { path, before, after } of changes) {
    if (last.has(path) && last.get(path) !== before) return path;
    last.set(path, after);
  }
  return undefined;
}

function changesIn(extraction: Extraction): readonly FileChange[] {
  if (extraction.kind === "refused") throw new Error(extraction.reasons.join(" "));
  return extraction.changes;
}
