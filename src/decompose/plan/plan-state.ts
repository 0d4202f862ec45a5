import type { Tree } from "../../syntax/tree.ts";
import { modulesOf } from "../read/module-source.ts";
import { coveredArities } from "../read/unit.ts";
import type { Group } from "./plan.ts";

/** How far a group of a kept plan is, told by the code alone: `stale` when functions it names are neither here nor there. */
export type GroupState = { readonly module: string; readonly state: "open" | "partly done" | "done" | "stale"; readonly moved: readonly string[]; readonly open: readonly string[]; readonly gone: readonly string[] };

/** Checks the groups of a plan for `module` against the code as it is. */
export function planStateOf(trees: ReadonlyMap<string, Tree>, module: string, groups: readonly Pick<Group, "module" | "functions">[]): readonly GroupState[] {
  const names = new Set([module, ...groups.map((group) => group.module)]);
  const defined = new Map<string, ReadonlySet<string>>();
  for (const tree of trees.values()) {
    if (!tree.data.symbols.some((symbol) => names.has(symbol))) continue;
    for (const source of modulesOf(tree)) if (names.has(source.name)) defined.set(source.name, new Set(source.items.flatMap(({ definition }) => (definition === undefined || definition.definer === "defdelegate" ? [] : coveredArities(definition).map((arity) => `${definition.name}/${arity}`)))));
  }
  return groups.map((group): GroupState => {
    const moved = group.functions.filter((id) => defined.get(group.module)?.has(id));
    const open = group.functions.filter((id) => !moved.includes(id) && defined.get(module)?.has(id));
    const gone = group.functions.filter((id) => !moved.includes(id) && !open.includes(id));
    return { module: group.module, state: gone.length > 0 ? "stale" : open.length === 0 ? "done" : moved.length === 0 ? "open" : "partly done", moved, open, gone };
  });
}
