import type { Tree } from "../../syntax/tree.ts";
import { applyEdits, type TextEdit } from "../../text/edit.ts";
import { extentOf, type Definition, type ModuleSource } from "../read/module-source.ts";
import { coveredArities } from "../read/unit.ts";
import { removal } from "./facade.ts";
import type { Extraction, FileChange } from "./split.ts";

/** What becomes of the delegates once nobody in the project calls them. */
export type DelegateFate = "keep" | "deprecate" | "remove";

type Delegate = { readonly definition: Definition; readonly target: string };

/**
 * Points calls of a split module at the modules that hold the functions now, in every file but its own, and then keeps, deprecates
 * or removes the delegates that nothing names any more. A delegate stays where its function is imported or named by an atom,
 * as in `{Shop, :total, []}`: who calls that cannot be seen.
 */
export function redirectOf(source: ModuleSource, file: string, trees: ReadonlyMap<string, Tree>, fate: DelegateFate): Extraction {
  const delegates = delegatesIn(source);
  if (delegates.size === 0) return { kind: "refused", reasons: [`${source.name} delegates nothing to modules below it. Split it first.`] };
  const others = [...trees].filter(([path]) => path !== file);
  const changes = others.flatMap(([path, tree]): readonly FileChange[] => {
    const edits = callsIn(tree, source.name, delegates);
    return edits.length === 0 ? [] : [{ path, before: tree.source, after: applyEdits(tree.source, edits) }];
  });
  const facade = fate === "keep" ? [] : facadeEdits(source, delegates, trees, fate);
  if (facade.length > 0) changes.push({ path: file, before: source.tree.source, after: applyEdits(source.tree.source, facade) });
  return changes.length > 0 ? { kind: "changes", changes } : { kind: "refused", reasons: [`Nothing calls what ${source.name} delegates by its name, so there is nothing to point elsewhere.`] };
}

/** `name/arity` of each delegate, and where it leads; renaming ones (`as:`) are the author's own and left alone. */
function delegatesIn(source: ModuleSource): ReadonlyMap<string, Delegate> {
  const found = new Map<string, Delegate>();
  for (const { definition } of source.items) {
    if (definition?.definer !== "defdelegate") continue;
    const options = definition.node.args[1];
    const target = options?.get("to");
    if (target?.kind !== "alias" || !target.name.startsWith(`${source.name}.`) || options?.get("as") !== undefined) continue;
    for (const arity of coveredArities(definition)) found.set(`${definition.name}/${arity}`, { definition, target: target.name });
  }
  return found;
}

function callsIn(tree: Tree, old: string, delegates: ReadonlyMap<string, Delegate>): readonly TextEdit[] {
  const edits: TextEdit[] = [];
  for (const node of tree.root.descendants()) {
    if ((node.kind !== "call" && node.kind !== "funref") || node.module !== old) continue;
    const target = delegates.get(`${node.fun}/${node.count}`)?.target;
    // `Shop.total(1)` and, behind an alias, `S.total(1)` both lead on to a module below by a segment more.
    if (target !== undefined && tree.source.charAt(node.anchor - 1) === ".") edits.push({ span: { start: node.anchor - 1, end: node.anchor - 1 }, text: target.slice(old.length) });
  }
  return edits;
}

function facadeEdits(source: ModuleSource, delegates: ReadonlyMap<string, Delegate>, trees: ReadonlyMap<string, Tree>, fate: "deprecate" | "remove"): readonly TextEdit[] {
  const all = [...trees.values()].flatMap((tree) => [...tree.root.descendants()]);
  if (all.some((node) => node.isCall("import") && node.args[0]?.name === source.name)) return [];
  const named = new Set(all.filter((node) => node.kind === "atom").map((node) => node.name));
  const called = ownCallsOf(source);
  const text = source.tree.source;
  return [...new Map([...delegates.values()].map((delegate) => [delegate.definition, delegate.target]))].flatMap(([definition, target]): readonly TextEdit[] => {
    if (named.has(definition.name) || called.has(definition.name) || definition.lead.some(({ name }) => name === "deprecated")) return [];
    if (fate === "remove") return [removal(text, extentOf(text, definition))];
    return [{ span: { start: definition.node.start, end: definition.node.start }, text: `@deprecated "Use ${target}.${definition.name}/${definition.arity} instead"\n  ` }];
  });
}

/** Names that the module's own code calls: their delegates are still in use. Heads of definitions look like calls and are none. */
function ownCallsOf(source: ModuleSource): ReadonlySet<string> {
  const heads = new Set(source.items.flatMap(({ definition }) => (definition === undefined ? [] : [definition.head.start])));
  const names = new Set<string>();
  for (const node of source.node.descendants()) if ((node.kind === "call" || node.kind === "funref") && !heads.has(node.start)) names.add(node.fun === "" ? node.name : node.fun);
  return names;
}
