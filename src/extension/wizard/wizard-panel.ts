import * as vscode from "vscode";
import type { PlanQuestion } from "../../audit/planning.ts";
import { planFileText } from "../../decompose/plan/plan-file.ts";
import { planFileOf, writtenOf } from "../../wizard/kept-plan.ts";
import { type Drawing, intentIn } from "../../wizard/messages.ts";
import { type Answer, type Effect, type Intent, received, type Remedy, type Session as Walk } from "../../wizard/session.ts";
import { update, withPins } from "../../wizard/update.ts";
import { view } from "../../wizard/view.ts";
import { queued, waits } from "../../wizard/waiting.ts";
import type { WalkStep } from "../../wizard/walk-steps.ts";
import { groupsOf } from "../../wizard/groups.ts";
import type { MixRun } from "../platform.ts";
import { currentText, openDocument, readText, writeWhole } from "../vscode/files.ts";
import { completed } from "./asking.ts";
import { coalesced } from "./coalesced.ts";
import { historyOf } from "./git-history.ts";
import { mixObstacle, openedWalk, planUri, refitted } from "./opening.ts";
import { problemOf } from "./refusal.ts";
import { verification } from "./verifying.ts";
import { Writing, type WritingParts } from "./writing.ts";

export type WizardParts = WritingParts & { readonly extension: vscode.Uri; readonly runMix: MixRun | undefined };

/** What a panel needs to come back after a restart. */
export type Resume = { readonly folder: string; readonly file: string; readonly module: string };

/** A walk that is read and not shown yet; `seen` is the text of the module's file that it was made from. */
export type Opened = { readonly walk: Walk; readonly seen: string | undefined };

/** Effects that are done one after the other; the page says so meanwhile. */
const work: ReadonlySet<Effect["kind"]> = new Set<Effect["kind"]>(["reshape", "grade", "apply", "undoAll", "verify"]);

/** A page says so each time it is loaded, since VS Code throws it away while it is hidden. */
export const isReady = (message: unknown): boolean => typeof message === "object" && message !== null && "kind" in message && message.kind === "ready";

/** One walk in one panel: draws the session, runs what it asks for, keeps the plan as its file. */
export class WizardPanel implements vscode.Disposable {
  readonly #parts: WizardParts;
  readonly #panel: vscode.WebviewPanel;
  readonly #folder: vscode.WorkspaceFolder;
  readonly #question: PlanQuestion;
  readonly #writing: Writing;
  readonly #lifetime: vscode.Disposable;
  #walk: Walk;
  /** What was asked for while something was being done. */
  #waiting: readonly Intent[] = [];
  #keeping: Promise<void> = Promise.resolve();
  #isReady = false;
  #isWriting = false;
  /** The tab is closed. What is under way ends and is kept, but draws nothing. */
  #isDisposed = false;
  #isForgotten = false;
  /** The module's file as the plan knows it. */
  #seen: string | undefined;
  /** The function graph that the page has. */
  #sent: Walk["map"] | undefined;
  readonly #look = coalesced(() => this.#reconcile().catch((error: unknown) => this.#take({ kind: "problem", problem: problemOf(error) })));

