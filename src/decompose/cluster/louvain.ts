import { degreesOf, emptyWeights, modularityOf, type Partition, renumbered, type Ties, tiesIn, type Weights } from "./matrix.ts";

const RUNS = 8;

/** Groups with high modularity, by moving single units and then whole groups. The same input gives the same answer. */
export function louvain(weights: Weights, gamma: number, runs = RUNS): Partition {
  let best: Partition = weights.map((_, i) => i);
  let bestModularity = Number.NEGATIVE_INFINITY;
  const ground = groundOf(weights);
  for (let run = 0; run < runs; run++) {
    const found = louvainOnce(ground, gamma, randomFrom(97 + run));
    const modularity = modularityOf(weights, found, gamma);
    if (modularity > bestModularity + 1e-12) {
      bestModularity = modularity;
      best = found;
    }
  }
  return renumbered(best);
}

/** What every run over the same weights begins with. */
type Ground = { readonly weights: Weights; readonly degrees: Float64Array; readonly ties: readonly Ties[] };
const groundOf = (weights: Weights): Ground => ({ weights, degrees: degreesOf(weights), ties: weights.map(tiesIn) });

function louvainOnce(ground: Ground, gamma: number, random: () => number): Partition {
  const total = ground.degrees.reduce((sum, degree) => sum + degree, 0);
  let groups: readonly number[] = ground.weights.map((_, i) => i);
  if (total === 0) return groups;
  let level = ground;
  for (let depth = 0; depth < 12; depth++) {
    const { moved, partition } = moveUnits(level, gamma, total, random);
    groups = groups.map((group) => partition[group] ?? 0);
    const size = Math.max(...partition) + 1;
    if (!moved || size === 1) break;
    level = groundOf(aggregated(level.weights, partition, size));
  }
  return groups;
}

/** Moves each unit to the neighbouring group that gains most, until nothing gains. */
function moveUnits({ weights, degrees, ties }: Ground, gamma: number, total: number, random: () => number): { moved: boolean; partition: Partition } {
  const groups = weights.map((_, i) => i);
  const sums = Float64Array.from(degrees);
  const order = shuffled(weights.length, random);
  const links = new Float64Array(weights.length);
  let moved = false;
  for (let round = 0, changed = true; changed && round < 30; round++) {
    changed = false;
    for (const unit of order) {
      const from = groups[unit] ?? 0;
      const degree = degrees[unit] ?? 0;
      sums[from] = (sums[from] ?? 0) - degree;
      const tie = ties[unit];
      const to = tie === undefined ? from : bestGroup(tie, unit, groups, links, (group) => (gamma * degree * (sums[group] ?? 0)) / total);
      sums[to] = (sums[to] ?? 0) + degree;
      if (to === from) continue;
      groups[unit] = to;
      changed = true;
      moved = true;
    }
  }
  return { moved, partition: renumbered(groups) };
}

/** `links` is scratch space of zeros, one for each group, and is left so: a map for each unit would take most of the time. */
function bestGroup(tie: Ties, unit: number, groups: readonly number[], links: Float64Array, cost: (group: number) => number): number {
  const near: number[] = [];
  for (let k = 0; k < tie.to.length; k++) {
    const other = tie.to[k] ?? 0;
    const weight = tie.weights[k] ?? 0;
    if (other === unit || weight <= 0) continue;
    const group = groups[other] ?? 0;
    const link = links[group] ?? 0;
    if (link === 0) near.push(group);
    links[group] = link + weight;
  }
  const from = groups[unit] ?? 0;
  let best = from;
  let gain = (links[from] ?? 0) - cost(from);
  for (const group of near) {
    const candidate = (links[group] ?? 0) - cost(group);
    if (candidate > gain + 1e-12) {
      gain = candidate;
      best = group;
    }
  }
  for (const group of near) links[group] = 0;
  return best;
}

function aggregated(weights: Weights, partition: Partition, size: number): Weights {
  const sums = emptyWeights(size);
  weights.forEach((row, i) => {
    const target = sums[partition[i] ?? 0];
    if (target === undefined) return;
    for (let j = 0; j < row.length; j++) {
      const weight = row[j] ?? 0;
      const group = partition[j] ?? 0;
      if (weight !== 0) target[group] = (target[group] ?? 0) + weight;
    }
  });
  return sums;
}

function shuffled(size: number, random: () => number): readonly number[] {
  const order = Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  return order;
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
