import type { Module } from "../model/module.ts";
import type { SourceFile } from "../model/source-file.ts";
import type { Workspace } from "../model/workspace.ts";
import type { Expr, Tree } from "../syntax/tree.ts";
import type { TextEdit } from "../text/edit.ts";
import type { Confidence, Family, FixKind, Severity } from "./finding.ts";

/** What a rule says of one place. The engine adds file, lines, module, function, family and fingerprint. */
export type Report = {
  /** The expression that does the harm. */
  readonly at: Expr;
  readonly message: string;
  /** Steps from the entry to the place, then other places; file and line come from the expression. */
  readonly related?: readonly { readonly at: Expr; readonly message: string }[];
  readonly evidence?: readonly string[];
  readonly searched?: readonly string[];
  /** Where the instance differs from the rule's own. */
  readonly severity?: Severity;
  readonly confidence: Confidence;
  readonly fix?: { readonly kind: FixKind; readonly title: string };
  /** Writes the fix out where that can be done without a choice; asked once, when the report becomes a finding. */
  readonly ready?: () => Iterable<FixDraft>;
  /** Mark only the line on which `at` starts (heads, whole modules). */
  readonly firstLineOnly?: boolean;
};

/** A fix as a rule writes it: new text for code of the workspace, with line feeds, which the engine makes those of the file. */
export type FixDraft = { readonly title: string; readonly safe: boolean; readonly edits: readonly CodeEdit[] };
export type CodeEdit = TextEdit & { readonly tree: Tree };

/**
 * A place a rule looked at and found right. The reason is put into words only when somebody asks: a clause without a full
 * stop, such as "every path to it runs inside the process of Oven".
 */
export type Dismissal = { readonly at: Expr; readonly because: () => string };

/** Whether a rule spoke of a flaw, or said why there is none. */
export const isDismissal = (said: Report | Dismissal): said is Dismissal => "because" in said;

export type OptionSpec = { readonly default: number | string | boolean | readonly string[]; readonly doc: string };
export type Options<S extends Record<string, OptionSpec>> = { readonly [K in keyof S]: S[K]["default"] extends number ? number : S[K]["default"] extends boolean ? boolean : S[K]["default"] extends string ? string : readonly string[] };

/** An Elixir example; `#!` at a line's end marks a finding that starts on that line, text after it must occur in its message. */
export type Example = string;

export type Rule<S extends Record<string, OptionSpec> = Record<string, OptionSpec>> = {
  /** Names the bad pattern; equals the file name. */
  readonly id: string;
  readonly family: Family;
  readonly title: string;
  readonly severity: Severity;
  /** `extended` rules run only when asked for. */
  readonly set: "default" | "extended";
  /** `ready` tells where text edits come with the finding, as a clause after "an edit is ready": "where nothing reads the result". */
  readonly fix: { readonly kind: FixKind; readonly title: string; readonly ready?: string };
  /** One official page that states the semantics. */
  readonly source: string;
  readonly doc: {
    readonly what: string;
    readonly why: string;
    readonly instead: string;
    /** When the pattern is right, one sentence each. */
    readonly fine: readonly string[];
    /** Fixes that look right and make it worse. */
    readonly never?: string;
    /** What decides proven, likely and review. */
    readonly sure: string;
  };
  readonly options?: S;
  readonly bad: readonly Example[];
  readonly good: readonly Example[];
  /**
   * Words by which a comment or the documentation shows that the author knows of what is found here, and has decided: the finding is
   * low then, and says so.
   */
  readonly spokenOf?: RegExp;
  /** Rules whose finding on the same line is the more severe truth; this one then stays silent there. */
  readonly yieldsTo?: readonly string[];
} & Check<S>;

/**
 * Where a rule looks: at each module (which knows its workspace), at each file, or at the workspace once.
 * A check keeps no state between calls and reports places of what it was given; the narrower the better, since an edit
 * then re-runs less. Where an exception of the rule silences it at a place people would ask about, it yields a `Dismissal`:
 * scans drop it, and "why is there no finding here?" answers with it.
 */
type Check<S extends Record<string, OptionSpec>> =
  | { readonly checkModule: (module: Module, options: Options<S>) => Iterable<Report | Dismissal>; readonly checkFile?: never; readonly checkWorkspace?: never }
  | { readonly checkFile: (file: SourceFile, options: Options<S>) => Iterable<Report | Dismissal>; readonly checkModule?: never; readonly checkWorkspace?: never }
  | { readonly checkWorkspace: (workspace: Workspace, options: Options<S>) => Iterable<Report | Dismissal>; readonly checkModule?: never; readonly checkFile?: never };

/** Gives a rule's options their types; what comes out is a rule like any other. */
export const defineRule = <const S extends Record<string, OptionSpec> = Record<string, never>>(rule: Rule<S>): Rule => rule as unknown as Rule;

/** Marks a template as Elixir source and removes its common indentation. */
export function elixir(parts: TemplateStringsArray): Example {
  const lines = (parts.raw[0] ?? "").replace(/^\n/, "").trimEnd().split("\n");
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  const cut = Math.min(...indents, 40);
  return `${lines.map((line) => line.slice(cut)).join("\n")}\n`;
}
