import { louvain } from "../cluster/louvain.ts";
import { agreementOf, groupCount, modularityOf, type Partition, renumbered, type Weights } from "../cluster/matrix.ts";
import { absorbed, consensusOf, segmented, smoothed } from "../cluster/partitions.ts";
import { combined, edgeWeights, type Similarity } from "../cluster/similarity.ts";
import type { AlternativeId } from "./plan.ts";

export type Candidate = { readonly id: AlternativeId; readonly partition: Partition };

/** Below this many units a group is no module. */
const LEAST_UNITS = 4;
/** The share of the best modularity that a division in text order must reach to be believed. */
const TRUSTED_ORDER = 0.93;

/** Partitions worth showing, the one to start with first. Deterministic. */
export function candidatesOf(similarity: Similarity): readonly Candidate[] {
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
  const first: Candidate = { id: "structure", partition: structure };
  const second: Candidate = { id: "text-order", partition: tidy(inOrder ? segments : segmented(unordered, order, 1)) };
  const banners = bannerPartition(similarity);
  const candidates: readonly Candidate[] = [
    ...(inOrder ? [second, first] : [first, second]),
    { id: "coarser", partition: tidy(louvain(mindful, 1)) },
    { id: "finer", partition: absorbed(weights, louvain(weights, 2), order, 3) },
    ...(banners === undefined ? [] : [{ id: "banners" as const, partition: banners }]),
  ];
  return distinct(candidates);
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

/** The author's own sections, when at least two of them cover most of the module. */
function bannerPartition({ units }: Similarity): Partition | undefined {
  const titles = [...new Set(units.map((unit) => unit.section).filter((section) => section !== undefined))];
  const sized = titles.filter((title) => units.filter((unit) => unit.section === title).length >= 2);
  const covered = units.filter((unit) => unit.section !== undefined && sized.includes(unit.section)).length;
  if (sized.length < 2 || covered < units.length * 0.6) return undefined;
  let last = 0;
  return renumbered(units.map((unit) => (last = unit.section !== undefined && sized.includes(unit.section) ? sized.indexOf(unit.section) : last)));
}

/** Leaves out what is nearly the same as an earlier candidate, and what does not divide at all. */
function distinct(candidates: readonly Candidate[]): readonly Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates) {
    if (groupCount(candidate.partition) < 2 && kept.length > 0) continue;
    if (kept.every((other) => agreementOf(other.partition, candidate.partition) < 0.95)) kept.push(candidate);
  }
  return kept;
}
