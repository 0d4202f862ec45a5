import type { Tree } from "../../syntax/tree.ts";
import { applyEdits, type TextEdit } from "../../text/edit.ts";
import { fileFor, underscored } from "../plan/names.ts";
import { modulesOf, type ModuleSource } from "../read/module-source.ts";
import { lastOf } from "./directives.ts";
import { prunedAlias } from "./facade.ts";
import { headsIn } from "./masked.ts";
import { edited } from "./new-module.ts";
import type { Extraction, FileChange } from "./split.ts";

/** One module per file: every module beside the one the file is named after gets a file of its own. No caller changes. */
export function filesOf(tree: Tree, file: string, files: ReadonlySet<string>): Extraction {
  const modules = modulesOf(tree).filter(({ isNested }) => !isNested);
  const strange = tree.root.children.filter((node) => !node.isCall("defmodule", "alias", "import", "require", "defimpl", "defprotocol"));
  const reasons = strange.map((node) => `Line ${node.line} of ${file} is code outside of any module, which belongs to the file as a whole.`);
  if (modules.length < 2) reasons.push(`${file} holds one module already.`);
  if (tree.data.errors.length > 0) reasons.push(`${file} does not parse, so nothing in it can be moved safely.`);
  const base = underscored(lastOf(file.replace(/\.exs?$/, "").replaceAll("/", ".")));
  const front = modules.find(({ name }) => underscored(lastOf(name)) === base) ?? modules[0];
  const moving = modules.filter((module) => module !== front);
  const places = new Map(moving.map((module) => [module, placeFor(file, front?.name ?? "", module.name)]));
  for (const [module, path] of places) if (files.has(path)) reasons.push(`There is a file ${path} already, so ${module.name} has no place to go.`);
  if (new Set(places.values()).size < places.size) reasons.push(`Two modules of ${file} would go to the same file. Rename one of them.`);
  if (reasons.length > 0) return { kind: "refused", reasons };
  const created = [...places].map(([module, path]): FileChange => ({ path, before: null, after: textOf(tree, module) }));
  return { kind: "changes", changes: [{ path: file, before: tree.source, after: withoutModules(tree, moving, front) }, ...created] };
}

const placeFor = (file: string, front: string, module: string): string => (module.startsWith(`${front}.`) ? fileFor(file, front, module) : `${file.slice(0, file.lastIndexOf("/") + 1)}${underscored(lastOf(module))}.ex`);

/** The lines of a module with the comments right above it. */
function extent(tree: Tree, { node }: ModuleSource): { readonly start: number; readonly end: number } {
  const { source } = tree;
  let start = source.lastIndexOf("\n", node.start - 1) + 1;
  for (;;) {
    const before = source.lastIndexOf("\n", start - 2) + 1;
    if (start === 0 || !/^\s*#/.test(source.slice(before, start))) break;
    start = before;
  }
  const end = source.indexOf("\n", node.end);
  return { start, end: end < 0 ? source.length : end + 1 };
}

/** Aliases that only a neighbour's use kept from being reported: the compiler counts their use per file. */
function unusedAliases(tree: Tree, module: ModuleSource): readonly TextEdit[] {
  const own = module.items.filter((item) => item.kind === "alias");
  const spans = module.items.filter((item) => !own.includes(item)).flatMap((item) => [...item.lead.map(({ span }) => span), item.node.span]);
  const heads = headsIn(tree, spans);
  return own.flatMap((item) => prunedAlias(tree.source, item, heads, spans));
}

/** The module with the directives of the file that it uses. */
function textOf(tree: Tree, module: ModuleSource): string {
  const span = extent(tree, module);
  const heads = headsIn(tree, [module.node.span]);
  const directives = tree.root.children.filter((node) => node.isCall("import") || (node.isCall("alias", "require") && node.args.some((arg) => arg.kind === "alias" && heads.has(lastOf(arg.name)))));
  return `${directives.map((node) => `${node.text}\n`).join("")}${directives.length > 0 ? "\n" : ""}${edited(tree.source, span, unusedAliases(tree, module))}`.replace(/\n*$/, "\n");
}

function withoutModules(tree: Tree, moving: readonly ModuleSource[], front: ModuleSource | undefined): string {
  const { source } = tree;
  const edits: TextEdit[] = moving.map((module) => {
    const { start, end } = extent(tree, module);
    let after = end;
    while (/^[ \t]*\n/.test(source.slice(after, after + 200))) after = source.indexOf("\n", after) + 1;
    return { span: { start, end: after }, text: "" };
  });
  return applyEdits(source, [...edits, ...(front === undefined ? [] : unusedAliases(tree, front))]).replace(/\n+$/, "\n");
}
