import type { Expr } from "../syntax/tree.ts";
import type { CallSite } from "./call-site.ts";
import { partOf } from "./literals.ts";
import type { Clause, Module } from "./module.ts";
import { isCatchAll } from "./server.ts";
import { remembered } from "./reading.ts";

/**
 * A message that OTP itself sends, as far as its form is fixed: a tuple of `size` whose first element is the atom `tag`, or
 * a reference, port or pid when there is no tag. `part` is the atom its second element begins with.
 */
export type Form = { readonly size: number; readonly tag?: string; readonly part?: string };

export const forms = {
  down: { size: 5, tag: "DOWN" },
  exit: { size: 3, tag: "EXIT" },
  taskResult: { size: 2 },
  portData: { size: 2, part: "data" },
  portExit: { size: 2, part: "exit_status" },
} as const satisfies Record<string, Form>;

/** Whether a pattern can take a message of that form; what is not written out can. Guards are taken to hold. */
export function fits(pattern: Expr, form: Form): boolean {
  if (pattern.kind === "match") return pattern.children.every((part) => fits(part, form));
  if (pattern.kind !== "tuple") return !isLiteral(pattern);
  const [first, second] = pattern.children;
  if (pattern.children.length !== form.size || first === undefined) return false;
  if (form.tag === undefined ? isLiteral(first) : isLiteral(first) && !first.isAtom(form.tag)) return false;
  if (form.part === undefined || second === undefined || !isLiteral(second)) return true;
  return second.kind === "tuple" && second.children[0]?.kind === "atom" ? second.children[0].name === form.part : second.kind === "tuple";
}
const isLiteral = (expr: Expr): boolean => ["atom", "number", "string", "charlist", "tuple", "map", "struct", "list", "alias"].includes(expr.kind);

/** Whether a pattern, or code, names the message that a monitor sends. */
export const namesDown = (expr: Expr | undefined): boolean => expr?.descendantsOf("atom").some(({ name }) => name === "DOWN") === true;

/** `{:DOWN, ref, :process, pid, reason}`, also where the pattern binds the whole to a name. */
export function downIn(pattern: Expr | undefined): Expr | undefined {
  const tuple = partOf(pattern, "tuple");
  return tuple?.children.length === forms.down.size && tuple.children[0]?.isAtom(forms.down.tag) === true ? tuple : undefined;
}

/** What the `receive`s of a module wait for; clauses for anything left out. */
export const receivedIn = remembered((module: Module): readonly Expr[] => module.calls("receive").flatMap(({ node }) => node.clauses.flatMap(({ params: [pattern] }) => (pattern === undefined || pattern.kind === "var" ? [] : [pattern]))));

/** Clauses of `handle_info/2` that can take a message of that form, those for anything left out. */
export const infoClausesOf = (module: Module, form: Form): readonly Clause[] =>
  module.callback("handle_info/2").filter((clause) => clause.params[0] !== undefined && !isCatchAll(clause.params[0], clause.guard) && fits(clause.params[0], form));

/** Whether a `use` adds a function of that name, or is not known well enough to say that it does not. */
export const mayInject = (module: Module, name: string): boolean =>
  module.unknownUses.length > 0 || module.uses.some((use) => new RegExp(`def\\s+${name}\\b`).test(module.workspace.module(use.name, module)?.node.text ?? ""));

/** Whether the clause around a place takes messages itself, or gives up the monitor it makes. */
export const waitsHere = (site: CallSite): boolean => site.clause.sites.some(({ name }) => name === "receive" || name === "Process.demonitor" || name === ":erlang.demonitor");

/** Whether a clause leaves the state as it was and tells nobody: it returns its own parameter and calls nothing. */
export function dropsMessage(clause: Clause): boolean {
  const state = clause.lastParam(0);
  const [only, more] = clause.body;
  if (more !== undefined || only?.kind !== "tuple" || !only.children[0]?.isAtom("noreply")) return false;
  const kept = only.children.at(-1);
  return kept?.kind === "var" && state !== undefined && (state.isVar(kept.name) || state.children.some((part) => part.isVar(kept.name)));
}

/** Whether a clause does nothing with its message but write it to the log. */
export const onlyLogs = (clause: Clause): boolean => clause.sites.every(({ name, callee }) => callee === undefined && /^(Logger\.\w+|IO\.(inspect|puts|warn)|inspect|Kernel\.inspect|self)$/.test(name));
