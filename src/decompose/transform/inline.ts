import type { Expr } from "../../syntax/tree.ts";
import type { TextEdit } from "../../text/edit.ts";
import { extentOf } from "../read/module-source.ts";
import type { Unit, UnitModule } from "../read/unit.ts";

type Inlined = { readonly attribute: Expr; readonly extent: { readonly start: number; readonly end: number }; readonly list: Expr; readonly entries: readonly Expr[] };

/** `@compile {:inline, f: 1}` and `@compile inline: [f: 1]`: the compiler refuses names that the module does not define. */
function inlines(module: UnitModule): readonly Inlined[] {
  return (module.attributes.get("compile") ?? []).flatMap((item) => {
    const value = item.node.children[0];
    const list = value?.kind === "tuple" && value.children[0]?.isAtom("inline") ? value.children[1] : value?.kind === "list" ? value.get("inline") : undefined;
    return list?.kind === "list" ? [{ attribute: item.node, extent: extentOf(module.source.tree.source, item), list, entries: list.pairs }] : [];
  });
}

const nameOf = (entry: Expr): string => entry.key?.name ?? "";

/** The inline lists that a module of `units` needs, each as `[f: 1, g: 2]`. */
export function inlinedIn(module: UnitModule, units: readonly Unit[]): readonly string[] {
  const names = new Set(units.map(({ name }) => name));
  return inlines(module).flatMap(({ entries }) => {
    const own = entries.filter((entry) => names.has(nameOf(entry)));
    return own.length === 0 ? [] : [`[${own.map((entry) => entry.text).join(", ")}]`];
  });
}

/** Takes the names that left out of the old module's inline lists; an empty list goes. */
export function inlineEdits(module: UnitModule, moved: readonly Unit[]): readonly TextEdit[] {
  const names = new Set(moved.map(({ name }) => name));
  return inlines(module).flatMap(({ extent, list, entries }): TextEdit[] => {
    const left = entries.filter((entry) => !names.has(nameOf(entry)));
    if (left.length === entries.length) return [];
    if (left.length === 0) return [{ span: { start: extent.start, end: Math.min(extent.end + 1, module.source.tree.source.length) }, text: "" }];
    const text = left.map((entry) => entry.text).join(", ");
    return [{ span: list.span, text: module.source.tree.source.charAt(list.start) === "[" ? `[${text}]` : text }];
  });
}
