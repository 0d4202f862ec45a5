import type { Expr } from "../../syntax/tree.ts";
import { attributeHazard } from "./attributes.ts";
import { isCopied } from "./copies.ts";
import { callbackNames, kernelNames, quietUses } from "./kernel.ts";
import { definitionOf, definers, isIdentifier } from "./module-source.ts";
import { referencesOf } from "./references.ts";
import type { Surroundings } from "./surroundings.ts";
import { functionFor, type Unit, type UnitModule } from "./unit.ts";

/** Why a function stays in its module, in words that follow its name (`is a macro, …`); `line` is where the reason stands. */
export type Pin = { readonly reason: string; readonly line: number; readonly kind: "macro" | "callback" | "compile" | "hygiene" | "attribute" | "generated" | "private" | "delegate" | "text" | "unknown" | "held" };

/** Functions that must stay, each with its reason. Private macros are no pins of others: they are copied where they are used. */
export function pinsOf(module: UnitModule, around: Surroundings): ReadonlyMap<string, Pin> {
  const pins = new Map<string, Pin>();
  const reasons = [ownReason, attributeReason, unknownReason(module, around), requiredMacroReason(module), textReason(around)];
  const compiled = compiledNames(module);
  const overridable = overridableNames(module);
  const quoted = quotedPrivates(module);
  for (const unit of module.units.values()) {
    const early = compiled.get(unit.name);
    if (quoted.has(unit.name)) pins.set(unit.name, { kind: "hygiene", reason: "is called in quoted code, where its name means this module", line: lineOf(unit) });
    else if (overridable.has(unit.name)) pins.set(unit.name, { kind: "callback", reason: "can be overridden by whoever uses this module", line: lineOf(unit) });
    else if (early !== undefined) pins.set(unit.name, early);
    else for (const reason of reasons) {
      const pin = reason(unit, module);
      if (pin === undefined) continue;
      pins.set(unit.name, pin);
      break;
    }
  }
  pinMacroHelpers(module, pins);
  pinCallersOfPrivates(module, pins);
  return pins;
}

/** The pins with some functions more that stay, and all that then has to stay with them. */
export function alsoHeld(module: UnitModule, pins: ReadonlyMap<string, Pin>, names: Iterable<string>, reason: string): ReadonlyMap<string, Pin> {
  const more = new Map(pins);
  for (const name of names) {
    const unit = module.units.get(name);
    if (unit !== undefined && !more.has(name)) more.set(name, { kind: "held", reason, line: lineOf(unit) });
  }
  pinCallersOfPrivates(module, more);
  return more;
}

export const lineOf = (unit: Unit): number => unit.definitions[0]?.node.line ?? 1;

function ownReason(unit: Unit, module: UnitModule): Pin | undefined {
  const { references } = unit;
  const line = lineOf(unit);
  if (unit.isGenerated) return { kind: "generated", reason: "has a name that is made with unquote", line };
  if (unit.isMacro || unit.isGuard) return { kind: "macro", line, reason: unit.isPrivate ? "is a private macro, which is copied to the modules that use it" : `is a ${unit.isGuard ? "guard" : "macro"}, which cannot be delegated` };
  if (unit.isCallback) return { kind: "callback", reason: "implements a callback (@impl)", line };
  if (unit.isDelegate) return { kind: "delegate", reason: "already delegates to another module", line };
  if (!isIdentifier(unit.name)) return { kind: "macro", reason: "defines an operator", line };
  if (/^__\w+__$/.test(unit.name)) return { kind: "callback", reason: "is called by the compiler or by other libraries under this name", line };
  if (isLikelyCallback(unit, module)) return { kind: "callback", reason: "is probably a callback of a behaviour", line };
  if (references.environment !== undefined && references.environment !== "__STACKTRACE__") return { kind: "hygiene", reason: `reads ${references.environment}, which names this module and file`, line };
  if (references.callsSuper) return { kind: "callback", reason: "calls super", line };
  if (references.quotes) return { kind: "hygiene", reason: "builds quoted code, whose variables belong to this module", line };
  if (unit.definitions.some((definition) => /^(defn|deftransform)/.test(definition.definer))) return { kind: "macro", reason: "is compiled by Nx", line };
  return undefined;
}

function isLikelyCallback(unit: Unit, module: UnitModule): boolean {
  if (module.uses.length === 0 && module.behaviours.length === 0) return false;
  const named = unit.functions.find((shape) => !shape.isPrivate && callbackNames.has(`${shape.name}/${shape.arity}`));
  return named !== undefined && (/^(start_link|child_spec)$/.test(named.name) || ![...module.units.values()].some((other) => other.isCallback));
}

function attributeReason(unit: Unit, module: UnitModule): Pin | undefined {
  for (const name of unit.references.attributes) {
    const hazard = attributeHazard(module, name);
    if (hazard !== undefined) return { kind: "attribute", reason: `reads @${name}, which ${hazard.reason}`, line: hazard.line ?? lineOf(unit) };
  }
  return undefined;
}

