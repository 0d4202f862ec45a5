import { modularityOf, type Weights } from "../cluster/matrix.ts";
import { isCopied } from "../read/copies.ts";
import { lineCountsOf } from "../read/lines.ts";
import { functionFor, type Unit, type UnitModule } from "../read/unit.ts";
import { componentsOf } from "./components.ts";
import type { Assignment, ModuleMetrics, PlanMetrics } from "./plan.ts";

const branching = new Set(["case", "cond", "if", "unless", "with", "receive", "try", "and", "or", "&&", "||", "fn"]);

/** Measures of a module as it stands; who calls it is for whoever knows the project to add. */
export function moduleMetricsOf(module: UnitModule): ModuleMetrics {
  const units = [...module.units.values()];
  const { code, doc } = lineCountsOf(module.source.tree, module.source.node);
  const functions = units.flatMap((unit) => unit.functions);
  const used = new Map<string, number>();
  for (const unit of units) for (const [name, count] of unit.references.modules) used.set(name, (used.get(name) ?? 0) + count);
  return {
    codeLines: code,
    docLines: doc,
    publicFunctions: functions.filter((shape) => !shape.isPrivate).length,
    privateFunctions: functions.filter((shape) => shape.isPrivate).length,
    longestFunction: Math.max(0, ...units.map((unit) => unit.lines)),
    branches: units.reduce((sum, unit) => sum + branchesOf(unit), 0),
    parts: partsOf(units),
    cohesion: round(cohesionOf(units)),
    couplingOut: { modules: used.size, calls: [...used.values()].reduce((sum, count) => sum + count, 0) },
  };
}

function branchesOf(unit: Unit): number {
  let branches = 0;
  for (const definition of unit.definitions) for (const node of definition.node.descendants()) if ((node.kind === "call" || node.kind === "op") && branching.has(node.name)) branches++;
  return branches + unit.definitions.length;
}

/** Parts that neither call each other nor share an attribute (LCOM4). */
export function partsOf(units: readonly Unit[]): number {
  const names = new Map(units.map((unit) => [unit.name, unit]));
  const links = new Map<Unit, Set<Unit>>(units.map((unit) => [unit, new Set()]));
  const join = (a: Unit, b: Unit): void => {
    links.get(a)?.add(b);
    links.get(b)?.add(a);
  };
  const readers = new Map<string, Unit>();
  for (const unit of units) {
    for (const call of unit.calls) {
      const callee = names.get(call.name);
      if (callee !== undefined) join(unit, callee);
    }
    for (const attribute of unit.references.attributes) {
      const reader = readers.get(attribute);
      if (reader === undefined) readers.set(attribute, unit);
      else join(unit, reader);
    }
  }
  return componentsOf(units, (unit) => [...(links.get(unit) ?? [])]).length;
}

/** Share of pairs of public units that call each other, call the same unit or read the same attribute (TCC). */
function cohesionOf(units: readonly Unit[]): number {
  const open = units.filter((unit) => !unit.isPrivate);
  const uses = open.map((unit) => new Set([unit.name, ...unit.calls.map((call) => call.name), ...[...unit.references.attributes].map((name) => `@${name}`)]));
  let tied = 0;
  uses.forEach((mine, i) => {
    for (const theirs of uses.slice(i + 1)) if ([...mine].some((name) => theirs.has(name))) tied++;
  });
  const pairs = (open.length * (open.length - 1)) / 2;
  return pairs === 0 ? 1 : tied / pairs;
}

