import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { constantOf, literalName } from "./literals.ts";
import type { Clause, Module } from "./module.ts";
import { registrationOf } from "./server.ts";
import { outcomesOf } from "./usage.ts";
import type { Workspace } from "./workspace.ts";

/** A child of a supervisor as its list writes it. */
export type Child = {
  /** The list element. */
  readonly node: Expr;
  /** Module whose `child_spec/1` or start function is used; undefined when it is computed. */
  readonly module: string | undefined;
  /** Argument of the start function in `{Module, argument}`. */
  readonly argument: Expr | undefined;
  /** `start: {M, f, args}` of a map. */
  readonly start: Expr | undefined;
  /** The id, when it can be told. */
  readonly id: string | undefined;
  /** Whether the id is written at the child rather than taken from its module. */
  readonly ownId: boolean;
  readonly restart: Expr | undefined;
  readonly type: Expr | undefined;
  /** Only there under a condition. */
  readonly conditional: boolean;
};

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
export const supervisorsOf = (workspace: Workspace): readonly Supervisor[] => workspace.note(supervisorsOf, (all) => all.modules.flatMap((module) => (module.isLib ? supervisorsIn(module) : [])));

const byModule = new WeakMap<Module, readonly Supervisor[]>();

/** Supervisors written in one module: its own, and those it starts inline. */
export function supervisorsIn(module: Module): readonly Supervisor[] {
  let found = byModule.get(module);
  if (found === undefined) byModule.set(module, (found = module.calls(...starts).flatMap((site) => read(module, site))));
  return found;
}

function read(module: Module, site: CallSite): Supervisor[] {
  const [first, second] = site.args;
  if (first === undefined || first.kind === "alias") return [];
  const parts: { node: Expr; conditional: boolean }[] = [];
  const complete = gather(first, site.clause, false, parts, 0);
  if (parts.length === 0) return [];
  const options = second === undefined ? undefined : boundTo(second, site.clause);
  const strategyNode = options?.get("strategy");
  const strategy = constantOf(strategyNode, module);
  return [{ module, site, options, strategyNode, strategy: strategy?.kind === "atom" ? strategy.name : undefined, complete, children: parts.map(({ node, conditional }) => childOf(node, conditional, module)) }];
}

/** The literal a variable is bound to in the same clause; other expressions stand for themselves. */
function boundTo(expr: Expr, clause: Clause): Expr {
  if (expr.kind !== "var") return constantOf(expr, clause.fn.module) ?? expr;
  let found: Expr | undefined;
  for (const inner of clause.node.descendants()) if (inner.kind === "match" && inner.left?.isVar(expr.name) && inner.id < expr.id) found = inner.right;
  return found ?? expr;
}

/** Collects list elements in order; answers whether nothing of the list was hidden. */
function gather(written: Expr, clause: Clause, conditional: boolean, parts: { node: Expr; conditional: boolean }[], depth: number): boolean {
  if (depth > 6) return false;
  const expr = boundTo(written, clause);
  if (expr.kind === "list") {
    for (const child of expr.children) parts.push({ node: child, conditional });
    return true;
  }
  if (expr.kind === "op" && (expr.name === "++" || expr.name === "|")) {
    const left = expr.left === undefined || gather(expr.left, clause, conditional, parts, depth + 1);
    const right = expr.right === undefined || gather(expr.right, clause, conditional, parts, depth + 1);
    return left && right;
  }
  if (expr.isCall("List.flatten", "Enum.reject", "Enum.filter", "Enum.concat", "List.wrap")) return expr.args[0] !== undefined && gather(expr.args[0], clause, true, parts, depth + 1) && false;
  if (expr.isCall("if", "unless", "case", "cond")) {
    for (const outcome of outcomesOf(expr)) gather(outcome, clause, true, parts, depth + 1);
    return false;
  }
  const local = expr.kind === "call" && expr.module === "" && expr.target === undefined ? clause.fn.module.fn(expr.name, expr.count) : undefined;
  const only = local?.clauses.length === 1 ? local.clauses[0] : undefined;
  if (only?.result !== undefined) return gather(only.result, only, conditional, parts, depth + 1);
  return false;
}

/** Modules outside the workspace whose child id is the `name:` option, by their own documentation. */
const namedById = new Set(["DynamicSupervisor", "Task.Supervisor", "Registry", "PartitionSupervisor", "Phoenix.PubSub", "Finch", "Cachex", "Oban"]);
/** Modules outside the workspace whose child id is the module. */
const plainById = new Set(["Agent", "Task"]);

