import { flag, STRIDE } from "../syntax/tree.ts";
import { CallSite } from "./call-site.ts";
import { closureKindOf } from "./known.ts";
import { type Fn, fnFor, type Module } from "./module.ts";
import type { Key } from "./reading.ts";
import type { SourceFile } from "./workspace.ts";

type Named = (name: string) => Module | undefined;

/** Calls resolved to workspace functions: local, imported, remote, through `defdelegate`; and who calls whom. */
export class Links {
  readonly #module: Named;
  readonly #remote = new Map<string, readonly Fn[]>();
  /** Functions that a site names by module, atom and argument list: they run in the process that it starts. */
  readonly #elsewhere = new Map<CallSite, Fn>();
  /** Files by the modules that they name. Made at the first edit. */
  #mentions: Map<string, Set<SourceFile>> | undefined;
  /** While files are linked anew: functions whose callers may change, with those of before. */
  #before: Map<Fn, readonly CallSite[]> | undefined;

  constructor(module: Named) {
    this.#module = module;
  }

  link(file: SourceFile): void {
    let order = 0;
    for (const module of file.modules)
      for (const fn of module.functions)
        for (const clause of fn.clauses)
          for (const site of clause.sites) {
            site.order = order++;
            const callee = this.#resolve(module, site);
            site.linked = callee;
            if (callee === undefined) this.#linkElsewhere(site);
            else if (!site.around.quoted) this.#addCaller(callee, site);
          }
  }

  /** Links a new file in the place of an old one, and all files whose calls may lead elsewhere now. Answers what has changed. */
  replace(old: SourceFile | undefined, file: SourceFile | undefined, files: readonly SourceFile[]): Iterable<Key> {
    this.#remote.clear();
    const keys = new Set<Key>();
    const others = this.#concerned(old, file, files);
    const before = new Map<Fn, readonly CallSite[]>();
    this.#before = before;
    const unlinked = new Set([...(old === undefined ? [] : [old]), ...others]);
    for (const one of unlinked) for (const site of sitesOf(one)) this.#unlink(site, unlinked);
    for (const other of others) {
      const led = new Map(sitesOf(other).map((site) => [site, idOf(site.linked)]));
      this.link(other);
      for (const [site, id] of led) if (idOf(site.linked) !== id) keys.add(other.path);
    }
    if (file !== undefined) this.link(file);
    this.#before = undefined;
    const place = new Map(files.map((one, i) => [one, i]));
    const rank = (site: CallSite): number => place.get(site.module.file) ?? -1;
    for (const [fn, callers] of before) {
      const after = [...fn.linkedCallers].sort((a, b) => rank(a) - rank(b) || a.order - b.order);
      const isEqual = after.length === callers.length && after.every((site, i) => site === callers[i]);
      fn.linkedCallers = isEqual ? callers : after;
      if (!isEqual) keys.add(fn);
    }
    return keys;
  }

  /** Files besides the edited one with calls that may lead into it, or out of it, since the edit. */
  #concerned(old: SourceFile | undefined, file: SourceFile | undefined, files: readonly SourceFile[]): ReadonlySet<SourceFile> {
    const mentions = (this.#mentions ??= mentionsIn(files));
    if (old !== undefined) for (const name of namesIn(old)) mentions.get(name)?.delete(old);
    if (file !== undefined) note(mentions, file);
    const found = new Set<SourceFile>();
    const names = new Set([...(old?.modules ?? []), ...(file?.modules ?? [])].map(({ name }) => name));
    const callersOf = (fn: Fn): void => {
      for (const site of fn.linkedCallers) found.add(site.module.file);
    };
    for (const name of names)
      for (const other of mentions.get(name) ?? []) {
        found.add(other);
        // A delegate's callers are linked to what it delegates to.
        for (const module of other.modules) for (const fn of module.functions) if (fn.delegate !== undefined && names.has(fn.delegate.module)) this.#throughDelegate(fn, files, found);
      }
    for (const module of old?.modules ?? []) for (const fn of module.functions) callersOf(fn);
    found.delete(old as SourceFile);
    found.delete(file as SourceFile);
    return found;
  }
  #throughDelegate(fn: Fn, files: readonly SourceFile[], found: Set<SourceFile>): void {
    for (const site of fn.linkedCallers) found.add(site.module.file);
    for (const file of this.#mentions?.get(fn.module.name) ?? []) found.add(file);
    if (files.includes(fn.module.file)) found.add(fn.module.file);
  }

