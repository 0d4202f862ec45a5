import { type Expr, flag } from "../syntax/tree.ts";
import { argumentFor } from "./arguments.ts";
import type { CallSite } from "./call-site.ts";
import { isLoop } from "./known.ts";
import { boundIn, constantOf } from "./literals.ts";
import type { Clause } from "./module.ts";

/** Where a value in a server's code comes from. */
export type Origin = {
  /** `message`: part of what a client or another process sent; `state`: kept by the server. */
  readonly kind: "message" | "state" | "literal" | "self" | "unknown";
  /** One of many: an element of a loop, or looked up by a key that is not literal. */
  readonly isOneOfMany: boolean;
  /** First state field on the way. */
  readonly field: string | undefined;
};

const unknown: Origin = { kind: "unknown", isOneOfMany: false, field: undefined };
const literal: Origin = { ...unknown, kind: "literal" };
const MAX_STEPS = 24;

/** Traces a value backwards through bindings, patterns, loops and, along `path`, through the arguments of helpers. */
export function originOf(expr: Expr | undefined, clause: Clause, path: readonly CallSite[], steps = 0): Origin {
  if (expr === undefined || steps > MAX_STEPS) return unknown;
  const next = (inner: Expr | undefined): Origin => originOf(inner, clause, path, steps + 1);
  switch (expr.kind) {
    case "var":
      return ofVariable(expr, clause, path, steps);
    case "field": {
      const base = next(expr.target);
      return base.kind === "state" && base.field === undefined ? { ...base, field: expr.name } : base;
    }
    case "match":
      return next(expr.right);
    case "op":
      return expr.name === "||" ? next(expr.left) : unknown;
    case "tuple":
    case "list":
      return ofParts(expr.children, clause, path, steps);
    case "attribute":
      return constantOf(expr, clause.fn.module) === expr ? unknown : literal;
    case "call":
      return ofCall(expr, clause, path, steps);
    case "alias":
    case "atom":
    case "number":
    case "string":
    case "fn":
    case "funref":
      return literal;
    default:
      return unknown;
  }
}

/** The part that is not written out decides. */
function ofParts(parts: readonly Expr[], clause: Clause, path: readonly CallSite[], steps: number): Origin {
  let found: Origin = literal;
  for (const part of parts) {
    const origin = originOf(part, clause, path, steps + 1);
    if (origin.kind === "message") return origin;
    if (origin.kind !== "literal" && found.kind !== "state") found = origin;
  }
  return found;
}

const lookups = /^(Map\.(get|fetch|fetch!|get_lazy|pop)|Access\.(get|fetch)|Keyword\.(get|fetch|fetch!)|get_in|elem|hd|List\.(first|last|keyfind)|Enum\.(at|find|random|fetch!|fetch|find_value|min_by|max_by|filter|reject|map|to_list|reverse|sort|sort_by|uniq|take|drop|with_index|shuffle|zip)|Map\.(values|keys|to_list)|MapSet\.to_list|List\.wrap)$/;
const addresses = /^(GenServer\.whereis|Process\.whereis|:global\.whereis_name|Registry\.(lookup|whereis_name)|:syn\.whereis_name)$/;

function ofCall(expr: Expr, clause: Clause, path: readonly CallSite[], steps: number): Origin {
  const { args } = expr;
  if (expr.name === "self") return { ...unknown, kind: "self" };
  if (lookups.test(expr.name)) return ofLookup(expr, clause, path, steps);
  if (addresses.test(expr.name)) return ofParts(args, clause, path, steps);
  if (/^(via|via_tuple|name|via_name|server_name|process_name)$/.test(expr.fun)) return ofParts(args, clause, path, steps);
  return unknown;
}

function ofLookup(expr: Expr, clause: Clause, path: readonly CallSite[], steps: number): Origin {
  const { args } = expr;
  const base = originOf(args[0], clause, path, steps + 1);
  const key = args[1];
  const isByKey = /^(Map|Access|Keyword)\.(get|fetch|fetch!|get_lazy|pop)$|^get_in$/.test(expr.name);
  if (isByKey && key?.kind === "atom" && base.kind === "state" && base.field === undefined) return { ...base, field: key.name };
  const isEntity = isByKey ? key !== undefined && !/^(atom|string|number|attribute)$/.test(key.kind) : /^(Enum\.(find|random|at|min_by|max_by|fetch!?)|hd|List\.(first|last|keyfind))$/.test(expr.name);
  return isEntity ? { ...base, isOneOfMany: true } : base;
}

