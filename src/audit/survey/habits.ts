import type { Module } from "../../model/module.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { Place, Survey } from "../../report/parts.ts";
import type { Expr } from "../../syntax/tree.ts";

const sizes = new Set(["length", "map_size", ":queue.len", "MapSet.size", "Enum.count", ":ets.info"]);
const comparisons = [">", ">=", "<", "<="] as const;

/** Places that decide by a queue's length or keep a buffer below a limit. */
export function backpressureOf(workspace: Workspace): readonly Place[] {
  const found = workspace.libModules.flatMap((module) => [...queueLooks(module), ...caps(module)]);
  return found.sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}

const LENGTH = "message_queue_len";
const asksForLength = (expr: Expr | undefined): boolean => expr?.descendantsOf("atom").some((atom) => atom.isAtom(LENGTH)) === true;

/** A length that is only added up or shown holds nothing back: somewhere in the clause it has to be compared. */
const queueLooks = (module: Module): readonly Place[] =>
  module
    .calls("Process.info", ":erlang.process_info")
    .filter(({ args, clause }) => asksForLength(args[1]) && comparesLength(clause.node))
    .map(({ node }) => ({ file: module.file.path, line: node.line, note: "decides by a message queue's length" }));

function comparesLength(clause: Expr): boolean {
  const bound = [
    ...clause.descendantsOf("tuple").flatMap(({ children: [tag, value] }) => (tag?.isAtom(LENGTH) === true && value !== undefined ? [value] : [])),
    ...clause.descendantsOf("match").flatMap(({ left, right }) => (left?.isVar() === true && asksForLength(right) ? [left] : [])),
  ];
  const names = new Set(bound.filter((expr) => expr.isVar()).map(({ name }) => name));
  const isLength = (side: Expr | undefined): boolean => side !== undefined && (asksForLength(side) || (side.isVar() && names.has(side.name)));
  return clause.descendantsOf("op").some((op) => op.isOp(...comparisons) && (isLength(op.left) || isLength(op.right)));
}

/** `length(buffer) >= @max_buffer`, and the like, in servers. */
function caps(module: Module): readonly Place[] {
  if (!module.isServer) return [];
  return module.calls(...sizes).flatMap(({ node }) => {
    const comparison = node.parent;
    if (comparison?.isOp(...comparisons) !== true) return [];
    const limit = comparison.left === node ? comparison.right : comparison.left;
    return limit !== undefined && isLimit(limit) ? [{ file: module.file.path, line: node.line, note: `\`${comparison.text.replace(/\s+/g, " ")}\` bounds what is kept` }] : [];
  });
}

const isLimit = (expr: Expr): boolean => [...expr.descendants()].some((part) => (part.kind === "attribute" || part.kind === "var" || part.kind === "field" || part.kind === "atom") && /(max|limit|cap|threshold|bound)/.test(part.name));

/** How lib code handles failures: constructs, counted; most frequent first. */
export function errorStyleOf(workspace: Workspace): NonNullable<Survey["errorStyle"]> {
  const counts = new Map<string, number>();
  const count = (how: string, isThere: boolean): void => void (isThere && counts.set(how, (counts.get(how) ?? 0) + 1));
  for (const module of workspace.libModules)
    for (const fn of module.functions)
      for (const { node } of fn.clauses)
        for (const expr of node.descendants()) {
          if (expr.kind !== "call") continue;
          const isDefinition = /^def/.test(expr.name);
          if (expr.name === "try" || isDefinition) {
            count("rescue", expr.section("rescue") !== undefined);
            count("catch", expr.section("catch") !== undefined);
          } else if (expr.name === "with") count(expr.section("else") === undefined ? "with, failures passed on" : "with … else", true);
          else if (expr.name === "case") count("case on {:error, …}", (expr.section("do")?.clauses ?? []).some((clause) => isError(clause.params[0])));
          else count("raise or throw", expr.name === "raise" || expr.name === "throw" || expr.name === "reraise");
        }
  return [...counts].map(([how, times]) => ({ how, count: times })).sort((a, b) => b.count - a.count || (a.how < b.how ? -1 : 1));
}

const isError = (pattern: Expr | undefined): boolean => pattern?.isAtom("error") === true || (pattern?.kind === "tuple" && pattern.children[0]?.isAtom("error") === true);
