import { callsWithCopies, isCopied } from "../read/copies.ts";
import type { Pin } from "../read/pins.ts";
import { functionFor, type UnitModule } from "../read/unit.ts";
import type { Assignment } from "./plan.ts";

export type Repaired = { readonly assignment: Assignment; /** What had to follow or stay, in sentences. */ readonly notes: readonly string[] };

/**
 * Makes an assignment that can be applied out of any: pinned units stay, and a private function that a moved one calls goes with it,
 * because the old module must not export more than before.
 */
export function repaired(module: UnitModule, pins: ReadonlyMap<string, Pin>, wanted: Assignment): Repaired {
  const assignment = new Map<string, string>();
  const notes: string[] = [];
  for (const [name, target] of wanted) {
    const pin = pins.get(name);
    if (!module.units.has(name) || target === module.name) continue;
    if (pin === undefined) assignment.set(name, target);
    else notes.push(`${label(module, name)} stays: it ${pin.reason}.`);
  }
  for (let changed = true; changed; ) {
    changed = false;
    for (const unit of module.units.values()) {
      if (assignment.has(unit.name) || pins.has(unit.name)) continue;
      const callers = privateCallers(module, unit.name).filter((caller) => assignment.has(caller));
      const target = majority(callers.map((caller) => assignment.get(caller) ?? ""));
      if (target === undefined) continue;
      assignment.set(unit.name, target);
      const others = callers.filter((caller) => assignment.get(caller) === target);
      notes.push(`${label(module, unit.name)} came along to ${target}: ${others.length === 1 && privateCallers(module, unit.name).length === 1 ? "its only caller" : `its caller ${label(module, others[0] ?? "")}`} moved.`);
      changed = true;
    }
  }
  return { assignment, notes };
}

/** Units that call a private function of `name`, itself left out. */
function privateCallers(module: UnitModule, name: string): readonly string[] {
  const unit = module.units.get(name);
  if (unit === undefined || isCopied(unit)) return [];
  const callers: string[] = [];
  for (const other of module.units.values()) if (other.name !== name && callsWithCopies(module, other).some((call) => call.name === name && functionFor(unit, call.arity)?.isPrivate === true)) callers.push(other.name);
  return callers;
}

function majority(targets: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const target of targets) counts.set(target, (counts.get(target) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
}

/** `name/arity` of the unit's first function, as people call it. */
export function label(module: UnitModule, name: string): string {
  const shape = module.units.get(name)?.functions[0];
  return shape === undefined ? name : `${shape.name}/${shape.arity}`;
}

/** `name/arity` of every function of a unit. */
export const labels = (module: UnitModule, name: string): readonly string[] => (module.units.get(name)?.functions ?? []).map((shape) => `${shape.name}/${shape.arity}`);
