import { type Expr, flag } from "../syntax/tree.ts";
import { literalName } from "./literals.ts";
import type { Clause, Module } from "./module.ts";
import { remembered } from "./reading.ts";
import { registrationOf } from "./server.ts";

/** One of the ways a list can come out: two children in different branches of one `if` or `case` never stand together. */
export type Branch = { readonly split: Expr; readonly index: number };

/** A child of a supervisor as its list writes it. */
export type Child = {
  /** The list element. */
  readonly node: Expr;
  /** Where the element is written, which is not always the supervisor's own module. */
  readonly clause: Clause;
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
  readonly branches: readonly Branch[];
  /** One element for each turn of a loop. */
  readonly isRepeated: boolean;
};

/** How an element came into its list. */
export type Placed = Pick<Child, "clause" | "conditional" | "branches" | "isRepeated">;

/** Modules outside the workspace whose child id is the `name:` option, by their own documentation. */
const namedById = new Set(["DynamicSupervisor", "Task.Supervisor", "Registry", "PartitionSupervisor", "Phoenix.PubSub", "Finch", "Cachex", "Oban"]);
/** Modules outside the workspace whose child id is the module. */
const plainById = new Set(["Agent", "Task"]);

/** Specifications as `Supervisor.Spec` writes them. */
const oldSpecs = ["worker", "supervisor", "Supervisor.Spec.worker", "Supervisor.Spec.supervisor"] as const;

/** Reads one element of a child list. */
export function childOf(node: Expr, placed: Placed): Child {
  const { module } = placed.clause.fn;
  const none: Child = { node, ...placed, module: undefined, argument: undefined, start: undefined, id: undefined, ownId: false, restart: undefined, type: undefined };
  if (node.kind === "alias") return { ...none, module: node.name, id: defaultId(node.name, undefined, module) };
  if (node.kind === "tuple" && node.children.length === 2 && node.children[0]?.kind === "alias") {
    const { name } = node.children[0];
    return { ...none, module: name, argument: node.children[1], id: defaultId(name, node.children[1], module) };
  }
  if (node.kind === "map") {
    const start = node.get("start");
    const target = start?.kind === "tuple" && start.children[0]?.kind === "alias" ? start.children[0].name : undefined;
    const args = start?.kind === "tuple" && start.children[2]?.kind === "list" ? start.children[2].children : [];
    return { ...none, start, module: target, argument: args.length === 1 ? args[0] : undefined, id: literalName(node.get("id"), module), ownId: true, restart: node.get("restart"), type: node.get("type") };
  }
  if (node.isCall("Supervisor.child_spec") && node.args[0] !== undefined) {
    const base = childOf(node.args[0], placed);
    const overrides = node.args[1];
    const id = overrides?.get("id");
    return { ...base, node, id: id === undefined ? base.id : (literalName(id, module) ?? undefined), ownId: id !== undefined || base.ownId, restart: overrides?.get("restart") ?? base.restart, type: overrides?.get("type") ?? base.type };
  }
  // A function of the module's own by that name makes what it likes.
  if (node.isCall(...oldSpecs) && node.args[0]?.kind === "alias" && placed.clause.siteAt(node)?.callee === undefined) {
    const options = node.args[2];
    const id = options?.get("id");
    const args = node.args[1]?.kind === "list" && !node.args[1].has(flag.keyword) ? node.args[1].children : [];
    return { ...none, module: node.args[0].name, argument: args.length === 1 ? args[0] : undefined, id: id === undefined ? node.args[0].name : literalName(id, module), ownId: id !== undefined, restart: options?.get("restart") };
  }
  if (node.kind === "call" && node.fun === "child_spec" && node.module !== "") {
    const isPlain = node.args.length === 1;
    return { ...none, module: node.module, argument: isPlain ? node.args[0] : undefined, id: isPlain ? defaultId(node.module, node.args[0], module) : undefined, ownId: !isPlain };
  }
  return none;
}