function childOf(node: Expr, conditional: boolean, module: Module): Child {
  const none: Child = { node, module: undefined, argument: undefined, start: undefined, id: undefined, ownId: false, restart: undefined, type: undefined, conditional };
  if (node.kind === "alias") return { ...none, module: node.name, id: defaultId(node.name, undefined, module) };
  if (node.kind === "tuple" && node.children.length === 2 && node.children[0]?.kind === "alias") {
    const { name } = node.children[0];
    return { ...none, module: name, argument: node.children[1], id: defaultId(name, node.children[1], module) };
  }
  if (node.kind === "map") {
    const start = node.get("start");
    const target = start?.kind === "tuple" && start.children[0]?.kind === "alias" ? start.children[0].name : undefined;
    return { ...none, start, module: target, id: literalName(node.get("id"), module), ownId: true, restart: node.get("restart"), type: node.get("type") };
  }
  if (node.isCall("Supervisor.child_spec") && node.args[0] !== undefined) {
    const base = childOf(node.args[0], conditional, module);
    const overrides = node.args[1];
    const id = overrides?.get("id");
    return { ...base, node, id: id === undefined ? base.id : (literalName(id, module) ?? undefined), ownId: id !== undefined || base.ownId, restart: overrides?.get("restart") ?? base.restart, type: overrides?.get("type") ?? base.type };
  }
  if (node.isCall("worker", "supervisor", "Supervisor.Spec.worker", "Supervisor.Spec.supervisor") && node.args[0]?.kind === "alias") {
    const options = node.args[2];
    const id = options?.get("id");
    return { ...none, module: node.args[0].name, argument: node.args[1], id: id === undefined ? node.args[0].name : literalName(id, module), ownId: id !== undefined, restart: options?.get("restart") };
  }
  return none;
}

function defaultId(name: string, argument: Expr | undefined, module: Module): string | undefined {
  if (namedById.has(name)) return literalName(argument?.get("name"), module) ?? (argument?.get("name") === undefined && argument?.kind !== "var" ? name : undefined);
  if (plainById.has(name)) return name;
  const target = module.workspace.module(name);
  if (target === undefined) return undefined;
  const own = target.fn("child_spec", 1);
  if (own !== undefined) return undefined;
  const use = target.uses.find((candidate) => candidate.options?.get("id") !== undefined);
  if (use !== undefined) return literalName(use.options?.get("id"), target);
  return target.unknownUses.length === 0 ? name : undefined;
}

/** Restart type that a child will have: written at it, in `use …, restart:`, or the default of its kind. */
export function restartOf(child: Child, workspace: Workspace): { readonly value: string; readonly at: Expr; readonly isWritten: boolean } | undefined {
  if (child.restart !== undefined) return child.restart.kind === "atom" ? { value: child.restart.name, at: child.restart, isWritten: true } : undefined;
  if (child.module === undefined) return undefined;
  if (child.module === "Task") return { value: "temporary", at: child.node, isWritten: false };
  const target = workspace.module(child.module);
  const option = target?.uses.map((use) => use.options?.get("restart")).find((value) => value !== undefined);
  if (option !== undefined) return option.kind === "atom" ? { value: option.name, at: option, isWritten: true } : undefined;
  if (target === undefined || target.fn("child_spec", 1) !== undefined || target.unknownUses.length > 0) return undefined;
  return { value: target.is("Task") ? "temporary" : "permanent", at: child.node, isWritten: false };
}

/** The name under which a child can be called: its `name:` argument, its module's own registration, or a known default. */
export function nameOfChild(child: Child, supervisor: Supervisor): string | undefined {
  const { argument, module } = child;
  const named = literalName(argument?.get("name"), supervisor.module);
  if (named !== undefined) return named;
  const target = module === undefined ? undefined : supervisor.module.workspace.module(module);
  if (target === undefined) return undefined;
  const registration = registrationOf(target);
  return registration.kind === "literal" || (registration.kind === "default" && argument?.get("name") === undefined) ? registration.name : undefined;
}

/** Places where a module stands in a child list. */
export function parentsOf(module: Module): readonly { readonly supervisor: Supervisor; readonly child: Child; readonly index: number }[] {
  const index = module.workspace.note("children by module", (workspace) => {
    const found = new Map<string, { supervisor: Supervisor; child: Child; index: number }[]>();
    for (const supervisor of supervisorsOf(workspace))
      supervisor.children.forEach((child, i) => {
        if (child.module !== undefined) found.set(child.module, [...(found.get(child.module) ?? []), { supervisor, child, index: i }]);
      });
    return found;
  });
  return index.get(module.name) ?? [];
}
