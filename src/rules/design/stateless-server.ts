import { defineRule, elixir } from "../../engine/rule.ts";
import type { Clause, Fn } from "../../model/module.ts";
import { clausesOfKind, hasHiddenClauses } from "../../model/protocol.ts";
import { startSites } from "../../model/server.ts";
import { outcomesOf } from "../../model/usage.ts";
import { flag, type Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "stateless-server",
  family: "design",
  title: "A process that keeps nothing",
  severity: "low",
  set: "default",
  fix: { kind: "plan", title: "Make the client functions plain functions and remove the child" },
  source: "https://hexdocs.pm/elixir/process-anti-patterns.html#code-organization-by-process",
  doc: {
    what: "A GenServer answers calls from the message alone: it never changes its state, and owns nothing that needs a process.",
    why: "All callers queue for one process to compute what each could compute itself, each message is copied there and back, and one bad input ends it for all.",
    instead: "Plain functions in a module.",
    fine: ["A server that owns a table, port, socket, monitor, timer or subscription.", "One that serialises access to something outside.", "Work at start-up or shutdown.", "A state that is loaded at the start and served from then on."],
    sure: "Likely: every handler returns the state it got, and everything it calls is a pure function. Low: nothing fails of it until many ask at once.",
  },
  bad: [
    elixir`
      defmodule Tax do #! each answer depends on the message alone
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)
        def init(s), do: {:ok, s}
        def vat(price), do: GenServer.call(__MODULE__, {:vat, price})
        def handle_call({:vat, price}, _from, s), do: {:reply, price * 0.2, s}
      end`,
  ],
  good: [
    elixir`
      defmodule Tax do
        def vat(price), do: price * 0.2
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.uses.some((use) => use.name === "GenServer") || module.kinds.length > 1 || hasHiddenClauses(module) || startSites(module).length === 0) return;
    const calls = clausesOfKind(module, "call");
    if (calls.length === 0 || others.some((id) => module.callback(id).length > 0) || !module.callback("init/1").every(startsPlainly)) return;
    const handlers = [...calls, ...clausesOfKind(module, "cast")];
    if (!handlers.every((clause) => keepsState(clause) && isPure(clause, 0, new Set()))) return;
    yield {
      at: module.node,
      firstLineOnly: true,
      message: `${module.shortName} is a process, yet each answer depends on the message alone: callers queue for nothing. Make its client functions plain functions.`,
      related: calls.slice(0, 4).map((clause) => ({ at: clause.head, message: "answers without the state" })),
      searched: ["a change of the state (none)", "a table, port, timer, monitor or subscription (none)", "anything outside that needs one at a time (none)"],
      confidence: "likely",
    };
  },
});

/** Callbacks that give a process a reason of its own. */
const others = ["handle_info/2", "handle_continue/2", "terminate/2"] as const;

/** `init/1` computes nothing: what it returns is its argument or a literal. */
const startsPlainly = (clause: Clause): boolean => clause.sites.length === 0 && clause.result?.kind === "tuple" && clause.result.children.length === 2;

/** Every answer gives back the state as it came, and nothing reads it. */
function keepsState(clause: Clause): boolean {
  const state = clause.lastParam(0);
  if (state?.kind !== "var") return false;
  const outcomes = [...outcomesOf(clause.result)];
  const isKept = outcomes.every((outcome) => outcome.kind === "tuple" && /^(reply|noreply)$/.test(outcome.children[0]?.name ?? "") && outcome.children.at(-1)?.isVar(state.name) === true);
  const uses = [...clause.node.descendants()].filter((expr) => expr.isVar(state.name) && expr !== state);
  return isKept && uses.length === outcomes.length;
}

const pureModules = /^(Enum|Map|MapSet|Keyword|List|String|Integer|Float|Tuple|Atom|Base|Regex|Range|Date|DateTime|NaiveDateTime|Time|Version|URI|Kernel|Bitwise|Access|Decimal|:math|:lists|:maps|:binary|:string|:unicode|:queue|:gb_trees|:gb_sets|:sets)$/;
const impureKernel = /^(send|spawn\w*|apply|exit|throw|receive|self|node|make_ref|binary_to_term|\.)$/;

/** Whether a clause and what it calls compute their value from their arguments only. */
function isPure(clause: Clause, depth: number, seen: Set<Fn>): boolean {
  if (depth > 5 || [...clause.node.descendants()].some((expr) => isDynamic(expr))) return false;
  return clause.sites.every(({ node, callee, fn }) => {
    if (callee === fn) return true;
    if (callee !== undefined) {
      if (callee.isMacro || seen.has(callee)) return !callee.isMacro;
      seen.add(callee);
      return callee.clauses.length > 0 && callee.clauses.every((inner) => isPure(inner, depth + 1, seen));
    }
    if (node.module === "") return !impureKernel.test(node.name) && isKernel(node.name);
    return pureModules.test(node.module) && !/random|shuffle|now|utc_today|to_existing_atom|to_atom/.test(node.fun);
  });
}
const isDynamic = (expr: Expr): boolean => expr.kind === "call" && expr.has(flag.dynamic);

const kernelWords = new Set("case cond if unless with for fn abs ceil floor round trunc div rem max min hd tl elem length map_size tuple_size byte_size bit_size not and or in is_nil is_atom is_binary is_integer is_float is_number is_list is_map is_tuple is_boolean is_function is_struct is_map_key to_string inspect put_in get_in update_in put_elem match? then tap raise binary_part <<>> && || ! .. sigil_r sigil_w def defp".split(" "));
const isKernel = (name: string): boolean => kernelWords.has(name) || /^[^a-z]/.test(name);
