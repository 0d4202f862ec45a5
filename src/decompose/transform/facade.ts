import type { Expr } from "../../syntax/tree.ts";
import { applyEdits, type TextEdit } from "../../text/edit.ts";
import type { Span } from "../../text/span.ts";
import { attributesNeeded, reservedAttributes } from "../read/attributes.ts";
import { extentOf, type Item, lineEnd, lineStart } from "../read/module-source.ts";
import { isCopied } from "../read/copies.ts";
import type { Unit, UnitModule } from "../read/unit.ts";
import { delegatesOf } from "./delegate.ts";
import { foreignIn, importLine, importsNeeded, lastOf } from "./directives.ts";
import { namedListEdits } from "./inline.ts";
import { headsIn } from "./masked.ts";
import { codeEdits, type Layout, placeOf, typesNamed } from "./rewrite.ts";

/** The old file after `moved` units left it: delegates in their places, calls of what left corrected, and nothing unused kept. */
export function facadeText(layout: Layout, moved: readonly Unit[], aliases: () => readonly string[]): string {
  const { module } = layout;
  const { source } = module.source.tree;
  const staying = [...module.units.values()].filter((unit) => !moved.includes(unit));
  const kept = staying.filter((unit) => !isCopied(unit) || isUsed(module, unit, staying));
  const edits: TextEdit[] = [
    ...moved.flatMap((unit) => leaving(layout, unit)),
    ...staying.filter((unit) => !kept.includes(unit)).flatMap((unit) => unit.definitions.map((definition) => removal(source, extentOf(source, definition)))),
    ...kept.flatMap((unit) => unit.definitions.flatMap(({ node }) => codeEdits(layout, unit, module.name, node.span))),
    ...promotedTypes(module, moved),
    ...namedListEdits(module, moved),
  ];
  const delegates = moved.flatMap((unit) => unit.specs.map(({ node }) => node.span));
  edits.push(...pruned(module, moved, kept, delegates));
  const added = aliases();
  if (added.length > 0) {
    const at = headEnd(module, edits);
    edits.push({ span: { start: at.offset, end: at.offset }, text: `${at.afterDirective ? "" : "\n"}\n${added.map((line) => `  ${line}`).join("\n")}` });
  }
  return tidied(applyEdits(source, withoutOverlaps(edits)));
}

/** A copied macro or guard stays only while something that stays uses it. */
const isUsed = (module: UnitModule, unit: Unit, staying: readonly Unit[]): boolean => staying.some((other) => other !== unit && other.calls.some((call) => call.name === unit.name)) || module.others.some(({ node }) => [...node.descendants()].some((part) => part.kind === "call" && part.name === unit.name));

/** Every public function becomes a delegate where it stood, with its docs and specs; the rest goes. */
function leaving(layout: Layout, unit: Unit): readonly TextEdit[] {
  const { source } = layout.module.source.tree;
  const target = placeOf(layout, unit.name);
  const edits: TextEdit[] = [];
  const delegated = new Set<string>();
  for (const definition of unit.definitions) {
    const extent = extentOf(source, definition);
    const id = `${definition.name}/${definition.arity}`;
    const shape = unit.functions.find((candidate) => candidate.arity === definition.arity);
    if (definition.isPrivate || shape === undefined || delegated.has(id)) {
      edits.push(removal(source, extent));
      continue;
    }
    delegated.add(id);
    const attributes = shape.clauses.flatMap(({ lead }) => lead).filter((lead) => lead.node !== undefined && lead.name !== "comment" && lead.name !== "impl");
    const texts = attributes.map(({ span }) => source.slice(span.start, span.end));
    edits.push({ span: extent, text: [...texts, ...delegatesOf(layout, unit, shape, target)].map((text) => `  ${text}`).join("\n") });
  }
  // Specs that stand apart from their function stay for its delegate, and go with a private one.
  const isApart = (item: Item): boolean => !unit.definitions.some(({ lead }) => lead.some(({ node }) => node === item.node));
  if (unit.isPrivate) for (const spec of unit.specs.filter(isApart)) edits.push(removal(source, extentOf(source, spec)));
  return edits;
}

