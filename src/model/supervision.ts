import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { type Branch, type Child, childOf, moduleOf, type Placed } from "./child-spec.ts";
import { constantOf } from "./literals.ts";
import type { Clause, Module } from "./module.ts";
import { outcomesOf } from "./usage.ts";
import type { Workspace } from "./workspace.ts";
import { indexed } from "./indexes.ts";
import { remembered } from "./reading.ts";

/** A supervisor with the children that its source shows, in order. */
export type Supervisor = {
  readonly module: Module;
  /** The call that starts it or returns its specification. */
  readonly site: CallSite;
  readonly strategy: string | undefined;
  readonly strategyNode: Expr | undefined;
  readonly options: Expr | undefined;
  readonly children: readonly Child[];
  /** False when part of the list is computed. */
  readonly complete: boolean;
};

const starts = ["Supervisor.start_link", "Supervisor.init", "supervise", "Supervisor.Spec.supervise"] as const;

/** Every supervisor with a readable list of children, over the workspace. */
export const supervisorsOf = (workspace: Workspace): readonly Supervisor[] => supervisors(workspace).get("");
const supervisors = indexed("supervisors", (module) => (module.isLib ? supervisorsIn(module) : []).map((supervisor) => ["", supervisor] as const));

/** Supervisors written in one module: its own, and those it starts inline. */
export const supervisorsIn = remembered((module: Module): readonly Supervisor[] => module.calls(...starts).flatMap((site) => read(module, site)));

/** Whether the module's own process is a supervisor, also one that only has its `init/1`. */
export const isSupervisor = (module: Module): boolean => module.is("Supervisor", "DynamicSupervisor") || module.calls("DynamicSupervisor.init").length > 0 || supervisorsIn(module).some(({ site }) => site.fn.id === "init/1");

function read(module: Module, site: CallSite): Supervisor[] {
  const [first, second] = site.args;
  if (first === undefined || first.kind === "alias") return [];
  const children: Child[] = [];
  const complete = gather(first, { clause: site.clause, caller: undefined, call: undefined }, { conditional: false, branches: [], isRepeated: false }, children, 0);
  if (children.length === 0) return [];
  const options = second === undefined ? undefined : readValue(second, { clause: site.clause, caller: undefined, call: undefined }).expr;
  const strategyNode = options?.get("strategy");
  const strategy = constantOf(strategyNode, module);
  return [{ module, site, options, strategyNode, strategy: strategy?.kind === "atom" ? strategy.name : undefined, complete, children }];
}

/** A clause on the way to the list, and the call that led into it: what its parameters stand for. */
type Frame = { readonly clause: Clause; readonly caller: Frame | undefined; readonly call: Expr | undefined };
type Standing = Omit<Placed, "clause">;

/** What a variable stands for: the match before it, or the argument of the call that led here; other expressions stand for themselves. */
function readValue(expr: Expr, frame: Frame): { readonly expr: Expr; readonly frame: Frame } {
  if (expr.kind !== "var") return { expr: constantOf(expr, frame.clause.fn.module) ?? expr, frame };
  let found: Expr | undefined;
  for (const inner of frame.clause.node.descendants()) {
    if (inner.id >= expr.id) break;
    if (inner.kind === "match" && !inner.contains(expr) && inner.left?.isVar(expr.name)) found = inner.right;
  }
  if (found !== undefined) return found.kind === "var" ? readValue(found, frame) : { expr: found, frame };
  const index = frame.clause.params.findIndex((param) => param.isVar(expr.name));
  const given = index < 0 || frame.call?.kind !== "call" ? undefined : frame.call.args[index];
  return given === undefined || frame.caller === undefined ? { expr, frame } : readValue(given, frame.caller);
}

const MAX_DEPTH = 10;
const filters = ["Enum.reject", "Enum.filter", "Enum.uniq", "Enum.uniq_by", "Enum.take", "Enum.sort_by"] as const;
const wholes = ["List.flatten", "List.wrap", "Enum.concat", "Enum.to_list", "Enum.reverse"] as const;
const choices = ["if", "unless", "case", "cond", "with", "try"] as const;

