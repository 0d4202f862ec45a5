import type { Tree } from "../../syntax/tree.ts";
import type { Group } from "../plan/plan.ts";
import { modulesOf, type ModuleSource } from "../read/module-source.ts";
import { coveredArities } from "../read/unit.ts";

/** What was written for a module of a file. */
export type Written = {
  readonly file: string;
  readonly module: string;
  /** What it exported before. */
  readonly exports: readonly string[];
  /** Those that moved. */
  readonly groups: readonly Pick<Group, "module" | "functions">[];
  /** Files that got modules of the file as they were. */
  readonly files: readonly string[];
};

/** What can be said of split code without Elixir. */
export type Inspection = {
  /** Files that do not parse, of those the split touched. */
  readonly broken: readonly string[];
  readonly lostExports: readonly string[];
  readonly newExports: readonly string[];
  /** `Module.name/arity` that should have moved and is not there. */
  readonly missing: readonly string[];
  readonly exports: number;
  readonly moved: number;
};

/** Public functions and macros of a module as `name/arity`, in order; arities that defaults add and delegates count. */
export function exportsIn({ items }: ModuleSource): readonly string[] {
  const definitions = items.flatMap(({ definition }) => (definition === undefined || definition.isPrivate || definition.isGenerated ? [] : [definition]));
  return [...new Set(definitions.flatMap((definition) => coveredArities(definition).map((arity) => `${definition.name}/${arity}`)))].sort();
}

/** Compares split code with what the module exported before and with what was to move. */
export function inspected(trees: ReadonlyMap<string, Tree>, { file, module, exports: before, groups, files }: Written): Inspection {
  const sources = new Map([...trees.values()].flatMap((tree) => (mentions(tree, module) ? modulesOf(tree).map((source) => [source.name, source] as const) : [])));
  const source = sources.get(module);
  const now = new Set(source === undefined ? [] : exportsIn(source));
  const wanted = groups.flatMap((group) => group.functions.map((id) => ({ module: group.module, id })));
  const defined = new Map([...sources].map(([name, { items }]) => [name, new Set(items.flatMap(({ definition }) => (definition === undefined ? [] : [`${definition.name}/${definition.arity}`])))]));
  const touched = [file, ...files, ...groups.flatMap((group) => sources.get(group.module)?.tree.path ?? [])];
  return {
    broken: [...new Set(touched)].filter((path) => (trees.get(path)?.data.errors.length ?? 0) > 0),
    lostExports: before.filter((id) => !now.has(id)),
    newExports: [...now].filter((id) => !before.includes(id)),
    missing: wanted.filter((entry) => defined.get(entry.module)?.has(entry.id) !== true).map((entry) => `${entry.module}.${entry.id}`),
    exports: now.size,
    moved: wanted.length,
  };
}

const mentions = (tree: Tree, module: string): boolean => tree.data.symbols.some((symbol) => symbol === module || symbol.startsWith(`${module}.`)) || modulesOf(tree).some(({ name }) => name === module);
