import { type Expr, flag, STRIDE, type Tree } from "../syntax/tree.ts";
import { CallSite } from "./call-site.ts";
import { type CodeKind, codeKindOf, isInLib } from "./code-kind.ts";
import { closureKindOf, conventionalUses, harmlessUses, type ServerKind, serverKindOf } from "./known.ts";
import { type Fn, fnFor, type Module } from "./module.ts";
import { modulesOf } from "./outline.ts";

/** A file with its tree and modules. */
export type SourceFile = { readonly path: string; readonly tree: Tree; readonly kind: CodeKind; modules: readonly Module[] };

export type WorkspaceOptions = {
  /** Team macros: `use MyApp.Worker` makes a GenServer. */
  readonly servers?: ReadonlyMap<string, ServerKind>;
};

/** Everything the rules ask: modules, functions, calls and who runs where. Built from trees, linked once. */
export class Workspace {
  readonly files: SourceFile[] = [];
  readonly modules: Module[] = [];
  readonly #byName = new Map<string, Module>();
  readonly #options: WorkspaceOptions;
  readonly #remote = new Map<string, readonly Fn[]>();
  readonly #notes = new Map<unknown, unknown>();

  constructor(trees: readonly Tree[], options: WorkspaceOptions = {}) {
    this.#options = options;
    const hasLib = trees.some((tree) => isInLib(tree.path));
    for (const tree of trees) {
      const file: SourceFile = { path: tree.path, tree, kind: codeKindOf(tree.path, hasLib), modules: [] };
      file.modules = modulesOf(this, file);
      this.files.push(file);
      for (const module of file.modules) {
        this.modules.push(module);
        const same = this.#byName.get(module.name);
        if (module.name !== "" && (same === undefined || (!same.isLib && module.isLib))) this.#byName.set(module.name, module);
      }
    }
    for (const module of this.modules) this.#classify(module);
    for (const module of this.modules) this.#link(module);
  }

  module(name: string): Module | undefined {
    return this.#byName.get(name);
  }
  get libModules(): readonly Module[] {
    return this.modules.filter((module) => module.isLib);
  }
  /** Call sites by callee name over all modules. */
  calls(...names: readonly string[]): CallSite[] {
    return this.modules.flatMap((module) => [...module.calls(...names)]);
  }
  /** Result of `compute` for this workspace, computed at its first use; `key` is usually the function itself. */
  note<T>(key: unknown, compute: (workspace: Workspace) => T): T {
    if (!this.#notes.has(key)) this.#notes.set(key, compute(this));
    return this.#notes.get(key) as T;
  }

  /** What kinds of process a module is, by its `use` and `@behaviour`; `use` of a workspace macro is followed. */
  #classify(module: Module): void {
    const kinds: ServerKind[] = [];
    const unknown: string[] = [];
    for (const use of module.uses) {
      const kind = this.#kindOfUse(use.name, use.options, 0);
      if (kind !== undefined) kinds.push(kind);
      else if (!harmlessUses.has(use.name) && this.#byName.get(use.name) === undefined) unknown.push(use.name);
    }
    for (const behaviour of module.behaviours) {
      const kind = this.#options.servers?.get(behaviour) ?? serverKindOf.get(behaviour);
      if (kind !== undefined) kinds.push(kind);
    }
    module.kinds = [...new Set(kinds)];
    module.unknownUses = unknown;
  }
  #kindOfUse(name: string, options: Expr | undefined, depth: number): ServerKind | undefined {
    const known = this.#options.servers?.get(name) ?? serverKindOf.get(name);
    if (known !== undefined) return known;
    if (options?.kind === "atom" && conventionalUses.has(options.name)) return conventionalUses.get(options.name);
    const using = this.#byName.get(name)?.fn("__using__", 1);
    if (using === undefined || depth > 3) return undefined;
    for (const site of using.sites) {
      if (site.name !== "use" || !site.around.quoted || site.args[0]?.kind !== "alias") continue;
      const kind = this.#kindOfUse(site.args[0].name, site.args[1], depth + 1);
      if (kind !== undefined) return kind;
    }
    return undefined;
  }

  /** Resolves calls to workspace functions: local, imported, remote, through `defdelegate`. */
  #link(module: Module): void {
    for (const fn of module.functions)
      for (const clause of fn.clauses)
        for (const site of clause.sites) {
          const callee = this.#resolve(module, site);
          if (callee === undefined) {
            this.#linkElsewhere(site);
            continue;
          }
          site.callee = callee;
          if (!site.around.quoted) callee.callers.push(site);
        }
  }
  /** `Task.start(Mod, :fun, args)`: the function named by module, atom and argument list runs in the new process. */
  #linkElsewhere(site: CallSite): void {
    const kind = closureKindOf.get(site.name);
    if (kind === undefined || site.node.kind !== "call") return;
    const { args } = site;
    const at = args.findIndex((arg, i) => arg.kind === "alias" && args[i + 1]?.kind === "atom" && args[i + 2]?.kind === "list");
    if (at < 0) return;
    const callee = this.#follow(this.#byName.get(args[at]?.name ?? "")?.fn(args[at + 1]?.name ?? "", args[at + 2]?.children.length ?? 0));
    callee?.callers.push(new CallSite(site.tree, site.id, site.clause, { ...site.around, closure: { kind, fn: site.node, call: site.node, outer: site.closure } }, site.name));
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
      const found = this.#byName.get(imported.name)?.fn(name, arity);
      if (found?.isPublic) return this.#follow(found);
    }
    return undefined;
  }
  /** The functions that a remote callee such as `Mod.f` names, of any arity. */
  #named(callee: string): readonly Fn[] {
    let found = this.#remote.get(callee);
    if (found === undefined) {
      const dot = callee.lastIndexOf(".");
      this.#remote.set(callee, (found = this.#byName.get(callee.slice(0, dot))?.fnsNamed(callee.slice(dot + 1)) ?? []));
    }
    return found;
  }
  #follow(fn: Fn | undefined): Fn | undefined {
    if (fn?.delegate === undefined) return fn;
    return this.#byName.get(fn.delegate.module)?.fn(fn.delegate.name, fn.arity) ?? fn;
  }
}
