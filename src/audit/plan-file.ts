import * as v from "valibot";
import { modulesOf } from "../decompose/read/module-source.ts";
import { coveredArities } from "../decompose/read/unit.ts";
import type { WantedGroups } from "./planning.ts";
import type { Scanned } from "./scan.ts";

export const PLANS_FOLDER = ".otp_audit/plans";
const FORMAT = 1;

const group = v.object({ module: v.string(), functions: v.array(v.string()) });
const schema = v.object({ tool: v.literal("otp-audit"), format: v.number(), file: v.string(), module: v.string(), alternative: v.string(), step: v.string(), groups: v.array(group), pins: v.array(v.string()), applied: v.array(v.string()) });

/** A plan as a pull request shows it: which module, which functions go where, and how far it is. */
export type PlanFile = v.InferOutput<typeof schema>;

export const planFileOf = (file: string, module: string, alternative: string, step: string, groups: WantedGroups, pins: readonly string[], applied: readonly string[]): PlanFile => ({ tool: "otp-audit", format: FORMAT, file, module, alternative, step, groups: groups.map((entry) => ({ module: entry.module, functions: [...entry.functions] })), pins: [...pins], applied: [...applied] });

export const planFileText = (plan: PlanFile): string => `${JSON.stringify(plan, undefined, 2)}\n`;
export const planFileName = (module: string): string => `${module}.json`;

/** A plan file's content, or a sentence on why it does not count. */
export function readPlanFile(text: string, name: string): PlanFile | { readonly wrong: string } {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return { wrong: `${name} is not JSON, perhaps after a merge conflict. Restore it from git, or delete it and begin again.` };
  }
  const read = v.safeParse(schema, raw);
  if (!read.success) return { wrong: `${name} is no plan of OTP Audit. Restore it from git, or delete it and begin again.` };
  return read.output.format > FORMAT ? { wrong: `${name} was written by a newer OTP Audit. Update OTP Audit; the file is left as it is.` } : read.output;
}

/** How far a group of a kept plan is, told by the code alone: `stale` when functions it names are neither here nor there. */
export type GroupState = { readonly module: string; readonly state: "open" | "partly done" | "done" | "stale"; readonly moved: readonly string[]; readonly open: readonly string[]; readonly gone: readonly string[] };

/** Checks the groups of a plan for `module` against the code as it is. */
export function planStateOf({ trees }: Pick<Scanned, "trees">, module: string, groups: WantedGroups): readonly GroupState[] {
  const names = new Set([module, ...groups.map((group) => group.module)]);
  const defined = new Map<string, ReadonlySet<string>>();
  for (const tree of trees.values()) {
    if (!tree.data.symbols.some((symbol) => names.has(symbol))) continue;
    for (const source of modulesOf(tree)) if (names.has(source.name)) defined.set(source.name, new Set(source.items.flatMap(({ definition }) => (definition === undefined || definition.definer === "defdelegate" ? [] : coveredArities(definition).map((arity) => `${definition.name}/${arity}`)))));
  }
  return groups.map((group): GroupState => {
    const moved = group.functions.filter((id) => defined.get(group.module)?.has(id));
    const open = group.functions.filter((id) => !moved.includes(id) && defined.get(module)?.has(id));
    const gone = group.functions.filter((id) => !moved.includes(id) && !open.includes(id));
    return { module: group.module, state: gone.length > 0 ? "stale" : open.length === 0 ? "done" : moved.length === 0 ? "open" : "partly done", moved, open, gone };
  });
}
