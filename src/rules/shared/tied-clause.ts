import { boundIn } from "../../model/literals.ts";
import { infoClausesFor } from "../../model/messages.ts";
import type { Clause, Module } from "../../model/module.ts";
import { isCatchAll } from "../../model/server.ts";
import { fieldWritesIn } from "../../model/state.ts";
import type { Expr } from "../../syntax/tree.ts";

/** The one clause that takes a message, and the field of the state on which that depends. */
export type Tied = { readonly clause: Clause; readonly field: string };

/** The clause for a message that holds in one condition of the state only, which other code changes, while no clause takes the message in the rest. */
export function tiedClause(module: Module, message: Expr): Tied | undefined {
  const [clause, another] = infoClausesFor(module, message);
  if (clause === undefined || another !== undefined || module.callback("handle_info/2").some(({ params, guard }) => isCatchAll(params[0], guard))) return undefined;
  const field = conditionsIn(clause).find((name) => fieldWritesIn(module).some((write) => write.field === name && write.clause !== clause && write.clause.fn.name !== "init"));
  return field === undefined ? undefined : { clause, field };
}

/** Fields of the state that a clause wants to have one value, one that its guard compares, or one that came with the message. */
function conditionsIn({ params: [message, state], guard }: Clause): readonly string[] {
  const named = message === undefined ? new Set<string>() : boundIn(message);
  const compared = guard === undefined ? [] : [...guard.descendants()].filter((part) => part.isOp(...comparisons) || part.isCall("is_nil"));
  const isCompared = (name: string): boolean => compared.some((part) => [...part.descendants()].some((inner) => inner.isVar(name)));
  const fields: string[] = [];
  for (const part of state?.descendants() ?? []) {
    const { key, value } = part;
    if (part.kind !== "pair" || key?.kind !== "atom" || value === undefined) continue;
    if (["atom", "number", "string"].includes(value.kind) || (value.kind === "var" && (named.has(value.name) || isCompared(value.name)))) fields.push(key.name);
  }
  const whole = state?.kind === "var" ? state.name : state?.kind === "match" ? state.children.find((part) => part.kind === "var")?.name : undefined;
  for (const part of compared.flatMap((one) => [...one.descendants()])) if (part.kind === "field" && part.target?.isVar(whole ?? "") === true) fields.push(part.name);
  return fields;
}
const comparisons = ["==", "!=", "===", "!==", ">", "<", ">=", "<=", "in"] as const;