/** Takes whole lines out, with the blank lines that follow. */
export function removal(source: string, { start, end }: Span): TextEdit {
  let after = end;
  while (source.charAt(after) === "\n" && /^\n[ \t]*(?=\n)/.test(source.slice(after, after + 200))) after = lineEnd(source, after + 1);
  return { span: { start, end: Math.min(after + 1, source.length) }, text: "" };
}

/** Private types that specs outside now name become types without docs. */
function promotedTypes(module: UnitModule, moved: readonly Unit[]): readonly TextEdit[] {
  const named = typesNamed(moved.flatMap((unit) => unit.specs.map(({ node }) => node)), module);
  return [...named].flatMap((name) => (module.types.get(name) ?? []).filter(({ node }) => node.name === "typep").map(({ node }): TextEdit => ({ span: { start: node.start, end: node.start + "@typep".length }, text: "@typedoc false\n  @type" })));
}

/** Directives and attributes that only the moved code used. */
function pruned(module: UnitModule, moved: readonly Unit[], kept: readonly Unit[], delegateSpans: readonly Span[]): readonly TextEdit[] {
  const { tree, items } = module.source;
  const { source } = tree;
  const gone = new Set<number>();
  const movedNames = new Set(moved.map(({ name }) => name));
  const defaults = moved.flatMap((unit) => unit.definitions.filter(({ isPrivate }) => !isPrivate).flatMap(({ params }) => params.filter((param) => param.isOp("\\\\")).map((param) => param.span)));
  const leads = moved.flatMap((unit) => unit.definitions.flatMap(({ lead }) => lead.filter(({ node }) => node !== undefined).map(({ span }) => span)));
  const remaining: Span[] = [...delegateSpans, ...defaults, ...leads];
  for (const item of items) {
    if (item.definition !== undefined && (movedNames.has(item.definition.name) || !kept.some((unit) => unit.name === item.definition?.name))) continue;
    if (item.kind === "alias" || item.kind === "import" || item.kind === "require") continue;
    if (item.kind === "spec" && movedNames.has(item.name)) continue;
    remaining.push(...item.lead.map(({ span }) => span), item.node.span);
  }
  const edits: TextEdit[] = [];
  for (const item of unusedAttributes(module, moved, remaining)) {
    edits.push(removal(source, extentOf(source, item)));
    gone.add(item.node.start);
  }
  const foreign = new Set([...foreignIn(kept), ...module.others.flatMap(({ node }) => [...node.descendants()].filter((part) => part.kind === "call" && part.module === "").map((part) => `${part.name}/${part.count}`))]);
  // Directives above the module serve the whole file, so its other modules count for them.
  const { directives } = module.source;
  for (const node of neighbours(module)) {
    remaining.push(node.span);
    for (const part of node.descendants()) if (part.kind === "call" && part.module === "") foreign.add(`${part.name}/${part.count}`);
  }
  const spans = remaining.filter((span) => !gone.has(span.start));
  const heads = headsIn(tree, spans);
  const text = spans.map((span) => source.slice(span.start, span.end)).join("\n");
  const own = directives.filter((item) => item.kind === "import");
  const imports = new Map(importsNeeded(own, foreign, text).map((entry) => [entry.item, entry]));
  for (const item of own) {
    const entry = imports.get(item);
    if (entry === undefined) edits.push(removal(source, extentOf(source, item)));
    else if (entry.only !== undefined && entry.only.length < (item.node.args[1]?.get("only")?.pairs.length ?? 0)) edits.push({ span: item.node.span, text: importLine(entry) });
  }
  for (const item of directives) if (item.kind === "alias" || item.kind === "require") edits.push(...prunedAlias(source, item, heads, spans));
  return edits;
}

