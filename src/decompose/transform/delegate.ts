import type { Expr } from "../../syntax/tree.ts";
import { applyEdits } from "../../text/edit.ts";
import type { FunctionShape, Unit } from "../read/unit.ts";
import { codeEdits, type Layout } from "./rewrite.ts";

/**
 * The delegates of one function: one with its defaults. Where a default reaches an arity that has clauses of its own, a
 * delegate with defaults would hide those, so there is one without for each arity instead.
 */
export function delegatesOf(layout: Layout, unit: Unit, shape: FunctionShape, target: string): readonly string[] {
  const others = new Set(unit.functions.filter((other) => other !== shape).map(({ arity }) => arity));
  const covered = Array.from({ length: shape.defaults }, (_, i) => shape.arity - shape.defaults + i);
  if (!covered.some((arity) => others.has(arity))) return [delegateOf(layout, unit, shape, target)];
  const to = layout.reference(layout.module.name, target);
  const bare = (arity: number): string => `defdelegate ${shape.name}(${Array.from({ length: arity }, (_, i) => `arg${i + 1}`).join(", ")}), to: ${to}`;
  return [...covered.filter((arity) => !others.has(arity)), shape.arity].map(bare);
}

/** `defdelegate f(a, b \\ 1), to: New` for one function, with the names its first clause gives. */
function delegateOf(layout: Layout, unit: Unit, shape: FunctionShape, target: string): string {
  const clause = shape.clauses.find((candidate) => candidate.defaults > 0) ?? shape.clauses[0];
  const used = new Set<string>();
  const names = Array.from({ length: shape.arity }, (_, i) => {
    const name = shape.clauses.map((candidate) => nameOf(candidate.params[i])).find((found) => found !== undefined && !used.has(found)) ?? `arg${i + 1}`;
    used.add(name);
    return name;
  });
  const parameters = names.map((name, i) => {
    const value = defaultOf(clause?.params[i]);
    return value === undefined ? name : `${name} \\\\ ${requalified(layout, unit, value)}`;
  });
  return `defdelegate ${shape.name}(${parameters.join(", ")}), to: ${layout.reference(layout.module.name, target)}`;
}

const defaultOf = (param: Expr | undefined): Expr | undefined => (param?.isOp("\\\\") === true ? param.children[1] : undefined);

/** The variable a parameter binds as a whole. */
function nameOf(param: Expr | undefined): string | undefined {
  if (param === undefined) return undefined;
  if (param.isOp("\\\\")) return nameOf(param.children[0]);
  if (param.kind === "match") return nameOf(param.left) ?? nameOf(param.right);
  if (param.kind !== "var") return undefined;
  const name = param.name.replace(/^_+/, "");
  return /^[a-z]\w*$/.test(name) ? name : undefined;
}

/** A default value is computed in the old module, where private functions of the new one have another name. */
function requalified(layout: Layout, unit: Unit, value: Expr): string {
  const { source } = layout.module.source.tree;
  const edits = codeEdits(layout, unit, layout.module.name, value.span).map((edit) => ({ span: { start: edit.span.start - value.start, end: edit.span.end - value.start }, text: edit.text }));
  return applyEdits(source.slice(value.start, value.end), edits);
}
