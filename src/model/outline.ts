import { type Expr, flag, kindId, STRIDE, type Tree } from "../syntax/tree.ts";
import { CallSite, type Closure, type Surroundings } from "./call-site.ts";
import { closureKindOf, isKeeping, isLoop } from "./known.ts";
import { Clause, Fn, type FnKind, Module } from "./module.ts";
import type { SourceFile } from "./source-file.ts";
import type { Workspace } from "./workspace.ts";

const definitions: ReadonlyMap<string, FnKind> = new Map([["def", "def"], ["defp", "defp"], ["defmacro", "defmacro"], ["defmacrop", "defmacrop"], ["defdelegate", "delegate"], ["defn", "def"], ["defnp", "defp"], ["defguard", "defmacro"], ["defguardp", "defmacrop"]]);
const moduleHeads: ReadonlyMap<string, Module["declared"]> = new Map([["defmodule", "module"], ["defimpl", "impl"], ["defprotocol", "protocol"]]);

/** All modules of a file, outer before inner; code outside of any module belongs to a module named "". */
export function modulesOf(workspace: Workspace, file: SourceFile): Module[] {
  const found: Module[] = [];
  const script = new Module(workspace, file, "", file.tree.root, undefined, "script");
  readBody(script, file.tree.root.children, found);
  if (script.functions.length > 0 || script.others.length > 0) {
    const top = new Fn(script, "top level", 0, "block");
    const loose = script.others.filter((expr) => expr.section("do") === undefined || isPlainControl(expr));
    if (loose.length > 0) {
      addClause(script, top, file.tree.root, file.tree.root, [], undefined, loose);
      script.add(top);
    }
    if (script.functions.length > 0) found.push(script);
  }
  return found;
}

const isPlainControl = (expr: Expr): boolean => expr.isCall("if", "case", "cond", "unless", "for", "with", "try", "receive");

function readModule(owner: Module, node: Expr, found: Module[]): void {
  const name = node.args[0]?.kind === "alias" ? node.args[0].name : (node.args[0]?.text ?? "");
  const outer = owner.declared === "script" ? undefined : owner;
  const module = new Module(owner.workspace, owner.file, name, node, outer, moduleHeads.get(node.name) ?? "module");
  found.push(module);
  readBody(module, node.section("do")?.body ?? [], found);
}

function readBody(module: Module, body: readonly Expr[], found: Module[]): void {
  for (const expr of body) {
    if (expr.kind === "attribute") {
      const settings = module.attributes.get(expr.name);
      if (settings === undefined) module.attributes.set(expr.name, [expr]);
      else settings.push(expr);
      if (expr.name === "behaviour" && expr.value !== undefined) module.behaviours.push(expr.value.kind === "atom" ? `:${expr.value.name}` : expr.value.name);
      continue;
    }
    if (expr.kind !== "call") {
      if (expr.kind === "error" || expr.kind === "block") readBody(module, expr.children, found);
      else module.others.push(expr);
      continue;
    }
    readCall(module, expr, found);
  }
}

function readCall(module: Module, expr: Expr, found: Module[]): void {
  if (moduleHeads.has(expr.name)) {
    readModule(module, expr, found);
    return;
  }
  const kind = definitions.get(expr.name);
  const head = kind === undefined || expr.has(flag.dynamic) ? undefined : expr.children[0];
  if (kind !== undefined && head !== undefined && head.kind !== "section") {
    readDefinition(module, expr, kind, head, found);
    return;
  }
  if (expr.name === "use" || expr.name === "import") {
    // Several aliases stand for `use Bakery.{Oven, Till}`; an atom after the first is what `use BakeryWeb, :page` asks for.
    for (const [at, target] of expr.args.entries())
      if (target.kind === "alias" || (target.kind === "atom" && at === 0)) (expr.name === "use" ? module.uses : module.imports).push({ name: target.kind === "atom" ? `:${target.name}` : target.name, node: expr, options: expr.args[1] });
    return;
  }
  if (expr.name === "describe") {
    readBody(module, expr.section("do")?.body ?? [], found);
    return;
  }
  if (expr.name === "if" || expr.name === "unless" || expr.name === "for" || expr.name === "case") {
    const inner = [...(expr.section("do")?.body ?? []), ...(expr.section("else")?.body ?? [])];
    if (inner.some((child) => child.kind === "call" && (definitions.has(child.name) || moduleHeads.has(child.name)))) {
      readBody(module, inner, found);
      return;
    }
  }
  module.others.push(expr);
  if (expr.section("do") !== undefined && module.declared !== "script") readBlock(module, expr, found);
}

/** `test "…" do`, `setup do`, a route of a router: code that runs, under a name of its own. */
function readBlock(module: Module, expr: Expr, found: Module[]): void {
  const label = expr.args[0]?.kind === "string" ? `${expr.name} "${expr.args[0].name}"` : expr.name;
  const fn = new Fn(module, label, 0, "block");
  addClause(module, fn, expr, expr, expr.args.filter((arg) => arg.kind === "map"), undefined, undefined, found);
  module.add(fn);
}

