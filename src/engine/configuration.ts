import type { ServerKind } from "../model/known.ts";
import type { Confidence, Finding, Severity } from "./finding.ts";

/** What the configuration says of one rule; what it does not say stays as the rule has it. */
export type RuleSetting = { readonly enabled?: boolean; readonly severity?: Severity; readonly options?: Readonly<Record<string, unknown>> };

/** A place where rules are right and the code is, too: said once, with a reason, instead of in comments. */
export type Exception = {
  readonly module: string;
  /** Absent: the whole module. */
  readonly function?: string;
  readonly arity?: number;
  /** Absent: all rules. */
  readonly rules?: readonly string[];
  readonly reason: string;
};

/** One `.otp_audit.exs` as plain data. `folder` is where it lies: "" is the root, others end in `/`. */
export type Configuration = {
  readonly folder: string;
  readonly extendsRoot: boolean;
  readonly rules: ReadonlyMap<string, RuleSetting>;
  readonly extended?: boolean;
  readonly minConfidence?: Confidence;
  readonly requireReason?: boolean;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Modules whose `use` makes a server. */
  readonly servers: ReadonlyMap<string, ServerKind>;
  readonly exceptions: readonly Exception[];
};

export const emptyConfiguration: Configuration = { folder: "", extendsRoot: false, rules: new Map(), include: [], exclude: [], servers: new Map(), exceptions: [] };

/** All configurations of a workspace. The nearest one above a file counts; one that extends the root is laid over it. */
export type Configurations = {
  readonly of: (file: string) => Configuration;
  /** Each distinct configuration that applies to some file. */
  readonly all: readonly Configuration[];
};

/** Resolves inheritance. `base` (settings of the face) lies below the root's configuration. */
export function configurationsOf(found: readonly Configuration[], base: Configuration = emptyConfiguration): Configurations {
  const own = found.find(({ folder }) => folder === "");
  const root = own === undefined ? base : overlaid(base, own);
  const nested = found.filter(({ folder }) => folder !== "").map((configuration) => overlaid(configuration.extendsRoot ? root : base, configuration));
  const deepestFirst = nested.sort((a, b) => b.folder.length - a.folder.length);
  return { of: (file) => deepestFirst.find(({ folder }) => file.startsWith(folder)) ?? root, all: [root, ...deepestFirst] };
}

function overlaid(below: Configuration, above: Configuration): Configuration {
  const rules = new Map(below.rules);
  for (const [id, setting] of above.rules) {
    const lower = rules.get(id);
    rules.set(id, { ...lower, ...setting, ...(lower?.options === undefined ? {} : { options: { ...lower.options, ...setting.options } }) });
  }
  return {
    ...below,
    ...above,
    rules,
    // Globs of the root are relative to the root, those of a nested file to its folder: both become relative to the root.
    include: above.include.length > 0 ? rooted(above) : below.include,
    exclude: [...below.exclude, ...rooted({ ...above, include: above.exclude })],
    servers: new Map([...below.servers, ...above.servers]),
    exceptions: [...below.exceptions, ...above.exceptions],
  };
}

const rooted = ({ folder, include }: Pick<Configuration, "folder" | "include">): readonly string[] => include.map((glob) => `${folder}${glob}`);

/** The exception that covers a finding. `function` of a finding is written `name/arity`. */
export function exceptionFor(finding: Finding, exceptions: readonly Exception[]): Exception | undefined {
  return exceptions.find(({ module, function: name, arity, rules }) => {
    if (module !== finding.module || (rules !== undefined && !rules.includes(finding.rule))) return false;
    if (name === undefined) return true;
    const slash = finding.function.lastIndexOf("/");
    return finding.function.slice(0, slash) === name && (arity === undefined || finding.function.slice(slash + 1) === String(arity));
  });
}
