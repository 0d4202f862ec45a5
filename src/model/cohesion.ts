import type { Fn, Module } from "./module.ts";
import { addTo } from "../text/groups.ts";

/** A group of functions of one module that share calls or attributes, and nothing with the others. */
export type Cluster = { readonly functions: readonly Fn[]; readonly lines: number };

/**
 * Groups of functions connected by local calls, by helpers they share and by module attributes they read; largest first.
 * A helper that more than `hubShare` of all functions use connects nothing: it would make every module one group.
 */
export function clustersOf(module: Module, hubShare = 0.2): Cluster[] {
  const functions = module.functions.filter((fn) => fn.kind === "def" || fn.kind === "defp");
  const parent = new Map<Fn, Fn>(functions.map((fn) => [fn, fn]));
  const root = (fn: Fn): Fn => {
    let top = fn;
    while (parent.get(top) !== top) top = parent.get(top) as Fn;
    return top;
  };
  const join = (a: Fn, b: Fn): void => void parent.set(root(a), root(b));
  const isHub = (users: number): boolean => users > Math.max(3, functions.length * hubShare);
  for (const fn of functions) {
    const callers = new Set(fn.localCallers.map((site) => site.fn));
    if (isHub(callers.size)) continue;
    for (const caller of callers) if (parent.has(caller)) join(caller, fn);
  }
  for (const users of attributeUsers(functions).values()) {
    if (isHub(users.length)) continue;
    for (const user of users.slice(1)) join(users[0] as Fn, user);
  }
  const groups = new Map<Fn, Fn[]>();
  for (const fn of functions) addTo(groups, root(fn), fn);
  return [...groups.values()].map((members) => ({ functions: members, lines: members.reduce((sum, fn) => sum + linesOf(fn), 0) })).sort((a, b) => b.lines - a.lines);
}

function attributeUsers(functions: readonly Fn[]): Map<string, Fn[]> {
  const users = new Map<string, Fn[]>();
  for (const fn of functions)
    for (const clause of fn.clauses)
      for (const expr of clause.node.descendantsOf("attribute")) {
        if (expr.value !== undefined) continue;
        const list = users.get(expr.name) ?? [];
        if (!list.includes(fn)) list.push(fn);
        users.set(expr.name, list);
      }
  return users;
}

/** Lines a function's clauses take, first to last each. */
export const linesOf = (fn: Fn): number => fn.clauses.reduce((sum, { node }) => sum + node.tree.positionAt(node.end - 1).line - node.line + 1, 0);

/** Other workspace modules that a module's code calls. */
export function usedModules(module: Module): ReadonlySet<string> {
  const targets = new Set(module.functions.flatMap((fn) => fn.sites.flatMap((site) => site.target ?? [])));
  return new Set([...targets].flatMap((target) => module.workspace.nameOfModule(target, module) ?? []));
}
