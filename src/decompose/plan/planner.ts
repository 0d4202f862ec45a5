import type { Weights } from "../cluster/matrix.ts";
import { combined, type Similarity, similarityOf } from "../cluster/similarity.ts";
import type { ModuleSource } from "../read/module-source.ts";
import { isCopied } from "../read/copies.ts";
import { type Pin, pinsOf } from "../read/pins.ts";
import { processPlanOf } from "../process/process-plan.ts";
import { statePartition } from "../process/state-partition.ts";
import type { Surroundings } from "../read/surroundings.ts";
import { type Unit, type UnitModule, unitModuleOf } from "../read/unit.ts";
import { atGranularity, type Candidate, candidatesOf } from "./candidates.ts";
import { moduleMetricsOf, planMetricsOf } from "./metrics.ts";
import { fileFor, type NameRules, namesFor } from "./names.ts";
import type { Alternative, AlternativeId, Assignment, Blocker, Plan } from "./plan.ts";
import { reasonsFor } from "./reasons.ts";
import { labels, repaired } from "./repair.ts";
import { stepsOf } from "./steps.ts";

/** A module read once; plans and their edits are made from it. */
export type Subject = {
  readonly file: string;
  readonly module: UnitModule;
  readonly pins: ReadonlyMap<string, Pin>;
  readonly around: Surroundings;
  readonly similarity: Similarity;
  readonly weights: Weights;
};

/** Fewer movable functions than this need no plan. */
const LEAST_MOVABLE = 6;
const MOST_ALTERNATIVES = 5;

/** Reads what a plan for `source` needs. `file` is relative to the project's root. */
export function subjectOf(file: string, source: ModuleSource, around: Surroundings): Subject {
  const module = unitModuleOf(source);
  const similarity = similarityOf(module);
  return { file, module, pins: pinsOf(module, around), around, similarity, weights: combined(similarity) };
}

/** The plan for a module: its measures, what must stay, and the ways to split it; one more, first, when a granularity is asked for. */
export function planOf(subject: Subject, granularity?: number): Plan {
  const { module, pins, file } = subject;
  const blockers = blockersOf(subject);
  const movable = [...module.units.values()].filter((unit) => !pins.has(unit.name));
  const process = processPlanOf(module);
  const byState = process === undefined ? undefined : statePartition(module, subject.similarity, subject.weights, process);
  const candidates = blockers.length > 0 || movable.length < LEAST_MOVABLE ? [] : [...(granularity === undefined ? [] : [atGranularity(subject.similarity, granularity)]), ...candidatesOf(subject.similarity, byState).slice(0, MOST_ALTERNATIVES)];
  return {
    version: 1,
    file,
    module: module.name,
    metrics: moduleMetricsOf(module),
    pinned: [...pins].flatMap(([name, pin]) => labels(module, name).map((id) => ({ function: id, reason: pin.reason, line: pin.line }))),
    alternatives: candidates.map((candidate, i) => ({ ...alternativeOf(subject, candidate.id, titles[candidate.id], assignmentOf(subject, candidate)), ...(i === 0 ? { default: true as const } : {}) })),
    blockers: blockers.length > 0 || movable.length >= LEAST_MOVABLE ? blockers : [{ reason: `Only ${movable.length} function${movable.length === 1 ? "" : "s"} could move; there is nothing to split.`, line: module.source.node.line }],
    ...(process === undefined ? {} : { process }),
  };
}

export const titles: Readonly<Record<AlternativeId, string>> = {
  files: "One module per file",
  structure: "By what calls what",
  "text-order": "In the order of the text",
  finer: "Smaller modules",
  coarser: "By neighbourhood",
  topic: "By subject",
  granularity: "At the chosen granularity",
  banners: "By the sections of the file",
  state: "By state",
  edited: "As edited",
};

