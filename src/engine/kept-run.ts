import type { KeptIndex } from "../model/indexes.ts";
import type { FileFacts } from "../model/source-file.ts";
import type { Finding, Problem } from "./finding.ts";
import type { Rule } from "./rule.ts";
import type { Outcome } from "./run.ts";

/** What rules said of something, and all that this rests on besides the file itself: paths, names, callers, entries of indexes. Plain data. */
export type KeptUnit = { readonly keys: readonly string[]; readonly said: readonly KeptOutcome[] };
type KeptOutcome = { readonly rule: string; readonly findings: readonly (readonly [string, Finding])[]; readonly problem?: Problem };

/**
 * A run of rules as plain data, from which another process goes on: it looks only into files that an edit concerns.
 * `files` are in the order of the workspace; of rules that judge the workspace as a whole there is a unit each.
 */
export type KeptRun = {
  readonly files: readonly (KeptUnit & { readonly facts: FileFacts })[];
  readonly rules: Readonly<Record<string, KeptUnit>>;
  readonly indexes: readonly KeptIndex[];
};

export const keptOutcome = ({ rule, findings, problem }: Outcome): KeptOutcome => ({ rule: rule.id, findings: [...findings], ...(problem === undefined ? {} : { problem }) });

export function outcomeFrom({ rule: id, findings, problem }: KeptOutcome, rules: ReadonlyMap<string, Rule>): Outcome[] {
  const rule = rules.get(id);
  return rule === undefined ? [] : [{ rule, findings: new Map(findings), problem }];
}
