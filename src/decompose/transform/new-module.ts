import { applyEdits, type TextEdit } from "../../text/edit.ts";
import type { Span } from "../../text/span.ts";
import { attributesNeeded } from "../read/attributes.ts";
import type { Lead } from "../read/lead.ts";
import type { Definition } from "../read/module-source.ts";
import { copiesFor, isCopied } from "../read/copies.ts";
import type { Unit } from "../read/unit.ts";
import { foreignIn, importLine, importsNeeded, namesNeeded } from "./directives.ts";
import { namedListsFor } from "./inline.ts";
import { codeEdits, type Layout, specEdits } from "./rewrite.ts";

type Block = { readonly at: number; readonly text: string };

/** The text of a module to be: moved functions in source order, with what of the old module's head they need. */
export function newModuleText(layout: Layout, name: string, units: readonly Unit[], promoted: ReadonlySet<string>, aliases: () => readonly string[]): string {
  const { module } = layout;
  const { tree } = module.source;
  const copies = copiesFor(module, units);
  const all = [...copies, ...units];
  const blocks = all.flatMap((unit) => functionBlocks(layout, unit, name, promoted)).sort((a, b) => a.at - b.at);
  const attributes = attributesNeeded(module, all.flatMap((unit) => [...unit.references.attributes]));
  const attributeTexts = attributes.map((item) => edited(tree.source, item.node.span, [...ownName(layout, name, item.node.span)]));
  const spans = [...all.flatMap((unit) => [...unit.definitions.map(({ node }) => node.span), ...unit.specs.map(({ node }) => node.span)]), ...attributes.map(({ node }) => node.span)];
  const imports = importsNeeded(module.source.directives.filter((item) => item.kind === "import"), foreignIn(all), spans.map((span) => tree.source.slice(span.start, span.end)).join("\n"));
  const publicMacros = new Set(all.flatMap((unit) => unit.calls.map((call) => module.units.get(call.name)).filter((callee) => (callee?.isMacro === true || callee?.isGuard === true) && !isCopied(callee))));
  const head = [
    ["@moduledoc false"],
    imports.map(importLine),
    [...new Set([...namesNeeded(module, spans, all), ...aliases()])].sort(),
    publicMacros.size > 0 ? [`require ${module.name}`] : [],
    namedListsFor(module, units),
    attributeTexts,
  ].filter((lines) => lines.length > 0);
  return `defmodule ${name} do\n${head.map((lines) => lines.map((line) => `  ${line}`).join("\n")).join("\n\n")}\n\n${blocks.map(({ text }) => text).join("\n\n")}\nend\n`;
}

const ownName = (layout: Layout, owner: string, span: Span): readonly TextEdit[] => codeEdits(layout, { ...noUnit }, owner, span);
/** Attributes call no local functions (else they are not copied), so only the module's own name is rewritten in them. */
const noUnit = { calls: [] } as unknown as Unit;

/** All clauses of a unit; its specs stand before the first. */
function functionBlocks(layout: Layout, unit: Unit, owner: string, promoted: ReadonlySet<string>): readonly Block[] {
  const { source } = layout.module.source.tree;
  const specs = unit.specs.map(({ node }) => edited(source, node.span, specEdits(layout, node, owner)));
  const documented = new Set<string>();
  return unit.definitions.map((definition, i): Block => {
    const id = `${definition.name}/${definition.arity}`;
    const isPublic = !definition.isPrivate || promoted.has(id);
    const lines = [...commentsOf(source, definition), ...(i === 0 && !(unit.isMacro || unit.isGuard) ? specs : [])];
    if (isPublic && !documented.has(id) && !isCopied(unit)) {
      documented.add(id);
      lines.push("@doc false");
    }
    const text = withDefiner(edited(source, definition.node.span, codeEdits(layout, unit, owner, definition.node.span)), definition, isPublic) + remarkAfter(source, definition.node.end);
    return { at: definition.node.start, text: `${lines.map((line) => `  ${line}\n`).join("")}  ${text}` };
  });
}

/** The comment that ends the last line. */
const remarkAfter = (source: string, offset: number): string => /^[ \t]*#[^\n]*/.exec(source.slice(offset, offset + 500))?.[0].trimEnd() ?? "";
const commentsOf = (source: string, { lead }: Definition): readonly string[] => lead.filter((piece: Lead) => piece.attached && piece.name === "comment").map(({ span }) => source.slice(span.start, span.end).trimEnd());
const withDefiner = (text: string, { definer, isPrivate }: Definition, isPublic: boolean): string => (isPrivate && isPublic && text.startsWith(definer) ? `${definer.slice(0, -1)}${text.slice(definer.length)}` : text);

/** The text of a span after edits whose places count from the start of the file. */
export function edited(source: string, span: Span, edits: readonly TextEdit[]): string {
  return applyEdits(source.slice(span.start, span.end), edits.map((edit) => ({ span: { start: edit.span.start - span.start, end: edit.span.end - span.start }, text: edit.text })));
}
