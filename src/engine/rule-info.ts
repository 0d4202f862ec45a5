import type { Rule } from "./rule.ts";

/** A rule as plain data, without its check: what pages, hovers, SARIF and `explain` show. */
export type RuleInfo = Pick<Rule, "id" | "family" | "title" | "severity" | "set" | "fix" | "source" | "doc" | "bad" | "good"> & Partial<Pick<Rule, "options">>;

export function infoOf(rule: Rule): RuleInfo {
  const { id, family, title, severity, set, fix, source, doc, bad, good, options } = rule;
  return { id, family, title, severity, set, fix, source, doc, bad, good, ...(options === undefined ? {} : { options }) };
}
