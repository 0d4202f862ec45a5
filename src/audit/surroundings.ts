import { modulesOf, type ModuleSource } from "../decompose/read/module-source.ts";
import type { Surroundings } from "../decompose/read/surroundings.ts";
import { coveredArities } from "../decompose/read/unit.ts";
import type { Tree } from "../syntax/tree.ts";

/** What the rest of a project says of a module in `tree`: names that are taken, what modules export, what tests quote. */
export function surroundingsIn(trees: ReadonlyMap<string, Tree>, tree: Tree, sources: readonly ModuleSource[]): Surroundings {
  const others = [...trees].filter(([, other]) => other !== tree);
  const named = new Set(others.flatMap(([, other]) => [...other.data.symbols].filter((symbol) => /^[A-Z]/.test(symbol))));
  const tests = others.filter(([path]) => /(^|\/)test\//.test(path)).map(([, { source }]) => source).filter((source) => sources.some(({ name }) => source.includes(`${name}.`)));
  return {
    modules: new Set([...named, ...sources.map(({ name }) => name)]),
    files: new Set(trees.keys()),
    exportsOf: (module) => exportsIn(trees, module),
    mentions: (text) => tests.some((source) => isQuotedFailure(source, text)),
  };
}

/** `name/arity` of what a module of the project defines; undefined when `use` or a macro may define more than is written. */
function exportsIn(trees: ReadonlyMap<string, Tree>, module: string): ReadonlySet<string> | undefined {
  for (const tree of trees.values()) {
    if (!tree.data.symbols.includes(module)) continue;
    const source = modulesOf(tree).find(({ name }) => name === module);
    if (source === undefined) continue;
    if (source.items.some(({ kind }) => kind === "use" || kind === "other")) return undefined;
    return new Set(source.items.flatMap(({ definition }) => (definition === undefined || definition.isPrivate ? [] : coveredArities(definition).map((arity) => `${definition.name}/${arity}`))));
  }
  return undefined;
}

/** Whether a test expects the words with which Elixir says that no clause or no function of this place fits. */
function isQuotedFailure(source: string, text: string): boolean {
  for (let at = source.indexOf(text); at >= 0; at = source.indexOf(text, at + 1)) if (/no function clause|is undefined|undefined function|FunctionClauseError/.test(source.slice(Math.max(0, at - 200), at + text.length + 80))) return true;
  return false;
}
