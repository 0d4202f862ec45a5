import type { Clause } from "../../model/module.ts";
import type { FieldWrite } from "../../model/state.ts";
import type { Expr } from "../../syntax/tree.ts";
import { matchesOn } from "../../model/flow.ts";
import { outcomesOf } from "../../model/usage.ts";

/** How a write makes its field larger. `at` is the expression that adds, `key` the key of a map or the element of a set; `element` what a list gains. */
export type Growth = { readonly at: Expr; readonly kind: "list" | "map"; readonly key: Expr | undefined; readonly element: Expr | undefined };

/** Whether a field that gets this value is emptied. */
export const isReset = (value: Expr | undefined): boolean => value !== undefined && ((/^(list|map)$/.test(value.kind) && value.children.length === 0) || value.isAtom("nil") || value.isCall("MapSet.new", "Map.new", ":queue.new"));

type IsField = (expr: Expr | undefined) => boolean;

/** An element put in front of or behind a field's list, or a key put into its map or set; undefined for every other write. */
export function growthOf(write: FieldWrite): Growth | undefined {
  const { value, field, clause } = write;
  if (value === undefined) return undefined;
  if (write.at.isCall("update_in", "Map.update!", "Map.update") && value.kind === "fn") return growthOfFunction(value);
  if (write.at.isCall("put_in")) {
    const path = write.at.args[0];
    return path?.isCall("Access.get") && path.args[0]?.kind === "field" && path.args[0].name === field ? { at: write.at, kind: "map", key: path.args[1], element: write.value } : undefined;
  }
  const isField: IsField = (expr) => (expr?.kind === "field" && expr.name === field) || (expr?.kind === "var" && isTakenFrom(clause, expr.name, field));
  const growth = growthOfBranches(computed(value, clause), isField);
  const added = growth?.element === undefined ? undefined : computed(growth.element, clause);
  // `new = asked -- known` before `known ++ new`: the list is a set, and grows with what it has not yet.
  return growth !== undefined && added?.isOp("--") === true && isField(added.right) ? { ...growth, kind: "map", key: added.left } : growth;
}

/** The variable is the field, taken out of the state by a pattern in the head or by a binding of the body. */
const isTakenFrom = (clause: Clause, name: string, field: string): boolean =>
  [...clause.params, ...bindingsIn(clause).flatMap(({ left, right }) => (left !== undefined && left.kind !== "var" && right?.kind === "var" ? [left] : []))].some((pattern) => [...pattern.descendants()].some((part) => part.kind === "pair" && part.key?.isAtom(field) === true && part.value?.isVar(name) === true)) ||
  matchesOn(clause.node, name).some(({ right }) => right?.kind === "field" && right.name === field);

const bindingsIn = (clause: Clause): readonly Expr[] => clause.node.descendantsOf("match");

/** What a variable was computed as, when the clause binds it once and the head does not; bound several times, the last of them in the clause's own line of statements. */
function computed(value: Expr, clause: Clause): Expr {
  if (value.kind !== "var") return value;
  const bindings = matchesOn(clause.node, value.name);
  const last = bindings.length === 1 ? bindings[0] : bindings.every((binding) => clause.body.includes(binding)) ? bindings.findLast(({ id }) => id < value.id) : undefined;
  return last?.right ?? value;
}

/** A branch that adds, beside one that leaves the field alone: it takes in what it has not yet, as a set does. */
function growthOfBranches(value: Expr, isField: IsField): Growth | undefined {
  if (!value.isCall("if", "unless", "case", "cond")) return growthOfValue(value, isField);
  const outcomes = [...outcomesOf(value)];
  const growth = outcomes.map((outcome) => growthOfValue(outcome, isField)).find((found) => found !== undefined);
  return growth !== undefined && outcomes.some((outcome) => isField(outcome)) ? { ...growth, kind: "map", key: growth.key ?? growth.element } : undefined;
}

/** The same for an expression, given what stands for the map or list that grows. */
export function growthOfValue(value: Expr, isField: IsField): Growth | undefined {
  const last = value.kind === "list" ? value.children.at(-1) : undefined;
  if (last?.kind === "op" && last.name === "|" && isField(last.right)) return { at: value, kind: "list", key: undefined, element: last.left };
  if (value.kind === "op" && value.name === "++" && (isField(value.left) || isField(value.right))) return { at: value, kind: "list", key: undefined, element: isField(value.left) ? value.right : value.left };
  if (value.isCall("Map.put", "Map.put_new", "Map.update", "MapSet.put") && isField(value.args[0])) return { at: value, kind: "map", key: value.args[1], element: value.args[2] };
  return undefined;
}
function growthOfFunction(fn: Expr): Growth | undefined {
  const clause = fn.clauses[0];
  const param = clause?.params[0];
  const isParam: IsField = (expr) => expr?.kind === "var" && (param === undefined ? expr.name === "&1" : expr.name === param.name);
  return clause?.result === undefined ? undefined : growthOfValue(clause.result, isParam);
}
