import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { constantOf } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";
import { emittedEvents } from "../shared/events.ts";

const metrics = ["counter", "sum", "last_value", "summary", "distribution"];

export default defineRule({
  id: "wildcard-telemetry-event",
  family: "telemetry",
  title: "A telemetry handler waits for a pattern that nobody emits",
  severity: "medium",
  set: "default",
  fix: { kind: "none", title: "List the events with attach_many" },
  source: "https://hexdocs.pm/telemetry/telemetry.html",
  doc: {
    what: "A handler or a metric names an event with `:*`, `:_` or a star in a string.",
    why: "Event names match exactly, so the handler never runs and the metric stays empty, without an error.",
    instead: "List the events one by one with `:telemetry.attach_many/4`.",
    fine: ["An event that is emitted literally under that name.", "The prefix given to `:telemetry.list_handlers/1`."],
    sure: "Proven: no event of that literal name is emitted in the workspace.",
  },
  bad: [
    elixir`
      defmodule Books do
        def attach, do: :telemetry.attach("books", [:bakery, :*], &Books.on/4, nil) #! the handler never runs
        def on(_event, _measurements, _metadata, _config), do: :ok
      end`,
  ],
  good: [
    elixir`
      defmodule Books do
        def attach, do: :telemetry.attach_many("books", [[:bakery, :sale], [:bakery, :refund]], &Books.on/4, nil)
        def on(_event, _measurements, _metadata, _config), do: :ok
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(":telemetry.attach")) yield* judge(module, site.args[1], "handler");
    for (const site of module.calls(":telemetry.attach_many")) for (const event of constantOf(site.args[1], module)?.children ?? []) yield* judge(module, event, "handler");
    for (const site of metricSites(module)) yield* judge(module, site.args[0], "metric");
  },
});

const metricSites = (module: Module): readonly CallSite[] => [
  ...module.calls(...metrics.map((name) => `Telemetry.Metrics.${name}`)),
  ...(module.imports.some((used) => used.name === "Telemetry.Metrics") ? module.calls(...metrics) : []),
];

function* judge(module: Module, event: Expr | undefined, what: "handler" | "metric"): Generator<Report> {
  const name = constantOf(event, module);
  if (event === undefined || name === undefined || !hasPattern(name)) return;
  const written = name.text.replace(/\s+/g, " ");
  const emitted = emittedEvents(module.workspace);
  if (emitted.has(written)) return;
  const prefix = name.kind === "list" ? written.slice(0, written.search(/:[*_](?=[,\]])/)) : "";
  const real = prefix.length > 1 ? [...new Set(emitted.all().map(([other]) => other))].filter((other) => other.startsWith(prefix)).slice(0, 6) : [];
  yield {
    at: event,
    message: `\`${written}\` is an exact name that nobody emits: ${what === "handler" ? "the handler never runs" : "the metric stays empty"}. ${real.length > 0 ? `List the events: ${real.join(", ")}.` : "List the events one by one."}`,
    evidence: ["Event names match exactly; there is no pattern."],
    searched: ["an event emitted under this literal name (none)"],
    confidence: "proven",
  };
}

/** `:*` or `:_` in a list, a star in a string such as `"bakery.*.count"`. */
function hasPattern(name: Expr): boolean {
  if (name.kind === "string") return name.name.includes("*");
  return name.kind === "list" && name.children.some((part) => part.isAtom("*") || part.isAtom("_") || (part.kind === "string" && part.name.includes("*")));
}