/** Calls whose origin cannot be seen may be functions that `use` or a macro of the module body defines here. */
function unknownReason(module: UnitModule, around: Surroundings): (unit: Unit) => Pin | undefined {
  const generators = generatorsOf(module);
  const generated = generatedNames(module);
  const imported = importedNames(module, around);
  return (unit) => {
    for (const call of unit.foreign) {
      if (generated.has(call.name)) return { kind: "generated", reason: `calls ${call.name}/${call.arity}, which code in the module body defines`, line: call.at.nameLine };
      if (generators.length === 0 || kernelNames.has(call.name) || imported.names.has(call.name)) continue;
      if (imported.allKnown || !imported.isOpen) return { kind: "unknown", reason: `calls ${call.name}/${call.arity}, which ${generators[0]} may define`, line: call.at.nameLine };
      if (generators.some((generator) => generator.startsWith("use "))) return { kind: "unknown", reason: `calls ${call.name}/${call.arity}, which may come from ${generators[0]}`, line: call.at.nameLine };
    }
    return undefined;
  };
}

/** Modules whose macros never expand to a private macro of the module that uses them. */
const selfContained = new Set(["Logger", "Integer", "Record", "Bitwise", "Kernel", "ExUnit.Assertions", "EEx", "Ecto.Query", "Macro", "Mix", "Protocol"]);

/** A macro from elsewhere may expand to a private macro of its caller (Enum does so with its reducers); what uses one stays beside those. */
function requiredMacroReason(module: UnitModule): (unit: Unit) => Pin | undefined {
  const required = new Set(module.source.directives.filter(({ kind }) => kind === "require").flatMap(({ node }) => node.args.filter((arg) => arg.kind === "alias").map(({ name }) => name)).filter((name) => !selfContained.has(name)));
  const hasMacros = [...module.units.values()].some((unit) => unit.isMacro && unit.isPrivate);
  return (unit) => {
    if (!hasMacros || required.size === 0) return undefined;
    const used = [...unit.references.modules.keys()].find((name) => required.has(name));
    return used === undefined ? undefined : { kind: "hygiene", reason: `uses macros of ${used}, which may expand to private macros of this module`, line: lineOf(unit) };
  };
}

/** What in a module body may define functions that nobody sees written. */
function generatorsOf(module: UnitModule): readonly string[] {
  const uses = module.uses.map((item) => item.node.args[0]?.name ?? "").filter((name) => !quietUses.has(name)).map((name) => `use ${name}`);
  const hooks = (module.attributes.get("before_compile") ?? []).map((item) => item.node.text.split("\n")[0] ?? "");
  const calls = module.others.filter((item) => item.node.kind === "call" && !/^(Module|Code|IO|Logger|Application|System|File|Kernel)\./.test(item.node.name) && !["if", "unless", "for", "case", "defoverridable", "raise"].includes(item.node.name)).map((item) => item.node.name);
  const loops = module.others.filter((item) => [...item.node.descendants()].some((node) => node.kind === "call" && definers.has(node.name) && definitionOf(node).isGenerated)).map((item) => `the ${item.node.name} at line ${item.node.line}`);
  return [...uses, ...hooks, ...calls, ...loops];
}

/** Names that loops and conditions of the body define, and what `Record.defrecord` makes. */
function generatedNames(module: UnitModule): ReadonlySet<string> {
  const names = new Set<string>();
  for (const item of module.others)
    for (const node of item.node.descendants()) {
      if (node.kind !== "call") continue;
      if (definers.has(node.name)) names.add(definitionOf(node).name);
      else if (/^(Record\.)?defrecordp?$/.test(node.name) && node.args[0]?.kind === "atom") names.add(node.args[0].name);
      else if (item.node === node && node.args[0]?.kind === "atom" && !kernelNames.has(node.name)) names.add(node.args[0].name);
    }
  return names;
}

type Imported = { readonly names: ReadonlySet<string>; /** Some import may bring any name. */ readonly isOpen: boolean; readonly allKnown: boolean };

function importedNames(module: UnitModule, around: Surroundings): Imported {
  const names = new Set<string>();
  let isOpen = false;
  for (const { kind, node } of module.source.directives) {
    if (kind !== "import" || node.args[0] === undefined) continue;
    const only = node.args[1]?.get("only");
    if (only?.kind === "list") for (const pair of only.pairs) names.add(pair.key?.name ?? "");
    else {
      const exported = around.exportsOf(node.args[0].name);
      if (exported === undefined) isOpen = true;
      else for (const name of exported) names.add(name.slice(0, name.lastIndexOf("/")));
    }
  }
  if (module.uses.some((item) => item.node.args[0]?.name === "Bitwise")) for (const name of ["band", "bor", "bnot", "bsl", "bsr", "bxor"]) names.add(name);
  return { names, isOpen, allKnown: !isOpen };
}

function textReason(around: Surroundings): (unit: Unit, module: UnitModule) => Pin | undefined {
  return (unit, module) => {
    const quoted = unit.functions.find((shape) => around.mentions(`${module.name}.${shape.name}/${shape.arity}`));
    return quoted === undefined ? undefined : { kind: "text", reason: `a test quotes ${module.name}.${quoted.name}/${quoted.arity} from an error message`, line: lineOf(unit) };
  };
}

