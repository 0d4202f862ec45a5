import type { Fn, Module } from "./module.ts";
import { remembered } from "./reading.ts";

/** Functions of a module that stand below an `@impl` other than `@impl false`: a behaviour asks for them. */
export const implementedIn = remembered((module: Module): ReadonlySet<Fn> => {
  const found = new Set<Fn>();
  if (!module.attributes.has("impl")) return found;
  const body = module.node.section("do")?.body ?? [];
  for (const fn of module.functions) {
    const at = body.indexOf(fn.node);
    for (let i = at - 1; i >= 0 && body[i]?.kind === "attribute"; i--) if (body[i]?.name === "impl" && body[i]?.value?.isAtom("false") !== true) found.add(fn);
  }
  return found;
});