/** Finds what binds a variable: the nearest pattern around it, a match before it, or a parameter. */
function ofVariable(expr: Expr, clause: Clause, path: readonly CallSite[], steps: number): Origin {
  const trace = (inner: Expr | undefined): Origin => originOf(inner, clause, path, steps + 1);
  for (const above of expr.ancestors()) {
    if (above === clause.node) break;
    if (above.kind === "block" || above.kind === "section" || above.kind === "call") {
      const bound = boundBefore(above, expr);
      if (bound !== undefined) {
        const origin = trace(bound.value);
        return origin.kind === "unknown" ? unknown : bound.isElement ? { ...origin, isOneOfMany: true } : origin;
      }
    }
    if (above.kind === "clause" && (isElementOf(above, expr) || above.params.some((param) => boundIn(param).has(expr.name)))) return ofClauseParameter(expr, above, clause, path, steps);
  }
  return ofParameter(expr.name, clause, path, steps);
}

/** `&1` names the first parameter of the function written with `&` around it. */
const isElementOf = (stab: Expr, variable: Expr): boolean => variable.name === "&1" && stab.parent?.has(flag.capture) === true;

function boundBefore(holder: Expr, use: Expr): { readonly value: Expr | undefined; readonly isElement: boolean } | undefined {
  let found: { readonly value: Expr | undefined; readonly isElement: boolean } | undefined;
  for (const child of holder.children) {
    if (child.id >= use.id) break;
    if (child.contains(use)) continue;
    if (child.kind === "match" && child.left !== undefined && boundIn(child.left).has(use.name)) found = { value: child.right, isElement: false };
    if (child.kind === "op" && child.name === "<-" && child.left !== undefined && boundIn(child.left).has(use.name)) found = { value: child.right, isElement: holder.isCall("for") };
  }
  return found;
}

const folds = /^(Enum\.(reduce|reduce_while|map_reduce|flat_map_reduce)|List\.fold[lr])$/;
/** A parameter of `fn` in a loop is an element of what is looped over, the second one of a fold what it began with; one of a `case` clause is a part of its subject. */
function ofClauseParameter(variable: Expr, stab: Expr, clause: Clause, path: readonly CallSite[], steps: number): Origin {
  const holder = stab.parent;
  const call = holder?.parent;
  if (holder?.kind === "section" && call?.isCall("case")) return originOf(call.args[0], clause, path, steps + 1);
  if (holder?.kind === "fn" && call?.kind === "call") {
    if (folds.test(call.name) && call.args.length === 3 && stab.params[1] !== undefined && boundIn(stab.params[1]).has(variable.name)) return originOf(call.args[1], clause, path, steps + 1);
    if (call.isCall("then", "tap")) return originOf(call.args[0], clause, path, steps + 1);
    if (/^(Enum|Map|Task|Task\.Supervisor|Stream)\./.test(call.name)) return { ...originOf(call.args.find((arg) => arg.kind !== "alias" && arg.kind !== "fn"), clause, path, steps + 1), isOneOfMany: true };
  }
  return unknown;
}

function ofParameter(name: string, clause: Clause, path: readonly CallSite[], steps: number): Origin {
  const index = clause.params.findIndex((param) => boundIn(param).has(name));
  const param = clause.params[index];
  if (param === undefined) return unknown;
  const { fn } = clause;
  if (!fn.isCallback) {
    const at = path.findLastIndex((site) => site.callee === fn);
    const caller = path[at];
    if (caller === undefined) return unknown;
    const walked = caller.node.kind === "funref" ? caller.node.parent : undefined;
    if (walked !== undefined && index === 0 && isLoop(walked.name)) return { ...originOf(walked.args[0], caller.clause, path.slice(0, at), steps + 1), isOneOfMany: true };
    const argument = argumentFor(caller, fn, index);
    const given = argument.isDefault ? literal : originOf(argument.value, caller.clause, path.slice(0, at), steps + 1);
    const isElement = param.kind === "list" || (param.kind === "op" && param.name === "|");
    return isElement ? { ...given, isOneOfMany: true } : given;
  }
  if (fn.name === "init") return { ...unknown, kind: "state" };
  const isState = index === clause.params.length - 1 && clause.params.length > 1;
  if (!isState) return fn.name === "handle_continue" ? unknown : { ...unknown, kind: "message" };
  return { kind: "state", isOneOfMany: false, field: fieldOf(param, name) };
}

/** Key of the pattern under which a variable is bound, as in `%{conn: conn}`. */
function fieldOf(pattern: Expr, name: string): string | undefined {
  for (const expr of pattern.descendants()) if (expr.kind === "pair" && expr.value?.isVar(name)) return expr.key?.name;
  return undefined;
}
