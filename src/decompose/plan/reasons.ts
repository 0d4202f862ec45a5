import type { Partition, Weights } from "../cluster/matrix.ts";
import { edgeKinds, edgeWeights, type Similarity } from "../cluster/similarity.ts";
import { wordsOf } from "../cluster/words.ts";
import type { Unit, UnitModule } from "../read/unit.ts";
import type { Reason } from "./plan.ts";
import { label, labels } from "./repair.ts";

/** Below this lead over the next best group a function could as well be there. */
const CLEAR_LEAD = 0.15;

/** For every function of a group the three strongest ties to it, in words; uncertain ones first. */
export function reasonsFor(module: UnitModule, similarity: Similarity, weights: Weights, groups: Partition, group: number, names: readonly string[]): readonly Reason[] {
  const found: Reason[] = [];
  similarity.units.forEach((unit, i) => {
    if (groups[i] !== group) return;
    const ties = tiesByGroup(weights[i] ?? new Float64Array(), groups);
    const own = ties.get(group) ?? 0;
    const rival = [...ties].filter(([other]) => other !== group && other >= 0).sort((a, b) => b[1] - a[1])[0];
    const isUncertain = rival !== undefined && rival[1] > 0 && own - rival[1] < CLEAR_LEAD * own;
    const why = strongestTies(module, similarity, groups, i);
    for (const id of labels(module, unit.name)) found.push({ function: id, why, ...(isUncertain ? { uncertain: true as const, closeTo: names[rival[0]] ?? "" } : {}) });
  });
  return [...found.filter((reason) => reason.uncertain), ...found.filter((reason) => !reason.uncertain)];
}

function tiesByGroup(row: Float64Array, groups: Partition): ReadonlyMap<number, number> {
  const sums = new Map<number, number>();
  row.forEach((weight, j) => {
    const group = groups[j] ?? -1;
    if (weight > 0) sums.set(group, (sums.get(group) ?? 0) + weight);
  });
  return sums;
}

function strongestTies(module: UnitModule, similarity: Similarity, groups: Partition, unit: number): readonly string[] {
  const ties: { readonly strength: number; readonly words: string }[] = [];
  for (const kind of edgeKinds)
    similarity.kinds[kind][unit]?.forEach((weight, other) => {
      if (weight <= 0 || other === unit || groups[other] !== groups[unit]) return;
      const words = inWords(module, similarity, kind, unit, other);
      if (words !== undefined) ties.push({ strength: weight * edgeWeights[kind], words });
    });
  ties.sort((a, b) => b.strength - a.strength || (a.words < b.words ? -1 : 1));
  const distinct = [...new Set(ties.map((tie) => tie.words))].slice(0, 3);
  return distinct.length > 0 ? distinct : ["stands next to the others in the text"];
}

function inWords(module: UnitModule, similarity: Similarity, kind: (typeof edgeKinds)[number], i: number, j: number): string | undefined {
  const mine = similarity.units[i];
  const other = similarity.units[j];
  if (mine === undefined || other === undefined) return undefined;
  const name = label(module, other.name);
  switch (kind) {
    case "call":
      if (similarity.callees[i]?.includes(j)) return `calls ${name}`;
      return callersOf(similarity, i).length === 1 ? `only caller is ${name}` : `is called by ${name}`;
    case "callee":
      return sharedCallee(module, similarity, i, j, name);
    case "caller":
      return `is used together with ${name}`;
    case "attribute":
      return `shares ${commonAttribute(module, mine, other)} with ${name}`;
    case "type":
      return `has the type ${[...mine.typeNames].find((type) => other.typeNames.has(type)) ?? ""} in common with ${name}`;
    case "section":
      return `is in the section “${mine.section}”`;
    case "name": {
      const word = wordsOf(mine.name).find((candidate) => wordsOf(other.name).includes(candidate));
      return word === undefined ? undefined : `is about “${word}”, like ${name}`;
    }
    case "field":
      return `reads .${[...mine.references.fields.keys()].find((field) => other.references.fields.has(field)) ?? ""}, like ${name}`;
    case "module":
      return `works with ${[...mine.references.modules.keys()].find((used) => other.references.modules.has(used)) ?? ""}, like ${name}`;
    case "parameter":
      return `takes the same arguments as ${name}`;
    case "doc":
      return `is documented in the words of ${name}`;
    default:
      return undefined;
  }
}

function sharedCallee(module: UnitModule, similarity: Similarity, i: number, j: number, like: string): string {
  const shared = similarity.callees[i]?.find((callee) => similarity.callees[j]?.includes(callee));
  const unit = shared === undefined ? undefined : similarity.units[shared];
  return unit === undefined ? `is related to ${like}` : `calls ${label(module, unit.name)}, as ${like} does`;
}

const callersOf = (similarity: Similarity, unit: number): readonly number[] => similarity.callees.flatMap((callees, caller) => (callees.includes(unit) ? [caller] : []));

function commonAttribute(module: UnitModule, a: Unit, b: Unit): string {
  return `@${[...a.references.attributes].find((name) => b.references.attributes.has(name) && module.attributes.has(name)) ?? ""}`;
}
