import { defineRule, elixir, type FixDraft } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { boundIn } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "local-telemetry-handler",
  family: "telemetry",
  title: "A telemetry handler is bound to this version of its module",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Name the module in the capture", ready: "where the captured function is public" },
  source: "https://hexdocs.pm/telemetry/telemetry.html#attach/4",
  doc: {
    what: "`:telemetry.attach/4` or `attach_many/4` is given an anonymous function, or a capture without a module, as `&handle_event/4`.",
    why: "Such a function belongs to the version of the module that made it. Once that version is gone, after two reloads or upgrades, calling it raises, and a handler that raises is detached for good. It also costs every event more than a call by name, so `telemetry` logs a warning at each attach.",
    instead: "`&__MODULE__.handle_event/4` with a public function; what the closure would carry goes into the last argument, which every call gets as its config.",
    fine: ["A capture that names its module.", "A capture of an imported function: it names the other module when it is compiled.", "A handler that the same function detaches again.", "Tests and Mix tasks."],
    never: "A longer-lived name for the same function: a variable or a helper that returns it changes nothing.",
    sure: "Proven: the function is written at the call, or bound to a variable of the same function.",
  },
  bad: [
    elixir`
      defmodule Ledger do
        def attach, do: :telemetry.attach("ledger", [:bakery, :sale], &handle_sale/4, nil) #! without its module
        def handle_sale(_event, sale, _meta, _config), do: :ets.insert(:ledger, {sale.id, sale.price})
      end`,
  ],
  good: [
    elixir`
      defmodule Ledger do
        def attach, do: :telemetry.attach("ledger", [:bakery, :sale], &__MODULE__.handle_sale/4, nil)
        def handle_sale(_event, sale, _meta, _config), do: :ets.insert(:ledger, {sale.id, sale.price})
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(":telemetry.attach", ":telemetry.attach_many")) {
      const handler = site.node.kind === "call" && !site.around.quoted ? functionOf(site) : undefined;
      if (handler === undefined || !isLocal(module, handler) || isDetachedHere(site)) continue;
      const isCapture = handler.kind === "funref";
      yield {
        at: site.node,
        firstLineOnly: true,
        message: `${isCapture ? `\`${handler.text}\` is captured without its module` : "The handler is an anonymous function"}: it is bound to this version of ${module.shortName}, and once that is gone, after two reloads, it raises and is detached for good. ${isCapture ? `Capture \`&__MODULE__.${handler.fun}/${handler.count}\`.` : "Capture a public function with its module, and hand over what it needs as the config."}`,
        ...(handler.parent === site.node ? {} : { related: [{ at: handler, message: "the function" }] }),
        evidence: ["`telemetry` warns of local functions when they are attached."],
        searched: ["a module in the capture (none)", "a detach in the same function (none)"],
        confidence: "proven",
        ready: () => named(module, handler),
      };
    }
  },
});

/** The function that an attach is given, where it can be seen. */
function functionOf(site: CallSite): Expr | undefined {
  const handler = site.args[2];
  if (handler?.kind !== "var") return handler;
  const bindings = site.clause.node.descendantsOf("match").filter(({ left }) => left !== undefined && boundIn(left).has(handler.name));
  const [only] = bindings;
  return bindings.length === 1 && only?.left?.isVar(handler.name) === true ? only.right : undefined;
}

/** An anonymous function, or `&f/4` of a function of this module; `&f/4` of an imported one names the other module. */
const isLocal = (module: Module, handler: Expr): boolean => (handler.kind === "funref" ? handler.module === "" && handler.target === undefined && module.fn(handler.fun, handler.count) !== undefined : handler.kind === "fn");

/** A handler for as long as the function lasts. */
const isDetachedHere = (site: CallSite): boolean => site.fn.sites.some((other) => other.name === ":telemetry.detach");

function* named(module: Module, handler: Expr): Generator<FixDraft> {
  if (handler.kind !== "funref" || module.fn(handler.fun, handler.count)?.kind !== "def") return;
  const { start } = handler;
  yield { title: "Name the module in the capture", safe: true, edits: [{ tree: handler.tree, span: { start: start + handler.text.indexOf(handler.fun), end: start + handler.text.indexOf(handler.fun) }, text: "__MODULE__." }] };
}
