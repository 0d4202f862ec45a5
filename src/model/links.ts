import { flag, STRIDE } from "../syntax/tree.ts";
import { addTo } from "../text/groups.ts";
import { CallSite } from "./call-site.ts";
import { type ClosureKind, closureKindOf } from "./known.ts";
import { type Fn, fnFor, type Module } from "./module.ts";
import type { Key } from "./reading.ts";
import type { SourceFile } from "./source-file.ts";

/** Which functions the call sites of a file lead to: by the function's key the sites' places in their order; -1 - n is site n naming it as module, atom and arguments. */
export type Calls = readonly (readonly [string, readonly number[]])[];

/** One file in the place of another, or of none. */
export type Replaced = { readonly old: SourceFile | undefined; readonly file: SourceFile | undefined };

/** What the linking asks the workspace. It looks at everything, so it notes nothing. */
export type Linked = {
  readonly module: (name: string, near: Module) => Module | undefined;
  /** Whether modules of several files have the name. */
  readonly hasNamesakes: (name: string) => boolean;
  readonly inOrder: (files: Iterable<SourceFile>) => readonly SourceFile[];
  /** The function with a key, if somebody has looked into its file already. */
  readonly awakeFn: (key: string) => Fn | undefined;
};

/** Calls resolved to workspace functions: local, imported, remote, through `defdelegate`; and who calls whom. */
export class Links {
  readonly #workspace: Linked;
  readonly #remote = new Map<string, readonly Fn[]>();
  /** Functions that a site names by module, atom and argument list: they run in the process that it starts. */
  readonly #elsewhere = new Map<CallSite, Fn>();
  /** What is known of files that were not linked here, and which of them call a function that does not know it yet. */
  readonly #known = new Map<SourceFile, Calls>();
  readonly #unattached = new Map<string, Set<SourceFile>>();
  /** Files by the modules that they name. Made at the first edit that needs it. */
  #mentions: Map<string, Set<SourceFile>> | undefined;

  constructor(workspace: Linked) {
    this.#workspace = workspace;
  }

  link(file: SourceFile): void {
    let order = 0;
    for (const module of file.modules)
      for (const fn of module.functions)
        for (const clause of fn.clauses)
          for (const site of clause.sites) {
            site.order = order++;
            const callee = this.#resolve(module, site);
            // A quoted call is nobody's caller: whoever takes a function's place would not find it.
            site.link(site.around.quoted ? callee?.key : callee);
            if (callee === undefined) this.#linkElsewhere(site);
            else if (!site.around.quoted) addCaller(callee, site);
          }
  }

