import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { boundIn, quoted } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { type End, endsOf, endsOfClause } from "../shared/ends.ts";

export default defineRule({
  id: "state-lost-in-branch",
  family: "errors",
  title: "One branch gives back something else than the state",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Give the state back as the last value of the branch" },
  source: "https://hexdocs.pm/elixir/GenServer.html#c:handle_info/2",
  doc: {
    what: "A function, or the function of a fold, takes a server's state and gives it back, but one of its branches ends in a log line, in `:ok`, or in an `if` without `else`.",
    why: "That branch is the one for failures, so tests seldom take it. From then on the state is `:ok` or nil: the server works with it until the next read of a field raises, far from the cause, and all it held is gone.",
    instead: "The state as the last line of each branch, also of the one that only logs.",
    fine: ["The value is not taken for the state.", "A fold that begins with nil or an atom.", "The branch raises or exits."],
    sure: "Likely: which branch runs is not computed.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_info(:tick, s), do: {:noreply, heat(s)}
        defp heat(s) do
          case Oven.Gas.open(s.pipe) do
            :ok -> %{s | hot: true}
            {:error, reason} -> Logger.error(inspect(reason)) #! becomes :ok here
          end
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_info(:tick, s), do: {:noreply, heat(s)}
        defp heat(s) do
          case Oven.Gas.open(s.pipe) do
            :ok ->
              %{s | hot: true}

            {:error, reason} ->
              Logger.error(inspect(reason))
              s
          end
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.isServer) return;
    yield* lostInFunctions(module);
    yield* lostInFolds(module);
  },
});

/** Functions that give back one of their parameters, changed or not, and whose value a caller takes for it. */
function* lostInFunctions(module: Module): Generator<Report> {
  for (const fn of module.functions) {
    if (fn.kind !== "defp" || fn.isCallback || fn.arity === 0) continue;
    const takers = fn.localCallers.flatMap((site) => Array.from({ length: fn.arity }, (_, index) => ({ site, index })).filter(({ index }) => isTakenFor(site, index)));
    if (takers.length === 0) continue;
    const ends = fn.clauses.flatMap((clause) => [...endsOfClause(clause)].map((end) => ({ ...end, clause })));
    const lost = ends.filter(isNoState);
    if (lost.length === 0) continue;
    const taken = takers.find(({ index }) => ends.some(({ at, isMissingElse, clause }) => !isMissingElse && givesBack(at, namesOf(clause, index))))?.site;
    if (taken === undefined) continue;
    for (const end of lost) yield report(`The state of ${module.shortName}`, end, `\`${fn.id}\``, [{ at: taken.node, message: "its value is taken for the state here" }]);
  }
}

const namesOf = (clause: Clause, index: number): ReadonlySet<string> => {
  const param = clause.params[index];
  if (param?.kind === "var") return new Set([param.name]);
  return new Set(param?.kind === "match" ? param.children.flatMap((part) => (part.kind === "var" ? [part.name] : [])) : []);
};

/** The caller binds the result to the name of what it gave, or makes it the state of its return. */
function isTakenFor(site: CallSite, index: number): boolean {
  const given = site.args[index];
  if (site.node.kind !== "call" || given?.kind !== "var") return false;
  const value = endOfPipe(site);
  const usage = usageOf(value);
  if (usage.kind === "matched") return usage.pattern.isVar(given.name);
  return usage.kind === "part" && usage.of.kind === "tuple" && usage.of.children.at(-1) === value && (usage.of.children[0]?.isAtom("noreply") === true || (usage.of.children[0]?.isAtom("reply") === true && usage.of.children.length === 3));
}

/** The last of the module's functions to which a value is handed on as the first argument. */
function endOfPipe({ node, clause, module }: CallSite): Expr {
  let value = node;
  for (let next = value.parent; next?.kind === "call" && next.args[0] === value && clause.siteAt(next)?.callee?.module === module; next = value.parent) value = next;
  return value;
}

const folds = ["Enum.reduce", "List.foldl", "List.foldr"] as const;
/** Folds that go on with what their function was given, changed or not, save in one branch. */
function* lostInFolds(module: Module): Generator<Report> {
  for (const site of module.calls(...folds)) {
    const [, begin, fn] = site.args;
    if (site.node.kind !== "call" || fn?.kind !== "fn" || begin === undefined || ["atom", "number", "string"].includes(begin.kind)) continue;
    const ends = fn.clauses.flatMap((clause) => [...endsOf(clause.result)].map((end) => ({ ...end, stab: clause })));
    const lost = ends.filter(isNoState);
    if (lost.length === 0 || !ends.some(({ at, isMissingElse, stab }) => !isMissingElse && stab.params[1]?.kind === "var" && givesBack(at, boundIn(stab.params[1])))) continue;
    for (const end of lost) yield report(`What \`${site.name}\` carries on`, end, `the function of this \`${site.name}\``, [{ at: site.node, message: "goes on with what the function gives back" }]);
  }
}

const changers = /^(Map\.(put|put_new|update|update!|delete|drop|merge|replace!?)|MapSet\.(put|delete)|Keyword\.(put|delete)|put_in|update_in|struct!?)$/;

/** Whether an expression is one of the variables, or a changed copy of it. */
function givesBack(expr: Expr, names: ReadonlySet<string>): boolean {
  if (expr.kind === "var") return names.has(expr.name);
  if (expr.updated !== undefined) return givesBack(expr.updated, names);
  const first = expr.kind === "call" && changers.test(expr.name) ? expr.args[0] : expr.kind === "field" || expr.isCall("Access.get") ? (expr.target ?? expr.args[0]) : undefined;
  return expr.kind === "call" && first !== undefined && (givesBack(first, names) || rootOf(first, names));
}
/** `s.orders[id]` in `put_in(s.orders[id], order)` is a place in `s`. */
const rootOf = (place: Expr, names: ReadonlySet<string>): boolean => (place.kind === "field" ? place.target !== undefined && rootOf(place.target, names) : place.isCall("Access.get") ? place.args[0] !== undefined && rootOf(place.args[0], names) : place.kind === "var" && names.has(place.name));

const says = /^(Logger\.(debug|info|notice|warn|warning|error|critical|alert|emergency)|IO\.puts)$/;
/** The `:ok` of a logger, `:ok` itself, or the nil of an `if` without `else`. */
const isNoState = ({ at, isMissingElse }: End): boolean => isMissingElse || at.isAtom("ok") || (at.kind === "call" && says.test(at.name));

function report(what: string, { at, isMissingElse }: End, who: string, related: Report["related"] & object): Report {
  return {
    at,
    firstLineOnly: true,
    confidence: "likely",
    message: `${what} becomes ${isMissingElse ? "nil when this condition does not hold, since there is no `else`" : `:ok here${at.kind === "call" ? `, which is what \`${quoted(at, 40)}\` returns` : ""}`}: ${who} gives it back in its other branches.`,
    related,
  };
}
