import { Graph, layout } from "@dagrejs/dagre";
import type { Unit, UnitModule } from "../read/unit.ts";

/** A module's functions as a picture: boxes with a centre and a size in pixels, and calls between them by index. */
export type FunctionMap = {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly { readonly id: string; readonly name: string; readonly isPrivate: boolean; readonly lines: number; readonly line: number; readonly x: number; readonly y: number; readonly width: number; readonly height: number }[];
  readonly edges: readonly (readonly [from: number, to: number])[];
  /** What several functions read: module attributes and named ETS tables, with the functions by index. */
  readonly shares: readonly { readonly name: string; readonly members: readonly number[] }[];
};

const CHARACTER = 7;
const HEIGHT = 22;
/** Layered layout grows steeply with size; from here on boxes stand in columns, and edges are drawn all the same. */
const MOST_LAYERED = 320;
const COLUMN_HEIGHT = 30;

/** Lays out what calls what. Deterministic: the order of the source decides what the graph leaves open. */
export function mapOf(module: UnitModule): FunctionMap {
  const units = [...module.units.values()].filter((unit) => !unit.isGenerated);
  const index = new Map(units.map((unit, i) => [unit.name, i]));
  const edges = units.flatMap((unit, from) => [...new Set(unit.calls.map((call) => call.name))].flatMap((name): (readonly [number, number])[] => {
    const to = index.get(name);
    return to === undefined || to === from ? [] : [[from, to]];
  }));
  const width = (name: string): number => name.length * CHARACTER + 16;
  const places = units.length > MOST_LAYERED ? inColumns(units.map((unit) => width(unit.name))) : layered(units.map((unit) => width(unit.name)), edges);
  return {
    width: Math.max(...places.map(({ x, width: wide }) => x + wide / 2), 0) + 8,
    height: Math.max(...places.map(({ y }) => y + HEIGHT / 2), 0) + 8,
    nodes: units.map((unit, i) => {
      const { x = 0, y = 0, width: wide = 0 } = places[i] ?? {};
      const shape = unit.functions[0];
      return { id: shape === undefined ? unit.name : `${shape.name}/${shape.arity}`, name: unit.name, isPrivate: unit.isPrivate, lines: unit.lines, line: unit.definitions[0]?.node.line ?? 1, x, y, width: wide, height: HEIGHT };
    }),
    edges,
    shares: sharesOf(units),
  };
}

/** Attributes and ETS tables with a literal name that two or more functions use. */
function sharesOf(units: readonly Unit[]): FunctionMap["shares"] {
  const members = new Map<string, number[]>();
  units.forEach((unit, i) => {
    const tables = unit.definitions.flatMap(({ node }) => [...node.descendants()].flatMap((inner) => (inner.module === ":ets" && inner.args[0]?.kind === "atom" ? [`:${inner.args[0].name}`] : [])));
    for (const name of new Set([...[...unit.references.attributes].map((attribute) => `@${attribute}`), ...tables])) members.set(name, [...(members.get(name) ?? []), i]);
  });
  return [...members].filter(([, users]) => users.length > 1).map(([name, users]) => ({ name, members: users }));
}

type Placed = { readonly x: number; readonly y: number; readonly width: number };

function layered(widths: readonly number[], edges: FunctionMap["edges"]): readonly Placed[] {
  const graph = new Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 6, ranksep: 60, marginx: 8, marginy: 8, ranker: "tight-tree" });
  graph.setDefaultEdgeLabel(() => ({}));
  widths.forEach((width, i) => graph.setNode(String(i), { width, height: HEIGHT }));
  for (const [from, to] of edges) graph.setEdge(String(from), String(to));
  layout(graph);
  return widths.map((width, i) => {
    const node = graph.node(String(i)) as { readonly x: number; readonly y: number };
    return { x: Math.round(node.x), y: Math.round(node.y), width };
  });
}

function inColumns(widths: readonly number[]): readonly Placed[] {
  const widest = Math.max(...widths, 0);
  return widths.map((width, i) => ({ x: 8 + Math.floor(i / COLUMN_HEIGHT) * (widest + 60) + width / 2, y: 8 + HEIGHT / 2 + (i % COLUMN_HEIGHT) * (HEIGHT + 6), width }));
}
