import type { CallSite } from "../../model/call-site.ts";
import type { Fn, Module } from "../../model/module.ts";

/** Ways in which a test waits, in the order they are listed. */
export const waitKinds = ["sleep", "helper that waits for a condition", "monitor and assert_receive of :DOWN", "assert_receive", "refute_receive", "receive with after", ":sys.get_state", ":erlang.yield"] as const;
export type WaitKind = (typeof waitKinds)[number];

/** How a call waits; undefined for one that does not. */
export function waitOf({ node, name, args }: CallSite): WaitKind | undefined {
  if (name === "Process.sleep" || name === ":timer.sleep") return args[0]?.isAtom("infinity") === true ? undefined : "sleep";
  if (name === "assert_receive") return [...(args[0]?.descendants() ?? [])].some((part) => part.isAtom("DOWN")) ? "monitor and assert_receive of :DOWN" : name;
  if (name === "refute_receive" || name === ":sys.get_state" || name === ":erlang.yield") return name;
  if (name === "receive") return node.section("after") === undefined ? undefined : "receive with after";
  return /(^|\.)(wait_for|wait_until|wait_while|poll|eventually|assert_eventually|assert_until|retry_until)(_\w+)?$/.test(name) ? "helper that waits for a condition" : undefined;
}

export const isTest = (fn: Fn): boolean => fn.kind === "block" && /^(test|property)\b/.test(fn.name);

/** Waits of some code by kind. */
export function waitsIn(sites: readonly CallSite[]): ReadonlyMap<WaitKind, number> {
  const counts = new Map<WaitKind, number>();
  for (const site of sites) {
    const kind = site.around.quoted ? undefined : waitOf(site);
    if (kind !== undefined) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Lines of `@tag :skip`, `@tag skip: "…"` and their kin. */
export const skipLines = (module: Module): readonly number[] =>
  ["tag", "moduletag", "describetag"].flatMap((name) => (module.attributes.get(name) ?? []).filter(({ value }) => value?.isAtom("skip") === true || value?.get("skip") !== undefined).map(({ line }) => line));
