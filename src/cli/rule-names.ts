import { ruleInfo, similarRules } from "../audit/rules.ts";
import { UsageError } from "./machine.ts";

/** Throws where one of the rules asked for is none. */
export function checkRules(ids: readonly string[]): void {
  for (const id of ids) if (ruleInfo(id) === undefined) throw unknownRule(id);
}

export const unknownRule = (id: string): UsageError => {
  const similar = similarRules(id);
  return new UsageError(`There is no rule ${id}.${similar.length > 0 ? ` Did you mean ${similar.join(" or ")}?` : ""} otp-audit rules lists them.`);
};
