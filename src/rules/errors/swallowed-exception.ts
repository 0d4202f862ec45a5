import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { callbackEntries } from "../../model/context.ts";
import { type EffectKind, effectOf, effectsAt } from "../../model/effects.ts";
import { guardedIn, type Handler, handlersOf, rescuedNames, takesEverything } from "../../model/handlers.ts";
import { boundIn, mentions, quoted } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { emits, siteEmits } from "../../model/telemetry.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { CallSite } from "../../model/call-site.ts";
import { type Expr, flag } from "../../syntax/tree.ts";
import { isUndoing } from "../shared/removal.ts";

export default defineRule({
  id: "swallowed-exception",
  family: "errors",
  title: "Every error becomes a default value",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Rescue only what is expected" },
  source: "https://hexdocs.pm/elixir/design-anti-patterns.html",
  doc: {
    what: "`rescue _`, `catch _, _` or the like in a server, job or request returns a success-like or default value, with no log, telemetry, re-raise or use of the error.",
    why: "Bugs, dead servers and timeouts all look like the default. Nobody learns of them, and the supervisor cannot do its work.",
    instead: "Rescue the one exception that is expected; let the rest crash.",
    fine: ["Named exceptions.", "`catch :exit, {:noproc, _}` and the like.", "Wrappers around telemetry and logging.", "Clean-up in `terminate/2`, and calls that close, detach or stop something.", "A computation, a conversion or a look at the machine: only its input can be the cause.", "The error is returned, logged or raised again."],
    sure: "Proven when the error is unbound and the value is a literal in a server's callback; likely elsewhere. Low, but for a call of the process to itself, which always fails: what an error may be turned into is its author's choice (of three read in code nobody had looked at, all were true and none was worth an issue). Review for error values that drop the reason, and for predicates that then say no.",
  },
  bad: [
    elixir`
      defmodule Till do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:heat, _from, s), do: {:reply, heat(s), s}
        defp heat(s) do
          Oven.heat(s.oven)
        rescue
          _ -> 0 #! turns each failure
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Till do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:heat, _from, s), do: {:reply, heat(s), s}
        defp heat(s) do
          case Oven.heat(s.oven) do
            {:ok, heat} -> heat
            {:error, :cold} -> 0
          end
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || /(^|\.)(Telemetry|Logger|Log|Metrics|Instrument\w*)$/.test(module.name)) return;
    for (const [clause, holders] of guardedIn(module)) {
      if (clause.fn.isMacro || clause.fn.kind === "block" || clause.fn.name === "terminate") continue;
      for (const holder of holders)
        for (const handler of handlersOf(holder)) {
          const report = judge(module, clause, holder, handler);
          if (report !== undefined) yield report;
        }
    }
  },
});

function judge(module: Module, clause: Clause, holder: Expr, handler: Handler): Report | undefined {
  if (!takesEverything(handler) || rescuedNames(handler).length > 0) return undefined;
  const bound = handler.clause.params.flatMap((param) => [...boundIn(param)]).filter((name) => !name.startsWith("_"));
  const body = handler.clause.body;
  if (bound.some((name) => body.some((expr) => mentions(expr, name)))) return undefined;
  if (tellsSomebody(clause, handler) || isBodyOnlyTelling(clause, holder)) return undefined;
  const value = literalEnd(handler.clause.result);
  if (value === undefined) return undefined;
  const sites = clause.sites.filter((site) => holder.section("do")?.contains(site.node));
  const [first] = sites;
  const hidden = sites.find((site) => reachesOut(site) && !(handler.section === "rescue" && failsByExit(site)));
  if (first === undefined || hidden === undefined) return undefined;
  const inServer = callbackEntries(first).length > 0;
  if (!inServer && !module.is("ObanWorker", "Plug", "Broadway")) return undefined;
  // `catch :exit, _` around one call names the failure that is expected: that its process is gone.
  const asks = value.kind === "error" || (clause.fn.name.endsWith("?") && value.text === "false") || (handler.section === "catch" && handler.clause.params[0]?.isAtom("exit") === true);
  const selfCall = sites.find((site) => site.name === "GenServer.call" && site.args[0]?.isCall("self"));
  return {
    at: handler.clause,
    firstLineOnly: true,
    severity: selfCall !== undefined ? "high" : "low",
    confidence: asks ? "review" : inServer ? "proven" : "likely",
    message: `\`${handler.section} ${handler.clause.params.map((param) => param.text).join(", ")}\` in \`${clause.fn.id}\` turns each failure of \`${hidden.name}\` into \`${value.text}\`, and nobody learns of it${selfCall !== undefined ? "; the call inside always fails" : ""}.`,
    related: [{ at: (selfCall ?? hidden).node, message: "what it hides" }],
    evidence: ["The error is not bound, logged, counted, returned or raised again."],
    searched: ["a log or an event in the branch (none)", "named exceptions (none)"],
  };
}

/** A client function whose failures are exits: no `rescue` sees them, `rescue-misses-exit` says so. */
function failsByExit(site: CallSite): boolean {
  const reached = effectsAt(site);
  return reached.some(({ kind, path }) => kind === "call" && path.length <= 2) && !reached.some(({ kind }) => peers.has(kind));
}

const isRemote = (site: CallSite): boolean => site.node.has(flag.remote);

/** How deep a local function is followed to the call that may fail for a reason outside of its arguments. */
const DEPTH = 3;

/** Whether a failure here can mean that a process, a peer or a bug elsewhere is the cause; of pure functions only the input can be. */
function reachesOut(site: CallSite, depth = DEPTH): boolean {
  if (site.node.kind !== "call" || site.closure !== undefined || conversions.test(site.name) || lookups.test(site.name) || library.test(site.name) || isUndoing(site.node.fun)) return false;
  // A call to a module in a variable fails where that module is of another kind: the rescue is how it is asked.
  if (site.callee === undefined) return isRemote(site) && site.name.includes(".");
  // The function of another module may have bugs of its own, whatever it computes.
  return site.callee.module !== site.module || (depth > 0 && site.callee.sites.some((inner) => inner.callee !== site.callee && reachesOut(inner, depth - 1)));
}

const peers: ReadonlySet<EffectKind> = new Set<EffectKind>(["http", "database", "rpc", "await", "socket"]);

/** Modules of Elixir and OTP that compute, or read what is there about the machine and the code. */
const library = /^(Access|Atom|Base|Bitwise|Calendar|Code|Date|DateTime|Duration|Enum|Exception|Float|Inspect|Integer|IO|Kernel|Keyword|List|Macro|Map|MapSet|Module|NaiveDateTime|Path|Range|Regex|Stream|String|StringIO|System|Time|Tuple|URI|Version|Mix|File|Application|Plug\.Conn|Jason|Timex(\.\w+)?|:(base64|beam_lib|binary|code|crypto|elixir_tokenizer|erl_\w+|init|inet|io_lib|lists|maps|math|os|persistent_term|proplists|public_key|rand|re|string|unicode|uri_string|zlib))\.|(\.|^)module_info$|\.(decode|parse|format|encode|cast)\w*!?$/;

/** Reads of foreign input whose only failure is the input: a rescue is how they say no. */
const conversions = /^(:erlang\.(binary_to_term|binary_to_existing_atom|binary_to_integer|list_to_integer)|Decimal\.new)$/;

/** They raise only where a process, port, table or node name is not there: a rescue is how that is asked. */
const lookups = /^(Process\.(info|alive\?|whereis|demonitor)|Port\.info|:ets\.(info|whereis|lookup|lookup_element|member|insert|insert_new|new|tab2list|select|foldl|update_counter|match|match_delete|select_delete)|Node\.\w+)$/;

function tellsSomebody(clause: Clause, handler: Handler): boolean {
  const inside = clause.sites.filter((site) => handler.clause.id <= site.id && site.id < handler.clause.next);
  return inside.some((site) => ["log", "telemetry"].includes(effectOf(site.name) ?? "") || site.is("reraise", "raise", "exit", "throw", ":erlang.raise", "IO.puts", "IO.warn", "Sentry.capture_exception", "send") || /log|report|notify|track|error|warn/i.test(site.node.fun) || (site.callee !== undefined && (emits(site.callee) || site.callee.sites.some((inner) => effectOf(inner.name) === "log"))));
}
/** A wrapper whose only work is to log or emit: that it never fails is its purpose. */
const isBodyOnlyTelling = (clause: Clause, holder: Expr): boolean =>
  (holder.section("do")?.body ?? []).every((expr) => {
    if (expr.kind === "atom") return true;
    const site = clause.siteAt(expr);
    return site !== undefined && (effectOf(site.name) === "log" || siteEmits(site));
  });

/** The literal a branch ends in: a default, or an error that drops its reason. */
function literalEnd(result: Expr | undefined): { readonly kind: "default" | "error"; readonly text: string } | undefined {
  const outcomes = [...outcomesOf(result)];
  const [only] = outcomes;
  if (only === undefined || outcomes.length > 1) return undefined;
  const text = quoted(only, 40);
  if (only.isAtom("error") || (only.kind === "tuple" && only.children[0]?.isAtom("error"))) return { kind: "error", text };
  const literal = ["atom", "number", "string", "list", "map", "attribute", "tuple"].includes(only.kind) && ![...only.descendants()].some((part) => part.kind === "call");
  return literal ? { kind: "default", text } : undefined;
}
