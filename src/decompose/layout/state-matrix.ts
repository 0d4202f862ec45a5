import type { Expr } from "../../syntax/tree.ts";
import type { Definition } from "../read/module-source.ts";
import type { UnitModule } from "../read/unit.ts";
import type { ProcessPlan, ProcessRow } from "../plan/plan.ts";

const processes = new Set(["GenServer", "GenStage", "Agent", ":gen_statem", ":gen_server"]);
/** Callbacks with the position of the state among their parameters, from the end. */
const callbacks: ReadonlySet<string> = new Set(["init/1", "handle_call/3", "handle_cast/2", "handle_info/2", "handle_continue/2", "terminate/2", "code_change/3"]);

type Mark = ProcessRow["marks"][number];
type Touched = Map<string, "read" | "write">;

/**
 * Which callback clause reads and which writes which field of the state, helpers that are given the state included; rows and
 * columns arranged so that what is used together stands together. Undefined for a module that is no process, or whose state
 * has no fields that can be seen.
 */
export function stateMatrixOf(module: UnitModule): ProcessPlan | undefined {
  const isProcess = module.uses.some(({ node }) => processes.has(node.args[0]?.name ?? "")) || module.behaviours.some((name) => processes.has(name));
  if (!isProcess) return undefined;
  const clauses = [...module.units.values()].flatMap((unit) => unit.definitions).filter((definition) => callbacks.has(`${definition.name}/${definition.arity}`));
  const rows = clauses.map((definition) => {
    const touched: Touched = new Map();
    if (definition.name === "init") for (const field of fieldsMadeBy(definition)) touched.set(field, "write");
    else follow(module, definition, definition.params.length - 1, touched, new Set());
    return { definition, touched };
  });
  const fields = [...new Set(rows.flatMap(({ touched }) => [...touched.keys()]))];
  if (fields.length < 2) return undefined;
  const arranged = inBlocks(rows.filter(({ definition, touched }) => touched.size > 0 && definition.name !== "init"), fields);
  const first = rows.filter(({ definition, touched }) => definition.name === "init" && touched.size > 0);
  return {
    fields: arranged.fields,
    callbacks: [...first, ...arranged.rows].map(({ definition, touched }): ProcessRow => ({ id: `${definition.name}/${definition.arity}`, message: messageOf(definition), line: definition.node.line, marks: arranged.fields.map((field): Mark => touched.get(field) ?? "") })),
    blocks: [],
  };
}

/** What the clause answers to, as written. */
function messageOf({ name, params }: Definition): string {
  const text = name.startsWith("handle_") ? (params[0]?.text ?? "").replace(/\s+/g, " ") : "";
  return text === "" ? "" : `${name.slice("handle_".length)} ${text.length > 48 ? `${text.slice(0, 47)}…` : text}`;
}

function fieldsMadeBy({ node }: Definition): readonly string[] {
  const literals = [...node.descendants()].filter((inner) => (inner.kind === "map" || inner.kind === "struct") && inner.pairs.length > 1 && inner.updated === undefined);
  const last = literals.at(-1);
  return last?.pairs.flatMap(({ key }) => (key?.kind === "atom" ? [key.name] : [])) ?? [];
}

/** Adds what a clause does with the state it gets as parameter `position`, and what the functions do that it hands it to. */
function follow(module: UnitModule, definition: Definition, position: number, touched: Touched, seen: Set<string>): void {
  const key = `${definition.name}/${definition.arity}@${position}@${definition.node.line}`;
  if (seen.has(key) || seen.size > 400) return;
  seen.add(key);
  const param = definition.params[position];
  if (param === undefined) return;
  const names = stateNames(param, definition.node, touched);
  const isState = (expr: Expr | undefined): boolean => expr?.kind === "var" && names.has(expr.name);
  for (const node of definition.node.descendants()) {
    if (node.kind === "field" && isState(node.target)) read(touched, node.name);
    else if (node.updated !== undefined && isState(node.updated)) for (const pair of node.pairs) write(touched, pair.key);
    else if (node.kind === "call") {
      if (/^(Map|Keyword)\.(put|put_new|update|update!|replace|replace!|delete|pop)$/.test(node.name) && isState(node.args[0])) write(touched, node.args[1]);
      else if (/^(Map\.(get|fetch|fetch!)|Access\.get)$/.test(node.name) && isState(node.args[0])) read(touched, node.args[1]?.kind === "atom" ? node.args[1].name : undefined);
      else if (node.isCall("put_in", "update_in", "pop_in", "get_and_update_in")) written(node.args[0], isState, touched);
      if (node.module === "" && !definition.head.contains(node)) node.args.forEach((argument, i) => isState(argument) && callees(module, node).forEach((callee) => follow(module, callee, i, touched, seen)));
    }
  }
}

