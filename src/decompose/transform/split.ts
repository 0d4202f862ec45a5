import { type Subject, nameRules } from "../plan/planner.ts";
import { fileFor } from "../plan/names.ts";
import type { Assignment } from "../plan/plan.ts";
import { repaired } from "../plan/repair.ts";
import { isIdentifier } from "../read/module-source.ts";
import type { Unit } from "../read/unit.ts";
import { lastOf } from "./directives.ts";
import { facadeText } from "./facade.ts";
import { newModuleText } from "./new-module.ts";
import { copiesFor } from "../read/copies.ts";
import { type Layout, promotedIn } from "./rewrite.ts";

/** A file before and after; null where it does not exist. */
export type FileChange = { readonly path: string; readonly before: string | null; readonly after: string | null };
/** Edits that move groups out of a module, or why they would not be safe. */
export type Extraction = { readonly kind: "changes"; readonly changes: readonly FileChange[] } | { readonly kind: "refused"; readonly reasons: readonly string[] };

/** Moves units to modules of their own. The old module keeps its exported functions as delegates. Nothing is written. */
export function splitOf(subject: Subject, wanted: Assignment): Extraction {
  const { module, file, pins } = subject;
  const { assignment } = repaired(module, pins, wanted);
  const names = [...new Set(assignment.values())].sort();
  const reasons = obstacles(subject, assignment, names);
  if (reasons.length > 0) return { kind: "refused", reasons };
  const written = new Map<string, Set<string>>();
  const layout: Layout = { module, assignment, reference: referenceOf(subject, written) };
  const membersOf = (name: string): readonly Unit[] => [...module.units.values()].filter((unit) => assignment.get(unit.name) === name);
  const promoted = promotedIn(layout, (owner) => copiesFor(module, membersOf(owner)));
  const aliasesOf = (owner: string) => (): readonly string[] => [...(written.get(owner) ?? [])].sort().map((full) => `alias ${full}`);
  written.clear();
  const created = names.map((name): FileChange => ({ path: fileFor(file, module.name, name), before: null, after: newModuleText(layout, name, membersOf(name), promoted, aliasesOf(name)) }));
  const { source } = module.source.tree;
  const changed: FileChange = { path: file, before: source, after: facadeText(layout, [...module.units.values()].filter((unit) => assignment.has(unit.name)), aliasesOf(module.name)) };
  return { kind: "changes", changes: [changed, ...created] };
}

/** Short where nothing else has the short name; whole otherwise. */
function referenceOf({ module, around }: Subject, written: Map<string, Set<string>>): Layout["reference"] {
  const { heads } = nameRules({ module, around, file: "" } as Subject);
  return (owner, named) => {
    const short = lastOf(named);
    if (short === named || heads.has(short) || short === lastOf(owner)) return named;
    const names = written.get(owner) ?? new Set<string>();
    written.set(owner, names.add(named));
    return short;
  };
}

function obstacles({ module, file, around, pins }: Subject, assignment: Assignment, names: readonly string[]): readonly string[] {
  const reasons: string[] = [];
  if (names.length === 0) reasons.push(`Nothing of ${module.name} would move.`);
  for (const name of names) {
    if (around.modules.has(name)) reasons.push(`There is a module ${name} already. Rename the group.`);
    if (around.files.has(fileFor(file, module.name, name))) reasons.push(`There is a file ${fileFor(file, module.name, name)} already. Rename the group.`);
  }
  if (module.source.isNested) reasons.push(`${module.name} is defined inside another module. Give it a file of its own first.`);
  for (const name of assignment.keys()) {
    const pin = pins.get(name);
    if (!isIdentifier(name)) reasons.push(`${name} is an operator, which a delegate cannot name.`);
    else if (pin !== undefined) reasons.push(`${name} stays: it ${pin.reason}.`);
  }
  return reasons;
}
