import type { Language } from "web-tree-sitter";
import { typeNames } from "./raw-tree.ts";

/** What a node type of the grammar is lowered as. */
type Role = "identifier" | "alias" | "call" | "binary" | "unary" | "access" | "dot" | "atom" | "quoted-atom" | "number" | "string" | "charlist" | "sigil" | "list" | "tuple" | "bitstring" | "map" | "keywords" | "pair" | "fn" | "block" | "clause" | "error" | "comment";

const roleOf: Record<string, Role> = {
  identifier: "identifier", alias: "alias", call: "call", binary_operator: "binary", unary_operator: "unary", access_call: "access", dot: "dot",
  atom: "atom", boolean: "atom", nil: "atom", quoted_atom: "quoted-atom", integer: "number", float: "number", char: "number",
  string: "string", charlist: "charlist", sigil: "sigil", list: "list", tuple: "tuple", bitstring: "bitstring", map: "map",
  keywords: "keywords", pair: "pair", anonymous_function: "fn", block: "block", stab_clause: "clause", comment: "comment",
};

/** Keys of a do-block, in both spellings. */
export const sectionNames: ReadonlySet<string> = new Set(["do", "else", "rescue", "catch", "after"]);

/** Numeric ids of the grammar's types and fields, looked up once. */
export type GrammarTypes = {
  readonly roles: readonly (Role | undefined)[];
  readonly sectionOf: ReadonlyMap<number, string>;
  readonly fields: { readonly target: number; readonly left: number; readonly right: number; readonly operator: number; readonly operand: number; readonly key: number; readonly value: number };
} & Readonly<Record<"identifier" | "alias" | "atom" | "call" | "binary" | "dot" | "tuple" | "block" | "clause" | "comment" | "keywords" | "pair" | "arguments" | "doBlock" | "struct" | "mapContent" | "interpolation" | "sigilName" | "operatorIdentifier", number>>;

/** Throws when the grammar lacks a type that is needed: then it is another grammar. */
export function grammarTypes(language: Language): GrammarTypes {
  const { types, fields } = typeNames(language);
  const type = (name: string): number => found(types.findIndex((candidate, id) => candidate === name && language.nodeTypeIsNamed(id)), name);
  const field = (name: string): number => found(fields.indexOf(name), name);
  const roles: (Role | undefined)[] = types.map((name, id) => (language.nodeTypeIsNamed(id) ? roleOf[name] : undefined));
  roles[0xffff] = "error";
  return {
    roles,
    sectionOf: new Map(["else", "rescue", "catch", "after"].map((name) => [type(`${name}_block`), name])),
    fields: { target: field("target"), left: field("left"), right: field("right"), operator: field("operator"), operand: field("operand"), key: field("key"), value: field("value") },
    identifier: type("identifier"), alias: type("alias"), atom: type("atom"), call: type("call"), binary: type("binary_operator"), dot: type("dot"),
    tuple: type("tuple"), block: type("block"), clause: type("stab_clause"), comment: type("comment"), keywords: type("keywords"), pair: type("pair"),
    arguments: type("arguments"), doBlock: type("do_block"), struct: type("struct"), mapContent: type("map_content"), interpolation: type("interpolation"),
    sigilName: type("sigil_name"), operatorIdentifier: type("operator_identifier"),
  };
}

function found(id: number, name: string): number {
  if (id < 0) throw new Error(`the grammar has no "${name}"`);
  return id;
}