  /** Takes what is known of a file's calls in the place of linking it. */
  know(file: SourceFile, calls: Calls): void {
    this.#known.set(file, calls);
    for (const [target] of calls) {
      const files = this.#unattached.get(target);
      if (files === undefined) this.#unattached.set(target, new Set([file]));
      else files.add(file);
    }
  }
  /** Tells the sites of a known file, once they are there, where they lead. */
  woken(file: SourceFile): void {
    const sites = file.sites;
    for (const [order, site] of sites.entries()) site.order = order;
    for (const [target, orders] of this.#known.get(file) ?? []) for (const order of orders) sites[order]?.link(target);
  }
  /** Makes sure that a function knows all its callers, or those of one file. */
  attach(fn: Fn, only?: SourceFile): void {
    if (this.#unattached.size === 0) return;
    const files = this.#unattached.get(fn.key);
    if (files === undefined || files.size === 0 || (only !== undefined && !files.has(only))) return;
    for (const file of only === undefined ? files : [only]) {
      files.delete(file);
      const sites = file.sites;
      for (const order of this.#known.get(file)?.find(([target]) => target === fn.key)?.[1] ?? []) {
        const site = sites[order < 0 ? -1 - order : order];
        if (site === undefined || (order >= 0 && site.around.quoted)) continue;
        addCaller(fn, order < 0 ? thereOf(site) : site);
      }
    }
    if (files.size === 0) this.#unattached.delete(fn.key);
    this.#sort([fn]);
  }

  /** Where the sites of a file lead. */
  callsOf(file: SourceFile): Calls {
    const known = this.#known.get(file);
    if (known !== undefined) return known;
    const calls = new Map<string, number[]>();
    for (const site of file.sites) {
      if (site.target !== undefined) addTo(calls, site.target, site.order);
      const there = this.#elsewhere.get(site);
      if (there !== undefined) addTo(calls, there.key, -1 - site.order);
    }
    return [...calls];
  }

  /** Links new files in the place of old ones, and all files whose calls may lead elsewhere now. Answers what has changed. */
  replace(changes: readonly Replaced[], files: readonly SourceFile[]): Iterable<Key> {
    this.#remote.clear();
    const keys = new Set<Key>();
    const isSame = ({ old, file }: Replaced): boolean => old !== undefined && file !== undefined && old.surface === file.surface;
    const others = this.#concerned(changes, changes.filter((change) => !isSame(change)), files);
    const before = new Map(others.map((other) => [other, this.callsOf(other)]));
    for (const { old } of changes) for (const [target] of old === undefined ? [] : this.callsOf(old)) keys.add(target);
    const touched = new Set<Fn>();
    const unlinked = new Set([...changes.flatMap(({ old }) => old ?? []), ...others]);
    this.#unlink(unlinked, touched);
    for (const change of changes) if (isSame(change)) this.#takeCallers(change, unlinked, touched);
    for (const one of [...others, ...changes.flatMap(({ file }) => file ?? [])]) {
      this.link(one);
      for (const site of one.sites) for (const fn of [site.linked, this.#elsewhere.get(site)]) if (fn !== undefined) touched.add(fn);
    }
    this.#sort(touched);
    for (const { file } of changes) for (const [target] of file === undefined ? [] : this.callsOf(file)) keys.add(target);
    for (const [other, calls] of before) {
      const different = differing(calls, this.callsOf(other));
      for (const target of different) keys.add(target);
      if (different.length > 0) keys.add(other.path);
    }
    return keys;
  }

  /** The functions of a file stand for those of the same names before; calls in unlinked files are linked anew. */
  #takeCallers({ old, file }: Replaced, unlinked: ReadonlySet<SourceFile>, touched: Set<Fn>): void {
    if (old === undefined || file === undefined || !old.isAwake) return;
    for (const [i, module] of old.modules.entries()) {
      const functions = callable(file.modules[i]);
      for (const [j, fn] of callable(module).entries()) {
        const now = functions[j];
        if (now === undefined) continue;
        now.linkedCallers = fn.linkedCallers.filter((site) => !unlinked.has(site.module.file));
        for (const site of now.linkedCallers) if (site.linked === fn) site.link(now);
        touched.add(now);
      }
    }
    for (const [site, fn] of this.#elsewhere) if (fn.module.file === old) this.#elsewhere.set(site, callable(file.modules[fn.module.ordinal]).find(({ id }) => id === fn.id) ?? fn);
  }

  /** Files besides the edited ones with calls that may lead into those that others see differently now, or out of them. */
  #concerned(changes: readonly Replaced[], seen: readonly Replaced[], files: readonly SourceFile[]): readonly SourceFile[] {
    if (this.#mentions !== undefined || seen.length > 0) {
      const mentions = (this.#mentions ??= mentionsIn(files));
      for (const { old, file } of changes) {
        if (old !== undefined) for (const name of old.mentions) mentions.get(name)?.delete(old);
        if (file !== undefined) note(mentions, file);
      }
    }
    const found = new Set<SourceFile>();
    const names = new Set(seen.flatMap(({ old, file }) => [...(old?.names ?? []), ...(file?.names ?? [])]));
    const edited = new Set(changes.flatMap(({ old, file }) => [old, file]));
    for (const name of names)
      for (const other of this.#mentions?.get(name) ?? []) {
        found.add(other);
        // A delegate's callers are linked to what it delegates to.
        for (const module of edited.has(other) ? [] : other.modules) for (const fn of module.functions) if (fn.delegate !== undefined && names.has(fn.delegate.module)) this.#throughDelegate(fn, files, found);
      }
    for (const { old } of seen) if (old !== undefined) this.#callersInto(old, found);
    return this.#workspace.inOrder([...found].filter((other) => !edited.has(other)));
  }
  #callersInto(old: SourceFile, found: Set<SourceFile>): void {
    for (const [key, callers] of this.#unattached) if (key.startsWith(`${old.path}\t`)) for (const file of callers) found.add(file);
    for (const module of old.isAwake ? old.modules : []) for (const fn of module.functions) for (const site of fn.linkedCallers) found.add(site.module.file);
  }
  #throughDelegate(fn: Fn, files: readonly SourceFile[], found: Set<SourceFile>): void {
    this.#callingFiles(fn, found);
    for (const file of this.#mentions?.get(fn.module.name) ?? []) found.add(file);
    if (files.includes(fn.module.file)) found.add(fn.module.file);
  }
  #callingFiles(fn: Fn, found: Set<SourceFile>): void {
    for (const file of this.#unattached.get(fn.key) ?? []) found.add(file);
    for (const site of fn.linkedCallers) found.add(site.module.file);
  }

  #unlink(files: ReadonlySet<SourceFile>, touched: Set<Fn>): void {
    const drop = (fn: Fn | undefined): void => {
      if (fn === undefined || touched.has(fn)) return;
      touched.add(fn);
      fn.linkedCallers = fn.linkedCallers.filter((caller) => !files.has(caller.module.file));
    };
    for (const file of files) {
      const known = this.#known.get(file);
      this.#known.delete(file);
      for (const [target] of known ?? []) {
        this.#unattached.get(target)?.delete(file);
        drop(this.#workspace.awakeFn(target));
      }
      for (const site of known === undefined ? file.sites : []) {
        drop(site.linked);
        drop(this.#elsewhere.get(site));
        this.#elsewhere.delete(site);
      }
    }
  }

  /** `Task.start(Mod, :fun, args)`: the function named by module, atom and argument list runs in the new process. */
  #linkElsewhere(site: CallSite): void {
    if (closureKindOf.get(site.name) === undefined || site.node.kind !== "call") return;
    const { args } = site;
    const at = args.findIndex((arg, i) => arg.kind === "alias" && args[i + 1]?.kind === "atom" && args[i + 2]?.kind === "list");
    const callee = at < 0 ? undefined : this.#follow(this.#workspace.module(args[at]?.name ?? "", site.module)?.fn(args[at + 1]?.name ?? "", args[at + 2]?.children.length ?? 0));
    if (callee === undefined) return;
    this.#elsewhere.set(site, callee);
    addCaller(callee, thereOf(site));
  }

  #resolve(module: Module, { tree, id, name }: CallSite): Fn | undefined {
    const { nodes } = tree.data;
    const at = id * STRIDE;
    if (((nodes[at] as number) >> 8) & flag.dynamic) return undefined;
    const arity = nodes[at + 6] as number;
    if (name.lastIndexOf(".") > 0) return this.#follow(fnFor(this.#remotes(name, module), arity));
    const local = module.fn(name, arity);
    if (local !== undefined) return this.#follow(local);
    for (const imported of module.imports) {
      const found = this.#workspace.module(imported.name, module)?.fn(name, arity);
      if (found?.isPublic) return this.#follow(found);
    }
    return undefined;
  }
  /** The functions that a remote callee such as `Mod.f` names, of any arity. */
  #remotes(callee: string, caller: Module): readonly Fn[] {
    const known = this.#remote.get(callee);
    if (known !== undefined) return known;
    const dot = callee.lastIndexOf(".");
    const name = callee.slice(0, dot);
    const found = this.#workspace.module(name, caller)?.fnsNamed(callee.slice(dot + 1)) ?? [];
    if (!this.#workspace.hasNamesakes(name)) this.#remote.set(callee, found);
    return found;
  }
  #follow(fn: Fn | undefined): Fn | undefined {
    if (fn?.delegate === undefined) return fn;
    return this.#workspace.module(fn.delegate.module, fn.module)?.fn(fn.delegate.name, fn.arity) ?? fn;
  }

  /** Callers in the order of files and places. */
  #sort(functions: Iterable<Fn>): void {
    const all = [...functions];
    const rank = new Map(this.#workspace.inOrder(new Set(all.flatMap(({ linkedCallers }) => linkedCallers.map((site) => site.module.file)))).map((file, i) => [file, i]));
    for (const fn of all) fn.linkedCallers = [...fn.linkedCallers].sort((a, b) => (rank.get(a.module.file) ?? 0) - (rank.get(b.module.file) ?? 0) || a.order - b.order);
  }
}

function addCaller(fn: Fn, site: CallSite): void {
  (fn.linkedCallers as CallSite[]).push(site);
}

/** A site as the caller of the function it names, in the process that it starts. */
function thereOf(site: CallSite): CallSite {
  const there = new CallSite(site.tree, site.id, site.clause, { ...site.around, closure: { kind: closureKindOf.get(site.name) as ClosureKind, fn: site.node, call: site.node, outer: site.around.closure } }, site.name);
  there.order = site.order;
  return there;
}

const callable = (module: Module | undefined): readonly Fn[] => module?.functions.filter(({ kind }) => kind !== "block") ?? [];

/** Functions to which a file's calls lead at other places than before, or no longer, or now. */
function differing(before: Calls, after: Calls): readonly string[] {
  const places = new Map(before.map(([target, orders]) => [target, orders.join()]));
  const now = new Map(after.map(([target, orders]) => [target, orders.join()]));
  return [...new Set([...places.keys(), ...now.keys()])].filter((target) => places.get(target) !== now.get(target));
}

function mentionsIn(files: readonly SourceFile[]): Map<string, Set<SourceFile>> {
  const mentions = new Map<string, Set<SourceFile>>();
  for (const file of files) note(mentions, file);
  return mentions;
}
function note(mentions: Map<string, Set<SourceFile>>, file: SourceFile): void {
  for (const name of file.mentions) {
    const others = mentions.get(name);
    if (others === undefined) mentions.set(name, new Set([file]));
    else others.add(file);
  }
}
