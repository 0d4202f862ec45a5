import * as vscode from "vscode";
import type { FileChange, PlanQuestion } from "../../audit/planning.ts";
import type { MixRun } from "../platform.ts";
import { type Answer, begin, type Check, type Effect, type Groups, groupsOf, received, type Session as Walk, steps, update } from "../../wizard/session.ts";
import { intentIn } from "../../wizard/messages.ts";
import { view } from "../../wizard/view.ts";
import type { Documents } from "../report/documents.ts";
import type { Session } from "../session.ts";
import { readText, writeWhole } from "../vscode/files.ts";
import { applyChanges, inverse, obstacle } from "./changes.ts";
import { pageOf } from "./page.ts";
import { PLANS_FOLDER, planFileName, planFileOf, planFileText, readPlanFile, reconciled } from "../../audit/plan-file.ts";

export const WIZARD_TYPE = "otpAudit.wizard";

export type WizardParts = { readonly session: Session; readonly documents: Documents; readonly extension: vscode.Uri; readonly memory: vscode.Memento; readonly runMix: MixRun | undefined };

/** What a panel needs to come back after a restart. */
export type Resume = { readonly folder: string; readonly file: string; readonly module: string };

/** One walk in one panel: draws the session, runs what it asks for, keeps the plan as its file. */
export class WizardPanel {
  readonly #parts: WizardParts;
  readonly #panel: vscode.WebviewPanel;
  readonly #folder: vscode.WorkspaceFolder;
  readonly #question: PlanQuestion;
  #walk: Walk;
  #isReady = false;

