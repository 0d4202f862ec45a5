/** A symmetric matrix of weights between units. */
export type Weights = readonly Float64Array[];

/** Which group each unit is in; groups are numbered from 0 in order of their first unit. */
export type Partition = readonly number[];

export const emptyWeights = (size: number): Float64Array[] => Array.from({ length: size }, () => new Float64Array(size));

export function addWeight(weights: Weights, a: number, b: number, weight: number): void {
  const left = weights[a];
  const right = weights[b];
  if (left === undefined || right === undefined) return;
  left[b] = (left[b] ?? 0) + weight;
  right[a] = (right[a] ?? 0) + weight;
}

export const weightOf = (weights: Weights, a: number, b: number): number => weights[a]?.[b] ?? 0;

export const degreesOf = (weights: Weights): Float64Array => Float64Array.from(weights, (row) => row.reduce((sum, weight) => sum + weight, 0));

/** Numbers the groups anew in order of their first unit. */
export function renumbered(groups: readonly number[]): Partition {
  const ids = new Map<number, number>();
  return groups.map((group) => {
    let id = ids.get(group);
    if (id === undefined) ids.set(group, (id = ids.size));
    return id;
  });
}

export const groupCount = (partition: Partition): number => new Set(partition).size;

/** Newman's modularity at resolution `gamma`: how much denser groups are than chance makes them. */
export function modularityOf(weights: Weights, partition: Partition, gamma = 1): number {
  const degrees = degreesOf(weights);
  const total = degrees.reduce((sum, degree) => sum + degree, 0);
  if (total === 0) return 0;
  const inner = new Map<number, number>();
  const outer = new Map<number, number>();
  weights.forEach((row, i) => {
    const group = partition[i] ?? 0;
    let sum = 0;
    for (let j = 0; j < row.length; j++) if (partition[j] === group) sum += row[j] ?? 0;
    inner.set(group, (inner.get(group) ?? 0) + sum);
    outer.set(group, (outer.get(group) ?? 0) + (degrees[i] ?? 0));
  });
  let modularity = 0;
  for (const [group, degree] of outer) modularity += (inner.get(group) ?? 0) / total - gamma * (degree / total) ** 2;
  return modularity;
}

/** Agreement of two partitions, 1 when equal and about 0 by chance (adjusted Rand index). */
export function agreementOf(a: Partition, b: Partition): number {
  const pairs = (count: number): number => (count * (count - 1)) / 2;
  const counts = (keys: readonly (string | number)[]): number => {
    const sizes = new Map<string | number, number>();
    for (const key of keys) sizes.set(key, (sizes.get(key) ?? 0) + 1);
    return [...sizes.values()].reduce((sum, size) => sum + pairs(size), 0);
  };
  const both = counts(a.map((group, i) => `${group},${b[i]}`));
  const left = counts(a);
  const right = counts(b);
  const expected = (left * right) / Math.max(1, pairs(a.length));
  const largest = (left + right) / 2;
  return largest === expected ? 1 : (both - expected) / (largest - expected);
}

/** What a unit is tied to and how strongly, without the many units it has nothing to do with. */
export type Ties = { readonly to: Int32Array; readonly weights: Float64Array };

export function tiesIn(row: Float64Array): Ties {
  let count = 0;
  for (let j = 0; j < row.length; j++) if (row[j] !== 0) count += 1;
  const to = new Int32Array(count);
  const weights = new Float64Array(count);
  for (let j = 0, k = 0; j < row.length; j++) {
    const weight = row[j] ?? 0;
    if (weight === 0) continue;
    to[k] = j;
    weights[k] = weight;
    k += 1;
  }
  return { to, weights };
}
