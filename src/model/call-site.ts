import type { Expr, Tree } from "../syntax/tree.ts";
import { carriedElsewhere, type Handed } from "./carried.ts";
import type { ClosureKind } from "./known.ts";
import type { Clause, Fn, Module } from "./module.ts";
import { look } from "./reading.ts";

/** An anonymous function whose body runs in another process, or later, than the code around it. */
export type Closure = { readonly kind: ClosureKind; readonly fn: Expr; readonly call: Expr; readonly outer: Closure | undefined };

/** What surrounds an expression inside one clause; innermost first. */
export type Surroundings = {
  /** Closure that runs elsewhere, if any. */
  readonly closure: Closure | undefined;
  /** The innermost function value around the place that is an argument of a call nothing is known about. */
  readonly handed: Handed | undefined;
  /** A `fn` of which nobody knows when it runs: kept in a value, or given to a function that cannot be seen, which may well run it at once. */
  readonly loose: false | "kept" | "given";
  /** `try` expressions whose `do` part holds the place. */
  readonly tries: readonly Expr[];
  /** Innermost loop: a `for`, or the `Enum` call that gets the closure around the place. */
  readonly loop: Expr | undefined;
  readonly quoted: boolean;
};

/** A call (or `&f/1`) in a function body, with what surrounds it. */
export class CallSite {
  readonly tree: Tree;
  readonly id: number;
  readonly clause: Clause;
  readonly around: Surroundings;
  /** The callee as written, aliases resolved; kept here because most sites are asked for nothing else. */
  readonly name: string;
  /** Where it stands among all sites of its file, in the order of linking. */
  order = 0;
  #callee: Fn | string | undefined;

  constructor(tree: Tree, id: number, clause: Clause, around: Surroundings, name: string) {
    this.tree = tree;
    this.id = id;
    this.clause = clause;
    this.around = around;
    this.name = name;
  }

  /** Workspace function it resolves to; filled when the workspace is linked. */
  get callee(): Fn | undefined {
    const callee = this.linked;
    if (callee !== undefined) look(callee.module.file.path);
    return callee;
  }
  /** For the linking itself, which looks at everything: the function, its key, and the setting of either. */
  get linked(): Fn | undefined {
    return typeof this.#callee === "string" ? this.module.workspace.fnAt(this.#callee) : this.#callee;
  }
  get target(): string | undefined {
    return typeof this.#callee === "string" ? this.#callee : this.#callee?.key;
  }
  link(callee: Fn | string | undefined): void {
    this.#callee = callee;
  }

  get node(): Expr {
    return this.tree.at(this.id);
  }
  get fn(): Fn {
    return this.clause.fn;
  }
  get module(): Module {
    return this.clause.fn.module;
  }
  /** The function value around the place that runs in another process: given to a known call, or to a project function that carries it there. */
  get closure(): Closure | undefined {
    return this.around.closure ?? (this.around.handed === undefined ? undefined : carriedElsewhere(this.around.handed, this.clause));
  }
  /** Whether this is a call (no `&f/1`) of one of these. */
  is(...names: readonly string[]): boolean {
    return names.includes(this.name) && this.node.kind === "call";
  }
  get args(): readonly Expr[] {
    return this.node.args;
  }
}
