import type { Expr } from "../../syntax/tree.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { Span } from "../../text/span.ts";
import { extentOf } from "../read/module-source.ts";
import type { Unit, UnitModule } from "../read/unit.ts";

type Entry = { readonly name: string; readonly text: string };
type NamedList = { readonly attribute: string; readonly option: string; readonly extent: Span; readonly list: Expr; readonly entries: readonly Entry[]; readonly isAlone: boolean };

/**
 * `@compile {:inline, f: 1}`, `@dialyzer {:nowarn_function, f: 1}` and the same as keywords:
 * the compiler refuses names in them that the module does not define.
 */
function namedLists(module: UnitModule): readonly NamedList[] {
  return ["compile", "dialyzer"].flatMap((attribute) =>
    (module.attributes.get(attribute) ?? []).flatMap((item) => {
      const value = item.node.children[0];
      const extent = extentOf(module.source.tree.source, item);
      const pairs = value?.kind === "tuple" ? [{ option: value.children[0]?.text ?? "", list: value.children[1] }] : (value?.pairs ?? []).map((pair) => ({ option: `:${pair.key?.name ?? ""}`, list: pair.value }));
      return pairs.flatMap(({ option, list }) => {
        if (list === undefined || (attribute === "compile" && option !== ":inline")) return [];
        const entries = entriesOf(list);
        return entries.length === 0 ? [] : [{ attribute, option, extent, list, entries, isAlone: pairs.length === 1 }];
      });
    }),
  );
}

/** `f: 1`, `[f: 1, g: 2]`, `[{:f, 1}]` and `{:f, 1}`. */
function entriesOf(list: Expr): readonly Entry[] {
  if (list.kind === "tuple") return [{ name: list.children[0]?.name ?? "", text: list.text }];
  if (list.kind !== "list") return [];
  const pairs = list.pairs.map((pair): Entry => ({ name: pair.key?.name ?? "", text: pair.text }));
  return pairs.length > 0 ? pairs : list.children.filter((child) => child.kind === "tuple").flatMap(entriesOf);
}

/** The lines about functions of `units` that their new module needs, as `@compile {:inline, [f: 1]}`. */
export function namedListsFor(module: UnitModule, units: readonly Unit[]): readonly string[] {
  const names = new Set(units.map(({ name }) => name));
  return namedLists(module).flatMap(({ attribute, option, entries }) => {
    const own = entries.filter((entry) => names.has(entry.name));
    return own.length === 0 ? [] : [`@${attribute} {${option}, [${own.map((entry) => entry.text).join(", ")}]}`];
  });
}

/** Takes the names that left out of the old module's lists; an attribute with nothing left goes. */
export function namedListEdits(module: UnitModule, moved: readonly Unit[]): readonly TextEdit[] {
  const names = new Set(moved.map(({ name }) => name));
  const { source } = module.source.tree;
  return namedLists(module).flatMap(({ extent, list, entries, isAlone }): TextEdit[] => {
    const left = entries.filter((entry) => !names.has(entry.name));
    if (left.length === entries.length) return [];
    if (left.length === 0) return isAlone ? [{ span: { start: extent.start, end: Math.min(extent.end + 1, source.length) }, text: "" }] : [{ span: list.span, text: "[]" }];
    const text = left.map((entry) => entry.text).join(", ");
    return [{ span: list.span, text: source.charAt(list.start) === "[" ? `[${text}]` : text }];
  });
}