function readDefinition(module: Module, node: Expr, kind: FnKind, written: Expr, found: Module[]): void {
  const guarded = written.kind === "op" && written.name === "when";
  const head = guarded ? (written.left ?? written) : written;
  const name = head.kind === "op" || head.kind === "unary" ? head.name : head.kind === "call" || head.kind === "var" ? head.name : "";
  if (name === "" || name === ".") return;
  const params = head.kind === "call" ? head.args : head.kind === "op" || head.kind === "unary" ? head.children : [];
  let fn = module.fnsNamed(name).find((candidate) => candidate.arity === params.length && candidate.kind !== "block");
  if (fn === undefined) {
    fn = new Fn(module, name, params.length, kind);
    module.add(fn);
  }
  fn.defaults = Math.max(fn.defaults, params.filter((param) => param.kind === "op" && param.name === "\\\\").length);
  if (kind === "delegate") {
    const options = node.args[1];
    const to = options?.get("to");
    if (to?.kind === "alias") fn.delegate = { module: to.name, name: options?.get("as")?.name ?? name };
  }
  addClause(module, fn, node, head, params.map((param) => (param.kind === "op" && param.name === "\\\\" ? (param.left ?? param) : param)), guarded ? written.right : undefined, undefined, found);
}

function addClause(module: Module, fn: Fn, node: Expr, head: Expr, params: readonly Expr[], guard: Expr | undefined, only?: readonly Expr[], found?: Module[]): void {
  const clause = new Clause(fn, node, head, params, guard);
  fn.clauses.push(clause);
  if (only === undefined) collect(module, clause, node.children, found);
  else collect(module, clause, only, found);
}

const outside: Surroundings = { closure: undefined, handed: undefined, loose: false, tries: [], loop: undefined, quoted: false };

/** Records the call sites of a clause in source order with what surrounds each. */
function collect(module: Module, clause: Clause, roots: readonly Expr[], found: Module[] | undefined): void {
  const tree: Tree = module.file.tree;
  const { nodes, symbols } = tree.data;
  const frames: { end: number; around: Surroundings }[] = [];
  for (const root of roots) {
    let around: Surroundings = outside;
    frames.length = 0;
    for (let id = root.id; id < root.next; id++) {
      while (frames.length > 0 && id >= (frames.at(-1) as { end: number }).end) around = popped(frames);
      const at = id * STRIDE;
      const kind = (nodes[at] as number) & 255;
      if (kind === kindId.call) {
        const name = symbols[nodes[at + 4] as number] ?? "";
        if (moduleHeads.has(name) && found !== undefined) {
          readModule(module, tree.at(id), found);
          id = (nodes[at + 3] as number) - 1;
          continue;
        }
        if (name !== "" && id !== clause.head.id) clause.sites.push(new CallSite(tree, id, clause, around, name));
      } else if (kind === kindId.funref) clause.sites.push(new CallSite(tree, id, clause, insideFn(tree.at(id), around), symbols[nodes[at + 4] as number] ?? ""));
      const inner = within(tree, id, kind, around);
      if (inner === around) continue;
      frames.push({ end: nodes[at + 3] as number, around });
      around = inner;
    }
  }
}

/** What surrounds the parts of a node; the same object where the node changes nothing. */
function within(tree: Tree, id: number, kind: number, around: Surroundings): Surroundings {
  if (kind === kindId.fn) return insideFn(tree.at(id), around);
  const { nodes, symbols } = tree.data;
  const name = symbols[nodes[id * STRIDE + 4] as number];
  if (kind === kindId.call) {
    if (name === "quote") return { ...around, quoted: true };
    return name === "for" ? { ...around, loop: tree.at(id) } : around;
  }
  if (kind !== kindId.section || name !== "do") return around;
  const holder = tree.at(nodes[id * STRIDE + 7] as number);
  return holder.name === "try" ? { ...around, tries: [holder, ...around.tries] } : around;
}

function popped(frames: { end: number; around: Surroundings }[]): Surroundings {
  return (frames.pop() as { around: Surroundings }).around;
}

/** A closure runs here unless it is given to a call that runs it elsewhere; put away where nobody sees it used, its time is unknown. */
function insideFn(written: Expr, around: Surroundings): Surroundings {
  const fn = written.parent?.kind === "match" ? useOf(written.parent) : written;
  let holder = fn?.parent;
  while (holder !== undefined && (holder.kind === "pair" || (holder.kind === "list" && holder.parent?.kind === "call") || holder.kind === "tuple")) holder = holder.parent;
  if (fn === undefined || holder?.kind !== "call") return { ...around, loose: "kept" };
  const kind = closureKindOf.get(holder.name);
  if (kind !== undefined) return { closure: { kind, fn: written, call: holder, outer: around.closure } satisfies Closure, handed: undefined, loose: false, tries: [], loop: undefined, quoted: around.quoted };
  if (isKeeping(holder.name)) return { ...around, loose: "kept" };
  if (holder.has(flag.dynamic) && holder.name !== ".") return { ...around, loose: "given" };
  if (isLoop(holder.name)) return { ...around, loop: holder };
  return fn.parent === holder ? { ...around, handed: { fn, call: holder, outer: around.handed, given: undefined, closure: undefined } } : around;
}

/** The first place that uses the variable a function value is bound to, in the same block. */
function useOf(binding: Expr): Expr | undefined {
  const name = binding.left?.kind === "var" ? binding.left.name : undefined;
  if (name === undefined || binding.parent === undefined) return undefined;
  for (const expr of binding.parent.descendantsOf("var")) if (expr.id > binding.id && expr.name === name && !binding.contains(expr)) return expr;
  return undefined;
}
