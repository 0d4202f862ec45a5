import { codeKindOf } from "../../model/code-kind.ts";
import type { Tree } from "../../syntax/tree.ts";

/** A file that calls the module: which functions, how often and where first. */
export type CallerFile = { readonly file: string; readonly isTest: boolean; readonly calls: readonly { readonly function: string; readonly line: number; readonly times: number }[] };

/**
 * Where other files call `module` or capture its functions by name, files in order. Calls through `import`, `apply` and
 * variables are not seen.
 */
export function callersOf(module: string, trees: Iterable<Tree>): readonly CallerFile[] {
  const found: CallerFile[] = [];
  for (const tree of trees) {
    if (!tree.data.symbols.some((symbol) => symbol.startsWith(`${module}.`))) continue;
    const calls = new Map<string, { line: number; times: number }>();
    for (const node of tree.root.descendants()) {
      if (node.module !== module) continue;
      const id = `${node.fun}/${node.count}`;
      const known = calls.get(id);
      if (known === undefined) calls.set(id, { line: node.line, times: 1 });
      else known.times++;
    }
    const kind = codeKindOf(tree.path);
    if (calls.size > 0) found.push({ file: tree.path, isTest: kind === "test" || kind === "test-support", calls: [...calls].map(([id, seen]) => ({ function: id, ...seen })) });
  }
  return found;
}