  #unlink(site: CallSite, unlinked: ReadonlySet<SourceFile>): void {
    for (const fn of [site.linked, this.#elsewhere.get(site)]) {
      if (fn === undefined || this.#before?.has(fn) === true) continue;
      this.#before?.set(fn, fn.linkedCallers);
      fn.linkedCallers = fn.linkedCallers.filter((caller) => !unlinked.has(caller.module.file));
    }
    this.#elsewhere.delete(site);
  }

  #addCaller(fn: Fn, site: CallSite): void {
    if (this.#before !== undefined && !this.#before.has(fn)) {
      this.#before.set(fn, fn.linkedCallers);
      fn.linkedCallers = [...fn.linkedCallers];
    }
    (fn.linkedCallers as CallSite[]).push(site);
  }

  /** `Task.start(Mod, :fun, args)`: the function named by module, atom and argument list runs in the new process. */
  #linkElsewhere(site: CallSite): void {
    const kind = closureKindOf.get(site.name);
    if (kind === undefined || site.node.kind !== "call") return;
    const { args } = site;
    const at = args.findIndex((arg, i) => arg.kind === "alias" && args[i + 1]?.kind === "atom" && args[i + 2]?.kind === "list");
    if (at < 0) return;
    const callee = this.#follow(this.#module(args[at]?.name ?? "")?.fn(args[at + 1]?.name ?? "", args[at + 2]?.children.length ?? 0));
    if (callee === undefined) return;
    const there = new CallSite(site.tree, site.id, site.clause, { ...site.around, closure: { kind, fn: site.node, call: site.node, outer: site.around.closure } }, site.name);
    there.order = site.order;
    this.#elsewhere.set(site, callee);
    this.#addCaller(callee, there);
  }

  #resolve(module: Module, { tree, id, name }: CallSite): Fn | undefined {
    const { nodes } = tree.data;
    const at = id * STRIDE;
    if (((nodes[at] as number) >> 8) & flag.dynamic) return undefined;
    const arity = nodes[at + 6] as number;
    if (name.lastIndexOf(".") > 0) return this.#follow(fnFor(this.#named(name), arity));
    const local = module.fn(name, arity);
    if (local !== undefined) return this.#follow(local);
    for (const imported of module.imports) {
      const found = this.#module(imported.name)?.fn(name, arity);
      if (found?.isPublic) return this.#follow(found);
    }
    return undefined;
  }
  /** The functions that a remote callee such as `Mod.f` names, of any arity. */
  #named(callee: string): readonly Fn[] {
    let found = this.#remote.get(callee);
    if (found === undefined) {
      const dot = callee.lastIndexOf(".");
      this.#remote.set(callee, (found = this.#module(callee.slice(0, dot))?.fnsNamed(callee.slice(dot + 1)) ?? []));
    }
    return found;
  }
  #follow(fn: Fn | undefined): Fn | undefined {
    if (fn?.delegate === undefined) return fn;
    return this.#module(fn.delegate.module)?.fn(fn.delegate.name, fn.arity) ?? fn;
  }
}

const idOf = (fn: Fn | undefined): string => (fn === undefined ? "" : `${fn.module.name}.${fn.id}`);
const sitesOf = ({ modules }: SourceFile): readonly CallSite[] => modules.flatMap((module) => module.functions.flatMap((fn) => fn.sites));

function mentionsIn(files: readonly SourceFile[]): Map<string, Set<SourceFile>> {
  const mentions = new Map<string, Set<SourceFile>>();
  for (const file of files) note(mentions, file);
  return mentions;
}
function note(mentions: Map<string, Set<SourceFile>>, file: SourceFile): void {
  for (const name of namesIn(file)) {
    const others = mentions.get(name);
    if (others === undefined) mentions.set(name, new Set([file]));
    else others.add(file);
  }
}
/** Modules that a file may name, as callees' modules or alone. */
function namesIn({ tree, modules }: SourceFile): ReadonlySet<string> {
  const names = new Set<string>(modules.flatMap((module) => [module.name, ...module.imports.map(({ name }) => name)]));
  for (const symbol of tree.data.symbols) {
    if (!/^[A-Z:]/.test(symbol)) continue;
    names.add(symbol);
    const dot = symbol.lastIndexOf(".");
    if (dot > 0) names.add(symbol.slice(0, dot));
  }
  return names;
}