function overridableNames(module: UnitModule): ReadonlySet<string> {
  const names = new Set<string>();
  for (const item of module.others) if (item.node.isCall("defoverridable")) for (const node of item.node.descendants()) if (node.kind === "atom") names.add(node.name);
  return names;
}

/** Functions that run while the module is compiled: called or captured in its body, in attributes, in its struct. */
function compiledNames(module: UnitModule): ReadonlyMap<string, Pin> {
  const found = new Map<string, Pin>();
  const look = (node: Expr, where: string): void => {
    const { local } = referencesOf(module.name, [node]);
    for (const call of local) {
      const unit = module.units.get(call.name);
      if (unit === undefined || call.form === "bare" || functionFor(unit, call.arity) === undefined) continue;
      if (!found.has(call.name)) found.set(call.name, { kind: "compile", reason: `${where} calls it while the module is compiled`, line: call.at.nameLine });
    }
  };
  for (const item of module.others) {
    look(item.node, "code in the module body");
    for (const node of item.node.descendants()) if (node.kind === "call" && definers.has(node.name) && module.units.has(definitionOf(node).name)) found.set(definitionOf(node).name, { kind: "generated", reason: "more clauses of it are made in the module body", line: node.line });
  }
  for (const items of module.attributes.values()) for (const item of items) if (item.name !== "compile" && item.name !== "dialyzer") look(item.node, `@${item.name}`);
  for (const item of module.source.items) {
    if (item.kind !== "struct" && item.kind !== "use") continue;
    look(item.node, item.kind);
    if (item.kind !== "use") continue;
    for (const node of item.node.descendants()) if (node.kind === "atom" && module.units.get(node.name)?.isPrivate === true) found.set(node.name, { kind: "compile", reason: `is named by ${item.node.args[0]?.text ?? "a use"}, which calls it`, line: node.line });
  }
  const onLoad = module.attributes.get("on_load")?.[0]?.node;
  if (onLoad !== undefined) for (const node of onLoad.descendants()) if (node.kind === "atom") found.set(node.name, { kind: "compile", reason: "runs when the module is loaded (@on_load)", line: onLoad.line });
  return found;
}

/** Private functions that quoted code names; private macros are copied with their calls corrected, so theirs do not count. */
function quotedPrivates(module: UnitModule): ReadonlySet<string> {
  const names = new Set<string>();
  for (const unit of module.units.values()) {
    if (isCopied(unit)) continue;
    for (const call of unit.references.local) if (call.inQuote && call.form !== "bare" && module.units.get(call.name)?.isPrivate === true) names.add(call.name);
  }
  return names;
}

/** A macro that is used inside its own module can only call functions of that module, so those stay with it. */
function pinMacroHelpers(module: UnitModule, pins: Map<string, Pin>): void {
  const usedHere = new Set([...module.units.values()].flatMap((unit) => unit.calls.map((call) => call.name)));
  const reach = (unit: Unit, macro: string): void => {
    for (const call of unit.calls) {
      const callee = module.units.get(call.name);
      if (call.inQuote || callee === undefined || pins.has(callee.name)) continue;
      pins.set(callee.name, { kind: "hygiene", reason: `the macro ${macro} of this module calls it while code is expanded`, line: call.at.nameLine });
      reach(callee, macro);
    }
  };
  for (const unit of module.units.values()) if (unit.isMacro && (unit.isPrivate || usedHere.has(unit.name))) reach(unit, unit.name);
}

/** What calls a private function that stays must stay, too: promoting it would change what the module exports. */
function pinCallersOfPrivates(module: UnitModule, pins: Map<string, Pin>): void {
  for (let changed = true; changed; ) {
    changed = false;
    for (const unit of module.units.values()) {
      if (pins.has(unit.name)) continue;
      const call = unit.calls.find(({ name, arity }) => {
        const callee = module.units.get(name);
        return callee !== undefined && pins.has(name) && !isCopied(callee) && functionFor(callee, arity)?.isPrivate === true;
      });
      const pin = call ?? copiedWithHelpers(unit, module, pins);
      if (pin === undefined) continue;
      pins.set(unit.name, { kind: "private", reason: `calls ${pin.name}/${pin.arity}, which is private and stays`, line: pin.at.nameLine });
      changed = true;
    }
  }
}

/** A call of a private macro that itself needs functions of this module cannot leave: its copy would lack them. */
function copiedWithHelpers(unit: Unit, module: UnitModule, pins: ReadonlyMap<string, Pin>, seen = new Set<string>()): Unit["calls"][number] | undefined {
  return unit.calls.find((call) => {
    const macro = module.units.get(call.name);
    if (macro === undefined || !isCopied(macro) || seen.has(macro.name)) return false;
    seen.add(macro.name);
    const needs = macro.calls.some((inner) => {
      const callee = module.units.get(inner.name);
      return callee !== undefined && !isCopied(callee) && (!inner.inQuote || (pins.has(callee.name) && callee.isPrivate));
    });
    return needs || macro.references.environment !== undefined || attributeReason(macro, module) !== undefined || copiedWithHelpers(macro, module, pins, seen) !== undefined;
  });
}
