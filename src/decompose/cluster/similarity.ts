import type { Unit, UnitModule } from "../read/unit.ts";
import { addWeight, emptyWeights, type Weights } from "./matrix.ts";
import { wordsOf } from "./words.ts";

/** The ways in which two functions can belong together. */
export const edgeKinds = ["call", "callee", "caller", "attribute", "type", "module", "field", "atom", "name", "doc", "parameter", "section", "order"] as const;
export type EdgeKind = (typeof edgeKinds)[number];

/** One matrix for each kind, units in text order. */
export type Similarity = { readonly units: readonly Unit[]; readonly kinds: Readonly<Record<EdgeKind, Weights>>; readonly callees: readonly (readonly number[])[] };

/** How much each kind counts; found by random search over merged public modules. Banners count only when there are some. */
export const edgeWeights: Readonly<Record<EdgeKind, number>> = { call: 2.42, callee: 5.17, caller: 1.79, attribute: 7.38, type: 2.39, module: 0.17, field: 0.16, atom: 0.13, name: 0.22, doc: 0.79, parameter: 0.37, section: 2, order: 0.35 };

/** Measures how close the units of a module are, kind by kind. */
export function similarityOf(module: UnitModule, units: readonly Unit[] = [...module.units.values()]): Similarity {
  const size = units.length;
  const index = new Map(units.map((unit, i) => [unit.name, i]));
  const callees = units.map((unit, i) => [...new Set(unit.calls.map((call) => index.get(call.name)).filter((at) => at !== undefined && at !== i))] as number[]);
  const callers = units.map((_, i) => units.flatMap((_unit, j) => (callees[j]?.includes(i) === true ? [j] : [])));
  const call = emptyWeights(size);
  callees.forEach((list, i) => {
    for (const j of list) addWeight(call, i, j, 1 / Math.sqrt(Math.max(1, callers[j]?.length ?? 1)));
  });
  const shared = (keysOf: (unit: Unit) => Iterable<string>): Weights => together(size, groupsByKey(units, keysOf));
  const cosine = (bagOf: (unit: Unit) => Iterable<readonly [string, number]>, least: number, neighbours: number): Weights => cosines(units.map(bagOf), least, neighbours);
  return {
    units,
    callees,
    kinds: {
      call,
      caller: together(size, callees),
      callee: together(size, callers),
      attribute: shared((unit) => [...unit.references.attributes].filter((name) => module.attributes.has(name))),
      type: shared((unit) => unit.typeNames),
      section: shared((unit) => (unit.section === undefined ? [] : [unit.section])),
      module: cosine((unit) => unit.references.modules, 0.1, 6),
      field: cosine((unit) => unit.references.fields, 0.1, 6),
      atom: cosine((unit) => unit.references.atoms, 0.12, 6),
      name: cosine((unit) => wordsOf(unit.name).map((word) => [word, 1]), 0.15, 8),
      doc: cosine((unit) => docWords(unit).map((word) => [word, 1]), 0.1, 6),
      parameter: cosine(parametersOf, 0.15, 6),
      order: neighbours(size),
    },
  };
}

/** The matrices added up with their weights. */
export function combined(similarity: Similarity, weights: Readonly<Partial<Record<EdgeKind, number>>> = edgeWeights): Weights {
  const sum = emptyWeights(similarity.units.length);
  for (const kind of edgeKinds) {
    const weight = weights[kind] ?? 0;
    if (weight === 0) continue;
    similarity.kinds[kind].forEach((row, i) => {
      const target = sum[i];
      if (target !== undefined) row.forEach((value, j) => (target[j] = (target[j] ?? 0) + weight * value));
    });
  }
  return sum;
}

/** Members of a small set are close; what most units share says nothing. */
function together(size: number, sets: readonly (readonly number[])[]): Weights {
  const weights = emptyWeights(size);
  for (const set of sets) {
    if (set.length < 2 || set.length > size * 0.6) continue;
    set.forEach((a, i) => {
      for (const b of set.slice(i + 1)) addWeight(weights, a, b, 1 / (set.length - 1));
    });
  }
  return weights;
}

