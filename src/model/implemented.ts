import { furtherCallbacks } from "./known.ts";
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
  if (!module.attributes.has("impl")) return found;
  const body = module.node.section("do")?.body ?? [];
  for (const fn of module.functions) {
    const at = body.indexOf(fn.node);
    for (let i = at - 1; i >= 0 && body[i]?.kind === "attribute"; i--) if (body[i]?.name === "impl" && body[i]?.value?.isAtom("false") !== true) found.add(fn);
  }
  return found;
});
