import * as v from "valibot";
import { type Intent, steps } from "./session.ts";

const name = v.pipe(v.string(), v.maxLength(200));
const names = v.pipe(v.array(name), v.maxLength(5000));

const schema = v.variant("kind", [
  v.object({ kind: v.literal("go"), step: v.picklist(steps) }),
  v.object({ kind: v.literal("choose"), id: name }),
  v.object({ kind: v.literal("move"), functions: names, to: name }),
  v.object({ kind: v.literal("rename"), from: name, to: name }),
  v.object({ kind: v.literal("merge"), from: name, into: name }),
  v.object({ kind: v.literal("split"), functions: names, name }),
  v.object({ kind: v.literal("pin"), function: name, isOn: v.boolean() }),
  v.object({ kind: v.literal("undo") }),
  v.object({ kind: v.literal("redo") }),
  v.object({ kind: v.literal("open"), line: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
  v.object({ kind: v.literal("preview"), module: name }),
  v.object({ kind: v.literal("apply"), modules: names }),
  v.object({ kind: v.literal("undoAll") }),
  v.object({ kind: v.literal("verify"), withTests: v.boolean() }),
  v.object({ kind: v.literal("copyMessage") }),
]);

/** What a page sent, if it is an intent; a page is never trusted. */
export function intentIn(message: unknown): Intent | undefined {
  const read = v.safeParse(schema, message);
  return read.success ? read.output : undefined;
}