const callees = (module: UnitModule, call: Expr): readonly Definition[] => module.units.get(call.name)?.definitions.filter(({ arity }) => arity === call.count) ?? [];

/** Names of the whole state in a clause: its parameter, and what is bound to a changed copy of it. Fields matched in it count as read. */
function stateNames(param: Expr, clause: Expr, touched: Touched): ReadonlySet<string> {
  const names = new Set<string>();
  for (const part of param.kind === "match" ? [param.left, param.right] : [param]) {
    if (part?.kind === "var") names.add(part.name);
    readPattern(part, touched);
  }
  for (const { kind, left, right } of clause.descendants()) {
    if (kind !== "match" || right === undefined) continue;
    if (right.kind === "var" && names.has(right.name)) readPattern(left, touched);
    if (left?.kind === "var" && isCopyOf(names, left.name, right)) names.add(left.name);
  }
  return names;
}

function readPattern(pattern: Expr | undefined, touched: Touched): void {
  if (pattern?.kind === "map" || pattern?.kind === "struct") for (const { key } of pattern.pairs) read(touched, key?.kind === "atom" ? key.name : undefined);
}

/** Whether `name = value` is the state again: the same, updated, or what a function made of it under a name that says so. */
function isCopyOf(names: ReadonlySet<string>, name: string, value: Expr): boolean {
  if (value.kind === "var") return names.has(value.name);
  if (value.updated !== undefined) return value.updated.kind === "var" && names.has(value.updated.name);
  const first = value.kind === "call" ? value.args[0] : undefined;
  return first?.kind === "var" && names.has(first.name) && (/^Map\.|_in$/.test(value.name) || name.includes("state"));
}

/** `put_in(state.orders[id], …)` writes the field at the root of the path. */
function written(path: Expr | undefined, isState: (expr: Expr | undefined) => boolean, touched: Touched): void {
  for (const node of path?.descendants() ?? []) if (node.kind === "field" && isState(node.target)) touched.set(node.name, "write");
}
function read(touched: Touched, field: string | undefined): void {
  if (field !== undefined && !touched.has(field)) touched.set(field, "read");
}
function write(touched: Touched, key: Expr | undefined): void {
  if (key?.kind === "atom") touched.set(key.name, "write");
}

type Row = { readonly definition: Definition; readonly touched: Touched };

/** Orders rows by the middle of their fields and fields by the middle of their rows, a few times over. */
function inBlocks(rows: readonly Row[], fields: readonly string[]): { readonly rows: readonly Row[]; readonly fields: readonly string[] } {
  let [sortedRows, sortedFields] = [rows, fields];
  for (let round = 0; round < 6; round++) {
    const column = new Map(sortedFields.map((field, i) => [field, i]));
    sortedRows = sortedBy(sortedRows, ({ touched }) => middle([...touched.keys()].map((field) => column.get(field) ?? 0)));
    sortedFields = sortedBy(sortedFields, (field) => middle(sortedRows.flatMap(({ touched }, i) => (touched.has(field) ? [i] : []))));
  }
  return { rows: sortedRows, fields: sortedFields };
}
const middle = (places: readonly number[]): number => (places.length === 0 ? Number.MAX_SAFE_INTEGER : places.reduce((sum, place) => sum + place, 0) / places.length);
const sortedBy = <T>(items: readonly T[], place: (item: T) => number): readonly T[] => items.map((item) => [item, place(item)] as const).sort((a, b) => a[1] - b[1]).map(([item]) => item);
