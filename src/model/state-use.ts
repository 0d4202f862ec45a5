import type { Expr } from "../syntax/tree.ts";
import { boundIn } from "./literals.ts";
import type { Clause, Fn, Module } from "./module.ts";

/** Which fields of a server's state a callback clause reads or writes; undefined when it hands the whole state where it cannot be followed. */
export type StateUse = { readonly clause: Clause; readonly fields: ReadonlySet<string> | undefined };

const MAX_DEPTH = 5;

/** The fields each clause of the server's message callbacks uses, itself and through functions of the module. */
export function stateUses(module: Module, callbacks: readonly string[]): readonly StateUse[] {
  return callbacks.flatMap((id) => module.callback(id).map((clause) => ({ clause, fields: fieldsUsed(clause, clause.params.length - 1, 0) })));
}

/** Fields used of the value in parameter `index` of a clause. */
function fieldsUsed(clause: Clause, index: number, depth: number): ReadonlySet<string> | undefined {
  const param = clause.params[index];
  const found = new Set<string>();
  if (param === undefined) return found;
  for (const key of keysOf(param)) found.add(key);
  const names = wholeNames(param);
  if (names.size === 0) return found;
  for (const expr of clause.node.descendantsOf("var")) {
    if (!names.has(expr.name) || param.contains(expr)) continue;
    const used = usedHere(expr, clause, depth, names);
    if (used === undefined) return undefined;
    for (const field of used) found.add(field);
  }
  return found;
}

/** Variables that stand for the whole value: `state`, or `state` of `%{a: a} = state`. */
function wholeNames(param: Expr): Set<string> {
  if (param.kind === "var") return new Set([param.name]);
  return new Set(param.kind === "match" ? param.children.flatMap((part) => (part.kind === "var" ? [part.name] : [])) : []);
}
const keysOf = (pattern: Expr): readonly string[] => pattern.descendantsOf("pair").flatMap((expr) => (expr.key?.kind === "atom" && expr.parent?.parent !== undefined && isOuter(expr, pattern) ? [expr.key.name] : []));
const isOuter = (pair: Expr, pattern: Expr): boolean => {
  for (const above of pair.ancestors()) {
    if (above === pattern) return true;
    if (above !== pair.parent && (above.kind === "map" || above.kind === "struct")) return false;
  }
  return true;
};

/** What one mention of the whole value uses: a field, the fields an update writes, or what the function it goes to uses. */
function usedHere(value: Expr, clause: Clause, depth: number, names: Set<string>): readonly string[] | undefined {
  const { parent } = value;
  switch (parent?.kind) {
    case undefined:
    case "tuple":
    case "block":
    case "section":
    case "clause":
      return [];
    case "field":
      return [parent.name];
    case "map":
    case "struct":
      return parent.updated === value ? withResult(keysWritten(parent), parent, clause, depth, names) : undefined;
    case "match":
      if (parent.right === value && parent.left !== undefined) for (const name of statesBound(parent.left)) names.add(name);
      return parent.right === value && parent.left?.kind === "map" ? keysOf(parent.left) : [];
    case "call":
      return ofCall(parent, value, clause, depth, names);
    default:
      return value.kind === "call" ? [] : undefined;
  }
}

/** Fields used here, and those that are used of what the expression gives: the state from then on. */
function withResult(used: readonly string[] | undefined, result: Expr, clause: Clause, depth: number, names: Set<string>): readonly string[] | undefined {
  const later = used === undefined ? undefined : usedHere(result, clause, depth, names);
  return used === undefined || later === undefined ? undefined : [...used, ...later];
}

const keysWritten = (update: Expr): readonly string[] => update.pairs.flatMap((pair) => (pair.key?.kind === "atom" ? [pair.key.name] : []));
/** Names that the left of a match gives to the state: a variable, or one in a tuple that is called so. */
const statesBound = (left: Expr): readonly string[] => (left.kind === "var" ? [left.name] : left.kind === "tuple" ? [...boundIn(left)].filter((name) => /state|^s$/.test(name)) : []);

const oneKey = /^(Map\.(put|get|update|update!|put_new|fetch|fetch!|replace!?|delete|pop|has_key\?)|Access\.get|put_in|update_in|get_in|pop_in)$/;
const looksOnly = /^(case|with|if|unless|cond|Logger\.\w+|inspect|is_map)$/;

function ofCall(call: Expr, value: Expr, clause: Clause, depth: number, names: Set<string>): readonly string[] | undefined {
  const [first, second] = call.args;
  if (first === value && oneKey.test(call.name)) {
    const key = second?.kind === "list" ? second.children[0] : second;
    return withResult(key?.kind === "atom" ? [key.name] : undefined, call, clause, depth, names);
  }
  if (looksOnly.test(call.name)) return [];
  const callee = clause.siteAt(call)?.callee;
  if (callee === undefined || callee.module !== clause.fn.module || depth >= MAX_DEPTH) return undefined;
  return withResult(ofCallee(callee, call.args.indexOf(value), depth), call, clause, depth, names);
}

function ofCallee(callee: Fn, index: number, depth: number): readonly string[] | undefined {
  const all: string[] = [];
  for (const clause of callee.clauses) {
    const used = fieldsUsed(clause, index, depth + 1);
    if (used === undefined) return undefined;
    all.push(...used);
  }
  return all;
}
