import { louvain } from "../cluster/louvain.ts";
import { agreementOf, groupCount, modularityOf, type Partition, renumbered, type Weights } from "../cluster/matrix.ts";
import { absorbed, consensusOf, segmented, smoothed } from "../cluster/partitions.ts";
import { combined, edgeWeights, type Similarity } from "../cluster/similarity.ts";
import type { AlternativeId } from "./plan.ts";

export type Candidate = { readonly id: AlternativeId; readonly partition: Partition };

/** Below this many units a group is no module. */
const LEAST_UNITS = 4;
/** Above this many a group is a god module again. */
const MOST_UNITS = 60;
/** The share of the best modularity that a division in text order must reach to be believed. */
const TRUSTED_ORDER = 0.93;

/** Kinds that tell what a function is about rather than what it works with; people divide by both. */
const subjectWeights = { name: 2, field: 2, atom: 1, module: 2, parameter: 2, order: 1, section: 2 };

/** Partitions worth showing, the one to start with first. Deterministic. */
export function candidatesOf(similarity: Similarity, byState?: Partition): readonly Candidate[] {
  const size = similarity.units.length;
  const order = Array.from({ length: size }, (_, i) => i);
  const weights = combined(similarity);
  const walks = smoothed(weights);
  const unordered = combined(similarity, { ...edgeWeights, order: 0 });
  const mindful = smoothed(combined(similarity, { ...edgeWeights, order: edgeWeights.order + orderBonus(unordered, order) }));
  const tidy = (partition: Partition): Partition => absorbed(weights, partition, order, LEAST_UNITS);
  const segments = segmented(unordered, order, 0.4);
  const structure = tidy(consensusOf([...[0.3, 0.36, 0.42].map((gamma) => louvain(weights, gamma)), ...[0.7, 0.8, 0.9].map((gamma) => louvain(walks, gamma))], 0.5));
  const inOrder = isOrderTrusted(unordered, order);
  const cut = (part: Weights, gamma: number): Partition => segmented(part, part.map((_, i) => i), gamma);
  const first: Candidate = { id: "structure", partition: tidy(divided(weights, structure, louvain)) };
  const second: Candidate = { id: "text-order", partition: tidy(divided(unordered, inOrder ? segments : segmented(unordered, order, 1), cut)) };
  const subjects = combined(similarity, subjectWeights);
  const banners = bannerPartition(similarity, weights);
  const candidates: readonly Candidate[] = [
    ...(inOrder ? [second, first] : [first]),
    ...(banners === undefined ? [] : [{ id: "banners" as const, partition: banners }]),
    ...(byState === undefined ? [] : [{ id: "state" as const, partition: byState }]),
    { id: "coarser", partition: tidy(louvain(mindful, 1)) },
    { id: "topic", partition: absorbed(subjects, louvain(subjects, 1.5), order, LEAST_UNITS) },
    { id: "finer", partition: absorbed(weights, louvain(weights, 2), order, 3) },
    ...(inOrder ? [] : [second]),
  ];
  return distinct(candidates);
}

/** Divides groups that would be god modules themselves, each by what ties its own members. */
function divided(weights: Weights, partition: Partition, divide: (part: Weights, gamma: number) => Partition): Partition {
  let groups = [...partition];
  for (const gamma of [0.7, 1, 1.5]) {
    const sizes = new Map<number, number>();
    for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    for (const [group, size] of sizes) {
      if (size <= MOST_UNITS) continue;
      const members = groups.flatMap((other, unit) => (other === group ? [unit] : []));
      const parts = divide(members.map((a) => Float64Array.from(members, (b) => weights[a]?.[b] ?? 0)), gamma);
      const base = Math.max(...groups) + 1;
      groups = groups.map((other, unit) => (other === group ? base + (parts[members.indexOf(unit)] ?? 0) : other));
    }
  }
  return renumbered(groups);
}

