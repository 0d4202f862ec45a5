import { type Dependent, groundsOf, type Key, Records } from "../model/reading.ts";
import type { SourceFile } from "../model/source-file.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Tree } from "../syntax/tree.ts";
import { addTo } from "../text/groups.ts";
import { keptOutcome, type KeptRun, type KeptUnit, outcomeFrom } from "./kept-run.ts";
import type { Rule } from "./rule.ts";
import { type Outcome, outcomeOf, resultOf, type RunOptions, type RunResult, settingsOf, type Settings, type Subject } from "./run.ts";

/** A file or the workspace, as one rule judges it. */
type Unit = Dependent & {
  readonly subject: SourceFile | Workspace;
  readonly rule: Rule;
  outcomes: readonly Outcome[];
  /** What it rests on, told by an earlier process; undefined once it was judged in this one. */
  kept: readonly string[] | undefined;
};

/**
 * Rules over a workspace that changes. After an edit all rules judge the edited file again, and each rule the files for whose
 * judgement it had looked at something that the edit changed. The result is that of `runRules` on the same trees. What was judged, and what
 * was looked at for it, can be kept as plain data; a later process goes on from there without looking into files that no edit concerns.
 */
export class LiveRun {
  readonly #workspace: Workspace;
  readonly #options: RunOptions;
  readonly #settings: ReadonlyMap<Rule, Settings>;
  readonly #records = new Records((key) => this.#touch(key));
  readonly #units = new Map<SourceFile | Workspace, Map<Rule, Unit>>();
  /** Those of them that said something. */
  readonly #speaking = new Set<Unit>();
  readonly #stale = new Set<Unit>();
  /** Units judged by an earlier process, by what they rest on. */
  readonly #kept = new Map<string, Unit[]>();

  private constructor(workspace: Workspace, options: RunOptions) {
    this.#workspace = workspace;
    this.#options = options;
    this.#settings = new Map(options.rules.map((rule) => [rule, settingsOf(rule, options)]));
  }

