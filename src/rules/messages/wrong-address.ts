import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { constantOf, quoted } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { matchesOn } from "../../model/flow.ts";

/** Calls that address a process themselves, with the place of the address. They take pids and names, `send` also `{name, node}`. */
const addressed: ReadonlyMap<string, number> = new Map([
  ["send", 0], ["Kernel.send", 0], ["Process.send", 0], [":erlang.send", 0],
  ["Process.send_after", 0], [":erlang.send_after", 1], [":erlang.start_timer", 1],
  ["Process.monitor", 0], ["Process.exit", 0], ["Process.link", 0],
]);

export default defineRule({
  id: "wrong-address",
  family: "messages",
  title: "A message goes to a name that only GenServer knows",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Look the process up with GenServer.whereis/1 and take nil for an answer" },
  source: "https://hexdocs.pm/elixir/Process.html#send_after/4",
  doc: {
    what: "`send/2`, `Process.send_after/4`, `Process.monitor/1` or `Process.exit/2` is given `{:via, module, name}` or `{:global, name}`.",
    why: "Only GenServer, Supervisor, Agent and their like look such names up: ArgumentError is raised each time. Where the name in `{:global, name}` is an atom, `send/2` and `Process.monitor/1` read it as a process called `:global` on a node of that name instead: the message is lost without a word, and the monitor's `:DOWN` comes at once.",
    instead: "`GenServer.whereis/1` gives the pid, or nil when there is none; or `GenServer.cast/2`, which knows such names and drops the message when nobody has it.",
    fine: ["`GenServer.call/2`, `cast/2`, `stop/1`.", "A pid that was looked up before.", "`{name, node}` given to `send/2`.", "Names that come from elsewhere and cannot be seen."],
    sure: "Proven when the name is written in the call, in a variable of the same function, or in a function of the module that does nothing else.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(id), do: GenServer.start_link(__MODULE__, id, name: via(id))
        def init(id), do: {:ok, id}
        def cool(id), do: send(via(id), :cool) #! raises
        defp via(id), do: {:via, Registry, {Bakery.Ovens, id}}
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(id), do: GenServer.start_link(__MODULE__, id, name: via(id))
        def init(id), do: {:ok, id}
        def cool(id), do: GenServer.cast(via(id), :cool)
        defp via(id), do: {:via, Registry, {Bakery.Ovens, id}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(...addressed.keys())) {
      const report = judge(site);
      if (report !== undefined) yield report;
    }
  },
});

function judge(site: CallSite): Report | undefined {
  const target = site.args[addressed.get(site.name) ?? 0];
  if (site.node.kind !== "call" || site.callee !== undefined || site.around.quoted || target === undefined) return undefined;
  const address = addressOf(target, site.clause);
  if (address === undefined) return undefined;
  const { expr } = address;
  return {
    at: site.node,
    message: `\`${site.node.fun}\` does not look up \`${quoted(expr, 40)}\`: ${outcomeOf(site, address)}. Ask \`GenServer.whereis/1\` for the pid first.`,
    related: expr.tree === target.tree && target.contains(expr) ? [] : [{ at: expr, message: "the name" }],
    evidence: ["Names with :via and :global are looked up by GenServer and its like alone."],
    searched: ["a look-up on the way (none)"],
    confidence: "proven",
  };
}

/** What the call does instead: with an atom, `{:global, name}` is a process called `:global` on another node to those that know such addresses. */
function outcomeOf({ node, fn }: CallSite, { expr, module }: Address): string {
  const name = expr.children[0]?.isAtom("global") === true ? constantOf(expr.children[1], module) : undefined;
  const isAtom = name?.kind === "atom" || name?.kind === "alias";
  if (name === undefined || !/(^|\.)(send|monitor)$/.test(node.name) || (!isAtom && isWritten(name))) return `\`${fn.id}\` raises ArgumentError here each time`;
  const elsewhere = `${isAtom ? "it" : "if its name is an atom, it"} takes it for a process named :global on another node`;
  if (node.fun === "send") return `${elsewhere}, and what \`${fn.id}\` sends is lost${isAtom ? "" : "; else it raises ArgumentError"}`;
  return `${elsewhere}, and \`${fn.id}\` gets a \`:DOWN\` at once; ${isAtom ? "" : "else, or "}without distribution, it raises ArgumentError`;
}
const isWritten = (expr: Expr): boolean => ["string", "charlist", "bitstring", "number", "tuple", "list", "map", "struct", "fn", "funref"].includes(expr.kind);

/** A name that only GenServer knows, and the module in which it is written. */
type Address = { readonly expr: Expr; readonly module: Module };

/** The `{:via, …}` or `{:global, …}` that an expression is in every case, through a variable or a function of the project. */
function addressOf(expr: Expr, clause: Clause, depth = 0): Address | undefined {
  if (isAddress(expr)) return { expr, module: clause.fn.module };
  if (depth > 2) return undefined;
  if (expr.kind === "var") {
    const bound = matchesOn(clause.node, expr.name);
    const [only] = bound;
    return bound.length === 1 && only?.right !== undefined && only.id < expr.id ? addressOf(only.right, clause, depth + 1) : undefined;
  }
  const callee = expr.kind === "call" ? clause.siteAt(expr)?.callee : undefined;
  if (callee === undefined || callee.isMacro || callee.clauses.length === 0) return undefined;
  const found = callee.clauses.flatMap((inner) => [...outcomesOf(inner.result)].map((outcome) => addressOf(outcome, inner, depth + 1)));
  return found.every((address) => address !== undefined) ? found[0] : undefined;
}

const isAddress = (expr: Expr): boolean => expr.kind === "tuple" && ((expr.children.length === 3 && expr.children[0]?.isAtom("via") === true) || (expr.children.length === 2 && expr.children[0]?.isAtom("global") === true));
