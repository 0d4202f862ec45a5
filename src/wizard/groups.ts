import type { Alternative, Plan } from "../decompose/plan/plan.ts";

/** Modules to be, with the functions that go there; what is in none stays. */
export type Groups = readonly { readonly module: string; readonly functions: readonly string[] }[];

export const groupsOf = ({ groups }: Pick<Alternative, "groups">): Groups => groups.map(({ module, functions }) => ({ module, functions }));

/** Whether two arrangements put the same functions in the same modules, in whatever order. */
export const areSame = (some: Groups, others: Groups): boolean => placesOf(some) === placesOf(others);
const placesOf = (groups: Groups): string => groups.flatMap(({ module, functions }) => functions.map((id) => `${module} ${id}`)).sort().join("\n");

/** `name` of `name/arity`. */
export const withoutArity = (id: string): string => id.slice(0, id.lastIndexOf("/"));

/** Those of `ids` that share no name with any of `others`: all arities of a name go together. */
export function namedUnlike(ids: readonly string[], others: readonly string[]): readonly string[] {
  const names = new Set(others.map(withoutArity));
  return ids.filter((id) => !names.has(withoutArity(id)));
}

/** The last part of a module below `parent`, the whole name elsewhere. */
export const shortName = (module: string, parent: string): string => (module.startsWith(`${parent}.`) ? module.slice(parent.length + 1) : module);

/**
 * Functions moved to another group, or out of all when `to` is none of them. All arities of a name go together, since they
 * share docs and callers rarely tell them apart. Groups that are left empty are gone.
 */
export function moved(groups: Groups, functions: readonly string[], to: string, all: readonly string[]): Groups {
  const names = new Set(functions.map(withoutArity));
  const moving = all.filter((id) => names.has(withoutArity(id)));
  const left = groups.map((group) => ({ ...group, functions: group.functions.filter((id) => !names.has(withoutArity(id))) }));
  return left.map((group) => (group.module === to ? { ...group, functions: [...group.functions, ...moving] } : group)).filter((group) => group.functions.length > 0);
}

export function merged(groups: Groups, from: string, into: string): Groups {
  const source = groups.find((group) => group.module === from);
  if (source === undefined || from === into || !groups.some((group) => group.module === into)) return groups;
  return groups.filter((group) => group !== source).map((group) => (group.module === into ? { ...group, functions: [...group.functions, ...source.functions] } : group));
}

/** No group at all: everything stays, which is what a plan for the file alone begins with. */
export const emptyShape = ({ metrics, pinned }: Plan): Alternative => ({
  id: "files",
  title: "One module per file",
  groups: [],
  stays: pinned.map((pin) => pin.function),
  metrics: { modules: [], remainingCodeLines: metrics.codeLines, internalCallShare: 1, crossModuleCalls: 0, promotedPrivates: 0, compileTimeEdges: 0, runtimeCycles: 0, largestShare: 1, modularity: 0, turboMq: 0 },
  steps: [],
});
