import { louvain } from "../cluster/louvain.ts";
import { absorbed } from "../cluster/partitions.ts";
import type { Alternative } from "./plan.ts";
import { GRADES, resolutions } from "./grades.ts";
import { alternativeOf, assignmentOf, type Subject, titles } from "./planner.ts";

/** A split as fine as asked for; `grade` counts from 0 and is taken into range. Deterministic. */
export function gradedOf(subject: Subject, grade: number): Alternative {
  const { weights, similarity } = subject;
  const order = similarity.units.map((_, i) => i);
  const resolution = resolutions[Math.min(Math.max(Math.round(grade), 0), GRADES - 1)] ?? 1;
  const partition = absorbed(weights, louvain(weights, resolution), order, resolution < 1.4 ? 4 : resolution < 2.5 ? 3 : 2);
  return alternativeOf(subject, "edited", titles.edited, assignmentOf(subject, { id: "edited", partition }));
}
