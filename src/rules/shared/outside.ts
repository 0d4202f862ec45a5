import type { CallSite } from "../../model/call-site.ts";
import { boundIn } from "../../model/literals.ts";
import type { Expr } from "../../syntax/tree.ts";

const readers = ["Access.get", "Map.get", "Map.fetch", "Map.fetch!", "Map.pop", "Keyword.get"] as const;
const holders = /^(params|payload|args|attrs|body|json|data|message|event|job|conn|query_params|body_params|path_params)$/;
const parts = /^(class|type|name|event|action|kind|topic|key)$/;

/** `params["from"]`, `conn.params["a"]["b"]`, `job.class`: data that a user, a peer or a queue sends, as the expression itself shows. */
export function isOutside(part: Expr): boolean {
  if (part.isCall(...readers)) return part.args[1]?.kind === "string" && holders.test(baseOf(part).name);
  return part.kind === "field" && /^(job|payload|params|message|event)$/.test(part.target?.name ?? "") && parts.test(part.name);
}

/** A variable that by its name holds a request, a payload or decoded text. */
export const isNamedOutside = (expr: Expr | undefined): boolean => expr?.kind === "var" && /^(params|payload|query_params|body_params)$/.test(expr.name);

/** What is read from: `params` of `params["a"]["b"]`. */
export function baseOf(expr: Expr): Expr {
  const inner = expr.isCall(...readers) ? expr.args[0] : undefined;
  return inner === undefined ? expr : baseOf(inner);
}

/**
 * Whether a variable at a call holds what a text key brought: it is bound by `%{"from" => from}` in a parameter of its function or of a
 * clause around the call, or by a match on `params["from"]` before it. Maps with text keys are requests, payloads and decoded files;
 * the `args` of a job are left out, since the project itself enqueued them.
 */
export function isFromOutside(site: CallSite, variable: Expr): boolean {
  if (variable.kind !== "var") return false;
  const { name } = variable;
  for (const above of site.node.ancestors()) {
    if (above === site.clause.node) break;
    // The nearest binding counts: `{:ok, data}` of a case hides the `data` of the request.
    if (above.kind === "clause" && above.params.some((param) => boundIn(param).has(name))) return above.params.some((param) => hasTextKey(param, name));
  }
  if (site.clause.params.some((param) => hasTextKey(param, name))) return true;
  return [...site.clause.node.descendants()].some((expr) => expr.id < site.id && (expr.kind === "match" || expr.isOp("<-")) && expr.left?.isVar(name) === true && expr.right !== undefined && isOutside(expr.right));
}

function hasTextKey(pattern: Expr, name: string): boolean {
  for (const part of pattern.descendants()) {
    if (part.kind !== "pair" || part.key?.kind !== "string" || part.value === undefined || !boundIn(part.value).has(name)) continue;
    return ![...part.ancestors()].some((above) => above.kind === "pair" && above.key?.isAtom("args") === true);
  }
  return false;
}