function defaultId(name: string, argument: Expr | undefined, module: Module): string | undefined {
  if (namedById.has(name)) return literalName(argument?.get("name"), module) ?? (argument === undefined || (argument.kind === "list" && argument.get("name") === undefined) ? name : undefined);
  if (plainById.has(name)) return name;
  const target = module.workspace.module(name, module);
  if (target === undefined || hidesSpec(target)) return undefined;
  const own = target.fn("child_spec", 1);
  if (own !== undefined) {
    const result = own.clauses.length === 1 ? own.clauses[0]?.result : undefined;
    return result?.kind === "map" ? literalName(result.get("id"), target) : undefined;
  }
  const use = target.uses.find((candidate) => candidate.options?.get("id") !== undefined);
  return use === undefined ? name : literalName(use.options?.get("id"), target);
}

/** `use` of these brings no start function, and a child specification whose id is the module. */
const plainUses = new Set(["GenServer", "Supervisor", "DynamicSupervisor", "Agent", "Task", "GenStage", "GenStateMachine", "Application", "Bitwise", "Logger", "Retry", "TypedStruct"]);

/** Whether a `use` may bring a `child_spec/1` or start functions that the source does not show. */
export function hidesSpec(target: Module): boolean {
  return target.uses.some((use) => {
    if (plainUses.has(use.name)) return false;
    const using = target.workspace.module(use.name, target)?.fn("__using__", 1);
    return using === undefined || /child_spec|start_link|use /.test(using.node.text);
  });
}

/** The module of the workspace that a child starts; undefined for a computed one and for those of libraries. */
export const moduleOf = (child: Child): Module | undefined => (child.module === undefined ? undefined : child.clause.fn.module.workspace.module(child.module, child.clause.fn.module));

/** Restart type that a child will have: written at it, in `use …, restart:`, or the default of its kind. */
export function restartOf(child: Child): { readonly value: string; readonly at: Expr; readonly isWritten: boolean } | undefined {
  if (child.restart !== undefined) return child.restart.kind === "atom" ? { value: child.restart.name, at: child.restart, isWritten: true } : undefined;
  if (child.module === undefined) return undefined;
  const isOwnMap = child.start !== undefined || child.node.isCall(...oldSpecs);
  if (isOwnMap) return { value: "permanent", at: child.node, isWritten: false };
  if (child.module === "Task") return { value: "temporary", at: child.node, isWritten: false };
  const target = moduleOf(child);
  const option = target?.uses.map((use) => use.options?.get("restart")).find((value) => value !== undefined);
  if (option !== undefined) return option.kind === "atom" ? { value: option.name, at: option, isWritten: true } : undefined;
  if (target === undefined || target.fn("child_spec", 1) !== undefined || target.unknownUses.length > 0) return undefined;
  return { value: target.is("Task") ? "temporary" : "permanent", at: child.node, isWritten: false };
}

/** The name under which a child can be called: its `name:` argument, its module's own registration, or a known default. */
export function nameOf(child: Child): string | undefined {
  const { argument, clause } = child;
  const named = literalName(argument?.get("name"), clause.fn.module);
  if (named !== undefined) return named;
  const target = moduleOf(child);
  if (target === undefined) return undefined;
  const registration = registrationOf(target);
  return registration.kind === "literal" || (registration.kind === "default" && argument?.get("name") === undefined) ? registration.name : undefined;
}

/** Whether two children can stand in the same list at the same time. */
export const together = (a: Child, b: Child): boolean => !a.branches.some((branch) => b.branches.some((other) => other.split === branch.split && other.index !== branch.index));

/** A child specification written as a map, and the clause that writes it. */
export type SpecMap = { readonly spec: Expr; readonly clause: Clause };

/** Maps with `start: {module, fun, args}` and another key of a child specification, wherever a module builds them. */
export const specMapsIn = remembered((module: Module): readonly SpecMap[] => {
  // Most modules write none: a look at the text spares the walk through their trees.
  if (!/\bstart:\s*\{/.test(module.node.text)) return [];
  return module.functions.flatMap((fn) => (fn.isMacro ? [] : fn.clauses.flatMap((clause) => clause.node.descendantsOf("map").filter((expr) => isSpec(expr, clause)).map((spec) => ({ spec, clause })))));
});

function isSpec(map: Expr, { params }: Clause): boolean {
  const start = map.get("start");
  if (start?.kind !== "tuple" || start.children.length !== 3 || ["id", "restart", "type"].every((key) => map.get(key) === undefined)) return false;
  return !params.some((param) => param.contains(map)) && ![...map.ancestors()].some((above) => above.isCall("quote"));
}
