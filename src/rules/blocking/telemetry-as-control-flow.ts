import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { effectAt, type EffectKind, effectOf, effectsOf, type Reached } from "../../model/effects.ts";
import { catchesExits } from "../../model/handlers.ts";
import type { Fn, Module } from "../../model/module.ts";
import { answererOf, isSlow, requestAt } from "../../model/request.ts";
import type { Expr } from "../../syntax/tree.ts";
import { onwardSteps } from "../shared/in-server.ts";

const attaches = [":telemetry.attach", ":telemetry.attach_many"] as const;
const waits: ReadonlySet<EffectKind> = new Set<EffectKind>(["call", "http", "os", "rpc", "socket", "sleep", "await"]);

export default defineRule({
  id: "telemetry-as-control-flow",
  family: "blocking",
  title: "A telemetry handler makes its emitter wait",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Cast from the handler" },
  source: "https://hexdocs.pm/telemetry/telemetry.html",
  doc: {
    what: "A telemetry handler makes a synchronous call, does I/O or waits; or code emits an event and then waits for a message that its own handler sends.",
    why: "A handler runs in the process that emits: whoever emits the event waits. A raise or exit in it detaches the handler for good, and the control flow that hung on it ends in silence.",
    instead: "Cast from the handler, count in ETS, or call the function directly where its answer is needed.",
    fine: ["Handlers that cast, send, count in ETS or log.", "Test helpers."],
    never: "A catch around the call: the emitter waits all the same.",
    sure: "Proven when the attached closure or captured function contains the call; likely when a function it calls does, and for code that waits for its own handler's message. Medium for HTTP, which was worth an issue wherever it was read, and for calls of servers that are not seen to answer at once; low for the rest, for agents, for the start of a child, and where the exit is caught.",
  },
  bad: [
    elixir`
      defmodule Ledger do
        def attach do
          :telemetry.attach("ledger", [:bakery, :sale], fn _, sale, _, _ -> GenServer.call(Ledger, {:add, sale}) end, nil) #! Whoever emits
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Ledger do
        def attach, do: :telemetry.attach("ledger", [:bakery, :sale], &__MODULE__.add/4, nil)
        def add(_event, sale, _meta, _config), do: GenServer.cast(Ledger, {:add, sale})
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    const handlers = module.calls(...attaches);
    if (handlers.length === 0) return;
    for (const attach of handlers) {
      yield* ofClosure(module, attach);
      yield* ofCaptured(attach);
      yield* ofAnswer(attach);
    }
  },
});

function* ofClosure(module: Module, attach: CallSite): Generator<Report> {
  for (const site of module.calls()) {
    if (site.closure?.kind !== "telemetry" || site.closure.call !== attach.node || site.node.kind === "funref") continue;
    const reached = effectAt(site, waits);
    if (reached !== undefined) yield report(attach, site, reached, reached.site === site);
  }
}

function* ofCaptured(attach: CallSite): Generator<Report> {
  const fn = capturedBy(attach);
  if (fn === undefined) return;
  const reached = effectsOf(fn).find((effect) => waits.has(effect.kind) && effect.path.length <= 3);
  const first = reached?.path[0];
  if (reached === undefined || first === undefined || first.module !== attach.module) return;
  yield report(attach, first, reached, reached.site === first);
}

/** The workspace function behind `&f/4` or `&Mod.f/4` in an attach. */
function capturedBy(attach: CallSite): Fn | undefined {
  const reference = attach.args.find((arg) => arg.kind === "funref");
  return reference === undefined ? undefined : attach.clause.siteAt(reference)?.callee;
}

function report(attach: CallSite, site: CallSite, reached: Reached, isDirect: boolean): Report {
  return {
    at: site.node,
    message: `Whoever emits ${eventOf(attach.args[1])} waits for \`${reached.site.name}\`: a telemetry handler runs in the emitter, and a raise or exit in it detaches it for good. Cast from the handler.`,
    related: [{ at: attach.node, message: "the handler is attached here" }, ...onwardSteps(reached)],
    evidence: ["A handler runs in the process that calls :telemetry.execute."],
    searched: ["a task or cast between handler and call (none)"],
    severity: reached.kind === "http" || (effectOf(reached.site.name) === "call" && !/^Agent\.|Supervisor\./.test(reached.site.name) && !reached.path.some(catchesExits) && !answersAtOnce(site)) ? "medium" : "low",
    confidence: isDirect ? "proven" : "likely",
  };
}
/** The server that answers is seen to do nothing slow. */
function answersAtOnce(site: CallSite): boolean {
  const request = requestAt(site);
  const answering = request === undefined ? undefined : answererOf(request);
  return request !== undefined && answering !== undefined && !isSlow(answering.server, request);
}
const eventOf = (event: Expr | undefined): string => (event?.kind === "list" && event.text.length <= 60 ? `\`${event.text.replace(/\s+/g, " ")}\`` : "the event");

/** The function that attaches a sending handler also emits and then waits for what the handler sends. */
function* ofAnswer(attach: CallSite): Generator<Report> {
  const { clause } = attach;
  const closure = attach.args.find((arg) => arg.kind === "fn");
  const sends = [...(closure?.descendants() ?? [])].find((expr) => expr.isCall("send", "Kernel.send", "Process.send"));
  const waitsHere = clause.sites.find((site) => site.id > attach.id && closure?.contains(site.node) !== true && (site.name === "receive" || (site.callee?.kind === "defp" && site.callee.sites.some((inner) => inner.name === "receive"))));
  if (sends === undefined || waitsHere === undefined) return;
  yield {
    at: sends,
    message: `\`${attach.fn.id}\` learns the outcome from a telemetry handler that sends it a message: the answer depends on a handler that any raise detaches. Call the function directly.`,
    related: [{ at: attach.node, message: "the handler is attached here" }, { at: waitsHere.node, message: "the message is awaited here" }],
    evidence: ["The same function attaches the handler and waits for its message."],
    confidence: "likely",
  };
}
