import * as v from "valibot";
import { commands } from "../vscode/contributions.ts";
import type { Wizards } from "./wizards.ts";

/** What stands in `data-vscode-context` where the page's menu was opened. */
const place = v.object({ functions: v.optional(v.array(v.string()), []), module: v.optional(v.string(), ""), line: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 1), isPinned: v.optional(v.boolean(), false) });

/** Entries of the context menu in the page of a walk. */
export function walkCommands(wizards: Wizards) {
  const at = (run: (where: v.InferOutput<typeof place>) => void) => (context: unknown) => {
    const read = v.safeParse(place, context);
    if (read.success) run(read.output);
  };
  return {
    [commands.moveFunctions]: at(({ functions, module }) => wizards.send({ kind: "ask", what: "move", functions, module })),
    [commands.splitOffFunctions]: at(({ functions, module }) => wizards.send({ kind: "ask", what: "split", functions, module })),
    [commands.pinFunctions]: at(({ functions, isPinned }) => wizards.send({ kind: "pin", functions, isOn: !isPinned })),
    [commands.openFunction]: at(({ line }) => wizards.send({ kind: "open", file: "", line })),
    [commands.renameGroup]: at(({ module }) => wizards.send({ kind: "ask", what: "rename", functions: [], module })),
    [commands.mergeGroup]: at(({ module }) => wizards.send({ kind: "ask", what: "merge", functions: [], module })),
  };
}
