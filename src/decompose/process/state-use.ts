import { rootField } from "../../model/state.ts";
import type { Expr } from "../../syntax/tree.ts";
import type { Definition } from "../read/module-source.ts";
import { functionFor, type UnitModule } from "../read/unit.ts";

/** The state fields that code reads, and those it gives a new value. */
export type StateUse = { readonly reads: ReadonlySet<string>; readonly writes: ReadonlySet<string> };

const getters = new Set(["Map.get", "Map.fetch", "Map.fetch!", "Map.has_key?", "Map.take", "Keyword.get"]);
const putters = new Set(["Map.put", "Map.put_new", "Map.update", "Map.replace", "Map.replace!", "Map.update!", "Map.put_new_lazy", "Map.delete"]);

/**
 * Follows the state of a process from a parameter through a clause and the module's own functions it is handed to. Only what is
 * certainly the state counts: the parameter, names bound to it or to an updated copy of it.
 */
export class StateTracker {
  readonly #module: UnitModule;
  readonly #known = new Map<string, { readonly reads: Set<string>; readonly writes: Set<string> }>();

  constructor(module: UnitModule) {
    this.#module = module;
  }

  /** What one clause does to the state in its parameter `position`. */
  useIn(definition: Definition, position: number): StateUse {
    const use = { reads: new Set<string>(), writes: new Set<string>() };
    this.#clause(definition, position, use);
    return use;
  }

  /** What the clauses of a function do to the state in a parameter; those that cannot take `first` as their first argument are left out. */
  useOf(name: string, arity: number, position: number, first?: Expr): StateUse {
    const key = `${name}/${arity}#${position} ${tagOf(first)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const use = { reads: new Set<string>(), writes: new Set<string>() };
    this.#known.set(key, use); // before the clauses, so that recursion ends
    const unit = this.#module.units.get(name);
    const shape = unit === undefined ? undefined : functionFor(unit, arity);
    for (const clause of shape?.clauses ?? []) if (canTake(clause.params[0], first)) this.#clause(clause, position, use);
    return use;
  }

  #clause(definition: Definition, position: number, use: { readonly reads: Set<string>; readonly writes: Set<string> }): void {
    const names = new Set<string>();
    takeApart(definition.params[position], names, use.reads);
    if (names.size === 0) return;
    const isState = (expr: Expr | undefined): boolean => expr !== undefined && names.has(rootName(expr));
    for (const node of definition.node.descendants()) {
      if (node.kind === "match" && isState(node.right)) takeApart(node.left, names, use.reads);
      else if (node.kind === "field") {
        const path = rootField(node);
        if (path !== undefined && isState(path.base)) use.reads.add(path.field);
      } else if (node.updated !== undefined && isState(node.updated)) {
        for (const pair of node.pairs) if (pair.key?.kind === "atom") use.writes.add(pair.key.name);
      } else if (node.kind === "call" && !definition.head.contains(node)) this.#call(node, isState, use);
    }
  }

  #call(node: Expr, isState: (expr: Expr | undefined) => boolean, use: { readonly reads: Set<string>; readonly writes: Set<string> }): void {
    const [first, second] = node.args;
    if (getters.has(node.name) && second?.kind === "atom" && isState(first)) use.reads.add(second.name);
    else if (putters.has(node.name) && second?.kind === "atom" && isState(first)) use.writes.add(second.name);
    else if (node.isCall("put_in", "update_in", "pop_in", "get_and_update_in") && first !== undefined) {
      const path = rootField(first);
      const key = second?.kind === "list" ? second.children[0] : undefined;
      if (path !== undefined && isState(path.base)) use.writes.add(path.field);
      else if (key?.kind === "atom" && isState(first)) use.writes.add(key.name);
    } else if (node.module === "" && this.#module.units.has(node.name))
      node.args.forEach((arg, i) => {
        if (!isState(arg)) return;
        const inner = this.useOf(node.name, node.count, i, node.args[0]);
        for (const field of inner.reads) use.reads.add(field);
        for (const field of inner.writes) use.writes.add(field);
      });
  }
}

/** Whether a clause with this first parameter may be the one that a call with `first` reaches; told by the tags of messages alone. */
const canTake = (param: Expr | undefined, first: Expr | undefined): boolean => tagOf(first) === "" || tagOf(param) === "" || tagOf(first) === tagOf(param);

/** `:get` of `:get`, `:put/3` of `{:put, key, value}`, "" where the value is not written out. */
function tagOf(expr: Expr | undefined): string {
  if (expr?.kind === "atom") return expr.name;
  const tag = expr?.kind === "tuple" ? expr.children[0] : undefined;
  return tag?.kind === "atom" ? `${tag.name}/${expr?.children.length ?? 0}` : "";
}

/** Names that a pattern binds to the whole value, and the keys it looks into. */
function takeApart(pattern: Expr | undefined, names: Set<string>, reads: Set<string>): void {
  if (pattern === undefined) return;
  if (pattern.kind === "var") names.add(pattern.name);
  else if (pattern.kind === "match") {
    takeApart(pattern.left, names, reads);
    takeApart(pattern.right, names, reads);
  } else if (pattern.isOp("\\\\")) takeApart(pattern.children[0], names, reads);
  else if (pattern.kind === "map" || pattern.kind === "struct") for (const pair of pattern.pairs) if (pair.key?.kind === "atom") reads.add(pair.key.name);
}

/** The variable that an expression is, or is an updated copy of: `state`, `%{state | a: 1}`, `Map.put(state, :a, 1)`, `put_in(state.a, 1)`. */
function rootName(expr: Expr): string {
  if (expr.kind === "var") return expr.name;
  if (expr.updated !== undefined) return rootName(expr.updated);
  const first = expr.args[0];
  if (expr.kind !== "call" || first === undefined) return "";
  if (putters.has(expr.name)) return rootName(first);
  if (expr.isCall("put_in", "update_in")) return rootField(first)?.base.name ?? (first.kind === "var" ? first.name : "");
  return "";
}
