import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { effectAt, type EffectKind, type Reached } from "../../model/effects.ts";
import { integerOf, quoted } from "../../model/literals.ts";
import { clausesFor, type Timer, timersIn } from "../../model/messages.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "interval-backlog",
  family: "growth",
  title: "Ticks pile up behind a slow handler",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Re-arm with Process.send_after at the end of the handler" },
  source: "https://www.erlang.org/doc/apps/stdlib/timer.html#send_interval/2",
  doc: {
    what: "`:timer.send_interval` sends on whether or not the handler has finished, and the handler does slow work.",
    why: "When the work takes longer than the interval, ticks queue up in the mailbox, and everything else waits behind them; after the slow spell the work runs many times in a row.",
    instead: "`Process.send_after(self(), :tick, ms)` in init and again as the last line of the handler: the next tick comes a pause after the last one ended.",
    fine: ["The handler only counts, casts or sends.", "The interval drives another message that is sent once.", "A minute or more between the ticks."],
    sure: "Likely when a slow call is found in the handler or what it calls; review when the handler gives the work to code that cannot be resolved. Medium for a sleep or an HTTP request in a server whose interval is known; low for other waits, for pages and for intervals that are computed.",
  },
  bad: [
    elixir`
      defmodule Sweeper do
        use GenServer
        def init(_) do
          :timer.send_interval(5_000, :sweep) #! Ticks of \`:sweep\`
          {:ok, nil}
        end
        def handle_info(:sweep, s) do
          Repo.delete_all(Crumb)
          {:noreply, s}
        end
      end`.replaceAll("\\`", "`"),
  ],
  good: [
    elixir`
      defmodule Sweeper do
        use GenServer
        def init(_) do
          Process.send_after(self(), :sweep, 5_000)
          {:ok, nil}
        end
        def handle_info(:sweep, s) do
          Repo.delete_all(Crumb)
          Process.send_after(self(), :sweep, 5_000)
          {:noreply, s}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const timer of timersIn(module)) {
      if (timer.kind !== "interval") continue;
      const report = judge(module, timer);
      if (report !== undefined) yield report;
    }
  },
});

const slow: ReadonlySet<EffectKind> = new Set<EffectKind>(["http", "database", "file", "os", "socket", "rpc", "sleep", "call", "await", "scan"]);

/** Between ticks this far apart no single wait with a timeout builds a queue. */
const LONG = 60_000;

/** `to_timeout(minute: n)`, `:timer.minutes(n)`: written in units that no single wait reaches, whatever `n` is. */
const isMinutes = (delay: Expr | undefined): boolean => delay?.descendantsOf("call").some((part) => part.isCall(":timer.minutes", ":timer.hours") || (part.isCall("to_timeout", "Kernel.to_timeout") && ["minute", "hour", "day", "week"].some((unit) => part.args[0]?.get(unit) !== undefined))) === true;

function judge(module: Module, timer: Timer): Report | undefined {
  const interval = integerOf(timer.delay, module);
  if ((interval !== undefined && interval >= LONG) || isMinutes(timer.delay)) return undefined;
  const clauses = clausesFor(module, timer.message);
  const [reached] = clauses.flatMap(({ sites }) => sites.flatMap((site) => (site.closure === undefined ? (effectAt(site, slow) ?? []) : [])));
  const [foreign] = reached === undefined && !module.is("LiveView") ? clauses.flatMap((clause) => unresolvedWork(clause) ?? []) : [];
  if (reached === undefined && foreign === undefined) return undefined;
  const at = reached?.site.node ?? foreign;
  const handler = clauses[0];
  return {
    at: timer.site.node,
    confidence: reached === undefined ? "review" : "likely",
    severity: reached === undefined || interval === undefined || module.is("LiveView") || (reached.kind !== "sleep" && reached.kind !== "http") ? "low" : "medium",
    message: `Ticks of \`${quoted(timer.message, 30)}\` queue up while \`${handler?.fn.id ?? "its handler"}\` runs longer than ${interval === undefined ? "the interval" : `${interval} ms`}${reached === undefined ? "" : `: it ${words(reached)}`}.`,
    related: [...(handler === undefined ? [] : [{ at: handler.head, message: "handles the tick" }]), ...(reached?.path ?? []).slice(0, -1).map((site) => ({ at: site.node, message: `calls ${site.name}` })), ...(at === undefined ? [] : [{ at, message: reached === undefined ? "work of unknown length" : "slow here" }])],
    searched: ["`Process.send_after` at the end of the handler (none)"],
  };
}
const words = ({ kind, site }: Reached): string => `${kind === "sleep" ? "sleeps" : kind === "await" || kind === "call" ? "waits for another process" : kind === "database" ? "asks the database" : "does I/O"} in \`${site.name}\``;

const cheap = /^(Logger|Map|Enum|List|Keyword|String|Process|System|Kernel|MapSet|DateTime|NaiveDateTime|Time|Integer|IO|Application|Telemetry|GenServer|Access|Tuple|Atom|URI|Date|Base|Float|Range|Regex|Inspect|Code|Phoenix\.PubSub|PubSub|Node|Macro|Calendar|Stream|Exception|Function|Registry|Task\.Supervisor|Task)$/;

/** A call on a module value, or on a module outside the workspace that is no part of Elixir; also in what the clause calls. */
function unresolvedWork(clause: Clause): CallSite["node"] | undefined {
  const seen = new Set<Fn>();
  let level: readonly Clause[] = [clause];
  for (let depth = 0; depth < 3; depth++) {
    const sites = level.flatMap((inner) => inner.sites.filter((site) => site.closure === undefined && site.node.kind === "call"));
    const found = sites.find(isForeign);
    if (found !== undefined) return found.node;
    level = sites.flatMap(({ callee }) => {
      if (callee === undefined || seen.has(callee) || callee.isMacro) return [];
      seen.add(callee);
      return callee.clauses;
    });
  }
  return undefined;
}
function isForeign({ node, callee }: CallSite): boolean {
  if (callee !== undefined) return false;
  if (node.target !== undefined) return node.args.length > 0;
  return node.module !== "" && !node.module.startsWith(":") && !cheap.test(node.module);
}