/** Collects list elements in order; answers whether nothing of the list was hidden. */
function gather(written: Expr, from: Frame, standing: Standing, children: Child[], depth: number): boolean {
  if (depth > MAX_DEPTH) return false;
  const { expr, frame } = readValue(written, from);
  if (expr.kind === "list") return expr.children.map((child) => element(child, frame, standing, children, depth + 1)).every(Boolean);
  if (expr.kind === "op" && (expr.name === "++" || expr.name === "|")) {
    const left = expr.left === undefined || (expr.name === "|" ? element(expr.left, frame, standing, children, depth + 1) : gather(expr.left, frame, standing, children, depth + 1));
    const right = expr.right === undefined || gather(expr.right, frame, standing, children, depth + 1);
    return left && right;
  }
  if (expr.isCall(...wholes)) return expr.args.map((arg) => gather(arg, frame, standing, children, depth + 1)).every(Boolean);
  if (expr.isCall(...filters)) return expr.args[0] !== undefined && gather(expr.args[0], frame, { ...standing, conditional: true }, children, depth + 1) && false;
  if (expr.isCall(...choices)) return alternatives([...outcomesOf(expr)].map((outcome) => ({ outcome, frame })), expr, standing, children, depth);
  if (expr.isCall("for")) return repeated([...outcomesOf(expr.section("do")?.result)], frame, { ...standing, isRepeated: isSeveral(expr.args[0]?.right) }, children, depth);
  if (expr.isCall("Enum.map", "Enum.flat_map") && expr.args[1]?.kind === "fn") return repeated(expr.args[1].clauses.flatMap((clause) => [...outcomesOf(clause.result)]), frame, { ...standing, isRepeated: isSeveral(expr.args[0]) }, children, depth);
  const callee = expr.kind === "call" ? frame.clause.siteAt(expr)?.callee : undefined;
  if (callee === undefined || callee.isMacro) return expr.isAtom("nil");
  const results = callee.clauses.flatMap((clause) => (clause.result === undefined ? [] : [{ outcome: clause.result, frame: { clause, caller: frame, call: expr } }]));
  const [only] = results;
  if (results.length === 1 && only !== undefined) return gather(only.outcome, only.frame, standing, children, depth + 1);
  return alternatives(results, expr, standing, children, depth);
}

function alternatives(ways: readonly { readonly outcome: Expr; readonly frame: Frame }[], split: Expr, standing: Standing, children: Child[], depth: number): boolean {
  return ways
    .map(({ outcome, frame }, index) => {
      const branch: Branch = { split, index };
      return gather(outcome, frame, { ...standing, conditional: true, branches: [...standing.branches, branch] }, children, depth + 1);
    })
    .every(Boolean);
}

const repeated = (outcomes: readonly Expr[], frame: Frame, standing: Standing, children: Child[], depth: number): boolean => outcomes.map((outcome) => element(outcome, frame, standing, children, depth + 1)).every(() => false);

/** Whether what a loop walks over may have more than one element. */
const isSeveral = (walked: Expr | undefined): boolean => (walked?.isCall(...filters, ...wholes) === true ? isSeveral(walked.args[0]) : walked?.kind !== "list" || walked.children.length > 1 || walked.children[0]?.isOp("|") === true);

/** One element: a child, a list inside the list, a branch, or a local function that answers a child. */
function element(written: Expr, from: Frame, standing: Standing, children: Child[], depth: number): boolean {
  if (written.kind === "list") return gather(written, from, standing, children, depth + 1);
  if (written.isAtom("nil") || depth > MAX_DEPTH) return true;
  if (written.isCall(...choices)) return [...outcomesOf(written)].map((outcome, index) => element(outcome, from, { ...standing, conditional: true, branches: [...standing.branches, { split: written, index }] }, children, depth + 1)).every(Boolean);
  if (written.isOp("|") || written.isOp("++") || written.isCall(...wholes)) return gather(written, from, standing, children, depth + 1);
  const child = childOf(written, { clause: from.clause, ...standing });
  if (child.module !== undefined || child.start !== undefined) return children.push(child) > 0;
  const inner = written.kind === "var" ? readValue(written, from) : ofFunction(written, from);
  if (inner === undefined || inner.expr === written) return children.push(child) < 0;
  return element(inner.expr, inner.frame, standing, children, depth + 1);
}

function ofFunction(expr: Expr, frame: Frame): { readonly expr: Expr; readonly frame: Frame } | undefined {
  const callee = expr.kind === "call" ? frame.clause.siteAt(expr)?.callee : undefined;
  const only = callee?.clauses.length === 1 ? callee.clauses[0] : undefined;
  return only?.result === undefined || callee?.name === "child_spec" ? undefined : { expr: only.result, frame: { clause: only, caller: frame, call: expr } };
}

/** A child's place in a list. */
type ChildPlace = { readonly supervisor: Supervisor; readonly child: Child; readonly index: number };

/** Places where a module stands in a child list. */
export const parentsOf = (module: Module): readonly ChildPlace[] => placesOf(module.workspace, module.name).filter(({ child }) => moduleOf(child) === module);

/** The same for a module by its name, which need not be one of the workspace. */
export const placesOf = (workspace: Workspace, module: string): readonly ChildPlace[] => placesByChild(workspace).get(module);
const placesByChild = indexed("places by child", (module) => (module.isLib ? supervisorsIn(module) : []).flatMap((supervisor) => supervisor.children.flatMap((child, index) => (child.module === undefined ? [] : [[child.module, { supervisor, child, index }] as const]))));
