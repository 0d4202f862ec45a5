import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { callbackEntries } from "../../model/context.ts";
import { conditionsAround, matchesOn } from "../../model/flow.ts";
import { guardedIn, type Handler, handlersOf, rescuedNames } from "../../model/handlers.ts";
import { boundIn, mentions, partOf } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { isCatchAll } from "../../model/server.ts";
import { usageOf } from "../../model/usage.ts";
import { type Expr, flag } from "../../syntax/tree.ts";
import { replaced } from "../shared/edits.ts";

export default defineRule({
  id: "handler-raises",
  family: "errors",
  title: "A handler raises on the failure it handles",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Write Exception.message/1 or inspect/1", ready: "wherever it speaks" },
  source: "https://hexdocs.pm/elixir/String.Chars.html",
  doc: {
    what: "The branch for a failure puts the failure into a text as if it were one: `#{e}` of a rescued exception, `#{reason}` of an exit, a `:DOWN` or an `{:error, reason}` whose reason is a tuple or a struct, `#{msg}` of an unexpected message, `#{pid}`; or it reads `e.message` of an exception that has no such field.",
    why: "Exceptions, tuples, pids, references and most structs have no text of their own: the interpolation raises Protocol.UndefinedError, and `e.message` a KeyError. It does so in the one branch that was written to keep the process alive, and only when the failure comes, so no test of the usual way sees it. What the failure was is lost besides.",
    instead: "`Exception.message(e)` or `Exception.format/3` for exceptions, `inspect(reason)` for any other term.",
    fine: ["`inspect/1`, `Exception.message/1` and the like around it.", "A variable that a guard or a condition tested, or that was bound anew.", "A rescue that names exceptions with a message, or with a `String.Chars` implementation in the project.", "Reasons that are atoms, as those of `File` and `:gen_tcp`."],
    sure: "Proven for exceptions, pids and references; likely for reasons and messages, some of which are atoms. High where the text has no chance at all, as for `self()`; low for `terminate/2`, which ends the process in any case, for an `:EXIT` where nothing but a port is linked, and for `e.message` outside of servers.",
  },
  bad: [
    elixir`
      defmodule Oven do
        def bake(dough) do
          Heat.apply(dough)
        rescue
          e -> {:error, "not baked: #{e}"} #! has no text of its own
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        def bake(dough) do
          Heat.apply(dough)
        rescue
          e -> {:error, "not baked: #{Exception.message(e)}"}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const [clause, holders] of guardedIn(module)) for (const holder of holders) for (const handler of handlersOf(holder)) yield* inHandler(clause, handler);
    if (module.isServer) yield* inMessages(module);
    yield* inAnswers(module);
    for (const { node } of module.calls("self")) if (isTextOf(node)) yield report(node, "a pid", "high", "proven", "");
  },
});

/** Whether an expression stands in a text by itself. */
const isTextOf = ({ parent }: Expr): boolean => parent?.kind === "string" && parent.has(flag.interpolated);

/** Where `name`, as it comes, is put into a text within `root`; not where it means something else, or was looked at before. */
const textsOf = (root: Expr, name: string): readonly Expr[] =>
  matchesOn(root, name).length > 0 ? [] : root.descendantsOf("var").filter((used) => used.name === name && isTextOf(used) && !isTested(used, root, name));

/** A condition, a guard or a pattern between the place and `root` says more about the variable. */
function isTested(place: Expr, root: Expr, name: string): boolean {
  for (const above of place.ancestors()) {
    if (above === root) break;
    if (above.kind === "clause" && above.params.some((param) => [...boundIn(param)].includes(name))) return true;
  }
  return [...conditionsAround(place)].some((condition) => mentions(condition, name));
}

type Severity = NonNullable<Report["severity"]>;
type Confidence = NonNullable<Report["confidence"]>;

function report(at: Expr, what: string, severity: Severity, confidence: Confidence, where: string, related: NonNullable<Report["related"]> = []): Report {
  const better = what === "an exception" ? `Exception.message(${at.text})` : `inspect(${at.text})`;
  return {
    at,
    severity,
    confidence,
    message: `\`#{${at.text}}\` raises Protocol.UndefinedError${confidence === "proven" ? "" : " for most of them"}: ${what} has no text of its own${where}. Write \`#{${better}}\`.`,
    related,
    searched: ["a condition, a guard or a call that makes a text of it (none)"],
    ready: function* () {
      yield { title: `Write ${better}`, safe: true, edits: [replaced(at, better)] };
    },
  };
}

/** Exceptions of Elixir and well-known libraries whose struct has no `message`. */
const wordless = new Set(["MatchError", "CaseClauseError", "CondClauseError", "WithClauseError", "TryClauseError", "FunctionClauseError", "BadMapError", "BadArityError", "BadFunctionError", "BadBooleanError", "ErlangError", "Protocol.UndefinedError", "File.Error", "File.CopyError", "Jason.DecodeError", "Jason.EncodeError", "Mint.TransportError", "HTTPoison.Error", "Ecto.InvalidChangesetError", "Req.TransportError"]);

function* inHandler(clause: Clause, handler: Handler): Generator<Report> {
  const { params, guard } = handler.clause;
  const written = handler.section === "rescue" ? params[0] : params[1];
  const bound = written?.isOp("in") === true ? written.left : written;
  if (bound?.kind !== "var" || guard !== undefined) return;
  const where = `, so what \`${clause.fn.id}\` handles goes on as another failure`;
  const related = [{ at: handler.clause, message: "the branch for the failure" }];
  const texts = textsOf(handler.clause, bound.name);
  if (handler.section === "catch") {
    if (params[0]?.isAtom("throw") === true) return;
    for (const at of texts) yield report(at, "the reason, a tuple or an exception,", "medium", "likely", where, related);
    return;
  }
  const names = rescuedNames(handler);
  if (names.some((name) => clause.fn.module.workspace.module(`String.Chars.${name}`) !== undefined)) return;
  for (const at of texts) yield report(at, "an exception", "medium", "proven", where, related);
  if (names.length > 0 ? !names.some((name) => wordless.has(name)) : written?.kind !== "var") return;
  const inServer = clause.sites.some((site) => handler.clause.contains(site.node) && callbackEntries(site).length > 0);
  for (const at of handler.clause.descendantsOf("field"))
    if (at.name === "message" && at.target?.isVar(bound.name) === true && !isTested(at, handler.clause, bound.name) && matchesOn(handler.clause, bound.name).length === 0) {
      const better = `Exception.message(${bound.name})`;
      yield {
        at,
        severity: inServer ? "medium" : "low",
        confidence: names.length > 0 ? "proven" : "likely",
        message: `\`${at.text}\` raises a KeyError for exceptions without that field, such as ${names.find((name) => wordless.has(name)) ?? "MatchError and FunctionClauseError"}${where}. Write \`${better}\`.`,
        related,
        searched: ["the names of the exceptions that are meant (none)"],
        ready: function* () {
          yield { title: `Write ${better}`, safe: true, edits: [replaced(at, better)] };
        },
      };
    }
}

/** What the parts of a message of OTP are, by the tag and size of its tuple. */
const partsOf: Readonly<Record<string, readonly (readonly [index: number, what: string, isSure: boolean])[]>> = {
  "DOWN/5": [[1, "a reference", true], [3, "a pid", true], [4, "the reason of a crash, a tuple,", false]],
  "EXIT/3": [[1, "a pid", true], [2, "the reason of a crash, a tuple,", false]],
};

const linking = /\.start_link$|^(Kernel\.)?spawn_link$|^(Process\.link|Task\.async|:erlang\.link)$/;

/** Clauses for messages: what OTP sends, what nobody expected, and why the server ends. */
function* inMessages(module: Module): Generator<Report> {
  for (const clause of module.callback("handle_info/2")) {
    const tuple = partOf(clause.params[0], "tuple");
    const [tag] = tuple?.children ?? [];
    // A port ends with an atom: only a process that the server links to itself has a crash to tell of.
    const fromPort = tag?.isAtom("EXIT") === true && module.callsMatching(linking).length === 0;
    for (const [index, what, isSure] of (tag?.kind === "atom" && partsOf[`${tag.name}/${tuple?.children.length}`]) || []) yield* inClause(clause, tuple?.children[index], what, isSure ? "high" : fromPort ? "low" : "medium", isSure);
  }
  for (const id of ["handle_info/2", "handle_cast/2"])
    for (const clause of module.callback(id)) if (isCatchAll(clause.params[0], clause.guard)) yield* inClause(clause, clause.params[0], "a message, most often a tuple,", "medium", false);
  for (const clause of module.callback("handle_call/3")) yield* inClause(clause, clause.params[1], "the caller, a tuple,", "high", true);
  for (const clause of module.callback("terminate/2")) yield* inClause(clause, clause.params[0], "the reason of a crash, a tuple,", "low", false);
}

function* inClause(clause: Clause, variable: Expr | undefined, what: string, severity: Severity, isSure: boolean): Generator<Report> {
  if (variable?.kind !== "var" || (clause.guard !== undefined && mentions(clause.guard, variable.name))) return;
  for (const at of textsOf(clause.node, variable.name)) yield report(at, what, severity, isSure ? "proven" : "likely", `, and ${clause.fn.module.shortName} ends in \`${clause.fn.id}\``, [{ at: clause.head, message: "the clause" }]);
}

/** Functions outside of the project whose `{:error, reason}` has a struct or a tuple for a reason. */
const structured = /^(HTTPoison\.(get|post|put|patch|delete|head|request|options)|Req\.(get|post|put|patch|delete|head|request)|Finch\.request|Mint\.HTTP\.connect|Jason\.(decode|encode)|Poison\.decode|Redix\.(command|pipeline)|Postgrex\.query|MyXQL\.query|Application\.ensure_all_started|Regex\.compile|Code\.string_to_quoted|NimbleOptions\.validate|(GenServer|Supervisor|DynamicSupervisor)\.start_link|(Dynamic)?Supervisor\.start_child|(\w+\.)*Repo\.(insert|update|delete|insert_or_update))$/;

/** `case HTTPoison.get(url) do {:error, reason} -> "… #{reason}"`. */
function* inAnswers(module: Module): Generator<Report> {
  for (const site of module.callsMatching(structured)) {
    if (site.callee !== undefined || site.node.kind !== "call") continue;
    const usage = usageOf(site.node);
    if (usage.kind !== "subject" || !usage.of.isCall("case")) continue;
    for (const branch of usage.of.clauses) {
      const [pattern] = branch.params;
      const [tag, reason, ...more] = pattern?.kind === "tuple" ? pattern.children : [];
      if (tag?.isAtom("error") !== true || reason?.kind !== "var" || more.length > 0 || branch.guard !== undefined) continue;
      for (const at of textsOf(branch, reason.name)) yield report(at, `the reason that \`${site.name}\` gives`, "medium", "likely", `, so the failure of \`${site.name}\` ends whoever asks`, [{ at: site.node, message: "what fails" }]);
    }
  }
}
