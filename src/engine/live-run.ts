import type { Module } from "../model/module.ts";
import { type Dependent, type Key, Records } from "../model/reading.ts";
import type { SourceFile, Workspace } from "../model/workspace.ts";
import type { Tree } from "../syntax/tree.ts";
import type { Rule } from "./rule.ts";
import { type Outcome, outcomeOf, resultOf, type RunOptions, type RunResult, settingsOf, type Settings, type Subject } from "./run.ts";

/** One rule asked about one subject: what it said, and what it looked at for that. */
type Unit = Dependent & { readonly rule: Rule; readonly subject: Subject; outcome: Outcome | undefined };

/**
 * Rules over a workspace that is edited. After an edit a rule is asked again about the edited file, and about whatever it
 * had looked at something that the edit changed. The result is that of `runRules` on the same trees.
 */
export class LiveRun {
  readonly #workspace: Workspace;
  readonly #options: RunOptions;
  readonly #settings: ReadonlyMap<Rule, Settings>;
  readonly #records = new Records();
  readonly #units = new Map<Subject, Set<Unit>>();
  readonly #stale = new Set<Unit>();

  constructor(workspace: Workspace, options: RunOptions) {
    this.#workspace = workspace;
    this.#options = options;
    this.#settings = new Map(options.rules.map((rule) => [rule, settingsOf(rule, options)]));
    for (const file of workspace.files) this.#askAll(file);
    this.#askRules((rule) => rule.checkWorkspace !== undefined, workspace);
  }

  get result(): RunResult {
    const rank = new Map<Subject, number>([...this.#workspace.modules, ...this.#workspace.files].map((subject, i) => [subject, i]));
    const order = new Map(this.#options.rules.map((rule, i) => [rule, i]));
    const said = [...this.#units.values()].flatMap((units) => [...units].filter(({ outcome }) => outcome !== undefined));
    said.sort((a, b) => (order.get(a.rule) ?? 0) - (order.get(b.rule) ?? 0) || (rank.get(a.subject) ?? 0) - (rank.get(b.subject) ?? 0));
    return resultOf(said.flatMap(({ outcome }) => outcome ?? []), this.#options.rules);
  }

  /** Replaces a file's tree, adds a file, or takes one out. False when all has to be made anew. */
  edit(path: string, tree: Tree | undefined): boolean {
    const before = this.#workspace.files.find((file) => file.path === path);
    tree?.keep();
    const keys = this.#workspace.replace(path, tree);
    if (keys === undefined) return false;
    for (const subject of before === undefined ? [] : [before, ...before.modules]) this.#drop(subject);
    this.#records.changed(keys);
    this.#records.during(() => this.#workspace.renewIndexes(this.#records));
    for (const file of this.#workspace.files) if (keys.has(file.path)) this.#askAll(file);
    this.#askStale();
    return true;
  }

  /** Asks all rules about a file and its modules. */
  #askAll(file: SourceFile): void {
    for (const subject of [file, ...file.modules]) this.#drop(subject);
    this.#askRules((rule) => rule.checkFile !== undefined, file);
    for (const module of file.modules) this.#askRules((rule) => rule.checkModule !== undefined, module);
  }
  #askRules(isFor: (rule: Rule) => boolean, subject: Module | SourceFile | Workspace): void {
    for (const rule of this.#options.rules) if (isFor(rule)) this.#ask(this.#unit(rule, subject));
  }
  #askStale(): void {
    for (const unit of this.#stale) this.#ask(unit);
    this.#stale.clear();
  }

  #unit(rule: Rule, subject: Subject): Unit {
    const unit: Unit = { rule, subject, outcome: undefined, keys: none, stale: () => this.#stale.add(unit) };
    return unit;
  }

  #ask(unit: Unit): void {
    const settings = this.#settings.get(unit.rule) ?? {};
    unit.outcome = this.#records.during(() => this.#records.follow(unit, () => outcomeOf(unit.rule, unit.subject, settings, this.#options), pathOf(unit.subject)));
    const others = this.#units.get(unit.subject);
    // Most rules have nothing to say of most modules, and looked no further than at the module itself.
    if (unit.outcome === undefined && unit.keys.size === 0) others?.delete(unit);
    else if (others === undefined) this.#units.set(unit.subject, new Set([unit]));
    else others.add(unit);
  }
  #drop(subject: Subject): void {
    for (const unit of this.#units.get(subject) ?? []) {
      this.#records.forget(unit);
      this.#stale.delete(unit);
    }
    this.#units.delete(subject);
  }
}

const pathOf = (subject: Subject): string => ("path" in subject ? subject.path : "file" in subject ? subject.file.path : "");

const none: ReadonlySet<Key> = new Set();
