import type { Expr } from "../syntax/tree.ts";
import { constantOf } from "./literals.ts";
import type { Clause, Module } from "./module.ts";
import { remembered } from "./reading.ts";

/** An expression that some code keeps under a literal key: in a map or struct, by `Map.put`, or by `assign` of a socket. */
export type FieldValue = { readonly field: string; readonly value: Expr; readonly at: Expr; readonly clause: Clause };

/** Whether the place only takes a value apart: a parameter, the left side of `=` or `<-`, or the pattern of a clause. */
export function isPattern(expr: Expr): boolean {
  let inner = expr;
  for (const above of expr.ancestors()) {
    if (above.kind === "match" || (above.kind === "op" && above.name === "<-")) {
      if (above.left === inner) return true;
    } else if (above.kind === "clause") return above.params.includes(inner);
    else if (above.isCall("def", "defp", "defmacro", "defmacrop")) return above.args[0] === inner;
    inner = above;
  }
  return false;
}


/** A field that `defstruct` names, with its default where one is written. */
export type DefinedField = { readonly name: string; readonly value: Expr | undefined };

/** The fields of the struct that a module defines: `:name`, `name: default` and `{:name, default}`. Undefined when there is none, or one cannot be read. */
export function definedFields(module: Module): readonly DefinedField[] | undefined {
  const list = constantOf(module.others.find((expr) => expr.isCall("defstruct"))?.args[0], module);
  const fields = list?.kind === "list" ? list.children.map(definedField) : [undefined];
  return fields.some((field) => field === undefined) ? undefined : fields.flatMap((field) => field ?? []);
}
function definedField(written: Expr): DefinedField | undefined {
  const [name, value] = written.kind === "pair" ? [written.key, written.value] : written.kind === "tuple" ? written.children : [written];
  return name?.kind === "atom" ? { name: name.name, value } : undefined;
}

/** Everything the functions of a module put under the field, in source order; patterns and defaults of `defstruct` left out. */
export function valuesOf(module: Module, field: string): readonly FieldValue[] {
  return valuesByField(module).get(field) ?? [];
}

const valuesByField = remembered((module: Module): ReadonlyMap<string, readonly FieldValue[]> => collect(module));

function collect(module: Module): Map<string, FieldValue[]> {
  const index = new Map<string, FieldValue[]>();
  for (const fn of module.functions) {
    if (fn.isMacro) continue;
    for (const clause of fn.clauses)
      for (const found of fieldsWrittenIn(clause)) {
        const list = index.get(found.field);
        if (list === undefined) index.set(found.field, [found]);
        else list.push(found);
      }
  }
  return index;
}

/** What one clause puts under literal keys, in source order. */
export function* fieldsWrittenIn(clause: Clause): Generator<FieldValue> {
  for (const expr of clause.node.descendantsOf("pair", "call")) {
    if (expr.kind === "pair") {
      const holder = expr.parent;
      const isAssigned = holder?.kind === "list" && holder.parent?.isCall("assign", "Phoenix.Socket.assign", "Phoenix.Component.assign", "struct", "struct!", "Map.new", "Map.merge", "put_in") === true;
      if (expr.key?.kind !== "atom" || expr.value === undefined || holder === undefined || !(holder.kind === "map" || holder.kind === "struct" || isAssigned) || isPattern(holder)) continue;
      yield { field: expr.key.name, value: expr.value, at: expr, clause };
    } else if (expr.isCall("Map.put", "Map.put_new", "Map.replace!", "Map.replace", "assign", "Phoenix.Socket.assign", "Phoenix.Component.assign", "Keyword.put") && expr.args[1]?.kind === "atom" && expr.args[2] !== undefined) {
      yield { field: expr.args[1].name, value: expr.args[2], at: expr, clause };
    } else if (expr.isCall("put_in") && expr.args[0]?.kind === "field" && expr.args[1] !== undefined) yield { field: expr.args[0].name, value: expr.args[1], at: expr, clause };
  }
}

/** Field that an expression reads: `s.timer`, `s[:timer]`, `Map.get(s, :timer)`. */
export function fieldRead(expr: Expr): string | undefined {
  if (expr.kind === "field") return expr.name;
  return expr.isCall("Access.get", "Map.get", "Map.fetch!", "Keyword.get") && expr.args[1]?.kind === "atom" ? expr.args[1].name : undefined;
}

/** Field under which a pattern binds a variable, as `timer` in `%{timer: ref}` for `ref`. */
export function fieldBinding(pattern: Expr, variable: string): string | undefined {
  for (const expr of pattern.descendantsOf("pair")) if (expr.key?.kind === "atom" && expr.value?.isVar(variable)) return expr.key.name;
  return undefined;
}
