import type { Comparison, Remembered } from "../engine/comparison.ts";
import type { RuleInfo } from "../engine/rule-info.ts";

/** Source lines of a place, for quoting; undefined when the file is not at hand. */
export type Quote = (file: string, fromLine: number, toLine: number) => readonly string[] | undefined;

/** A place with a word on it. */
export type Place = { readonly file: string; readonly line: number; readonly note: string };

/** A habit that was counted: `holds` of `of` places keep it. `for` and `against` show some of each. */
export type Practice = { readonly title: string; readonly holds: number; readonly of: number; readonly unit: string; readonly for: readonly Place[]; readonly against: readonly Place[] };

/** A large module as it is, and how it could be split. */
export type ModulePortrait = {
  readonly name: string;
  readonly file: string;
  readonly fromLine: number;
  readonly toLine: number;
  readonly codeLines: number;
  readonly publicFunctions: number;
  readonly privateFunctions: number;
  /** Share of function pairs that belong together, 0 to 1; absent when it was not measured. */
  readonly cohesion?: number;
  readonly proposed: readonly { readonly name: string; readonly functions: readonly string[] }[];
  readonly blockers: readonly string[];
};

/** A file with several modules, and the files they would go to; or why they cannot. */
export type FilePortrait = { readonly file: string; readonly lines: number; readonly modules: number; readonly largest: string; readonly largestLines: number; readonly proposed: readonly string[]; readonly blockers: readonly string[] };

/** Size and cohesion of a module, for the map of modules. */
export type ModulePoint = { readonly name: string; readonly codeLines: number; readonly cohesion: number; readonly isReported: boolean };

/** What the tests of a project are made of, counted in source. */
export type TestFacts = { readonly files: number; readonly tests: number; /** Tests by the folder they lie in, most first. */ readonly folders: readonly { readonly folder: string; readonly count: number }[]; readonly waits: readonly { readonly how: string; readonly count: number }[]; readonly skipped: readonly Place[] };

/** What became of the sleeps and skips of one test file between two commits. */
export type TestChange = { readonly file: string; readonly before: number; readonly after: number; readonly inPlace: readonly { readonly how: string; readonly count: number }[]; readonly skipped: number };

/** A supervisor or a child, as the source says; `note` holds strategy or restart. */
export type Supervised = { readonly name: string; readonly note: string; readonly file: string; readonly line: number; readonly children: readonly Supervised[] };

/** One earlier run, for the trend: a label with room below a bar, and the run's whole name. */
export type TrendPoint = { readonly label: string; readonly run: string; readonly critical: number; readonly high: number; readonly medium: number; readonly low: number };

/** What a person decided about a finding, and what this run sees of it. */
export type Decision = Remembered & { readonly status: string; readonly reason: string; readonly author: string; readonly date: string; readonly verdict: string; readonly now?: Remembered };

/** A commit, as far as a reader needs it. */
export type Commit = { readonly id: string; readonly title: string };

/** What a report shows of the code besides findings; each part is absent where it was not measured. */
export type Survey = Partial<{
  readonly practices: readonly Practice[];
  /** Guards against a mailbox or buffer that grows: length checks and caps. */
  readonly backpressure: readonly Place[];
  /** How failures are handled: constructs and how often they occur. */
  readonly errorStyle: readonly { readonly how: string; readonly count: number }[];
  readonly tests: TestFacts;
  /** What was switched off or built for the time being, near a finding or in tests. */
  readonly toReenable: readonly Place[];
  readonly legitimateSleeps: readonly Place[];
  readonly modules: readonly ModulePortrait[];
  readonly files: readonly FilePortrait[];
  readonly sizes: readonly ModulePoint[];
  readonly supervision: readonly Supervised[];
  /** How many other modules call a module, for modules with findings. */
  readonly fanIn: Readonly<Record<string, number>>;
  /** Paths that were scanned. */
  readonly scanned: readonly string[];
}>;

/** All that a report is made of besides the scan result. What is absent was not measured, and the report says so. */
export type ReportOptions = Survey & {
  readonly rules: readonly RuleInfo[];
  readonly quote: Quote;
  readonly project: string;
  /** Address of a place; relative to the scanned folder when left out. Without an address the place is plain text. */
  readonly link?: (file: string, line: number, endLine?: number) => string | undefined;
  readonly commit?: { readonly id: string; readonly isDirty: boolean };
  readonly date?: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  /** What part of the findings is reported, when not all of them are. */
  readonly narrowed?: string;
  /** What changed since an earlier run, and which one. */
  readonly changes?: { readonly since: string; readonly comparison: Comparison; readonly regressed: ReadonlyMap<string, string>; /** Where the line of a finding was changed since; undefined where nobody knows. */ readonly changedBy?: (item: Remembered) => Commit | "unchanged" | undefined; /** Versions of the two audits, when they differ, or their rules do. */ readonly otherRules?: string };
  readonly decisions?: readonly Decision[];
  /** Test files that changed since the last audit's commit; absent when they were not compared. */
  readonly testChanges?: readonly TestChange[];
  /** Sentences on what could not be read of history, worklog or baseline. */
  readonly wrong?: readonly string[];
  /** Commands that were run for this report. */
  readonly commands?: readonly string[];
  readonly trend?: readonly TrendPoint[];
};
