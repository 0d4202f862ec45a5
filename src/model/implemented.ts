import { furtherCallbacks } from "./known.ts";
import type { Expr } from "../syntax/tree.ts";
import type { Fn, Module } from "./module.ts";
import { remembered } from "./reading.ts";

/** Functions of a module that a behaviour asks for: below an `@impl` other than `@impl false`, or by what is known of the behaviour. */
export const implementedIn = remembered((module: Module): ReadonlySet<Fn> => {
  const found = new Set<Fn>();
  for (const behaviour of [...module.uses.map(({ name }) => name), ...module.behaviours])
    for (const id of furtherCallbacks.get(behaviour) ?? []) {
      const fn = module.fnWithId(id);
      if (fn !== undefined) found.add(fn);
    }
  if (module.attributes.has("impl")) for (const fn of below(module, (attribute) => attribute.name === "impl" && attribute.value?.isAtom("false") !== true)) found.add(fn);
  return found;
});

/** Functions of a module below `@doc false`: for the project's own code, and not for its users. */
export const hiddenIn = remembered((module: Module): ReadonlySet<Fn> => {
  const isHiding = (attribute: Expr): boolean => attribute.name === "doc" && attribute.value?.isAtom("false") === true;
  return new Set(module.attributes.get("doc")?.some(isHiding) === true ? below(module, isHiding) : []);
});

/** Functions with such an attribute between them and what stands above. */
function* below(module: Module, isWanted: (attribute: Expr) => boolean): Generator<Fn> {
  const body = module.node.section("do")?.body ?? [];
  const places = new Map(body.map((expr, i) => [expr, i]));
  for (const fn of module.functions) {
    for (let i = (places.get(fn.node) ?? 0) - 1; body[i]?.kind === "attribute"; i--)
      if (isWanted(body[i] as Expr)) {
        yield fn;
        break;
      }
  }
}
