import type { Rule } from "./rule.ts";

/** A rule as plain data, without its check: what pages, hovers, SARIF and `explain` show. */
export type RuleInfo = Pick<Rule, "id" | "family" | "title" | "severity" | "set" | "fix" | "source" | "doc" | "bad" | "good"> & Partial<Pick<Rule, "options">>;

export function infoOf(rule: Rule): RuleInfo {
  const { id, family, title, severity, set, fix, source, bad, good, options } = rule;
  const doc = rule.spokenOf === undefined ? rule.doc : { ...rule.doc, sure: `${rule.doc.sure} Low, too, where a comment or the documentation speaks of it: its author has decided.` };
  return { id, family, title, severity, set, fix, source, doc, bad, good, ...(options === undefined ? {} : { options }) };
}
