import type { LocalCall } from "./references.ts";
import type { Unit, UnitModule } from "./unit.ts";

/** Whether a private macro or guard, which is copied to its users instead of being moved. */
export const isCopied = (unit: Unit): boolean => unit.isPrivate && (unit.isMacro || unit.isGuard) && !unit.isGenerated;

/** Private macros and guards that code of `units` uses, directly or through each other, in text order. */
export function copiesFor(module: UnitModule, units: readonly Unit[]): readonly Unit[] {
  const copies = new Set<Unit>();
  const add = (unit: Unit): void => {
    for (const call of unit.calls) {
      const callee = module.units.get(call.name);
      if (callee === undefined || !isCopied(callee) || copies.has(callee)) continue;
      copies.add(callee);
      add(callee);
    }
  };
  for (const unit of units) add(unit);
  return [...copies].sort((a, b) => (a.definitions[0]?.node.start ?? 0) - (b.definitions[0]?.node.start ?? 0));
}

/** What a unit calls once the private macros it uses are copied beside it: their code calls from there, too. */
export const callsWithCopies = (module: UnitModule, unit: Unit): readonly LocalCall[] => {
  const copies = copiesFor(module, [unit]);
  return copies.length === 0 ? unit.calls : [...unit.calls, ...copies.flatMap((copy) => copy.calls)];
};
