import * as v from "valibot";
import { steps } from "../decompose/plan/plan-file.ts";
import type { Intent } from "./session.ts";
import type { Snapshot } from "./view.ts";

/** What the page is sent: the whole state, but the function graph, by far the largest part, only when it is another one. */
export type Drawing = { readonly snapshot: Omit<Snapshot, "map">; readonly map: Snapshot["map"] | undefined; readonly resume: unknown };

const name = v.pipe(v.string(), v.maxLength(4000));
const names = v.pipe(v.array(name), v.maxLength(5000));

const schema = v.variant("kind", [
  v.object({ kind: v.literal("go"), step: v.picklist(steps) }),
  v.object({ kind: v.literal("choose"), id: name }),
  v.object({ kind: v.literal("grade"), grade: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(50)) }),
  v.object({ kind: v.literal("splitFile"), isOn: v.boolean() }),
  v.object({ kind: v.literal("move"), functions: names, to: name }),
  v.object({ kind: v.literal("rename"), from: name, to: name }),
  v.object({ kind: v.literal("merge"), from: name, into: name }),
  v.object({ kind: v.literal("split"), functions: names, name }),
  v.object({ kind: v.literal("pin"), functions: names, isOn: v.boolean() }),
  v.object({ kind: v.literal("ask"), what: v.picklist(["move", "rename", "merge", "split"]), functions: names, module: name }),
  v.object({ kind: v.literal("undo") }),
  v.object({ kind: v.literal("redo") }),
  v.object({ kind: v.literal("open"), file: name, line: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
  v.object({ kind: v.literal("preview"), step: name }),
  v.object({ kind: v.literal("apply"), steps: names, withPreview: v.boolean() }),
  v.object({ kind: v.literal("undoAll") }),
  v.object({ kind: v.literal("test"), file: name, isOn: v.boolean() }),
  v.object({ kind: v.literal("verify") }),
  v.object({ kind: v.literal("remedy") }),
  v.object({ kind: v.literal("copyMessage") }),
]);

/** What a page sent, if it is an intent; a page is never trusted. */
export function intentIn(message: unknown): Intent | undefined {
  const read = v.safeParse(schema, message);
  return read.success ? read.output : undefined;
}