/** Measures of what an assignment would make of a module. */
export function planMetricsOf(module: UnitModule, assignment: Assignment, weights: Weights, units: readonly Unit[]): PlanMetrics {
  const place = (name: string): string => assignment.get(name) ?? module.name;
  const modules = [...new Set(assignment.values())];
  const crossings = crossingsOf(module, assignment);
  const lines = new Map<string, number>();
  for (const unit of module.units.values()) lines.set(place(unit.name), (lines.get(place(unit.name)) ?? 0) + unit.lines);
  const moved = modules.reduce((sum, name) => sum + (lines.get(name) ?? 0), 0);
  const links = new Map<string, Set<string>>();
  for (const { from, to } of crossings.calls) links.set(from, new Set([...(links.get(from) ?? []), to]));
  const partition = units.map((unit) => [module.name, ...modules].indexOf(place(unit.name)));
  const total = lineCountsOf(module.source.tree, module.source.node).code;
  return {
    modules: modules.map((name) => {
      const members = [...module.units.values()].filter((unit) => place(unit.name) === name);
      const shapes = members.flatMap((unit) => unit.functions);
      return { module: name, codeLines: lines.get(name) ?? 0, publicFunctions: shapes.filter((shape) => !shape.isPrivate).length, privateFunctions: shapes.filter((shape) => shape.isPrivate).length, parts: partsOf(members) };
    }),
    remainingCodeLines: Math.max(0, total - moved + delegateLines(module, assignment)),
    internalCallShare: round(crossings.all === 0 ? 1 : 1 - crossings.calls.length / crossings.all),
    crossModuleCalls: crossings.calls.length,
    promotedPrivates: crossings.promoted.size,
    compileTimeEdges: modules.filter((name) => [...module.units.values()].some((unit) => place(unit.name) === name && needsOldAtCompileTime(module, unit))).length,
    runtimeCycles: componentsOf(modules, (name) => [...(links.get(name) ?? [])].filter((to) => to !== module.name)).filter((part) => part.length > 1).length,
    largestShare: round(Math.max(0, ...[module.name, ...modules].map((name) => lines.get(name) ?? 0)) / Math.max(1, [...lines.values()].reduce((a, b) => a + b, 0))),
    modularity: round(modularityOf(weights, partition)),
    turboMq: round(turboMq(weights, partition)),
  };
}

type Crossings = { readonly calls: readonly { readonly from: string; readonly to: string }[]; readonly all: number; /** `name/arity` of private functions called from another module. */ readonly promoted: ReadonlySet<string> };

export function crossingsOf(module: UnitModule, assignment: Assignment): Crossings {
  const place = (name: string): string => assignment.get(name) ?? module.name;
  const calls: { from: string; to: string }[] = [];
  const promoted = new Set<string>();
  let all = 0;
  for (const unit of module.units.values())
    for (const call of unit.calls) {
      const callee = module.units.get(call.name);
      if (callee === undefined || callee === unit || isCopied(callee)) continue;
      all++;
      if (place(unit.name) === place(callee.name)) continue;
      calls.push({ from: place(unit.name), to: place(callee.name) });
      const shape = functionFor(callee, call.arity);
      if (shape?.isPrivate === true) promoted.add(`${shape.name}/${shape.arity}`);
    }
  return { calls, all, promoted };
}

/** A struct or a macro of the old module makes the new one wait for it. */
export function needsOldAtCompileTime(module: UnitModule, unit: Unit): boolean {
  return unit.references.usesOwnStruct || unit.calls.some((call) => module.units.get(call.name)?.isPrivate === false && (module.units.get(call.name)?.isMacro === true || module.units.get(call.name)?.isGuard === true));
}

function delegateLines(module: UnitModule, assignment: Assignment): number {
  return [...assignment.keys()].flatMap((name) => module.units.get(name)?.functions ?? []).filter((shape) => !shape.isPrivate).length;
}

/** Sum over groups of inner weight against inner and outer weight: a report, never a goal. */
function turboMq(weights: Weights, partition: readonly number[]): number {
  const inner = new Map<number, number>();
  const outer = new Map<number, number>();
  weights.forEach((row, i) =>
    row.forEach((weight, j) => {
      const sums = partition[i] === partition[j] ? inner : outer;
      sums.set(partition[i] ?? 0, (sums.get(partition[i] ?? 0) ?? 0) + weight / 2);
    }),
  );
  return [...inner].reduce((sum, [group, weight]) => sum + (weight === 0 ? 0 : weight / (weight + (outer.get(group) ?? 0))), 0);
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
