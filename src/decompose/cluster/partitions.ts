import { louvain } from "./louvain.ts";
import { degreesOf, emptyWeights, type Partition, renumbered, tiesIn, type Weights, weightOf } from "./matrix.ts";

/** Spreads weights along short walks that often return to their start, so that units with common neighbours come close. */
export function smoothed(weights: Weights, restart = 0.15, steps = 6): Weights {
  const size = weights.length;
  const degrees = degreesOf(weights);
  const ties = weights.map(tiesIn);
  const walks = weights.map((_, start) => {
    let at = new Float64Array(size);
    at[start] = 1;
    for (let step = 0; step < steps; step++) {
      const next = new Float64Array(size);
      for (let i = 0; i < size; i++) {
        const probability = at[i] ?? 0;
        const degree = degrees[i] ?? 0;
        const tie = ties[i];
        if (probability < 1e-9 || degree === 0 || tie === undefined) continue;
        const share = ((1 - restart) * probability) / degree;
        for (let k = 0; k < tie.to.length; k++) {
          const j = tie.to[k] ?? 0;
          next[j] = (next[j] ?? 0) + share * (tie.weights[k] ?? 0);
        }
      }
      next[start] = (next[start] ?? 0) + restart;
      at = next;
    }
    return at;
  });
  return walks.map((walk, i) => walk.map((probability, j) => (i === j ? 0 : (probability + weightOf(walks, j, i)) / 2)));
}

/** The best division into stretches of neighbouring units: `order` lists the units in text order. */
export function segmented(weights: Weights, order: readonly number[], gamma = 1): Partition {
  const size = order.length;
  const degrees = degreesOf(weights);
  const total = degrees.reduce((sum, degree) => sum + degree, 0) || 1;
  const scores = stretchScores(weights, order, degrees, total, gamma);
  const best = new Float64Array(size + 1).fill(Number.NEGATIVE_INFINITY);
  const cut = new Int32Array(size + 1);
  best[0] = 0;
  for (let end = 1; end <= size; end++)
    for (let start = 0; start < end; start++) {
      const score = (best[start] ?? 0) + (scores[start]?.[end] ?? 0);
      if (score > (best[end] ?? 0)) {
        best[end] = score;
        cut[end] = start;
      }
    }
  const groups = new Array<number>(size).fill(0);
  for (let end = size, group = 0; end > 0; end = cut[end] ?? 0, group++) for (let i = cut[end] ?? 0; i < end; i++) groups[order[i] ?? 0] = group;
  return renumbered(groups);
}

/** Modularity of every stretch `[start, end)`, built up row by row. */
function stretchScores(weights: Weights, order: readonly number[], degrees: Float64Array, total: number, gamma: number): readonly Float64Array[] {
  const size = order.length;
  const scores = Array.from({ length: size + 1 }, () => new Float64Array(size + 1));
  for (let end = 1; end <= size; end++) {
    const last = order[end - 1] ?? 0;
    const own = gamma * ((degrees[last] ?? 0) / total) ** 2;
    let links = 0;
    for (let start = end - 1; start >= 0; start--) {
      const first = order[start] ?? 0;
      if (start < end - 1) links += 2 * (weightOf(weights, first, last) / total - (gamma * (degrees[first] ?? 0) * (degrees[last] ?? 0)) / total / total);
      const row = scores[start];
      if (row !== undefined) row[end] = (row[end - 1] ?? 0) + links - own;
    }
  }
  return scores;
}

/** What several partitions agree on: units that share a group in at least a third of them are drawn together. */
export function consensusOf(partitions: readonly Partition[], gamma = 0.6, least = 0.34): Partition {
  const size = partitions[0]?.length ?? 0;
  const together = emptyWeights(size);
  for (const partition of partitions)
    together.forEach((row, i) => {
      for (let j = 0; j < size; j++) if (i !== j && partition[i] === partition[j]) row[j] = (row[j] ?? 0) + 1 / partitions.length;
    });
  return louvain(together.map((row) => row.map((share) => (share >= least ? share : 0))), gamma);
}

/** Gives groups with fewer than `least` units to the group they are most tied to, or to their neighbour in the text. */
export function absorbed(weights: Weights, partition: Partition, order: readonly number[], least: number): Partition {
  let groups = renumbered(partition);
  for (let round = 0; round < partition.length; round++) {
    const sizes = new Map<number, number>();
    for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
    const smallest = [...sizes].filter(([, size]) => size < least).sort((a, b) => a[1] - b[1] || a[0] - b[0])[0];
    if (sizes.size <= 2 || smallest === undefined) break;
    const target = strongest(weights, groups, smallest[0], sizes) ?? nearest(groups, smallest[0], order);
    if (target === undefined) break;
    groups = groups.map((group) => (group === smallest[0] ? target : group));
  }
  return renumbered(groups);
}

function strongest(weights: Weights, groups: Partition, group: number, sizes: ReadonlyMap<number, number>): number | undefined {
  const links = new Map<number, number>();
  groups.forEach((mine, i) => {
    if (mine !== group) return;
    groups.forEach((theirs, j) => {
      const weight = weightOf(weights, i, j);
      if (theirs !== group && weight > 0) links.set(theirs, (links.get(theirs) ?? 0) + weight / Math.sqrt(sizes.get(theirs) ?? 1));
    });
  });
  return [...links].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0];
}

function nearest(groups: Partition, group: number, order: readonly number[]): number | undefined {
  const place = new Map(order.map((unit, i) => [unit, i]));
  let best: number | undefined;
  let distance = Number.POSITIVE_INFINITY;
  groups.forEach((mine, i) => {
    if (mine !== group) return;
    groups.forEach((theirs, j) => {
      const apart = Math.abs((place.get(i) ?? 0) - (place.get(j) ?? 0));
      if (theirs !== group && apart < distance) {
        distance = apart;
        best = theirs;
      }
    });
  });
  return best;
}
