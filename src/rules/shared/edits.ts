import type { CodeEdit } from "../../engine/rule.ts";
import type { Expr, Tree } from "../../syntax/tree.ts";

/** New text for an expression. */
export const replaced = ({ tree, span }: Expr, text: string): CodeEdit => ({ tree, span, text });

/** Another callee for a call, as `is_pid` for `Process.alive?`; its arguments, piped or not, stay as they are. */
export function calleeReplaced(call: Expr, callee: string): CodeEdit {
  const { tree, anchor } = call;
  const qualifier = /[\w.:]*$/.exec(tree.source.slice(Math.max(0, anchor - 200), anchor))?.[0] ?? "";
  return { tree, span: { start: anchor - qualifier.length, end: anchor + call.fun.length }, text: callee };
}

/** Lines of their own before a statement, with its indentation, and apart from one of several lines; undefined when the statement does not begin its line. */
export function linesBefore({ tree, start, text }: Expr, lines: readonly string[]): CodeEdit | undefined {
  const from = lineStart(tree, start);
  const indent = tree.source.slice(from, start);
  return indent.trim() === "" ? { tree, span: { start: from, end: from }, text: `${lines.map((line) => `${indent}${line}\n`).join("")}${text.includes("\n") ? "\n" : ""}` } : undefined;
}

/** Removes a statement with its lines; undefined when they hold something else, too. */
export function lineRemoved({ tree, start, end }: Expr): CodeEdit | undefined {
  const from = lineStart(tree, start);
  const to = nextLine(tree, end);
  return tree.source.slice(from, start).trim() === "" && tree.source.slice(end, to).trim() === "" ? { tree, span: { start: from, end: to }, text: "" } : undefined;
}

/** Whole lines after an expression that ends its own, `indent` put before each that is not empty; undefined when it does not. */
export function linesAfter({ tree, end }: Expr, indent: string, lines: readonly string[]): CodeEdit | undefined {
  const at = nextLine(tree, end);
  const rest = tree.source.slice(end, at);
  if (!/^[^\S\n]*(#.*)?\r?\n$/.test(rest)) return undefined;
  return { tree, span: { start: at, end: at }, text: lines.map((line) => (line === "" ? "\n" : `${indent}${line}\n`)).join("") };
}

/** White space before the first word of the line on which an expression begins. */
export const indentOf = ({ tree, start }: Expr): string => /^[^\S\n]*/.exec(tree.source.slice(lineStart(tree, start)))?.[0] ?? "";

/** Whether the line on which an expression begins holds nothing before it. */
export const beginsLine = ({ tree, start }: Expr): boolean => tree.source.slice(lineStart(tree, start), start).trim() === "";

/** Whether a directive may give a module of the standard library's name to another one in this file, as `alias Bakery.Process`. */
export const isRenamed = ({ source }: Tree, name: string): boolean => new RegExp(`\\balias\\s[^\\n{]*\\b${name}\\b|\\balias\\s[^\\n{]*\\{[^}]*\\b${name}\\b|defmodule\\s+${name}\\b`).test(source);

const lineStart = ({ source }: Tree, offset: number): number => source.lastIndexOf("\n", offset - 1) + 1;
function nextLine({ source }: Tree, offset: number): number {
  const newline = source.indexOf("\n", offset);
  return newline < 0 ? source.length : newline + 1;
}