/** Reasons not to touch the module at all. */
export function blockersOf({ module, file }: Subject): readonly Blocker[] {
  const { tree, node } = module.source;
  const broken = tree.data.errors.find((error) => error.start >= node.start && error.end <= node.end);
  const blockers: Blocker[] = [];
  if (broken !== undefined) blockers.push({ reason: "The file does not parse here, so nothing in it can be moved safely. Correct it first.", line: tree.positionAt(broken.start).line });
  if (file.endsWith(".exs")) blockers.push({ reason: "Scripts are read top to bottom and have no place for further modules. Make it an .ex file first.", line: 1 });
  return blockers;
}

/** Takes pinned units out of the groups, drops what is then too small, and names the rest. */
export function assignmentOf(subject: Subject, { partition }: Candidate): Assignment {
  const { similarity, pins, module } = subject;
  const groups = partition.map((group, i) => (pins.has(similarity.units[i]?.name ?? "") ? -1 : group));
  const sizes = new Map<number, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const settled = groups.map((group, i) => (group < 0 || (sizes.get(group) ?? 0) > 1 ? group : closest(subject.weights, groups, i, sizes)));
  const ids = [...new Set(settled)].filter((group) => group >= 0);
  const members = ids.map((id) => ({ units: similarity.units.filter((_, i) => settled[i] === id) }));
  const names = namesFor(module, members, nameRules(subject));
  return new Map(members.flatMap(({ units }, i) => units.map((unit) => [unit.name, names[i] ?? ""] as const)));
}

/** A group of one joins the group it is most tied to. */
function closest(weights: Weights, groups: readonly number[], unit: number, sizes: ReadonlyMap<number, number>): number {
  let best = groups[unit] ?? -1;
  let strength = 0;
  const ties = new Map<number, number>();
  groups.forEach((group, j) => {
    if (group < 0 || j === unit || (sizes.get(group) ?? 0) < 2) return;
    ties.set(group, (ties.get(group) ?? 0) + (weights[unit]?.[j] ?? 0));
  });
  for (const [group, tie] of ties)
    if (tie > strength) {
      strength = tie;
      best = group;
    }
  return best;
}

export function nameRules({ module, around, file }: Subject): NameRules {
  const heads = new Set<string>();
  for (const node of module.source.tree.root.descendants()) {
    const used = node.kind === "alias" || node.kind === "struct" ? node.name : node.module;
    if (used === "" || used.startsWith(":")) continue;
    for (const segment of used.split(".")) heads.add(segment);
  }
  for (const nested of module.nested) heads.add(nested.split(".").at(-1) ?? nested);
  return { heads, isTaken: (name) => around.modules.has(name) || around.files.has(fileFor(file, module.name, name)) };
}

/** An alternative out of any assignment: repaired, measured, explained, with its steps. */
export function alternativeOf(subject: Subject, id: AlternativeId, title: string, wanted: Assignment): Alternative {
  const { module, pins, similarity, weights } = subject;
  const { assignment } = repaired(module, pins, wanted);
  const names = [...new Set(assignment.values())];
  const partition = similarity.units.map((unit) => names.indexOf(assignment.get(unit.name) ?? ""));
  return {
    id,
    title,
    groups: names.map((name, i) => ({
      module: name,
      file: fileFor(subject.file, module.name, name),
      functions: similarity.units.filter((_, j) => partition[j] === i).flatMap((unit) => labels(module, unit.name)),
      reasons: reasonsFor(module, similarity, weights, partition, i, names),
    })),
    stays: [...module.units.keys()].filter((name) => !assignment.has(name)).flatMap((name) => labels(module, name)),
    metrics: planMetricsOf(module, assignment, weights, similarity.units),
    steps: stepsOf(module, assignment),
  };
}

/** The assignment an alternative stands for. */
export function assignmentFrom(module: UnitModule, alternative: Pick<Alternative, "groups">): Assignment {
  const assignment = new Map<string, string>();
  for (const group of alternative.groups)
    for (const id of group.functions) {
      const name = id.slice(0, id.lastIndexOf("/"));
      if (module.units.has(name)) assignment.set(name, group.module);
    }
  return assignment;
}

export const movableUnits = ({ module, pins }: Subject): readonly Unit[] => [...module.units.values()].filter((unit) => !pins.has(unit.name) && !isCopied(unit));
