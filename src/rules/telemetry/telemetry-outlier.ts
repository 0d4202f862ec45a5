import { defineRule } from "../../engine/rule.ts";
import type { Module } from "../../model/module.ts";
import { telemetryHabit } from "../../model/telemetry.ts";

export default defineRule({
  id: "telemetry-outlier",
  family: "telemetry",
  title: "Servers without telemetry where their siblings have it",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Emit an event at the listed paths" },
  source: "https://hexdocs.pm/telemetry/telemetry.html",
  doc: {
    what: "Most servers of the project emit telemetry events; these emit none.",
    why: "Dashboards and alerts built on the project's events say nothing of these processes, not even when they lose work.",
    instead: "Emit events with the module's own prefix where it starts, stops, rejects, retries or loses something.",
    fine: ["Projects without the habit.", "Small servers.", "Modules whose only work a library already emits for (Oban, Phoenix, Ecto, Broadway, Finch)."],
    sure: "Likely; review when the project's share of emitting servers is between 60 % and 75 %.",
  },
  options: { share: { default: 60, doc: "Percentage of servers that must emit before the others are outliers." }, servers: { default: 4, doc: "Number of emitting servers that makes a habit." } },
  bad: [],
  good: [],

  *checkWorkspace(workspace, options) {
    const { servers, emitting, share } = telemetryHabit(workspace);
    if (emitting.length < options.servers || share * 100 < options.share) return;
    const named = (names: readonly string[]): readonly Module[] => names.flatMap((name) => workspace.module(name) ?? []);
    const silent = [...named(servers.filter((name) => !emitting.includes(name)))].sort((a, b) => criticalPaths(b) - criticalPaths(a) || (a.name < b.name ? -1 : 1));
    const [first] = silent;
    if (first === undefined) return;
    const siblings = named(emitting.slice(0, 2));
    yield {
      at: first.node,
      firstLineOnly: true,
      confidence: share < 0.75 ? "review" : "likely",
      message: `${emitting.length} of ${servers.length} servers emit telemetry; ${first.name}${silent.length > 1 ? ` and ${silent.length - 1} more` : ""} emit${silent.length > 1 ? "" : "s"} nothing.`,
      related: [...silent.slice(1).map((module) => ({ at: module.node, message: `${module.name} emits nothing (${criticalPaths(module)} paths worth an event)` })), ...siblings.map((module) => ({ at: module.node, message: `${module.name} emits` }))],
      evidence: [`${emitting.length} of ${servers.length} servers with callbacks and at least 50 code lines emit.`],
      searched: ["`:telemetry.execute` or `span`, itself or through a helper (none)"],
    };
  },
});

/** Clauses of a server that an operator would want to see: `:DOWN`, `:EXIT`, start, stop, errors. */
function criticalPaths(module: Module): number {
  const clauses = module.functions.filter((fn) => fn.isCallback).flatMap((fn) => fn.clauses);
  return clauses.filter((clause) => clause.fn.name === "terminate" || clause.params.some((param) => [...param.descendants()].some((part) => part.kind === "atom" && /^(DOWN|EXIT|error|failed|timeout|retry|reject)$/.test(part.name)))).length;
}
