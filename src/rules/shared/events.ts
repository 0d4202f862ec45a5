import { constantOf } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";
import { indexed } from "../../model/indexes.ts";

/** Parts of a telemetry event's name that is written out as a list of atoms; undefined when a part is computed. */
export function eventParts(expr: Expr | undefined, module: Module): readonly string[] | undefined {
  const list = constantOf(expr, module);
  if (list?.kind !== "list" || list.children.length === 0) return undefined;
  return list.children.every((part) => part.kind === "atom") ? list.children.map((part) => part.name) : undefined;
}

/** `[:bakery, :sale]`, as people write it. */
export const eventText = (parts: readonly string[]): string => `[${parts.map((part) => `:${part}`).join(", ")}]`;

/** Names of all events that the workspace emits under a literal name, as keys; a span has three. */
export const emittedEvents = indexed("emitted events", (module) =>
  module.calls(":telemetry.execute", ":telemetry.span").flatMap((site) => {
    const parts = eventParts(site.args[0], module);
    if (parts === undefined) return [];
    const names = site.name === ":telemetry.execute" ? [parts] : ["start", "stop", "exception"].map((end) => [...parts, end]);
    return names.map((name) => [eventText(name), true] as const);
  }),
);
