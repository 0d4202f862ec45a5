import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import type { Clause, Fn, Module } from "./module.ts";
import { outcomesOf } from "./usage.ts";
import { remembered } from "./reading.ts";
import { matchesOn } from "./flow.ts";
import { bindsAll, boundIn } from "./literals.ts";

/** Which keys a server's state can have. */
export type StateShape = {
  readonly keys: ReadonlySet<string>;
  /** Struct module, when init returns one. */
  readonly struct: string | undefined;
  /** True when part of the state comes from code that cannot be resolved: then anything may be in it. */
  readonly isOpen: boolean;
  /** The literals in `init/1`. */
  readonly literals: readonly Expr[];
};

/** One place that gives a field of a map a value: `%{x | f: v}`, `Map.put(x, :f, v)`, `put_in(x.f, v)`, `update_in(x.f, fun)`. */
export type FieldWrite = {
  readonly at: Expr;
  readonly field: string;
  readonly value: Expr | undefined;
  readonly base: Expr | undefined;
  /** `strict`: raises when the key is missing. */
  readonly isStrict: boolean;
  readonly clause: Clause;
};

/** The shape of the state of a server, from what `init/1` returns on every path and what later code adds. */
export const stateShapeOf = remembered((module: Module): StateShape => readShape(module));

function readShape(module: Module): StateShape {
  const keys = new Set<string>();
  const literals: Expr[] = [];
  let struct: string | undefined;
  let isOpen = module.callback("init/1").length === 0;
  for (const clause of module.callback("init/1"))
    for (const outcome of outcomesOf(clause.result)) {
      const state = stateIn(outcome);
      if (state === undefined) {
        if (!isRefusal(outcome)) isOpen = true;
        continue;
      }
      const literal = literalOf(state, clause);
      if (literal === undefined || literal.updated !== undefined) isOpen = true;
      else {
        literals.push(literal);
        if (literal.kind === "struct") struct = literal.name;
        if (!addKeys(keys, literal)) isOpen = true;
      }
    }
  const handlers = ["handle_call/3", "handle_cast/2", "handle_info/2", "handle_continue/2"].flatMap((id) => module.callback(id));
  if (handlers.some((clause) => namesNothing(clause.lastParam(0)) && statesAfter(clause).length > 0)) isOpen = true;
  for (const made of handlers.flatMap(madeAnew)) if (!addKeys(keys, made)) isOpen = true;
  for (const write of fieldWritesIn(module)) if (!write.isStrict) keys.add(write.field);
  if (module.calls("Map.merge", "Map.new", "Enum.into", "Map.put_new", "struct", "struct!", "Map.update", "Kernel.struct", "Map.put").some(isDynamicKey)) isOpen = true;
  // What a `use` brings may answer with any map; a struct has the keys it was defined with.
  return { keys, struct, isOpen: isOpen || (module.unknownUses.length > 0 && struct === undefined), literals };
}

/** Adds the keys that a literal writes out; answers whether these are all. */
function addKeys(keys: Set<string>, { pairs }: Expr): boolean {
  for (const { key } of pairs) if (key?.kind === "atom") keys.add(key.name);
  return pairs.every(({ key }) => key?.kind === "atom");
}
/** A handler that does not even name its state, as with `_` or `%{}`, puts another in its place. */
const namesNothing = (param: Expr | undefined): boolean => param !== undefined && (/^_/.test(param.name) || boundIn(param).size === 0);
/** The states with which a handler goes on, as it does not in a stop. */
export const statesAfter = (clause: Clause): readonly Expr[] =>
  [...outcomesOf(clause.result)].flatMap((outcome) => {
    const tag = outcome.kind === "tuple" ? outcome.children[0] : undefined;
    const state = tag?.isAtom("noreply") === true ? outcome.children[1] : tag?.isAtom("reply") === true ? outcome.children[2] : undefined;
    return state === undefined ? [] : [state];
  });
/** Maps written out in a handler that become the state, also with an update on top of them. */
const madeAnew = (clause: Clause): readonly Expr[] =>
  statesAfter(clause).flatMap((state) => {
    const last = literalOf(state, clause);
    const first = last?.updated === undefined ? last : literalOf(last.updated, clause);
    return first === undefined || first.updated !== undefined ? [] : [first];
  });

