import { type Partition, renumbered, type Weights } from "../cluster/matrix.ts";
import type { Similarity } from "../cluster/similarity.ts";
import { nearestGroup } from "../plan/candidates.ts";
import type { ProcessPlan } from "../plan/plan.ts";
import type { Unit, UnitModule } from "../read/unit.ts";
import { StateTracker } from "./state-use.ts";

/**
 * Functions by the part of the state they work on: helpers by the fields they touch, client functions by the message they send.
 * Undefined when the state does not fall into parts.
 */
export function statePartition(module: UnitModule, { units }: Similarity, weights: Weights, { blocks }: ProcessPlan): Partition | undefined {
  const whole = blocks.filter(({ fields, rows }) => fields.length > 0 && rows.length > 1);
  if (whole.length < 2) return undefined;
  const tracker = new StateTracker(module);
  const tags = whole.map(({ rows }) => new Set(rows.flatMap((row) => tagIn(row))));
  const groups = units.map((unit) => {
    const counts = whole.map(({ fields }, i) => fieldsOf(tracker, unit).filter((field) => fields.includes(field)).length + 2 * sentBy(unit).filter((tag) => tags[i]?.has(tag)).length);
    const most = Math.max(...counts);
    return most === 0 ? -1 : counts.indexOf(most);
  });
  if (groups.filter((group) => group >= 0).length < units.length * 0.3) return undefined;
  return renumbered(groups.map((group, unit) => (group >= 0 ? group : (nearestGroup(weights, groups, unit) ?? 0))));
}

const tagIn = (row: string): readonly string[] => /:(\w+)/.exec(row)?.slice(1, 2) ?? [];

const fieldsOf = (tracker: StateTracker, unit: Unit): readonly string[] => [...new Set(unit.functions.flatMap((shape) => Array.from({ length: shape.arity }, (_, i) => tracker.useOf(shape.name, shape.arity, i)).flatMap(({ reads, writes }) => [...reads, ...writes])))];

/** Tags of the messages that a client function sends. */
function sentBy(unit: Unit): readonly string[] {
  return unit.definitions.flatMap(({ node }) =>
    [...node.descendants()].flatMap((inner) => {
      if (!inner.isCall("GenServer.call", "GenServer.cast", "send", "Process.send_after")) return [];
      const message = inner.args[1];
      const tag = message?.kind === "tuple" ? message.children[0] : message;
      return tag?.kind === "atom" ? [tag.name] : [];
    }),
  );
}
