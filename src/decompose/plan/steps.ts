import { attributesNeeded } from "../read/attributes.ts";
import { callsWithCopies, isCopied } from "../read/copies.ts";
import { functionFor, type Unit, type UnitModule } from "../read/unit.ts";
import { componentsOf } from "./components.ts";
import { crossingsOf, needsOldAtCompileTime } from "./metrics.ts";
import type { Assignment, Risk, Step } from "./plan.ts";

/**
 * The order in which groups leave so that every step compiles: a group whose private functions another one calls goes first,
 * and groups that call each other's private functions go together.
 */
export function stepsOf(module: UnitModule, assignment: Assignment): readonly Step[] {
  const modules = [...new Set(assignment.values())];
  const members = (name: string): readonly Unit[] => [...module.units.values()].filter((unit) => assignment.get(unit.name) === name);
  const needs = new Map(modules.map((name) => [name, targets(module, assignment, members(name), true)]));
  const parts = componentsOf(modules, (name) => needs.get(name) ?? []);
  const steps = sinksFirst(parts, (part) => part.flatMap((name) => targets(module, assignment, members(name), false)), (part) => part.flatMap((name) => needs.get(name) ?? [])).map((part, i) => extractStep(module, assignment, part, part.flatMap(members), i + 1));
  return [...steps, redirectStep(module, assignment, steps.length + 1)];
}

/** Groups that `units` call into; private calls only, or any. */
function targets(module: UnitModule, assignment: Assignment, units: readonly Unit[], isPrivateOnly: boolean): readonly string[] {
  const found = new Set<string>();
  for (const unit of units)
    for (const call of callsWithCopies(module, unit)) {
      const callee = module.units.get(call.name);
      const target = assignment.get(call.name);
      if (callee === undefined || target === undefined || target === assignment.get(unit.name) || isCopied(callee)) continue;
      if (!isPrivateOnly || functionFor(callee, call.arity)?.isPrivate === true) found.add(target);
    }
  return [...found];
}

/** Keeps the necessary order and, where it leaves a choice, takes the part next that calls fewest parts still waiting. */
function sinksFirst(parts: readonly (readonly string[])[], calls: (part: readonly string[]) => readonly string[], needs: (part: readonly string[]) => readonly string[]): readonly (readonly string[])[] {
  const waiting = [...parts];
  const result: (readonly string[])[] = [];
  while (waiting.length > 0) {
    const open = (part: readonly string[], names: readonly string[]): number => new Set(names.filter((name) => !part.includes(name) && waiting.some((other) => other.includes(name)))).size;
    const ready = waiting.filter((part) => open(part, needs(part)) === 0);
    const next = [...(ready.length > 0 ? ready : waiting)].sort((a, b) => open(a, calls(a)) - open(b, calls(b)))[0];
    if (next === undefined) break;
    result.push(next);
    waiting.splice(waiting.indexOf(next), 1);
  }
  return result;
}

function extractStep(module: UnitModule, assignment: Assignment, modules: readonly string[], units: readonly Unit[], number: number): Step {
  const names = modules.map((name) => name.slice(module.name.length + 1) || name);
  const functions = units.flatMap((unit) => unit.functions);
  const risks = risksOf(module, assignment, units);
  const crossing = units.reduce((sum, unit) => sum + unit.calls.filter((call) => assignment.get(call.name) !== assignment.get(unit.name)).length, 0);
  return {
    number,
    kind: "extract",
    title: `Extract ${names.join(" and ")} (${functions.length} function${functions.length === 1 ? "" : "s"})${modules.length > 1 ? "; they share private functions, so they go together" : ""}`,
    modules,
    risk: risks.some((risk) => risk.risk === "high") ? "high" : risks.length > 0 ? "medium" : "low",
    risks: risks.map((risk) => risk.sentence),
    effort: { places: functions.length + crossing + functions.filter((shape) => !shape.isPrivate).length, files: modules.length + 1 },
  };
}

function risksOf(module: UnitModule, assignment: Assignment, units: readonly Unit[]): readonly { readonly risk: Risk; readonly sentence: string }[] {
  const names = new Set(units.map((unit) => unit.name));
  const moved = new Map([...assignment].filter(([name]) => names.has(name)));
  const promoted = [...crossingsOf(module, moved).promoted];
  const attributes = new Set(attributesNeeded(module, units.flatMap((unit) => [...unit.references.attributes])).map((item) => `@${item.name}`));
  const macros = new Set(units.flatMap((unit) => unit.calls.map((call) => module.units.get(call.name))).filter((callee) => callee !== undefined && isCopied(callee)).map((callee) => callee?.name ?? ""));
  const structs = units.filter((unit) => needsOldAtCompileTime(module, unit));
  const sends = units.filter((unit) => unit.definitions.some((definition) => [...definition.node.descendants()].some((node) => node.isCall("self", "receive", "send", "Process.send_after"))));
  const medium = (sentence: string) => ({ risk: "medium" as const, sentence });
  return [
    ...(promoted.length > 0 ? [medium(`${listed(promoted)} become${promoted.length === 1 ? "s" : ""} public, because another module calls ${promoted.length === 1 ? "it" : "them"}.`)] : []),
    ...(attributes.size > 0 ? [medium(`${listed([...attributes])} ${attributes.size === 1 ? "is" : "are"} written in both modules where both need ${attributes.size === 1 ? "it" : "them"}.`)] : []),
    ...(macros.size > 0 ? [medium(`The private macro${macros.size === 1 ? "" : "s"} ${listed([...macros])} ${macros.size === 1 ? "is" : "are"} copied.`)] : []),
    ...(structs.length > 0 ? [medium(`The new module waits for ${module.name} when it is compiled, because it builds its struct or uses its macros.`)] : []),
    ...(sends.length > 0 ? [medium(`${listed(sends.map((unit) => unit.name))} send${sends.length === 1 ? "s" : ""} or receive${sends.length === 1 ? "s" : ""} messages; the process stays the same, the place in stack traces changes.`)] : []),
  ];
}

function redirectStep(module: UnitModule, assignment: Assignment, number: number): Step {
  const delegates = [...assignment.keys()].flatMap((name) => module.units.get(name)?.functions ?? []).filter((shape) => !shape.isPrivate).length;
  return { number, kind: "redirect", title: "Point callers at the new modules", modules: [...new Set(assignment.values())], risk: "medium", risks: ["Callers outside this project still need the delegates; deprecate them before you remove them."], effort: { places: delegates, files: 1 }, optional: true };
}

export function listed(items: readonly string[]): string {
  const shown = items.length > 5 ? [...items.slice(0, 4), `${items.length - 4} more`] : items;
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
