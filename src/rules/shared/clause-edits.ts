import type { CodeEdit } from "../../engine/rule.ts";
import type { Clause, Module } from "../../model/module.ts";
import type { Expr, Tree } from "../../syntax/tree.ts";
import { beginsLine, indentOf, linesAfter, linesBefore } from "./edits.ts";

/**
 * A statement before all others of a clause such as `pattern -> value`; undefined when the clause is laid out in a way not known here.
 * Where the clauses beside it stand on one line each, they are opened, too, as the formatter wants it.
 */
export function firstInClause(clause: Expr, line: string): readonly CodeEdit[] | undefined {
  const [first] = clause.body;
  if (first === undefined) return undefined;
  if (beginsLine(first)) {
    const edit = linesBefore(first, [line]);
    return edit === undefined ? undefined : [edit];
  }
  const all = clause.parent?.clauses ?? [];
  const edits = all.map((one) => opened(one, one === clause ? [line] : [], one !== all.at(-1)));
  return edits.every((edit) => edit !== undefined) ? edits.flat() : undefined;
}

/** `pattern -> value` on two lines, with more lines before the value and an empty one behind it. Nothing for a clause that is laid out so already. */
function opened(clause: Expr, before: readonly string[], isFollowed: boolean): readonly CodeEdit[] | undefined {
  const { tree } = clause;
  const [first] = clause.body;
  const last = clause.body.at(-1);
  const head = clause.guard ?? clause.params.at(-1);
  if (first === undefined || last === undefined || head === undefined || !beginsLine(clause)) return undefined;
  const gap = isFollowed ? linesAfter(last, "", gapAfter(last)) : linesAfter(last, "", []);
  if (gap === undefined) return undefined;
  const gaps = gap.text === "" ? [] : [gap];
  if (beginsLine(first)) return gaps;
  const between = tree.source.slice(head.end, first.start);
  if (!/^[^\S\n]*->[^\S\n]*$/.test(between) || tree.source.slice(first.start, last.end).includes("\n")) return undefined;
  const indent = `${indentOf(clause)}  `;
  return [{ tree, span: { start: head.end + between.indexOf("->") + 2, end: first.start }, text: ["", ...before, ""].join(`\n${indent}`) }, ...gaps];
}

/** A further clause behind the last of a callback, with the `@impl` that the last one has; undefined when that one stands in other code. */
export function clauseAfter(last: Clause, lines: readonly string[]): CodeEdit | undefined {
  const { node } = last;
  if (!beginsLine(node) || holderOf(node) !== last.fn.module.node) return undefined;
  const siblings = node.parent?.body ?? [];
  const before = siblings[siblings.indexOf(node) - 1];
  const impl = before?.kind === "attribute" && before.name === "impl" ? [before.text] : [];
  return linesAfter(node, indentOf(node), ["", ...impl, ...lines, ...gapAfter(node)]);
}

/** What makes `Logger` usable in a module: nothing when it is, a `require` behind the leading directives when not; undefined when there is no place for it. */
export function loggerFor(module: Module): readonly CodeEdit[] | undefined {
  const bodies = [module.node, ...module.node.ancestors()].flatMap((holder) => holder.body.length > 0 ? holder.body : (holder.section("do")?.body ?? []));
  if (bodies.some((statement) => statement.isCall("require") && statement.args[0]?.name === "Logger" && statement.args.length === 1) || module.callsMatching(/^Logger\.\w+$/).length > 0) return [];
  const directive = lastDirective(module);
  if (directive === undefined) return undefined;
  const edit = linesAfter(directive, indentOf(directive), directive.isCall("require") ? ["require Logger"] : ["", "require Logger", ...gapAfter(directive)]);
  return edit === undefined ? undefined : [edit];
}

/** The last of the directives that a module begins with; attributes may stand between them. */
function lastDirective(module: Module): Expr | undefined {
  let last: Expr | undefined;
  for (const statement of module.node.section("do")?.body ?? []) {
    if (statement.isCall("use", "alias", "import", "require")) last = statement;
    else if (statement.kind !== "attribute") break;
  }
  return last;
}

/** The call in whose do-block a statement stands. */
const holderOf = (statement: Expr): Expr | undefined => [...statement.ancestors()].find((above) => above.kind === "call");

/** An empty line where code follows at once. */
function gapAfter({ tree, end }: Expr): readonly string[] {
  const following = nextLineOf(tree, end);
  return following === "" || /^end\b/.test(following) ? [] : [""];
}
function nextLineOf({ source }: Tree, offset: number): string {
  const from = source.indexOf("\n", offset) + 1;
  const to = source.indexOf("\n", from);
  return from === 0 ? "" : source.slice(from, to < 0 ? source.length : to).trim();
}
