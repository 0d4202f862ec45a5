import type { CallSite } from "./call-site.ts";
import type { Module } from "./module.ts";
import { requestAt } from "./request.ts";

/** The variable that `{:ok, pid} = Oven.start_link(opts)` binds; undefined for every other use of the start. */
export function pidBoundBy({ node }: CallSite): string | undefined {
  const bound = node.parent?.kind === "match" && node.parent.right === node ? node.parent.left : undefined;
  const pid = bound?.kind === "tuple" && bound.children[0]?.isAtom("ok") ? bound.children[1] : undefined;
  return pid?.kind === "var" ? pid.name : undefined;
}

/** Whether the function that starts a process also stops it: the process lives for one call of the function. */
export function isStoppedHere(start: CallSite): boolean {
  const pid = pidBoundBy(start);
  return pid !== undefined && start.clause.sites.some((site) => {
    const request = site.id > start.id ? requestAt(site) : undefined;
    return request?.isStop === true && request.targetIn === site.clause && request.target?.isVar(pid) === true;
  });
}

/** Calls of product code that start a process of the module by its own `start_link` or `start`. */
export const startsOf = (module: Module): readonly CallSite[] => [...module.fnsNamed("start_link"), ...module.fnsNamed("start")].flatMap((fn) => fn.callers.filter((site) => site.module.isLib));

/** Whether every start of the module that the workspace shows is taken back by the function that makes it. */
export function livesForOneCall(module: Module): boolean {
  const starts = startsOf(module);
  return starts.length > 0 && starts.every(isStoppedHere);
}
