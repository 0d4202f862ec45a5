import type { Comparison } from "../engine/comparison.ts";
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

/** A supervisor or a child, as the source says; `note` holds strategy or restart. */
export type Supervised = { readonly name: string; readonly note: string; readonly file: string; readonly line: number; readonly children: readonly Supervised[] };

/** One earlier run, for the trend. */
export type TrendPoint = { readonly label: string; readonly critical: number; readonly high: number; readonly medium: number; readonly low: number };

/** What a person decided about a finding, and what this run sees of it. */
export type Decision = { readonly rule: string; readonly place: string; readonly status: string; readonly reason: string; readonly author: string; readonly date: string; readonly verdict: string };

/** What a report shows of the code besides findings; each part is absent where it was not measured. */
export type Survey = Partial<{ readonly practices: readonly Practice[]; readonly legitimateSleeps: readonly Place[]; readonly modules: readonly ModulePortrait[]; readonly supervision: readonly Supervised[] }>;

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
  /** What changed since an earlier run, and which one. */
  readonly changes?: { readonly since: string; readonly comparison: Comparison };
  readonly decisions?: readonly Decision[];
  readonly trend?: readonly TrendPoint[];
};
