import { nearest } from "../engine/nearest.ts";
import { infoOf, type RuleInfo } from "../engine/rule-info.ts";
import { rules } from "../rules/index.ts";

/** Every rule as plain data, sorted by id. */
export const ruleInfos: readonly RuleInfo[] = rules.map(infoOf);

export const ruleInfo = (id: string): RuleInfo | undefined => ruleInfos.find((rule) => rule.id === id);

/** Ids that are close to a mistyped one, nearest first. */
export const similarRules = (typed: string): readonly string[] => nearest(typed, ruleInfos.map(({ id }) => id));
