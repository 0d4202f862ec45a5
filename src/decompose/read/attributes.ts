import type { Expr } from "../../syntax/tree.ts";
import type { Item } from "./module-source.ts";
import type { UnitModule } from "./unit.ts";

/** Attributes that the compiler or OTP reads; they are not constants of the functions below. */
export const reservedAttributes: ReadonlySet<string> = new Set([
  "after_compile", "after_verify", "before_compile", "behaviour", "compile", "deprecated", "derive", "dialyzer", "enforce_keys", "external_resource", "fallback_to_any", "file", "foreign_key_type", "impl",
  "moduledoc", "nifs", "on_definition", "on_load", "optional_callbacks", "preferred_cli_env", "primary_key", "protocol", "recursive", "requirements", "schema_prefix", "shortdoc", "since", "timestamps_opts",
  "undefined_impl_description", "vsn", "field_source_mapper", "moduletag", "tag", "describetag",
]);

const changing = /^(File|Path|System|DateTime|NaiveDateTime|Date|Time|Port|Process|Agent|GenServer|Mix|Code|IO|Version)\.|^:(rand|random|crypto|os|ets|persistent_term|file|filename|code)\.|^:erlang\.(now|unique_integer|make_ref|system_time|monotonic_time|timestamp|date|time|localtime|universaltime|node|nodes|self|get|put|system_info|get_cookie|statistics|memory|phash)$/;
const changingLocals = new Set(["make_ref", "self", "node", "spawn", "send"]);

/**
 * Why the value of an attribute cannot be written a second time in another module, or undefined when it can:
 * copying evaluates it twice, at another time and place.
 */
export function attributeHazard(module: UnitModule, name: string, seen: ReadonlySet<string> = new Set()): { readonly reason: string; readonly line: number | undefined } | undefined {
  const items = module.attributes.get(name);
  const first = items?.[0];
  if (items === undefined || first === undefined) return reservedAttributes.has(name) ? { reason: "the compiler sets", line: undefined } : { reason: "is not set in the module body, so `use` or a macro sets it", line: undefined };
  if (isRegistered(module, name)) return { reason: "collects values", line: first.node.line };
  const second = items[1];
  if (second !== undefined) return { reason: "is set more than once", line: second.node.line };
  if (reservedAttributes.has(name)) return { reason: "means something to the compiler", line: first.node.line };
  return seen.has(name) ? undefined : valueHazard(module, name, first, seen);
}

function isRegistered(module: UnitModule, name: string): boolean {
  return module.others.some((item) => [...item.node.descendants()].some((node) => node.isCall("Module.register_attribute", "Module.put_attribute") && node.args[1]?.isAtom(name)));
}

function valueHazard(module: UnitModule, name: string, item: Item, seen: ReadonlySet<string>): { readonly reason: string; readonly line: number } | undefined {
  const bound = new Set([...item.node.descendants()].flatMap((node) => boundIn(node)));
  for (const node of item.node.children.flatMap((child) => [...child.descendants()])) {
    const line = node.line;
    if (node.kind === "attribute" && node.children.length === 0) {
      const inner = attributeHazard(module, node.name, new Set([...seen, name]));
      if (inner !== undefined) return { reason: `is made from @${node.name}, which ${inner.reason}`, line };
    } else if (node.kind === "var" && /^__(ENV|DIR|CALLER)__$/.test(node.name)) return { reason: `is made from ${node.name}`, line };
    else if (node.kind === "var" && !node.name.startsWith("&") && !bound.has(node.name)) return { reason: `is made from ${node.name}, a variable of the module body`, line };
    else if (node.kind === "call" || node.kind === "funref") {
      if (changing.test(node.name) || changingLocals.has(node.name)) return { reason: `is made by ${node.name}, which may answer differently elsewhere`, line };
      if (node.module === module.name || (node.module === "" && module.units.has(node.name))) return { reason: `is made by ${node.name}, a function of this module`, line };
    }
  }
  return undefined;
}

function boundIn(node: Expr): readonly string[] {
  const pattern = node.kind === "match" || (node.kind === "op" && node.name === "<-") ? node.left : undefined;
  const patterns = node.kind === "clause" ? node.params : pattern === undefined ? [] : [pattern];
  return patterns.flatMap((part) => [...part.descendants()].filter((inner) => inner.kind === "var").map((inner) => inner.name));
}

/** The attributes that `names` need, with those their values are made from, in text order. */
export function attributesNeeded(module: UnitModule, names: Iterable<string>): readonly Item[] {
  const needed = new Set<Item>();
  const add = (name: string): void => {
    for (const item of module.attributes.get(name) ?? []) {
      if (needed.has(item) || reservedAttributes.has(name)) continue;
      needed.add(item);
      for (const node of item.node.descendants()) if (node.kind === "attribute" && node.children.length === 0) add(node.name);
    }
  };
  for (const name of names) add(name);
  return [...needed].sort((a, b) => a.node.start - b.node.start);
}
