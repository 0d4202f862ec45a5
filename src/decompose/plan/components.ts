/**
 * Strongly connected parts of a graph, callees before callers: `edges(node)` lists what a node needs first.
 * Ties keep the order of `nodes`. (Tarjan's algorithm yields exactly that order.)
 */
export function componentsOf<T>(nodes: readonly T[], edges: (node: T) => readonly T[]): readonly (readonly T[])[] {
  const index = new Map<T, number>();
  const low = new Map<T, number>();
  const stack: T[] = [];
  const waiting = new Set<T>();
  const found: T[][] = [];
  const visit = (node: T): void => {
    index.set(node, index.size);
    low.set(node, index.get(node) ?? 0);
    stack.push(node);
    waiting.add(node);
    for (const next of edges(node)) {
      if (!index.has(next)) {
        visit(next);
        low.set(node, Math.min(low.get(node) ?? 0, low.get(next) ?? 0));
      } else if (waiting.has(next)) low.set(node, Math.min(low.get(node) ?? 0, index.get(next) ?? 0));
    }
    if (low.get(node) !== index.get(node)) return;
    const part: T[] = [];
    for (let last = stack.pop(); last !== undefined; last = stack.pop()) {
      waiting.delete(last);
      part.push(last);
      if (last === node) break;
    }
    found.push(part.reverse());
  };
  for (const node of nodes) if (!index.has(node)) visit(node);
  return found;
}