  /** A run from nothing, in steps of one file: whoever drives them may do something else in between, or stop. */
  static *starting(workspace: Workspace, options: RunOptions): Generator<undefined, LiveRun> {
    const run = new LiveRun(workspace, options);
    for (const subject of [...workspace.everyFile, workspace]) {
      run.#askAll(subject);
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
    const take = (subject: SourceFile | Workspace, units: readonly KeptUnit[]): void => {
      for (const { rule: id, keys, said } of units) {
        const rule = rules.get(id);
        if (rule === undefined) continue;
        const unit = run.#unit(subject, rule);
        unit.kept = keys;
        unit.outcomes = said.map((outcome) => outcomeFrom(outcome, rule));
        if (said.length > 0) run.#speaking.add(unit);
        for (const key of keys) addTo(run.#kept, key, unit);
      }
    };
    workspace.knowIndexes(kept.indexes);
    for (const [i, file] of workspace.everyFile.entries()) take(file, kept.files[i]?.units ?? []);
    take(workspace, kept.whole);
    return run;
  }

  get kept(): KeptRun {
    const grounds = groundsOf();
    const unitsOf = (subject: SourceFile | Workspace): readonly KeptUnit[] =>
      [...(this.#units.get(subject)?.values() ?? [])].map((unit) => ({ rule: unit.rule.id, keys: unit.kept ?? [...grounds(unit)].filter((key) => !("path" in subject) || key !== subject.path), said: unit.outcomes.map(keptOutcome) })).filter(({ keys, said }) => keys.length > 0 || said.length > 0);
    return { files: this.#workspace.everyFile.map((file) => ({ facts: file.facts, units: unitsOf(file) })), whole: unitsOf(this.#workspace), indexes: this.#workspace.keptIndexes(grounds) };
  }

  get result(): RunResult {
    const rank = new Map<SourceFile | Workspace, number>(this.#workspace.everyFile.map((file, i) => [file, i]));
    const order = new Map(this.#options.rules.map((rule, i) => [rule, i]));
    const said = [...this.#speaking].flatMap(({ subject, outcomes }) => outcomes.map((outcome) => ({ outcome, rank: rank.get(subject) ?? 0 })));
    said.sort((a, b) => (order.get(a.outcome.rule) ?? 0) - (order.get(b.outcome.rule) ?? 0) || a.rank - b.rank);
    return resultOf(said.map(({ outcome }) => outcome), this.#options.rules);
  }

  /** Replaces trees of files, adds files, or takes some out (`undefined`). False when all has to be made anew. */
  edit(trees: Iterable<readonly [string, Tree | undefined]>): boolean {
    const changes = new Map([...trees].filter(([path, tree]) => this.#workspace.fileAt(path)?.stamp !== tree?.stamp));
    const before = [...changes.keys()].flatMap((path) => this.#workspace.fileAt(path) ?? []);
    for (const tree of changes.values()) tree?.keep();
    const keys = changes.size === 0 ? nothing : this.#workspace.replace(changes);
    if (keys === undefined) return false;
    for (const file of before) this.#drop(file);
    this.#records.changed(keys);
    // An index that fails on the new text is half renewed. In a run made anew the rules that ask for it say that they failed.
    try {
      this.#records.during(() => this.#workspace.renewIndexes(this.#records));
    } catch {
      return false;
    }
    for (const file of this.#workspace.everyFile) if (keys.has(file.path)) for (const rule of this.#options.rules) if (rule.checkWorkspace === undefined) this.#stale.add(this.#unit(file, rule));
    for (const unit of this.#stale) this.#ask(unit);
    this.#stale.clear();
    return true;
  }
  #drop(file: SourceFile): void {
    for (const unit of this.#units.get(file)?.values() ?? []) {
      this.#records.forget(unit);
      this.#stale.delete(unit);
      this.#speaking.delete(unit);
    }
    this.#units.delete(file);
  }

  /** Something changed on which units of an earlier process may rest. */
  #touch(key: string): void {
    if (this.#kept.size === 0) return;
    for (const unit of this.#kept.get(key) ?? []) if (unit.kept !== undefined && this.#units.get(unit.subject)?.get(unit.rule) === unit) this.#stale.add(unit);
    this.#workspace.touch(key);
  }

  #unit(subject: SourceFile | Workspace, rule: Rule): Unit {
    const known = this.#units.get(subject)?.get(rule);
    if (known !== undefined) return known;
    const unit: Unit = { subject, rule, outcomes: [], kept: undefined, keys: nothing, stale: () => this.#stale.add(unit) };
    const others = this.#units.get(subject);
    if (others === undefined) this.#units.set(subject, new Map([[rule, unit]]));
    else others.set(rule, unit);
    return unit;
  }

  #askAll(subject: SourceFile | Workspace): void {
    for (const rule of this.#options.rules) if ((rule.checkWorkspace === undefined) === "path" in subject) this.#ask(this.#unit(subject, rule));
  }
  #ask(unit: Unit): void {
    const { subject, rule } = unit;
    const settings = this.#settings.get(rule) ?? {};
    const subjects: readonly Subject[] = "path" in subject && rule.checkModule !== undefined ? subject.modules : [subject];
    unit.kept = undefined;
    unit.outcomes = this.#records.during(() => this.#records.follow(unit, () => subjects.flatMap((one) => outcomeOf(rule, one, settings, this.#options) ?? []), "path" in subject ? subject.path : undefined));
    if (unit.outcomes.length > 0) this.#speaking.add(unit);
    else this.#speaking.delete(unit);
    // Most rules have nothing to say of most files, and looked no further than at the file itself.
    if (unit.outcomes.length === 0 && unit.keys.size === 0) this.#units.get(subject)?.delete(rule);
  }
}

const nothing: ReadonlySet<Key> = new Set();
