/** What OTP Audit proposes for one module. Plain data: it crosses threads, pages and files as it is. */
export type Plan = {
  readonly version: 1;
  readonly file: string;
  readonly module: string;
  readonly metrics: ModuleMetrics;
  /** Functions that stay whatever the user wants, with the reason. */
  readonly pinned: readonly PinnedFunction[];
  readonly alternatives: readonly Alternative[];
  /** Why nothing can be done here; a plan with blockers is shown and not applied. */
  readonly blockers: readonly Blocker[];
  /** Present for a module that is a process with state. */
  readonly process?: ProcessPlan;
};

export type PinnedFunction = { readonly function: string; readonly reason: string; readonly line: number };
export type Blocker = { readonly reason: string; readonly line: number };

export type AlternativeId = "files" | "structure" | "text-order" | "finer" | "coarser" | "topic" | "granularity" | "banners" | "state" | "edited";

/** One way to split. Every function of the module is in exactly one group or in `stays`. */
export type Alternative = {
  readonly id: AlternativeId;
  readonly title: string;
  readonly default?: true;
  readonly groups: readonly Group[];
  readonly stays: readonly string[];
  readonly metrics: PlanMetrics;
  readonly steps: readonly Step[];
};

/** A module to be, with the functions that go there. */
export type Group = {
  readonly module: string;
  readonly file: string;
  readonly functions: readonly string[];
  readonly reasons: readonly Reason[];
};

/** Why a function is in its group; `uncertain` when another group is almost as close. */
export type Reason = { readonly function: string; readonly why: readonly string[]; readonly uncertain?: true; readonly closeTo?: string };

export type ModuleMetrics = {
  readonly codeLines: number;
  readonly docLines: number;
  readonly publicFunctions: number;
  readonly privateFunctions: number;
  readonly longestFunction: number;
  readonly branches: number;
  /** Parts of the module that share neither calls nor attributes (LCOM4). */
  readonly parts: number;
  /** Share of pairs of public functions that are connected (TCC). */
  readonly cohesion: number;
  readonly couplingOut: { readonly modules: number; readonly calls: number };
  /** Unknown where the rest of the project was not looked at. */
  readonly couplingIn?: { readonly modules: number; readonly calls: number };
};

export type PlanMetrics = {
  readonly modules: readonly { readonly module: string; readonly codeLines: number; readonly publicFunctions: number; readonly privateFunctions: number; readonly parts: number }[];
  readonly remainingCodeLines: number;
  /** Share of local calls that stay inside one module. */
  readonly internalCallShare: number;
  readonly crossModuleCalls: number;
  readonly promotedPrivates: number;
  /** Dependencies that make one of the modules wait for another when it is compiled. */
  readonly compileTimeEdges: number;
  /** Groups that call each other in a circle; harmless at run time. */
  readonly runtimeCycles: number;
  readonly largestShare: number;
  readonly modularity: number;
  readonly turboMq: number;
};

export type Risk = "low" | "medium" | "high";

/** Work after which everything compiles. */
export type Step = {
  readonly number: number;
  readonly kind: "files" | "extract" | "process" | "redirect";
  readonly title: string;
  readonly modules: readonly string[];
  readonly risk: Risk;
  /** What makes it risky, in sentences; empty for low risk. */
  readonly risks: readonly string[];
  readonly effort: { readonly places: number; readonly files: number };
  readonly optional?: true;
};

/** Callbacks and state fields of a process, arranged so that what belongs together stands together. */
export type ProcessPlan = {
  readonly fields: readonly string[];
  readonly callbacks: readonly ProcessRow[];
  readonly blocks: readonly ProcessBlock[];
};
export type ProcessRow = { readonly id: string; readonly message: string; readonly line: number; /** One mark for each field. */ readonly marks: readonly ("" | "read" | "write")[] };
export type ProcessBlock = { readonly name: string; readonly rows: readonly string[]; readonly fields: readonly string[]; readonly shared: readonly string[]; readonly cohesion: number; readonly risks: readonly string[]; readonly steps: readonly string[] };

/** Where the units of a module go; what is missing stays. */
export type Assignment = ReadonlyMap<string, string>;