/** Attributes the moved code read that nothing left reads, one made from another included. */
function unusedAttributes(module: UnitModule, moved: readonly Unit[], remaining: readonly Span[]): readonly Item[] {
  const { source } = module.source.tree;
  const candidates = new Set(attributesNeeded(module, moved.flatMap((unit) => [...unit.references.attributes])).filter((item) => !reservedAttributes.has(item.name)));
  const readIn = remaining.map((span) => ({ start: span.start, names: new Set(attributesIn(source, span)) }));
  const unused = new Set<Item>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const item of candidates) {
      const isRead = readIn.some(({ start, names }) => start !== item.node.start && names.has(item.name) && ![...unused].some((other) => other.node.start === start));
      if (isRead) continue;
      candidates.delete(item);
      unused.add(item);
      changed = true;
    }
  }
  return [...unused];
}
const attributesIn = (source: string, span: Span): readonly string[] => [...source.slice(span.start, span.end).matchAll(/@([a-z_]\w*[?!]?)/g)].map((match) => match[1] ?? "");

/** What else stands at the top of the file: modules, implementations, loose code; not its directives. */
const neighbours = ({ source }: UnitModule): readonly Expr[] => source.tree.root.children.filter((node) => node !== source.node && node.start !== source.node.start && !node.isCall("alias", "import", "require"));

export function prunedAlias(source: string, item: Item, heads: ReadonlySet<string>, spans: readonly Span[]): readonly TextEdit[] {
  const { node } = item;
  const list = node.args.find((arg) => arg.kind === "list");
  const as = list?.get("as");
  const targets = node.args.filter((arg) => arg.kind === "alias");
  const isUsedName = (full: string): boolean => heads.has(as === undefined ? lastOf(full) : lastOf(as.text)) || (item.kind === "require" && spans.some((span) => source.slice(span.start, span.end).includes(full)));
  const left = targets.filter((target) => isUsedName(target.name));
  if (targets.length === 0 || left.length === targets.length) return [];
  if (left.length === 0) return [removal(source, extentOf(source, item))];
  return [{ span: node.span, text: left.map((target) => `${item.kind} ${target.name}`).join(`\n${" ".repeat(node.start - lineStart(source, node.start))}`) }];
}

/** Where aliases of the new modules go: after the last directive of the body that stays, else after its moduledoc, else at its start. */
function headEnd(module: UnitModule, edits: readonly TextEdit[]): { readonly offset: number; readonly afterDirective: boolean } {
  const { tree, items, node } = module.source;
  const firstCode = items.find((item) => item.kind === "definition" || item.kind === "attribute" || item.kind === "struct" || item.kind === "type")?.node.start ?? node.end;
  const isGone = (item: Item): boolean => edits.some(({ span, text }) => text === "" && span.start <= item.node.start && item.node.end <= span.end);
  const head = items.filter((item) => ["use", "alias", "import", "require", "moduledoc", "behaviour"].includes(item.kind) && item.node.start < firstCode && !isGone(item)).at(-1);
  if (head !== undefined) return { offset: lineEnd(tree.source, head.node.end), afterDirective: head.kind === "alias" };
  return { offset: lineEnd(tree.source, node.start), afterDirective: true };
}

/** An edit inside a stretch that another edit replaces is lost with it. */
function withoutOverlaps(edits: readonly TextEdit[]): readonly TextEdit[] {
  const ordered = edits.toSorted((a, b) => a.span.start - b.span.start || b.span.end - a.span.end);
  const kept: TextEdit[] = [];
  let end = -1;
  for (const edit of ordered) {
    if (edit.span.start < end) continue;
    kept.push(edit);
    end = Math.max(end, edit.span.end);
  }
  return kept;
}

/** No blank line directly before the last `end`. */
const tidied = (text: string): string => text.replace(/\n(?:[ \t]*\n)+(end\s*)$/, "\n$1");

