import { constantOf } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { Expr } from "../../syntax/tree.ts";

/** Parts of a telemetry event's name that is written out as a list of atoms; undefined when a part is computed. */
export function eventParts(expr: Expr | undefined, module: Module): readonly string[] | undefined {
  const list = constantOf(expr, module);
  if (list?.kind !== "list" || list.children.length === 0) return undefined;
  return list.children.every((part) => part.kind === "atom") ? list.children.map((part) => part.name) : undefined;
}

/** `[:bakery, :sale]`, as people write it. */
export const eventText = (parts: readonly string[]): string => `[${parts.map((part) => `:${part}`).join(", ")}]`;

/** Names of all events that the workspace emits under a literal name; a span has three. */
export const emittedEvents = (workspace: Workspace): ReadonlySet<string> =>
  workspace.note(emittedEvents, (all) => {
    const names = new Set<string>();
    for (const site of all.calls(":telemetry.execute", ":telemetry.span")) {
      const parts = eventParts(site.args[0], site.module);
      if (parts === undefined) continue;
      if (site.name === ":telemetry.execute") names.add(eventText(parts));
      else for (const end of ["start", "stop", "exception"]) names.add(eventText([...parts, end]));
    }
    return names;
  });
