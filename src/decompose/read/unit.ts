import type { Expr } from "../../syntax/tree.ts";
import type { Definition, Item, ModuleSource } from "./module-source.ts";
import { boundNames, type LocalCall, type References, referencesOf } from "./references.ts";

/** All clauses of one name and arity. */
export type FunctionShape = {
  readonly name: string;
  readonly arity: number;
  readonly defaults: number;
  readonly definer: string;
  readonly isPrivate: boolean;
  readonly clauses: readonly Definition[];
};

/** What moves as a whole: every clause and arity of one name, with docs, specs and comments. */
export type Unit = {
  readonly name: string;
  readonly definitions: readonly Definition[];
  readonly functions: readonly FunctionShape[];
  readonly specs: readonly Item[];
  /** No arity is public. */
  readonly isPrivate: boolean;
  readonly isMacro: boolean;
  readonly isGuard: boolean;
  readonly isDelegate: boolean;
  readonly isCallback: boolean;
  readonly isGenerated: boolean;
  readonly section: string | undefined;
  /** Number of lines of code, docs and comments left out. */
  readonly lines: number;
  readonly references: References;
  /** Calls of functions of the same module that are really calls. */
  readonly calls: readonly LocalCall[];
  /** Calls of names that this module does not define. */
  readonly foreign: readonly LocalCall[];
  readonly typeNames: ReadonlySet<string>;
};

/** A module with its units, the names it defines, and what else its body holds. */
export type UnitModule = {
  readonly source: ModuleSource;
  readonly name: string;
  readonly units: ReadonlyMap<string, Unit>;
  /** Definitions of each attribute, in order. */
  readonly attributes: ReadonlyMap<string, readonly Item[]>;
  /** Local types by name. */
  readonly types: ReadonlyMap<string, readonly Item[]>;
  readonly uses: readonly Item[];
  readonly behaviours: readonly string[];
  /** Expressions that run when the module is compiled: loops, DSL calls, registrations. */
  readonly others: readonly Item[];
  /** Modules defined inside. */
  readonly nested: readonly string[];
};

/** Groups the definitions of a module into units. */
export function unitModuleOf(source: ModuleSource): UnitModule {
  const byName = new Map<string, Definition[]>();
  const attributes = new Map<string, Item[]>();
  const types = new Map<string, Item[]>();
  const specs = new Map<string, Item[]>();
  for (const item of source.items) {
    if (item.definition !== undefined) {
      push(byName, item.definition.name, item.definition);
      for (const lead of item.lead) if (lead.name === "spec" && lead.node !== undefined) push(specs, item.definition.name, { kind: "spec", node: lead.node, lead: [], name: item.definition.name });
    } else if (item.kind === "attribute") push(attributes, item.name, item);
    else if (item.kind === "type") push(types, item.name, item);
    else if (item.kind === "spec") push(specs, item.name, item);
  }
  const arities = new Map<string, Set<number>>([...byName].map(([name, definitions]) => [name, new Set(definitions.flatMap(coveredArities))]));
  const typeNames = new Set(types.keys());
  const units = new Map<string, Unit>();
  for (const [name, definitions] of byName) units.set(name, unitOf(source, name, definitions, specs.get(name) ?? [], arities, typeNames));
  return {
    source,
    name: source.name,
    units,
    attributes,
    types,
    uses: source.items.filter((item) => item.kind === "use"),
    behaviours: source.items.filter((item) => item.kind === "behaviour").map((item) => item.node.children[0]?.name ?? ""),
    others: source.items.filter((item) => item.kind === "other"),
    nested: source.items.filter((item) => item.kind === "module").map((item) => item.node.children[0]?.name ?? ""),
  };
}

/** The arities one definition answers to, defaults included. */
export const coveredArities = (definition: { readonly arity: number; readonly defaults: number }): readonly number[] => Array.from({ length: definition.defaults + 1 }, (_, i) => definition.arity - definition.defaults + i);

/** The function of a unit that a call with `arity` arguments reaches. */
export const functionFor = (unit: Unit, arity: number): FunctionShape | undefined => unit.functions.find((shape) => arity <= shape.arity && arity >= shape.arity - shape.defaults);

function unitOf(source: ModuleSource, name: string, definitions: readonly Definition[], specs: readonly Item[], arities: ReadonlyMap<string, ReadonlySet<number>>, typeNames: ReadonlySet<string>): Unit {
  const references = referencesOf(source.name, definitions.map((definition) => definition.node));
  const bound = new Map<Definition, ReadonlySet<string>>();
  const isBound = (call: LocalCall): boolean => {
    const definition = definitions.find((candidate) => candidate.node.contains(call.at));
    if (definition === undefined) return true;
    let names = bound.get(definition);
    if (names === undefined) bound.set(definition, (names = boundNames(definition)));
    return names.has(call.name);
  };
  const isLocal = (call: LocalCall): boolean => arities.get(call.name)?.has(call.arity) === true && (call.form !== "bare" || !isBound(call));
  const calls = [...references.local.filter(isLocal), ...references.self.filter((call) => arities.get(call.name)?.has(call.arity) === true)];
  return {
    name,
    definitions,
    functions: functionsOf(name, definitions),
    specs,
    isPrivate: definitions.every((definition) => definition.isPrivate),
    isMacro: definitions.some((definition) => definition.definer.startsWith("defmacro")),
    isGuard: definitions.some((definition) => definition.definer.startsWith("defguard")),
    isDelegate: definitions.some((definition) => definition.definer === "defdelegate"),
    isCallback: definitions.some((definition) => definition.lead.some((lead) => lead.name === "impl" && lead.node?.children[0]?.isAtom("false") !== true)),
    isGenerated: definitions.some((definition) => definition.isGenerated),
    section: definitions.find((definition) => definition.section !== undefined)?.section,
    lines: definitions.reduce((sum, definition) => sum + linesOf(source, definition.node), 0),
    references,
    calls,
    foreign: references.local.filter((call) => call.form !== "bare" && !call.inQuote && arities.get(call.name)?.has(call.arity) !== true),
    typeNames: typesIn(specs, typeNames),
  };
}

function functionsOf(name: string, definitions: readonly Definition[]): readonly FunctionShape[] {
  const byArity = new Map<number, Definition[]>();
  for (const definition of definitions) push(byArity, definition.arity, definition);
  return [...byArity].map(([arity, clauses]) => ({
    name,
    arity,
    defaults: Math.max(...clauses.map((clause) => clause.defaults)),
    definer: clauses[0]?.definer ?? "def",
    isPrivate: clauses.every((clause) => clause.isPrivate),
    clauses,
  }));
}

function typesIn(specs: readonly Item[], typeNames: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const spec of specs) for (const node of spec.node.descendants()) if ((node.kind === "var" || (node.kind === "call" && node.module === "")) && typeNames.has(node.name)) found.add(node.name);
  return found;
}

const linesOf = ({ tree }: ModuleSource, node: Expr): number => tree.positionAt(node.end).line - tree.positionAt(node.start).line + 1;

export function push<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
