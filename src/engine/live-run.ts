import { type Dependent, groundsOf, type Key, Records } from "../model/reading.ts";
import type { SourceFile } from "../model/source-file.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Tree } from "../syntax/tree.ts";
import { addTo } from "../text/groups.ts";
import { keptOutcome, type KeptRun, type KeptUnit, outcomeFrom } from "./kept-run.ts";
import type { Rule } from "./rule.ts";
import { type Outcome, outcomeOf, resultOf, type RunOptions, type RunResult, settingsOf, type Settings, type Subject } from "./run.ts";

/** What is judged at once: a file by all rules that look at one, or the workspace by a rule that looks at it as a whole. */
type Unit = Dependent & {
  readonly subject: SourceFile | Rule;
  outcomes: readonly Outcome[];
  /** What it rests on, told by an earlier process; undefined once it was judged in this one. */
  kept: readonly string[] | undefined;
};

/**
 * Rules over a workspace that changes. After an edit the edited file is judged again, and each file for whose judgement
 * something was looked at that the edit changed. The result is that of `runRules` on the same trees. What was judged, and what
 * was looked at for it, can be kept as plain data; a later process goes on from there without looking into files that no edit concerns.
 */
export class LiveRun {
  readonly #workspace: Workspace;
  readonly #options: RunOptions;
  readonly #settings: ReadonlyMap<Rule, Settings>;
  readonly #records = new Records((key) => this.#touch(key));
  readonly #units = new Map<SourceFile | Rule, Unit>();
  readonly #stale = new Set<Unit>();
  /** Units judged by an earlier process, by what they rest on. */
  readonly #kept = new Map<Key, Unit[]>();

  private constructor(workspace: Workspace, options: RunOptions) {
    this.#workspace = workspace;
    this.#options = options;
    this.#settings = new Map(options.rules.map((rule) => [rule, settingsOf(rule, options)]));
  }

  /** A run from nothing, in steps of one file: whoever drives them may do something else in between, or stop. */
  static *starting(workspace: Workspace, options: RunOptions): Generator<undefined, LiveRun> {
    const run = new LiveRun(workspace, options);
    for (const subject of [...workspace.everyFile, ...run.#wholeRules]) {
      run.#ask(run.#unit(subject));
      yield;
    }
    return run;
  }
  static start(workspace: Workspace, options: RunOptions): LiveRun {
    const steps = LiveRun.starting(workspace, options);
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
    }
  }