  private constructor(parts: WizardParts, panel: vscode.WebviewPanel, folder: vscode.WorkspaceFolder, question: PlanQuestion, walk: Walk) {
    this.#parts = parts;
    this.#panel = panel;
    this.#folder = folder;
    this.#question = question;
    this.#walk = walk;
    panel.title = `Split ${walk.plan.module.slice(walk.plan.module.lastIndexOf(".") + 1)}`;
    panel.webview.options = { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(parts.extension, "dist/webview")] };
    panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(message));
    panel.webview.html = pageOf(panel.webview, parts.extension);
  }

  /** Opens the walk in a panel; a kept plan is taken up again. Rejects with a sentence when there is nothing to split. */
  static async open(parts: WizardParts, panel: vscode.WebviewPanel, folder: vscode.WorkspaceFolder, asked: PlanQuestion): Promise<WizardPanel> {
    const { plan, map } = await parts.session.ask(folder, (audit) => audit.plan(asked));
    const question = { file: plan.file, module: plan.module };
    const canVerify = parts.runMix !== undefined && vscode.workspace.isTrusted && folder.uri.scheme === "file";
    const text = await readText(planUri(folder, plan.module));
    const kept = text === undefined ? undefined : readPlanFile(text, planFileName(plan.module));
    if (kept !== undefined && "wrong" in kept) throw new Error(kept.wrong);
    const rest = kept === undefined ? undefined : reconciled(kept, plan);
    const shape = rest === undefined || rest.groups.length === 0 ? undefined : (await parts.session.ask(folder, (audit) => audit.reshape(question, rest.groups))).alternative;
    const walk = begin({ plan, map, canVerify, ...(kept === undefined || rest === undefined || shape === undefined ? {} : { shape, pins: kept.pins, applied: kept.applied, step: steps.find((id) => id === kept.step) ?? "understand", staleNotes: rest.notes }) });
    if (walk === undefined) throw new Error(plan.blockers[0]?.reason ?? `There is nothing to split in ${plan.module}.`);
    return new WizardPanel(parts, panel, folder, question, walk);
  }

  #receive(message: unknown): void {
    if (typeof message === "object" && message !== null && "kind" in message && message.kind === "ready") {
      this.#isReady = true;
      this.#draw();
      return;
    }
    const intent = intentIn(message);
    if (intent === undefined) return; // not one of our page's messages
    const before = this.#walk;
    const { session, effect } = update(before, intent);
    this.#walk = session;
    this.#draw();
    if (effect !== undefined) void this.#run(effect);
    else if (session !== before) void this.#keep();
  }

  async #run(effect: Effect): Promise<void> {
    try {
      const answer = await this.#done(effect);
      if (answer === undefined) return;
      this.#walk = received(this.#walk, answer);
      await this.#keep();
    } catch (error) {
      this.#walk = received(this.#walk, { kind: "problem", message: error instanceof Error ? error.message : String(error) });
    }
    this.#draw();
  }

  async #done(effect: Effect): Promise<Answer | undefined> {
    const { session } = this.#parts;
    switch (effect.kind) {
      case "reshape":
        return { kind: "reshaped", ...(await session.ask(this.#folder, (audit) => audit.reshape(this.#question, effect.groups))) };
      case "open":
        await vscode.window.showTextDocument(vscode.Uri.joinPath(this.#folder.uri, this.#question.file), { viewColumn: vscode.ViewColumn.Beside, preview: true, selection: new vscode.Range(effect.line - 1, 0, effect.line - 1, 0) });
        return undefined;
      case "preview":
        await this.#preview(effect.module, effect.groups);
        return undefined;
      case "apply":
        return this.#apply(effect.modules, effect.groups);
      case "undoAll":
        return this.#undoAll();
      case "verify":
        return { kind: "checks", checks: await this.#verify(effect.withTests) };
      case "copy":
        await vscode.env.clipboard.writeText(effect.text);
        return undefined;
    }
  }

  async #extraction(groups: Groups): Promise<readonly FileChange[]> {
    const extraction = await this.#parts.session.ask(this.#folder, (audit) => audit.extract(this.#question, groups));
    if (extraction.kind === "refused") throw new Error(extraction.reasons.join(" "));
    return extraction.changes;
  }

  async #preview(module: string, groups: Groups): Promise<void> {
    const changes = await this.#extraction(groups.filter((group) => group.module === module));
    const resources = changes.map(({ path, before, after }) => [vscode.Uri.joinPath(this.#folder.uri, path), this.#parts.documents.text(`/before/${module}/${path}`, before ?? ""), this.#parts.documents.text(`/after/${module}/${path}`, after ?? "")]);
    await vscode.commands.executeCommand("vscode.changes", `Split off ${module}`, resources);
  }

  /** Group by group, each on the code that the one before left; stops at the first that cannot be applied. */
  async #apply(modules: readonly string[], groups: Groups): Promise<Answer> {
    const done: string[] = [];
    try {
      for (const module of modules) {
        const changes = await this.#extraction(groups.filter((group) => group.module === module));
        const wrong = await obstacle(this.#folder, changes);
        if (wrong !== undefined) throw new Error(wrong);
        if (!(await applyChanges(this.#folder, changes, `Split off ${module}`))) throw new Error(`VS Code refused the edit for ${module}. Nothing of it was written.`);
        await this.#remember([...this.#memory(), ...changes]);
        for (const { path, after } of changes) await this.#parts.session.update(vscode.Uri.joinPath(this.#folder.uri, path), after === null ? undefined : { text: after });
        done.push(module);
      }
    } catch (error) {
      if (done.length === 0) throw error;
      this.#walk = received(this.#walk, { kind: "applied", modules: done });
      await this.#keep();
      throw error;
    }
    return { kind: "applied", modules: done };
  }

  async #undoAll(): Promise<Answer> {
    const back = inverse(this.#memory());
    const wrong = await obstacle(this.#folder, back);
    if (wrong !== undefined) throw new Error(wrong);
    if (!(await applyChanges(this.#folder, back, `Undo the split of ${this.#walk.plan.module}`))) throw new Error("VS Code refused to undo. Nothing was changed.");
    for (const { path, after } of back) await this.#parts.session.update(vscode.Uri.joinPath(this.#folder.uri, path), after === null ? undefined : { text: after });
    await this.#remember([]);
    return { kind: "undone" };
  }

  async #verify(withTests: boolean): Promise<readonly Check[]> {
    const { runMix } = this.#parts;
    if (runMix === undefined) return [];
    const checks: Check[] = [];
    for (const [title, args] of [["mix compile", ["compile", "--force", "--warnings-as-errors"]], ...(withTests ? [["mix test", ["test"]] as const] : [])] as const) {
      this.#walk = received(this.#walk, { kind: "checks", checks: [...checks, { title, state: "running", output: "" }] });
      this.#draw();
      const { code, output } = await runMix(this.#folder.uri.fsPath, args);
      checks.push({ title, state: code === 0 ? "passed" : "failed", output: output.slice(-20_000) });
      if (code !== 0) break;
    }
    return checks;
  }

  get #key(): string {
    return `otpAudit.undo.${this.#folder.uri.toString()}.${this.#walk.plan.module}`;
  }
  #memory(): readonly FileChange[] {
    return this.#parts.memory.get<readonly FileChange[]>(this.#key, []);
  }
  async #remember(changes: readonly FileChange[]): Promise<void> {
    await this.#parts.memory.update(this.#key, changes.length === 0 ? undefined : changes);
  }

  async #keep(): Promise<void> {
    const { plan, chosen, step, shape, pins, applied } = this.#walk;
    await writeWhole(planUri(this.#folder, plan.module), planFileText(planFileOf(plan.file, plan.module, chosen, step, groupsOf(shape), pins, applied)));
  }

  #draw(): void {
    const resume: Resume = { folder: this.#folder.uri.toString(), file: this.#question.file, module: this.#walk.plan.module };
    if (this.#isReady) void this.#panel.webview.postMessage({ snapshot: view(this.#walk), resume });
  }
}

const planUri = (folder: vscode.WorkspaceFolder, module: string): vscode.Uri => vscode.Uri.joinPath(folder.uri, PLANS_FOLDER, planFileName(module));
