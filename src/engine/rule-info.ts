import type { Rule } from "./rule.ts";

/** A rule as plain data, without its check: what pages, hovers, SARIF and `explain` show. */
export type RuleInfo = Omit<Rule, "check" | "yieldsTo">;

export function infoOf(rule: Rule): RuleInfo {
  const { check: _check, yieldsTo: _yieldsTo, ...info } = rule;
  return info;
}
