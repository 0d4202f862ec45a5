import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt } from "../../model/context.ts";
import { mentions } from "../../model/literals.ts";
import { downIn } from "../../model/mailbox.ts";
import type { Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";

const monitors = ["Process.monitor", ":erlang.monitor", "Node.monitor", "spawn_monitor", "Kernel.spawn_monitor", ":erlang.spawn_monitor", "Node.spawn_monitor", "Port.monitor"] as const;

export default defineRule({
  id: "any-down-taken",
  family: "monitors",
  title: "A wait takes the :DOWN of any monitor for its own",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Pin the reference: {:DOWN, ^ref, _, _, reason}" },
  source: "https://hexdocs.pm/elixir/Process.html#monitor/1",
  doc: {
    what: "A function monitors a process and waits in a `receive` whose clause for `:DOWN` names neither the reference nor the process.",
    why: "The function runs in a process that may hold other monitors: those of its caller, of tasks, of a library. The first `:DOWN` of any of them ends the wait with a foreign reason, its owner never sees it, and the one that was meant arrives later, when nobody waits.",
    instead: "`{:DOWN, ^ref, :process, _pid, reason}` with the reference that `Process.monitor/1` gave.",
    fine: ["The reference or the pid is pinned.", "The clause binds the reference and looks it up, as a loop over many monitored processes does.", "The wait runs in a process of its own, which has no other monitors.", "The clause waits on."],
    never: "A `Process.demonitor/2` before the wait: it does not tell which message is meant.",
    sure: "Likely, and low: whether the process holds other monitors is its caller's affair.",
  },
  bad: [
    elixir`
      defmodule Baker do
        def bake(fun) do
          {_pid, _ref} = spawn_monitor(fun)
          receive do
            {:DOWN, _, _, _, reason} -> reason #! takes the \`:DOWN\` of any monitor
          end
        end
      end`.replaceAll("\\`", "`"),
  ],
  good: [
    elixir`
      defmodule Baker do
        def bake(fun) do
          {_pid, ref} = spawn_monitor(fun)
          receive do
            {:DOWN, ^ref, _, _, reason} -> reason
          end
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls("receive")) {
      const report = judge(module, site);
      if (report !== undefined) yield report;
    }
  },
});

function judge(module: Module, site: CallSite): Report | undefined {
  if (site.closure !== undefined || site.around.loose || site.around.loop !== undefined) return undefined;
  const blind = site.node.clauses.find((clause) => isBlind(clause) && !goesOn(site, clause));
  if (blind === undefined) return undefined;
  const made = monitorFor(module, site);
  if (made === undefined || !entriesAt(site).some(({ kind }) => kind === "client" || kind === "callback")) return undefined;
  return {
    at: blind,
    firstLineOnly: true,
    message: `This wait of \`${site.fn.id}\` takes the \`:DOWN\` of any monitor that its process holds, also one that its caller is waiting for. Pin the reference: \`{:DOWN, ^ref, …}\`.`,
    related: [{ at: made.node, message: "the monitor that is meant" }],
    searched: ["a pinned reference or pid in the pattern (none)", "a look at the reference in the clause (none)"],
    confidence: "likely",
  };
}

/** A clause for `:DOWN` that neither pins nor uses who it is about. */
function isBlind(clause: Expr): boolean {
  const [, ref, , pid] = downIn(clause.params[0])?.children ?? [];
  return [ref, pid].every((part) => part?.kind === "var" && (part.name.startsWith("_") || !isUsed(clause, part.name)));
}
/** The clause waits on, as a function does that takes out whatever is left over. */
const goesOn = (site: CallSite, clause: Expr): boolean => site.clause.sites.some(({ callee, node }) => callee === site.fn && clause.contains(node));
const isUsed = (clause: Expr, name: string): boolean => (clause.guard !== undefined && mentions(clause.guard, name)) || clause.body.some((expr) => mentions(expr, name));

/** The monitor made before the wait, in the function itself or in the only one that calls it. */
function monitorFor(module: Module, site: CallSite): CallSite | undefined {
  const here = site.clause.sites.find((other) => other.id < site.id && other.is(...monitors) && other.closure === undefined);
  const [caller] = site.fn.isPublic ? [] : site.fn.callers.filter((other) => other.fn !== site.fn);
  return here ?? (caller === undefined || caller.module !== module || caller.closure !== undefined ? undefined : caller.clause.sites.find((other) => other.id < caller.id && other.is(...monitors) && other.closure === undefined));
}