/** State in a return of `init/1`: second element of `{:ok, state}` and `{:ok, state, …}`. */
const stateIn = (outcome: Expr): Expr | undefined => (outcome.kind === "tuple" && outcome.children[0]?.isAtom("ok") ? outcome.children[1] : undefined);
const isRefusal = (outcome: Expr): boolean => outcome.isAtom("ignore") || (outcome.kind === "tuple" && outcome.children[0]?.kind === "atom" && ["stop", "error"].includes(outcome.children[0].name)) || outcome.isCall("raise", "exit", "throw", "reraise");

/** The map or struct literal an expression stands for, through a variable bound once in the clause. */
export function literalOf(expr: Expr, clause: Clause): Expr | undefined {
  if (expr.kind === "map" || expr.kind === "struct") return expr;
  if (expr.kind !== "var") return undefined;
  const bindings = matchesOn(clause.node, expr.name);
  const value = bindings.length === 1 ? bindings[0]?.right : undefined;
  return value?.kind === "map" || value?.kind === "struct" ? value : undefined;
}

/** Merging or putting under a key that is not written out can add any key to any map. */
function isDynamicKey(site: CallSite): boolean {
  const { name, args } = site.node;
  if (name === "Map.put" || name === "Map.put_new" || name === "Map.update") return args[1]?.kind !== "atom" && args[0]?.kind === "var" && looksLikeState(args[0], site);
  if (name === "Map.merge") return args.some((arg) => arg.kind === "var" && looksLikeState(arg, site));
  return site.fn.name === "init";
}
const looksLikeState = (expr: Expr, site: CallSite): boolean => /state|^s$|data/.test(expr.name) || site.clause.lastParam(0)?.isVar(expr.name) === true;

/** Every write to a literal field of a map in the functions of a module, in source order. */
export const fieldWritesIn = remembered((module: Module): readonly FieldWrite[] => module.functions.filter((fn) => !fn.isMacro).flatMap((fn) => fn.clauses.flatMap((clause) => [...writesIn(clause)])));

function* writesIn(clause: Clause): Generator<FieldWrite> {
  for (const expr of clause.node.descendantsOf("map", "struct", "call")) {
    const base = expr.updated;
    if (base !== undefined) {
      for (const pair of expr.pairs) if (pair.key?.kind === "atom") yield { at: expr, field: pair.key.name, value: pair.value, base, isStrict: expr.kind === "map", clause };
    } else if (expr.kind === "call" && writers.has(expr.name)) yield* writesOfCall(expr, clause);
  }
}

const writers: ReadonlySet<string> = new Set(["Map.put", "Map.put_new", "Map.update", "Map.replace", "Map.replace!", "Map.update!", "Map.put_new_lazy", "Map.replace_lazy", "put_in", "update_in"]);

function* writesOfCall(expr: Expr, clause: Clause): Generator<FieldWrite> {
  const [first, second, third] = expr.args;
  if (expr.name.startsWith("Map.")) {
    if (second?.kind === "atom") yield { at: expr, field: second.name, value: expr.args.at(-1), base: first, isStrict: /!$/.test(expr.name), clause };
  } else if (first !== undefined) {
    const path = first.kind === "field" || first.isCall("Access.get") ? rootField(first) : undefined;
    if (path !== undefined) yield { at: expr, field: path.field, value: second, base: path.base, isStrict: true, clause };
    else if (second?.kind === "list" && second.children[0]?.kind === "atom") yield { at: expr, field: second.children[0].name, value: third, base: first, isStrict: false, clause };
  }
}

/** `s.orders[id].total` begins at field `orders` of `s`. */
export function rootField(expr: Expr): { readonly field: string; readonly base: Expr } | undefined {
  let at: Expr = expr;
  for (;;) {
    const below: Expr | undefined = at.kind === "field" ? at.target : at.isCall("Access.get") ? at.args[0] : undefined;
    if (below === undefined) return undefined;
    if (below.kind === "var") return at.kind === "field" ? { field: at.name, base: below } : undefined;
    at = below;
  }
}

/** Whether an expression is the server's own state here: the last parameter of a callback (or a name bound to all of it). */
export function isState(expr: Expr | undefined, clause: Clause): boolean {
  const param = clause.lastParam(0);
  return expr?.kind === "var" && param !== undefined && bindsAll(param, expr.name);
}

/** Parameters of a private helper that get the whole state from a callback, by position. */
export function stateParameters(fn: Fn): ReadonlySet<number> {
  const found = new Set<number>();
  for (const site of fn.callers) {
    if (site.module !== fn.module) continue;
    site.args.forEach((arg, i) => {
      if (site.fn.isCallback && isState(arg, site.clause)) found.add(i);
    });
  }
  return found;
}
