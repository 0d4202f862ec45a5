import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import type { Fn } from "./module.ts";

/** What a call hands to parameter `index` of the function: an argument, or the default written in the head. */
export function argumentFor(site: CallSite, callee: Fn, index: number): { readonly value: Expr | undefined; readonly isDefault: boolean } {
  const given = site.node.kind === "call" ? site.args : [];
  if (callee.defaults === 0 || given.length === callee.arity) return { value: given[index], isDefault: false };
  const head = callee.clauses.find((clause) => clause.head.args.some(isDefaulted))?.head;
  if (head === undefined) return { value: given[index], isDefault: false };
  let optional = given.length - (callee.arity - callee.defaults);
  let next = 0;
  for (const [at, param] of head.args.entries()) {
    const isOptional = isDefaulted(param);
    const takes = !isOptional || optional > 0;
    if (at === index) return takes ? { value: given[next], isDefault: false } : { value: param.right, isDefault: true };
    if (!takes) continue;
    next++;
    if (isOptional) optional--;
  }
  return { value: undefined, isDefault: false };
}

const isDefaulted = (param: Expr): boolean => param.kind === "op" && param.name === "\\\\";

/** The default written for parameter `index` of a function, in whichever of its heads it stands. */
export function defaultOf(fn: Fn, index: number): Expr | undefined {
  if (fn.defaults === 0) return undefined;
  for (const { head } of fn.clauses) {
    const param = head.args[index];
    if (param !== undefined && isDefaulted(param)) return param.right;
  }
  return undefined;
}
