import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { quoted } from "../../model/literals.ts";
import type { Clause } from "../../model/module.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

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
    why: "Only GenServer, Supervisor, Agent and their like look such names up. `send/2` reads `{:global, name}` as a process called `:global` on a node called `name`, and the message is lost without a word; all the others raise ArgumentError each time.",
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
  const isLost = /(^|\.)send$/.test(site.name) && address.children[0]?.isAtom("global") === true;
  return {
    at: site.node,
    message: `\`${site.node.fun}\` does not look up \`${quoted(address, 40)}\`: ${isLost ? `it takes it for a process named :global on another node, and what \`${site.fn.id}\` sends is lost` : `\`${site.fn.id}\` raises ArgumentError here each time`}. Ask \`GenServer.whereis/1\` for the pid first.`,
    related: address.tree === target.tree && target.contains(address) ? [] : [{ at: address, message: "the name" }],
    evidence: ["Names with :via and :global are looked up by GenServer and its like alone."],
    searched: ["a look-up on the way (none)"],
    confidence: "proven",
  };
}

/** The `{:via, …}` or `{:global, …}` that an expression is in every case, through a variable or a function of the project. */
function addressOf(expr: Expr, clause: Clause, depth = 0): Expr | undefined {
  if (isAddress(expr)) return expr;
  if (depth > 2) return undefined;
  if (expr.kind === "var") {
    const bound = clause.node.descendantsOf("match").filter(({ left }) => left?.isVar(expr.name) === true);
    const [only] = bound;
    return bound.length === 1 && only?.right !== undefined && only.id < expr.id ? addressOf(only.right, clause, depth + 1) : undefined;
  }
  const callee = expr.kind === "call" ? clause.sites.find((site) => site.node === expr)?.callee : undefined;
  if (callee === undefined || callee.isMacro || callee.clauses.length === 0) return undefined;
  const found = callee.clauses.flatMap((inner) => [...outcomesOf(inner.result)].map((outcome) => addressOf(outcome, inner, depth + 1)));
  return found.every((address) => address !== undefined) ? found[0] : undefined;
}

const isAddress = (expr: Expr): boolean => expr.kind === "tuple" && ((expr.children.length === 3 && expr.children[0]?.isAtom("via") === true) || (expr.children.length === 2 && expr.children[0]?.isAtom("global") === true));