function groupsByKey(units: readonly Unit[], keysOf: (unit: Unit) => Iterable<string>): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  units.forEach((unit, i) => {
    for (const key of new Set(keysOf(unit))) groups.set(key, [...(groups.get(key) ?? []), i]);
  });
  return [...groups.values()];
}

/** Cosine of word bags weighted by rarity, kept for the nearest neighbours of each unit. */
function cosines(bags: readonly Iterable<readonly [string, number]>[], least: number, keep: number): Weights {
  const size = bags.length;
  const counts = bags.map((bag) => {
    const sums = new Map<string, number>();
    for (const [key, count] of bag) sums.set(key, (sums.get(key) ?? 0) + count);
    return sums;
  });
  const spread = new Map<string, number>();
  for (const bag of counts) for (const key of bag.keys()) spread.set(key, (spread.get(key) ?? 0) + 1);
  const vectors = counts.map((bag) => {
    const entries = [...bag].map(([key, count]) => {
      const inUnits = spread.get(key) ?? 1;
      return [key, (1 + Math.log(Math.max(1, count))) * Math.log((size + 1) / inUnits) * (inUnits > 1 ? 1 : 0.5)] as const;
    });
    const length = Math.sqrt(entries.reduce((sum, [, weight]) => sum + weight * weight, 0)) || 1;
    return new Map(entries.map(([key, weight]) => [key, weight / length]));
  });
  const all = emptyWeights(size);
  vectors.forEach((left, i) => {
    for (let j = i + 1; j < size; j++) {
      const right = vectors[j];
      if (right === undefined) continue;
      let product = 0;
      for (const [key, weight] of left) product += weight * (right.get(key) ?? 0);
      if (product > least) addWeight(all, i, j, product);
    }
  });
  return nearestOnly(all, keep);
}

function nearestOnly(weights: Weights, keep: number): Weights {
  const kept = emptyWeights(weights.length);
  weights.forEach((row, i) => {
    const near = [...row.keys()].filter((j) => (row[j] ?? 0) > 0).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0) || a - b);
    for (const j of near.slice(0, keep)) {
      const mine = kept[i];
      const theirs = kept[j];
      if (mine !== undefined && theirs !== undefined) mine[j] = theirs[i] = row[j] ?? 0;
    }
  });
  return kept;
}

function neighbours(size: number): Weights {
  const weights = emptyWeights(size);
  for (let i = 0; i < size; i++) for (let distance = 1; distance <= 3; distance++) addWeight(weights, i, i + distance, 2 ** (1 - distance));
  return weights;
}

function docWords(unit: Unit): readonly string[] {
  const docs = unit.definitions.flatMap((definition) => definition.lead.filter((lead) => lead.name === "doc").map((lead) => lead.node?.text ?? ""));
  return (docs.join(" ").replace(/`|"""|@doc/g, " ").toLowerCase().match(/[a-z]{4,}/g) ?? []).slice(0, 200);
}

/** Parameter names; the first one, or the struct it matches, says most about what a function works on. */
function parametersOf(unit: Unit): readonly (readonly [string, number])[] {
  const names = new Set<string>();
  const firsts = new Set<string>();
  for (const definition of unit.definitions)
    definition.params.forEach((param, i) => {
      const name = /^_?([a-z]\w*)/.exec(param.text)?.[1];
      if (name !== undefined) names.add(name);
      if (i > 0) return;
      const struct = [...param.descendants()].find((node) => node.kind === "struct" && node.name !== "");
      if (struct !== undefined) firsts.add(`%${struct.name}`);
      else if (param.kind === "var") firsts.add(param.name.replace(/^_/, ""));
    });
  return [...[...names].map((name) => [name, 1] as const), ...[...firsts].map((name) => [`1:${name}`, 2] as const)];
}
