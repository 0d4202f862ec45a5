import type { Expr } from "../../syntax/tree.ts";
import type { Span } from "../../text/span.ts";
import { kernelNames } from "../read/kernel.ts";
import type { Item } from "../read/module-source.ts";
import type { Unit, UnitModule } from "../read/unit.ts";
import { headsIn } from "./masked.ts";

/** A name that an alias or require makes short, and the line that does it. */
export type ShortName = { readonly short: string; readonly full: string; readonly directive: "alias" | "require" };

/** Short names that directives of the file, of modules around and of the module itself bind, nested modules included; later ones win. */
export function shortNames(module: UnitModule): ReadonlyMap<string, ShortName> {
  const found = new Map<string, ShortName>();
  for (const { kind, node } of module.source.directives) {
    if (kind !== "alias" && kind !== "require") continue;
    const named = asOption(node);
    const targets = node.args.flatMap((arg) => (arg.kind === "alias" ? [arg] : arg.kind === "list" ? arg.children.filter((child) => child.kind === "alias") : []));
    if (kind === "require" && named === undefined) {
      for (const target of targets) found.set(`require ${target.name}`, { short: "", full: target.name, directive: "require" });
      continue;
    }
    for (const target of targets) {
      const short = named ?? lastOf(target.name);
      found.set(short, { short, full: target.name, directive: kind });
    }
  }
  // A module defined inside has its last name as an alias; an implementation has none.
  for (const { node } of module.source.items.filter((item) => item.node.isCall("defmodule", "defprotocol"))) {
    const nested = node.children[0]?.name ?? "";
    if (nested !== "") found.set(lastOf(nested), { short: lastOf(nested), full: nested.startsWith(`${module.name}.`) ? nested : `${module.name}.${nested}`, directive: "alias" });
  }
  return found;
}

const asOption = (node: Expr): string | undefined => {
  for (const arg of node.args) {
    const value = arg.kind === "list" ? arg.get("as") : undefined;
    if (value !== undefined) return lastOf(value.text);
  }
  return undefined;
};
export const lastOf = (name: string): string => name.slice(name.lastIndexOf(".") + 1);

/** The alias and require lines that code in `spans` needs. */
export function namesNeeded(module: UnitModule, spans: readonly Span[], units: readonly Unit[]): readonly string[] {
  const heads = headsIn(module.source.tree, spans);
  const used = new Set(units.flatMap((unit) => [...unit.references.modules.keys()]));
  const lines: string[] = [];
  for (const [key, { short, full, directive }] of shortNames(module)) {
    if (key.startsWith("require ")) {
      if (used.has(full) || heads.has(lastOf(full)) || heads.has(full.split(".")[0] ?? full)) lines.push(`require ${full}`);
    } else if (heads.has(short)) lines.push(`${directive} ${full}${directive === "alias" && lastOf(full) === short ? "" : `, as: ${short}`}`); // a require alone binds no short name
  }
  return lines.sort();
}

const bitwise = /<<<|>>>|&&&|\|\|\||\^\^\^|~~~|\b(band|bor|bxor|bnot|bsl|bsr)\b/;

/** What code calls that its module does not define: `name/arity`. */
export const foreignIn = (units: readonly Unit[]): ReadonlySet<string> => new Set(units.flatMap((unit) => [...unit.foreign.map(idOf), ...unit.calls.filter((call) => call.inQuote).map(idOf)]));
const idOf = ({ name, arity }: { readonly name: string; readonly arity: number }): string => `${name}/${arity}`;

/** Which imports code needs that calls `foreign` (`name/arity`) and reads `text`. What an import without `only:` brings is unknown, so it is kept for any name left over. */
export function importsNeeded(imports: readonly Item[], foreign: ReadonlySet<string>, text: string): readonly { readonly item: Item; readonly only: readonly string[] | undefined }[] {
  const open = new Set([...foreign].filter((id) => !kernelNames.has(id.slice(0, id.lastIndexOf("/")))));
  const chosen: { readonly item: Item; readonly only: readonly string[] | undefined }[] = [];
  const wide: Item[] = [];
  for (const item of imports) {
    const only = item.node.args[1]?.get("only");
    const isKernel = item.node.args[0]?.name === "Kernel";
    if (isKernel) chosen.push({ item, only: undefined });
    else if (only?.kind === "list") {
      const entries = only.pairs.filter((pair) => open.has(`${pair.key?.name ?? ""}/${pair.value?.text ?? ""}`) || isOperatorIn(pair.key?.name ?? "", text));
      for (const entry of entries) open.delete(`${entry.key?.name ?? ""}/${entry.value?.text ?? ""}`);
      if (entries.length > 0) chosen.push({ item, only: entries.map((entry) => entry.text) });
    } else if (item.node.args[0]?.name === "Bitwise") {
      if (bitwise.test(text)) chosen.push({ item, only: undefined });
    } else wide.push(item);
  }
  if (open.size > 0) chosen.push(...wide.map((item) => ({ item, only: undefined })));
  return chosen.sort((a, b) => a.item.node.start - b.item.node.start);
}
const isOperatorIn = (name: string, text: string): boolean => name !== "" && !/^\w/.test(name) && text.includes(name);

/** An import as it is written where it is needed. */
export function importLine({ item, only }: { readonly item: Item; readonly only: readonly string[] | undefined }): string {
  const target = item.node.args[0]?.name ?? "";
  if (only !== undefined) return `import ${target}, only: [${only.join(", ")}]`;
  const options = item.node.args[1];
  return `import ${target}${options === undefined ? "" : `, ${options.text}`}`;
}
