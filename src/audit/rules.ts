import { infoOf, type RuleInfo } from "../engine/rule-info.ts";
import { rules } from "../rules/index.ts";

/** Every rule as plain data, sorted by id. */
export const ruleInfos: readonly RuleInfo[] = rules.map(infoOf);

export const ruleInfo = (id: string): RuleInfo | undefined => ruleInfos.find((rule) => rule.id === id);

/** Ids that are close to a mistyped one, nearest first. */
export function similarRules(typed: string): readonly string[] {
  return ruleInfos
    .map(({ id }) => ({ id, distance: distanceOf(typed, id) }))
    .filter(({ id, distance }) => distance <= Math.max(3, Math.floor(id.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ id }) => id);
}

/** Levenshtein distance of two short words. */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length] ?? 0;
}