/** The grouping at a resolution: below 1 for fewer and larger modules, above for more and smaller ones. */
export function atGranularity(similarity: Similarity, resolution: number): Candidate {
  const weights = combined(similarity);
  const order = similarity.units.map((_, i) => i);
  return { id: "granularity", partition: absorbed(weights, louvain(weights, resolution), order, resolution > 1 ? 2 : LEAST_UNITS) };
}

/** The more the text keeps related functions together, the more nearness in it counts. */
function orderBonus(weights: Weights, order: readonly number[]): number {
  const free = modularityOf(weights, louvain(weights, 1));
  const share = free > 0 ? modularityOf(weights, segmented(weights, order, 1)) / free : 0;
  return 5 * Math.max(0, share - 0.6);
}

/** Whether neighbours in the text belong together so clearly that a cut of the text is as good as any grouping. */
function isOrderTrusted(weights: Weights, order: readonly number[]): boolean {
  const gamma = 0.36;
  const free = modularityOf(weights, louvain(weights, gamma), gamma);
  return free > 0 && modularityOf(weights, segmented(weights, order, gamma), gamma) / free > TRUSTED_ORDER;
}

/** Section titles that tell who may call a function, not what it is about: its functions belong where they are used. */
const HOUSEKEEPING = /^(?:the )?(?:private|internal|public|helpers?|utilit(?:y|ies)|misc(?:ellaneous)?|api|client|server|callbacks?|implementation|genserver)(?:[ /&-]+(?:and )?(?:private|internal|public|helpers?|functions?|utilit(?:y|ies)|api|client|server|callbacks?|implementation|methods?|genserver))*$/i;

/** The author's own sections, when at least two of them cover most of the module; helpers go to the section that uses them most. */
function bannerPartition({ units, callees }: Similarity, weights: Weights): Partition | undefined {
  const sizes = new Map<string, number>();
  for (const { section } of units) if (section !== undefined && !HOUSEKEEPING.test(section)) sizes.set(section, (sizes.get(section) ?? 0) + 1);
  const titles = [...sizes.keys()];
  const covered = units.filter(({ section }) => section !== undefined).length;
  if ([...sizes.values()].filter((size) => size >= 2).length < 2 || covered < units.length * 0.6) return undefined;
  const groups = units.map(({ section }) => (section === undefined ? -1 : titles.indexOf(section)));
  for (let changed = true; changed; ) {
    changed = false;
    groups.forEach((group, unit) => {
      if (group >= 0) return;
      const users = callees.flatMap((list, caller) => (list.includes(unit) ? [groups[caller] ?? -1] : []));
      const home = mostFrequent(users.filter((user) => user >= 0));
      if (home === undefined) return;
      groups[unit] = home;
      changed = true;
    });
  }
  const isAlone = (group: number): boolean => groups.filter((other) => other === group).length < 2;
  const settled = groups.map((group) => (group >= 0 && isAlone(group) ? -1 : group));
  return renumbered(settled.map((group, unit) => (group >= 0 ? group : (nearestGroup(weights, settled, unit) ?? titles.length))));
}

function mostFrequent(groups: readonly number[]): number | undefined {
  const counts = new Map<number, number>();
  for (const group of groups) counts.set(group, (counts.get(group) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0];
}

/** The group a unit is most tied to. */
export function nearestGroup(weights: Weights, groups: readonly number[], unit: number): number | undefined {
  const ties = new Map<number, number>();
  weights[unit]?.forEach((weight, other) => {
    const group = groups[other] ?? -1;
    if (group >= 0 && weight > 0) ties.set(group, (ties.get(group) ?? 0) + weight);
  });
  return [...ties].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0];
}

/** Leaves out what is nearly the same as an earlier candidate, and what does not divide at all. */
function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  const kept: Candidate[] = [];
  const dividing = candidates.filter(({ partition }) => groupCount(partition) > 1);
  for (const candidate of dividing.length > 0 ? dividing : candidates) {
    if (kept.every((other) => agreementOf(other.partition, candidate.partition) < 0.95)) kept.push(candidate);
  }
  return kept;
}