  /** Goes on from a kept run. The workspace has its files, not yet looked into, and the options are those it was made with. */
  static resume(workspace: Workspace, options: RunOptions, kept: KeptRun): LiveRun {
    const run = new LiveRun(workspace, options);
    const rules = new Map(options.rules.map((rule) => [rule.id, rule]));
    const take = (unit: Unit, { keys, said }: KeptUnit): void => {
      unit.kept = keys;
      unit.outcomes = said.flatMap((outcome) => outcomeFrom(outcome, rules));
      for (const key of keys) addTo(run.#kept, key, unit);
    };
    workspace.knowIndexes(kept.indexes);
    for (const [i, file] of workspace.everyFile.entries()) take(run.#unit(file), kept.files[i] as KeptUnit);
    for (const rule of run.#wholeRules) take(run.#unit(rule), kept.rules[rule.id] as KeptUnit);
    return run;
  }

  get kept(): KeptRun {
    const grounds = groundsOf();
    const keysOf = (unit: Unit, besides: Iterable<Dependent> = []): readonly string[] => [...new Set([...(unit.kept ?? grounds(unit)), ...[...besides].flatMap((part) => [...grounds(part)])])];
    const unitOf = (subject: SourceFile | Rule): Unit => this.#units.get(subject) as Unit;
    return {
      files: this.#workspace.everyFile.map((file) => {
        const unit = unitOf(file);
        return { facts: file.facts, keys: keysOf(unit, this.#workspace.partsOf(file)).filter((key) => key !== file.path), said: unit.outcomes.map(keptOutcome) };
      }),
      rules: Object.fromEntries(this.#wholeRules.map((rule) => [rule.id, { keys: keysOf(unitOf(rule)), said: unitOf(rule).outcomes.map(keptOutcome) }])),
      indexes: this.#workspace.keptIndexes,
    };
  }

  get result(): RunResult {
    const rank = new Map<SourceFile | Rule, number>(this.#workspace.everyFile.map((file, i) => [file, i]));
    const order = new Map(this.#options.rules.map((rule, i) => [rule, i]));
    const said = [...this.#units.values()].flatMap(({ subject, outcomes }) => outcomes.map((outcome) => ({ outcome, rank: rank.get(subject) ?? 0 })));
    said.sort((a, b) => (order.get(a.outcome.rule) ?? 0) - (order.get(b.outcome.rule) ?? 0) || a.rank - b.rank);
    return resultOf(said.map(({ outcome }) => outcome), this.#options.rules);
  }

  /** Replaces trees of files, adds files, or takes some out (`undefined`). False when all has to be made anew. */
  edit(changes: Iterable<readonly [string, Tree | undefined]>): boolean {
    for (const [path, tree] of changes) if (!this.#replace(path, tree)) return false;
    for (const unit of this.#stale) this.#ask(unit);
    this.#stale.clear();
    return true;
  }

  #replace(path: string, tree: Tree | undefined): boolean {
    const before = this.#workspace.fileAt(path);
    if (before?.stamp === tree?.stamp) return true;
    tree?.keep();
    const keys = this.#workspace.replace(path, tree);
    if (keys === undefined) return false;
    const dropped = before === undefined ? undefined : this.#units.get(before);
    if (before !== undefined && dropped !== undefined) {
      this.#records.forget(dropped);
      this.#stale.delete(dropped);
      this.#units.delete(before);
    }
    this.#records.changed(keys);
    this.#records.during(() => this.#workspace.renewIndexes(this.#records));
    for (const file of this.#workspace.everyFile) if (keys.has(file.path)) this.#stale.add(this.#unit(file));
    return true;
  }

  /** Something changed on which units of an earlier process may rest. */
  #touch(key: Key): void {
    for (const unit of this.#kept.get(key) ?? []) {
      if (unit.kept === undefined || this.#units.get(unit.subject) !== unit) continue;
      this.#stale.add(unit);
      if ("path" in unit.subject) this.#workspace.takeAnew(unit.subject, unit.subject);
    }
  }

  get #wholeRules(): readonly Rule[] {
    return this.#options.rules.filter((rule) => rule.checkWorkspace !== undefined);
  }
  #unit(subject: SourceFile | Rule): Unit {
    const known = this.#units.get(subject);
    if (known !== undefined) return known;
    const unit: Unit = { subject, outcomes: [], kept: undefined, keys: new Set(), stale: () => this.#stale.add(unit) };
    this.#units.set(subject, unit);
    return unit;
  }
  #ask(unit: Unit): void {
    const { subject } = unit;
    unit.kept = undefined;
    unit.outcomes = this.#records.during(() => this.#records.follow(unit, () => ("path" in subject ? this.#judged(subject) : this.#said(subject, [this.#workspace])), "path" in subject ? subject.path : undefined));
  }
  #judged(file: SourceFile): readonly Outcome[] {
    return this.#options.rules.flatMap((rule) => (rule.checkModule !== undefined ? this.#said(rule, file.modules) : rule.checkFile !== undefined ? this.#said(rule, [file]) : []));
  }
  #said(rule: Rule, subjects: readonly Subject[]): readonly Outcome[] {
    const settings = this.#settings.get(rule) ?? {};
    return subjects.flatMap((subject) => outcomeOf(rule, subject, settings, this.#options) ?? []);
  }
}
