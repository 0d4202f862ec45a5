import type { KeptIndex } from "../model/indexes.ts";
import type { FileFacts } from "../model/source-file.ts";
import type { Finding, Problem } from "./finding.ts";
import type { Rule } from "./rule.ts";
import type { Outcome } from "./run.ts";

/** What a rule said of a file or the workspace, and all that this rests on besides the file itself: paths, names, callers, entries of indexes. */
export type KeptUnit = { readonly rule: string; readonly keys: readonly string[]; readonly said: readonly KeptOutcome[] };
type KeptOutcome = { readonly findings: readonly (readonly [string, Finding])[]; readonly problem?: Problem };

/**
 * A run of rules as plain data, from which another process goes on: it looks only into files that an edit concerns.
 * `files` are in the order of the workspace; units that rest on nothing and say nothing are left out.
 */
export type KeptRun = { readonly files: readonly { readonly facts: FileFacts; readonly units: readonly KeptUnit[] }[]; readonly whole: readonly KeptUnit[]; readonly indexes: readonly KeptIndex[] };

export const keptOutcome = ({ findings, problem }: Outcome): KeptOutcome => ({ findings: [...findings], ...(problem === undefined ? {} : { problem }) });
export const outcomeFrom = ({ findings, problem }: KeptOutcome, rule: Rule): Outcome => ({ rule, findings: new Map(findings), problem });