  constructor(parts: WizardParts, panel: vscode.WebviewPanel, folder: vscode.WorkspaceFolder, { walk, seen }: Opened) {
    this.#parts = parts;
    this.#panel = panel;
    this.#folder = folder;
    this.#question = { file: walk.plan.file, module: walk.plan.module };
    this.#writing = new Writing(parts, folder, this.#question);
    this.#walk = walk;
    this.#seen = seen;
    panel.title = `Split ${walk.plan.module.slice(walk.plan.module.lastIndexOf(".") + 1)}`;
    this.#lifetime = vscode.Disposable.from(
      panel.webview.onDidReceiveMessage((message: unknown) => this.#receive(message)),
      parts.session.onDidFind(this.#look),
      panel.onDidChangeViewState(this.#look),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => (uri.toString() === this.#uri.toString() ? this.#look() : undefined)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#take({ kind: "mix", obstacle: mixObstacle(folder, parts.runMix) })),
    );
    void historyOf(folder, walk.plan.file).then((history) => (history === undefined ? undefined : this.#take({ kind: "history", history })));
  }

  /** Reads a walk that a panel is to show; a kept plan is taken up again. Rejects with a sentence when there is nothing to split. */
  static async read({ session, runMix }: WizardParts, folder: vscode.WorkspaceFolder, asked: PlanQuestion): Promise<Opened> {
    const walk = await openedWalk(session, folder, asked, runMix);
    return { walk, seen: await readText(vscode.Uri.joinPath(folder.uri, walk.plan.file)) };
  }

  get module(): string {
    return this.#walk.plan.module;
  }

  /** The page is there, perhaps anew. */
  ready(): void {
    this.#isReady = true;
    this.#sent = undefined;
    this.#draw();
  }

  /** An intent, from the page or from a command. One that counts on what is being done waits for it. */
  handle(intent: Intent): void {
    if (this.#isDisposed) return;
    if (this.#walk.doing !== undefined && waits(intent)) {
      this.#waiting = queued(this.#waiting, intent);
      return;
    }
    const before = this.#walk;
    const { session, effect } = update(before, intent);
    this.#walk = session;
    this.#draw();
    if (effect !== undefined) void this.#run(effect);
    else if (session !== before) void this.#keepOrTell();
  }

  /** The plan's file is deleted: nothing of the walk is kept any more. */
  async forget(): Promise<void> {
    this.#isForgotten = true;
    await this.#keeping.catch(() => undefined);
  }

  #receive(message: unknown): void {
    const intent = intentIn(message);
    if (intent !== undefined) this.handle(intent);
    else if (isReady(message)) this.ready();
  }

  #take(answer: Answer): void {
    this.#walk = received(this.#walk, answer);
    // What waits was asked for in the belief that this would succeed.
    if (answer.kind === "failed") this.#waiting = [];
    this.#draw();
    while (this.#walk.doing === undefined) {
      const [next, ...rest] = this.#waiting;
      if (next === undefined) return;
      this.#waiting = rest;
      this.handle(next);
    }
  }

  async #run(effect: Effect): Promise<void> {
    try {
      const answer = await this.#done(effect);
      if (answer === undefined) return;
      this.#take(answer);
      await this.#keepOrTell();
    } catch (error) {
      this.#take({ kind: work.has(effect.kind) ? "failed" : "problem", problem: problemOf(error) });
    }
  }

  async #done(effect: Effect): Promise<Answer | undefined> {
    const { session } = this.#parts;
    switch (effect.kind) {
      case "reshape":
        return { kind: "reshaped", ...(await session.ask(this.#folder, (audit) => audit.reshape(this.#question, effect.groups))), ...(effect.chosen === undefined ? {} : { chosen: effect.chosen }) };
      case "grade":
        return this.#graded(effect.grade);
      case "ask": {
        const intent = await completed(this.#walk, effect, (functions) => session.ask(this.#folder, (audit) => audit.suggest(this.#question, functions)));
        if (!this.#isDisposed) this.#panel.reveal();
        if (intent !== undefined) this.handle(intent);
        return undefined;
      }
      case "open":
        await this.#open(effect.file, effect.line);
        return undefined;
      case "preview":
        await this.#writing.show(effect.steps, effect.from, effect.title);
        return undefined;
      case "apply":
        return this.#apply(effect.steps, effect.withPreview);
      case "undoAll":
        await this.#guarded(() => this.#writing.undoAll());
        return { kind: "undone" };
      case "verify":
        return this.#verify(effect.tests);
      case "remedy":
        return this.#remedied(effect.remedy);
      case "copy":
        await vscode.env.clipboard.writeText(effect.text);
        void vscode.window.setStatusBarMessage("Commit message copied", 3000);
        return undefined;
    }
  }

  async #graded(grade: number): Promise<Answer> {
    const { session } = this.#parts;
    const graded = await session.ask(this.#folder, (audit) => audit.grade(this.#question, grade));
    if (this.#walk.pins.length === 0) return { kind: "reshaped", ...graded, grade };
    const groups = withPins(this.#walk, groupsOf(graded.alternative));
    return { kind: "reshaped", ...(await session.ask(this.#folder, (audit) => audit.reshape(this.#question, groups))), grade };
  }

  /** Only files that the plan speaks of can be opened from its page. */
  async #open(file: string, line: number): Promise<void> {
    const { plan, callers, history, shape, files, checks } = this.#walk;
    const known = [plan.file, ...callers.map((caller) => caller.file), ...(history?.together.map((other) => other.file) ?? []), ...shape.groups.map((group) => group.file), ...files.map(({ path }) => path), ...checks.flatMap(({ places }) => places.map((place) => place.file))];
    if (!known.includes(file)) return;
    const at = new vscode.Range(line - 1, 0, line - 1, 0);
    await vscode.window.showTextDocument(vscode.Uri.joinPath(this.#folder.uri, file), { viewColumn: vscode.ViewColumn.Beside, preview: true, selection: at });
  }

  /** Step by step, each on the code that the one before left; stops at the first that cannot be written, and where nobody looks on any more. */
  async #apply(steps: readonly WalkStep[], withPreview: boolean): Promise<Answer> {
    for (const [done, step] of steps.entries()) {
      if (this.#isDisposed) break;
      // VS Code shows the entries of a preview unticked, and applies what is ticked.
      this.#take({ kind: "doing", what: withPreview ? `Tick every entry in the refactor preview to write ${step.title}` : `Writing ${steps.length === 1 ? "" : `${done + 1} of ${steps.length}: `}${step.title}` });
      if (!(await this.#guarded(() => this.#writing.write(step, withPreview)))) return { kind: "nothing" };
      // Kept before it is shown: what the page calls written must still be so after a restart.
      this.#walk = received(this.#walk, { kind: "applied", step: step.key });
      await this.#keep();
      this.#draw();
    }
    return { kind: "nothing" };
  }

  /** Our own edits are no change under the plan. */
  async #guarded<T>(work: () => Promise<T>): Promise<T> {
    this.#isWriting = true;
    try {
      return await work();
    } finally {
      this.#seen = await currentText(this.#uri).finally(() => {
        this.#isWriting = false;
      });
    }
  }

  async #verify(tests: readonly string[]): Promise<Answer> {
    const { session, runMix } = this.#parts;
    const written = writtenOf(this.#walk);
    const inspection = await session.ask(this.#folder, (audit) => audit.inspect(written));
    if (runMix !== undefined && this.#walk.mixObstacle === undefined) {
      const running = verification(runMix, this.#folder.uri.fsPath, this.#walk, tests);
      for (;;) {
        const { value, done } = await running.next();
        this.#take({ kind: "checks", checks: value });
        if (done === true || this.#isDisposed) break;
      }
    }
    return { kind: "inspected", inspection };
  }

  async #remedied({ kind, file }: Remedy): Promise<Answer | undefined> {
    const uri = vscode.Uri.joinPath(this.#folder.uri, file);
    switch (kind) {
      case "save":
        await (await vscode.workspace.openTextDocument(uri)).save();
        return undefined;
      case "open":
        await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside });
        return undefined;
      case "undoAll":
        this.handle({ kind: "undoAll" });
        return undefined;
      case "scan": {
        const text = await readText(uri);
        await this.#parts.session.update(uri, text === undefined ? undefined : { text });
        await this.#replan();
        return undefined;
      }
    }
  }

  /**
   * Looks, while the page is seen, whether somebody else changed the module's file, and takes the change over. What is typed beside
   * the page waits until it is saved or the page is used again: a plan for each pause in typing would keep the findings waiting.
   */
  async #reconcile(): Promise<void> {
    if (!(await this.#isBehind())) return;
    const steps = await this.#writing.takenBack();
    if (steps.length > 0) {
      this.#take({ kind: "takenBack", steps });
      await this.#keepOrTell();
    }
    if ((await this.#isBehind()) && (this.#panel.active || openDocument(this.#uri)?.isDirty !== true)) await this.#replan();
  }

  async #isBehind(): Promise<boolean> {
    const isSeen = (): boolean => !this.#isDisposed && !this.#isWriting && this.#panel.visible;
    if (!isSeen()) return false;
    const text = await currentText(this.#uri);
    return isSeen() && this.#seen !== text;
  }

  async #replan(): Promise<void> {
    try {
      const document = openDocument(this.#uri);
      const text = await currentText(this.#uri);
      this.#seen = text;
      // A plan is of what stands there now, also when the findings have not followed yet.
      await this.#parts.session.update(this.#uri, text === undefined ? undefined : { text, ...(document === undefined ? {} : { version: document.version }) });
      const planned = await this.#parts.session.ask(this.#folder, (audit) => audit.plan(this.#question));
      const { shape: before, applied, splitsFile } = this.#walk;
      if (planned.plan.blockers.length > 0 && applied.length === 0) throw new Error(`${planned.plan.blockers[0]?.reason ?? ""} The plan below is the one for the code before.`);
      const { shape, notes } = await refitted(this.#parts.session, this.#folder, planned, before, applied, splitsFile);
      const { plan, map, exports, callers, files } = planned;
      this.#take({ kind: "replanned", plan, map, exports, callers, files, shape, notes });
    } catch (error) {
      this.#take({ kind: "problem", problem: problemOf(error) });
    }
  }

  get #uri(): vscode.Uri {
    return vscode.Uri.joinPath(this.#folder.uri, this.#question.file);
  }

  /** One write after another, each of the latest state: two at once could leave the older one behind. Rejects with a sentence. */
  #keep(): Promise<void> {
    const write = async (): Promise<void> => {
      if (this.#isForgotten) return;
      const uri = planUri(this.#folder, this.module);
      try {
        await writeWhole(uri, planFileText(planFileOf(this.#walk)));
      } catch (error) {
        throw new Error(`${vscode.workspace.asRelativePath(uri, false)} cannot be written, so the plan ends with this tab. ${problemOf(error).message}`, { cause: error });
      }
    };
    this.#keeping = this.#keeping.then(write, write);
    return this.#keeping;
  }

  #keepOrTell(): Promise<void> {
    return this.#keep().catch((error: unknown) => this.#take({ kind: "problem", problem: problemOf(error) }));
  }

  #draw(): void {
    if (!this.#isReady || this.#isDisposed) return;
    const { map, ...snapshot } = view(this.#walk);
    const resume: Resume = { folder: this.#folder.uri.toString(), file: this.#question.file, module: this.module };
    const drawing: Drawing = { snapshot, map: map === this.#sent ? undefined : map, resume };
    this.#sent = map;
    void this.#panel.webview.postMessage(drawing);
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#waiting = [];
    this.#lifetime.dispose();
  }
}
