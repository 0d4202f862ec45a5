import type { FunctionMap } from "../decompose/layout/map.ts";
import type { Alternative, PlanMetrics } from "../decompose/plan/plan.ts";
import { componentsOf } from "../decompose/plan/components.ts";
import { shortName, withoutArity } from "./groups.ts";

/** Which group calls which; the module itself is "". */
export type Link = { readonly from: string; readonly to: string; readonly calls: number };

/** Calls between groups, strongest first. Counted by pairs of functions. */
export function linksOf(map: FunctionMap, shape: Pick<Alternative, "groups">): readonly Link[] {
  const home = new Map(shape.groups.flatMap(({ module, functions }) => functions.map((id) => [withoutArity(id), module] as const)));
  const counts = new Map<string, Link>();
  for (const [a, b] of map.edges) {
    const from = home.get(map.nodes[a]?.name ?? "") ?? "";
    const to = home.get(map.nodes[b]?.name ?? "") ?? "";
    if (from === to) continue;
    const key = `${from} ${to}`;
    counts.set(key, { from, to, calls: (counts.get(key)?.calls ?? 0) + 1 });
  }
  return [...counts.values()].sort((x, y) => y.calls - x.calls || (x.from + x.to < y.from + y.to ? -1 : 1));
}

/** What a reviewer would object to in a shape, in sentences; worst first. */
export function warningsOf(links: readonly Link[], shape: Pick<Alternative, "groups" | "metrics">, parent: string): readonly string[] {
  const name = (module: string): string => (module === "" ? shortName(parent, "") : shortName(module, parent));
  const modules = shape.groups.map(({ module }) => module);
  const circles = componentsOf(modules, (module) => links.filter(({ from, to }) => from === module && to !== "").map(({ to }) => to)).filter((part) => part.length > 1);
  const tangled = links.filter(({ from, to, calls }) => from !== "" && to !== "" && calls >= 5 && calls > insideOf(shape.metrics, from) / 3);
  const tiny = shape.groups.filter(({ functions }) => functions.length < 3);
  return [
    ...circles.map((part) => `${listed(part.map(name))} call each other in a circle. It works, and says that the border between them runs through one topic: merge them, or move what one takes from the other.`),
    ...(shape.metrics.compileTimeEdges > 0 ? [`${shape.metrics.compileTimeEdges} new module${shape.metrics.compileTimeEdges === 1 ? " waits" : "s wait"} for ${parent} when compiled, because of its struct or macros.`] : []),
    ...tangled.map(({ from, to, calls }) => `${name(from)} calls ${name(to)} in ${calls} places: they are closely coupled.`),
    ...(tiny.length === 0 ? [] : [`${listed(tiny.map(({ module }) => name(module)))} hold${tiny.length === 1 ? "s" : ""} one or two functions, which is little for a module.`]),
  ];
}

const insideOf = (metrics: PlanMetrics, module: string): number => {
  const own = metrics.modules.find((entry) => entry.module === module);
  return own === undefined ? 0 : own.publicFunctions + own.privateFunctions;
};

const listed = (names: readonly string[]): string => (names.length < 2 ? (names[0] ?? "") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
