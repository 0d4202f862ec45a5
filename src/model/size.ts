import type { Expr } from "../syntax/tree.ts";
import type { Module } from "./module.ts";
import type { SourceFile } from "./source-file.ts";
import { remembered } from "./reading.ts";

const HASH = 35;
const isSpace = (unit: number): boolean => unit === 32 || (unit >= 9 && unit <= 13) || unit === 0xa0 || unit === 0xfeff;

/** Lines (from 1) of a file that hold code: no blank line, no comment, no doc attribute. */
function codeLinesOf(file: SourceFile): Uint8Array {
  const { tree } = file;
  const starts = tree.lineStarts;
  const isCode = new Uint8Array(starts.length + 2);
  for (let line = 1; line <= starts.length; line++) {
    const end = starts[line] ?? tree.source.length;
    let at = starts[line - 1] ?? end;
    while (at < end && isSpace(tree.source.charCodeAt(at))) at++;
    isCode[line] = at < end && tree.source.charCodeAt(at) !== HASH ? 1 : 0;
  }
  const docs = [...file.modules.flatMap((module) => ["moduledoc", "doc", "typedoc", "shortdoc"].flatMap((name) => module.attributes.get(name) ?? []))];
  for (const doc of docs) for (let line = doc.line; line <= tree.positionAt(doc.end - 1).line; line++) isCode[line] = 0;
  return isCode;
}

const linesWithCode = remembered((file: SourceFile): Uint8Array => codeLinesOf(file));

/** Code lines within an expression of a file. */
export function codeLines(file: SourceFile, within: Expr = file.tree.root): number {
  const isCode = linesWithCode(file);
  let count = 0;
  for (let line = within.line, last = file.tree.positionAt(Math.max(within.start, within.end - 1)).line; line <= last; line++) count += isCode[line] ?? 0;
  return count;
}

/** Code lines of a module without those of modules nested in it. */
export function ownCodeLines(module: Module): number {
  const nested = module.file.modules.filter((other) => other.parent === module);
  return nested.reduce((sum, inner) => sum - codeLines(module.file, inner.node), codeLines(module.file, module.node));
}

/** All lines of a file, as editors count them. */
export const lineCount = (file: SourceFile): number => file.tree.lineStarts.length - (file.tree.source.endsWith("\n") ? 1 : 0);
/** All lines of a module, first to last. */
export const moduleLines = (module: Module): number => module.file.tree.positionAt(module.node.end - 1).line - module.node.line + 1;
