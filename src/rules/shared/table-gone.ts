import type { Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt } from "../../model/context.ts";
import { operationsIn, type Table, tablesNamed } from "../../model/ets.ts";
import { handlersAround } from "../../model/handlers.ts";
import { boundIn, literalName, quoted, sameExpr } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";

/**
 * Uses of a named table in the branch of a test that found it, in a function that has an answer for a table that is not there: between
 * the two the table can go with its owner, and the use raises an ArgumentError that nothing rescues. Silent where the table lasts as long as the application.
 */
export function* usedAfterCheck(module: Module): Generator<Report> {
  for (const check of module.calls(":ets.whereis", ":ets.info")) {
    const name = literalName(check.args[0], module);
    const found = name === undefined || check.node.kind !== "call" ? undefined : branchWith(check.node);
    if (name === undefined || found === undefined) continue;
    const isTable = (arg: Expr | undefined): boolean => arg !== undefined && (sameExpr(arg, check.args[0]) || (arg.kind === "var" && found.names.has(arg.name)));
    const use = operationsIn(module).find(({ site, table }) => site.closure === check.closure && found.branch.contains(site.node) && isTable(table) && site.args.length > 1)?.site ?? module.calls(":ets.tab2list", ":ets.delete_all_objects", ":ets.foldl").find((site) => site.closure === check.closure && found.branch.contains(site.node) && isTable(site.args.at(site.name === ":ets.foldl" ? 2 : 0)));
    if (use === undefined || use.fn.name === "terminate" || isRescued(use) || runsInOwner(use, name)) continue;
    const tables = tablesNamed(module.workspace, name).filter((table) => table.site.module.isLib);
    const end = endOf(tables, name, module);
    if (end === undefined) continue;
    yield {
      at: use.node,
      message: `Between the test and \`${use.name}\` the table \`${quoted(check.args[0] ?? check.node, 30)}\` can go, ${end.words}: \`${use.fn.id}\` has an answer for a table that is not there, and then raises an ArgumentError. Use it at once and rescue.`,
      related: [{ at: check.node, message: "looked for here" }, { at: end.at, message: end.label }],
      evidence: ["A named table is deleted when its owner ends, whatever others do with it."],
      searched: ["a `rescue` around the use, in the function or in all its callers (none)"],
      severity: "low",
      confidence: end.isSure ? "likely" : "review",
    };
  }
}

/** The part that runs when the test found the table, where the other part gives a value or does nothing. */
function branchWith(check: Expr): { readonly branch: Expr; readonly names: ReadonlySet<string> } | undefined {
  const test = check.parent;
  if (test?.isCall("case") === true && test.args[0] === check) {
    const missing = test.clauses.find((clause) => clause.params[0]?.isAtom("undefined") === true);
    const there = test.clauses.find((clause) => clause !== missing);
    return missing === undefined || there === undefined || test.clauses.length !== 2 || isNoAnswer(missing.result) || missing.descendantsOf("call").some(creates) ? undefined : { branch: there, names: new Set(there.params.flatMap((param) => [...boundIn(param)])) };
  }
  if (test?.isOp("==", "===", "!=", "!==") !== true || !test.children.some((part) => part.isAtom("undefined"))) return undefined;
  const holder = test.parent;
  if (holder?.isCall("if", "unless") !== true || holder.args[0] !== test) return undefined;
  const isThere = test.name.startsWith("!") === holder.isCall("if");
  const branch = holder.section(isThere ? "do" : "else");
  const missing = holder.section(isThere ? "else" : "do");
  return branch === undefined || isNoAnswer(missing?.result) || missing?.descendantsOf("call").some(creates) === true ? undefined : { branch, names: new Set() };
}
const isNoAnswer = (result: Expr | undefined): boolean => result?.isCall("raise", "exit", "throw", "reraise") === true;
/** The table is made where it is missing: another question. */
const creates = (call: Expr): boolean => call.isCall(":ets.new") || /(^|_)(create|ensure|init|setup|new|start|open)/.test(call.fun);

const isRescued = (use: CallSite): boolean => handlersAround(use).length > 0 || (use.fn.callers.length > 0 && use.fn.callers.every((caller) => handlersAround(caller).length > 0));

/** Whatever runs in the process that owns the table comes before its end. */
function runsInOwner(use: CallSite, name: string): boolean {
  const entries = entriesAt(use);
  const owners = tablesNamed(use.module.workspace, name).flatMap(({ site }) => entriesAt(site)).map((entry) => entry.module);
  return entries.length > 0 && entries.every((entry) => entry.kind === "callback" && entry.module.isServer && owners.includes(entry.module));
}

type End = { readonly at: Expr; readonly words: string; readonly label: string; readonly isSure: boolean };
/** How the table ends while others use it: somebody deletes it, a passing process made it, or its server is restarted. */
function endOf(tables: readonly Table[], name: string, module: Module): End | undefined {
  const [table] = tables;
  if (table === undefined || tables.some(({ access, hasHeir }) => access === "private" || hasHeir)) return undefined;
  const deleted = module.workspace.calls(":ets.delete").find((site) => site.args.length === 1 && site.module.isLib && site.fn.name !== "terminate" && literalName(site.args[0], site.module) === name);
  if (deleted !== undefined) return { at: deleted.node, words: `as \`${deleted.fn.id}\` deletes it`, label: "deleted here", isSure: true };
  const entries = entriesAt(table.site);
  if (entries.length === 0 || entries.some((entry) => entry.kind === "callback" && entry.module.is("Application", "Supervisor", "DynamicSupervisor"))) return undefined;
  if (entries.every((entry) => entry.kind === "callback" && entry.module.isServer)) return { at: table.site.node, words: `when ${entries[0]?.module.shortName ?? "its server"} is restarted`, label: "belongs to the server that creates it here", isSure: false };
  return entries.some((entry) => entry.kind === "client") ? { at: table.site.node, words: "when the process that happened to create it ends", label: "belongs to whoever comes here first", isSure: true } : undefined;
}
