import { flag, type Expr, type Tree } from "../../syntax/tree.ts";
import type { Span } from "../../text/span.ts";
import { leadsOf, type Lead } from "./lead.ts";

/** What defines functions and macros. `defn` of Nx is a macro world of its own, so it counts, and stays where it is. */
export const definers: ReadonlySet<string> = new Set(["def", "defp", "defmacro", "defmacrop", "defguard", "defguardp", "defdelegate", "defn", "defnp", "deftransform", "deftransformp"]);

/** One `def …`: a clause, or a head without a body. */
export type Definition = {
  readonly definer: string;
  readonly node: Expr;
  /** Name and parameters, without the guard. */
  readonly head: Expr;
  readonly name: string;
  readonly arity: number;
  /** How many parameters have a default. */
  readonly defaults: number;
  readonly params: readonly Expr[];
  readonly isPrivate: boolean;
  /** The name is computed with `unquote`. */
  readonly isGenerated: boolean;
  /** Comments and attributes such as `@doc` that belong to it, in order. */
  readonly lead: readonly Lead[];
  /** Title of the comment banner above it. */
  readonly section: string | undefined;
};

export type ItemKind = "definition" | "attribute" | "spec" | "type" | "callback" | "behaviour" | "moduledoc" | "alias" | "import" | "require" | "use" | "struct" | "module" | "other";

/** One expression of a module's body with what stands before it. */
export type Item = {
  readonly kind: ItemKind;
  readonly node: Expr;
  readonly lead: readonly Lead[];
  /** Attribute name, name of the type, or "". */
  readonly name: string;
  readonly definition?: Definition;
};

/** A module as written: the expressions of its body, sorted out. */
export type ModuleSource = {
  readonly tree: Tree;
  readonly name: string;
  readonly node: Expr;
  readonly body: Expr;
  readonly items: readonly Item[];
  /** alias, import and require of the file or of modules around, in order, then those of the body. */
  readonly directives: readonly Item[];
  readonly isNested: boolean;
};

const functionAttributes = new Set(["doc", "impl", "deprecated", "since", "typedoc"]);
const typeAttributes = new Set(["type", "typep", "opaque"]);
const callbackAttributes = new Set(["callback", "macrocallback", "optional_callbacks"]);

/** Every `defmodule` of a file, outer ones first. */
export function modulesOf(tree: Tree): readonly ModuleSource[] {
  const found: ModuleSource[] = [];
  const visit = (body: readonly Expr[], directives: readonly Item[], isNested: boolean): void => {
    const outer = [...directives];
    for (const node of body) {
      const kind = itemKind(node);
      if (kind === "alias" || kind === "import" || kind === "require") outer.push({ kind, node, lead: [], name: "" });
      if (!node.isCall("defmodule")) continue;
      const section = node.section("do");
      const name = node.children[0];
      if (section === undefined || name?.kind !== "alias") continue;
      const items = itemsOf(tree, section);
      const own = items.filter((item) => item.kind === "alias" || item.kind === "import" || item.kind === "require");
      found.push({ tree, name: name.name, node, body: section, items, directives: [...outer, ...own], isNested });
      visit(section.children, outer, true);
    }
  };
  visit(tree.root.children, [], false);
  return found;
}

/** The expressions of a body with their comments and attributes. A spec counts as its function's only where it stands before it. */
function itemsOf(tree: Tree, body: Expr): readonly Item[] {
  const leads = leadsOf(tree, body, (node) => node.kind === "attribute" && node.children.length > 0 && (node.name === "spec" || functionAttributes.has(node.name)));
  return leads.flatMap(({ node, lead, section }) => {
    const kind = itemKind(node);
    const definition = kind === "definition" ? definitionOf(node, lead, section) : undefined;
    const isStray = (piece: Lead): boolean => piece.name === "spec" && piece.node !== undefined && typeName(piece.node) !== definition?.name;
    const strays = lead.filter(isStray);
    const own = strays.length === 0 ? lead : lead.filter((piece) => !isStray(piece));
    const item: Item = { kind, node, lead: own, name: kind === "type" || kind === "spec" ? typeName(node) : node.kind === "attribute" ? node.name : "", ...(definition === undefined ? {} : { definition: strays.length === 0 ? definition : { ...definition, lead: own } }) };
    return [...strays.flatMap((stray) => (stray.node === undefined ? [] : [{ kind: "spec" as const, node: stray.node, lead: [], name: typeName(stray.node) }])), item];
  });
}

function itemKind(node: Expr): ItemKind {
  if (node.kind === "attribute") {
    if (node.children.length === 0) return "other";
    if (node.name === "spec") return "spec";
    if (node.name === "moduledoc" || node.name === "behaviour") return node.name;
    if (typeAttributes.has(node.name)) return "type";
    if (callbackAttributes.has(node.name)) return "callback";
    return "attribute";
  }
  if (node.kind !== "call" || node.has(flag.remote) || node.has(flag.dynamic)) return "other";
  if (definers.has(node.name)) return "definition";
  switch (node.name) {
    case "alias":
    case "import":
    case "require":
    case "use":
      return node.name;
    case "defstruct":
    case "defexception":
      return "struct";
    case "defmodule":
    case "defprotocol":
    case "defimpl":
      return "module";
    default:
      return "other";
  }
}

/** Name that `@type t(a) :: …` or `@spec f(a) :: …` is about. */
export function typeName(attribute: Expr): string {
  let node = attribute.children[0];
  while (node !== undefined && node.kind === "op" && (node.name === "when" || node.name === "::")) node = node.children[0];
  return node?.name ?? "";
}

/** Reads a `def …` expression; a name that is computed comes out as generated. */
export function definitionOf(node: Expr, lead: readonly Lead[] = [], section?: string): Definition {
  let head = node.args[0] ?? node;
  if (head.kind === "op" && head.name === "when") head = head.children[0] ?? head;
  const isPrivate = /p$/.test(node.name);
  const base = { definer: node.name, node, head, isPrivate, lead, section };
  if (head.kind === "call" && !head.has(flag.dynamic) && head.name !== "unquote") {
    const params = head.args;
    return { ...base, name: head.name, arity: params.length, defaults: params.filter((param) => param.isOp("\\\\")).length, params, isGenerated: false };
  }
  if (head.kind === "var") return { ...base, name: head.name, arity: 0, defaults: 0, params: [], isGenerated: false };
  if (head.kind === "op" || head.kind === "unary") return { ...base, name: head.name, arity: head.children.length, defaults: 0, params: head.children, isGenerated: false };
  return { ...base, name: head.text.slice(0, 40), arity: 0, defaults: 0, params: [], isGenerated: true };
}

/** Whether a name is an ordinary identifier, no operator. */
export const isIdentifier = (name: string): boolean => /^[\p{L}_][\p{L}\p{N}_]*[?!]?$/u.test(name);

/** Where an item begins with all that belongs to it, and where its line ends, trailing comment included. */
export function extentOf(source: string, item: { readonly node: Expr; readonly lead: readonly Lead[] }): Span {
  const start = item.lead.find((lead) => lead.attached)?.span.start ?? item.node.start;
  return { start: lineStart(source, start), end: lineEnd(source, item.node.end) };
}

export const lineStart = (source: string, offset: number): number => source.lastIndexOf("\n", offset - 1) + 1;
export function lineEnd(source: string, offset: number): number {
  const end = source.indexOf("\n", offset);
  return end < 0 ? source.length : end;
}
