import { louvain } from "../cluster/louvain.ts";
import { absorbed } from "../cluster/partitions.ts";
import type { Alternative } from "./plan.ts";
import { GRADES } from "./grades.ts";
import { alternativeOf, assignmentOf, type Subject, titles } from "./planner.ts";

/** One for each grade, from few large modules to many small ones: how much a tie must outweigh chance to hold. */
const resolutions = [0.2, 0.3, 0.45, 0.7, 1, 1.4, 2, 3] as const;

/** A split as fine as asked for; `grade` counts from 0 and is taken into range. Deterministic. */
export function gradedOf(subject: Subject, grade: number): Alternative {
  const { weights, similarity } = subject;
  const order = similarity.units.map((_, i) => i);
  const resolution = resolutions[Math.min(Math.max(Math.round(grade), 0), GRADES - 1)] ?? 1;
  const partition = absorbed(weights, louvain(weights, resolution), order, resolution < 1.4 ? 4 : resolution < 2.5 ? 3 : 2);
  return alternativeOf(subject, "edited", titles.edited, assignmentOf(subject, { id: "edited", partition }));
}
