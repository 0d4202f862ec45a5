import { type Expr, flag } from "../../syntax/tree.ts";
import type { TextEdit } from "../../text/edit.ts";
import type { Span } from "../../text/span.ts";
import type { Assignment } from "../plan/plan.ts";
import { isCopied } from "../read/copies.ts";
import { typeName } from "../read/module-source.ts";
import type { LocalCall } from "../read/references.ts";
import { functionFor, type Unit, type UnitModule } from "../read/unit.ts";
import { ownNamePlaces } from "./masked.ts";

/** Where every unit lives, and how each module is written in another one. */
export type Layout = {
  readonly module: UnitModule;
  readonly assignment: Assignment;
  /** How `named` is written in the code of `owner`; remembers that it was. */
  readonly reference: (owner: string, named: string) => string;
};

export const placeOf = ({ module, assignment }: Layout, unit: string): string => assignment.get(unit) ?? module.name;

/** Edits that make the code of `unit` right in `owner`, within `within`. */
export function codeEdits(layout: Layout, unit: Unit, owner: string, within: Span): readonly TextEdit[] {
  const { tree } = layout.module.source;
  const edits: TextEdit[] = [];
  for (const call of unit.calls) {
    if (call.at.start < within.start || call.at.end > within.end) continue;
    const target = targetOf(layout, unit, call, owner);
    if (target !== undefined) edits.push(...qualified(call, layout.reference(owner, target)));
  }
  if (owner !== layout.module.name) for (const span of ownNamePlaces(tree, within)) edits.push({ span, text: layout.reference(owner, layout.module.name) });
  return edits;
}

/** The module a local call must name when its caller's code stands in `owner`; undefined when it stays as it is. */
export function targetOf(layout: Layout, unit: Unit, call: LocalCall, owner: string): string | undefined {
  const { module } = layout;
  if (call.at.has(flag.remote)) return undefined;
  if (call.inQuote && !isCopied(unit)) return undefined;
  const callee = module.units.get(call.name);
  if (callee === undefined || isCopied(callee)) return undefined;
  const place = placeOf(layout, call.name);
  if (place === owner) return undefined;
  if (owner === module.name && functionFor(callee, call.arity)?.isPrivate !== true) return undefined;
  return place;
}

function qualified(call: LocalCall, reference: string): readonly TextEdit[] {
  const { at, name } = call;
  const start = call.form === "bare" ? at.start : at.anchor;
  const end = start + name.length;
  const before: TextEdit = { span: { start, end: start }, text: `${reference}.` };
  const isBarePipe = call.form === "call" && at.has(flag.piped) && at.has(flag.bare) && at.end === end;
  return call.form === "bare" || isBarePipe ? [before, { span: { start: end, end }, text: "()" }] : [before];
}

/** Edits that make a spec right outside the module whose types it names. */
export function specEdits(layout: Layout, spec: Expr, owner: string): readonly TextEdit[] {
  const { module } = layout;
  if (owner === module.name) return [];
  const edits: TextEdit[] = ownNamePlaces(module.source.tree, spec.span).map((span) => ({ span, text: layout.reference(owner, module.name) }));
  const variables = typeVariables(spec);
  const head = typeHead(spec);
  const visit = (node: Expr, isLabel: boolean): void => {
    const isType = (node.kind === "var" || (node.kind === "call" && !node.has(flag.remote))) && node !== head && !isLabel && module.types.has(node.name) && !(node.kind === "var" && variables.has(node.name));
    if (isType) {
      const start = node.kind === "call" ? node.anchor : node.start;
      edits.push({ span: { start, end: start }, text: `${layout.reference(owner, module.name)}.` });
      if (node.kind === "var") edits.push({ span: { start: node.end, end: node.end }, text: "()" });
    }
    node.children.forEach((child, i) => visit(child, node.kind === "op" && node.name === "::" && i === 0 && child.kind === "var" && node.parent !== spec && node.parent?.name !== "when"));
  };
  for (const child of spec.children) visit(child, false);
  return edits;
}

/** `f(a)` of `@spec f(a) :: b when c: d`. */
function typeHead(spec: Expr): Expr | undefined {
  let node = spec.children[0];
  while (node !== undefined && node.kind === "op" && (node.name === "when" || node.name === "::")) node = node.children[0];
  return node?.name === typeName(spec) ? node : undefined;
}

function typeVariables(spec: Expr): ReadonlySet<string> {
  const top = spec.children[0];
  const list = top?.kind === "op" && top.name === "when" ? top.children[1] : undefined;
  return new Set(list?.pairs.map((pair) => pair.key?.name ?? "") ?? []);
}

/** Local types that specs of `owner` name, so that they must be visible there. */
export function typesNamed(specs: readonly Expr[], module: UnitModule): ReadonlySet<string> {
  const names = new Set<string>();
  for (const spec of specs) {
    const variables = typeVariables(spec);
    const head = typeHead(spec);
    for (const node of spec.descendants()) if ((node.kind === "var" || (node.kind === "call" && !node.has(flag.remote))) && node !== head && module.types.has(node.name) && !variables.has(node.name)) names.add(node.name);
  }
  return names;
}

/** `name/arity` of private functions that another module calls once everything is in place. */
export function promotedIn(layout: Layout, copies: (owner: string) => readonly Unit[]): ReadonlySet<string> {
  const { module } = layout;
  const promoted = new Set<string>();
  const look = (unit: Unit, owner: string, within?: Span): void => {
    for (const call of unit.calls) {
      if (within !== undefined && (call.at.start < within.start || call.at.end > within.end)) continue;
      const target = targetOf(layout, unit, call, owner);
      const callee = module.units.get(call.name);
      const shape = callee === undefined ? undefined : functionFor(callee, call.arity);
      if (target !== undefined && target !== module.name && shape?.isPrivate === true) promoted.add(`${shape.name}/${shape.arity}`);
    }
  };
  for (const unit of module.units.values()) {
    const owner = placeOf(layout, unit.name);
    look(unit, owner);
    if (owner !== module.name) for (const definition of unit.definitions) if (!definition.isPrivate) for (const param of definition.params) if (param.isOp("\\\\") && param.children[1] !== undefined) look(unit, module.name, param.children[1].span);
  }
  for (const owner of new Set(layout.assignment.values())) for (const unit of copies(owner)) look(unit, owner);
  return promoted;
}
