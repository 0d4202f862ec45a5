import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt } from "../../model/context.ts";
import { isSerialised } from "../../model/ets.ts";
import { handlersAround } from "../../model/handlers.ts";
import { indexed } from "../../model/indexes.ts";
import { boundIn, literalName, mentions } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { registrationOf } from "../../model/server.ts";
import { usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

/** Calls that may register what they start; `givenName` looks closer. */
const starts = /(^|\.)start(_link)?$|^apply$|^:(ranch\.start_listener|cowboy\.start_(clear|tls|http|https))$/;

export default defineRule({
  id: "start-loser-unmatched",
  family: "races",
  title: "The second start of a named process is not expected",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Match already_started" },
  source: "https://hexdocs.pm/elixir/GenServer.html#t:on_start/0",
  doc: {
    what: "A named process or listener is started on demand, also after a lookup that found none, and only `{:ok, pid}` is accepted.",
    why: "A second start at the same time gets `{:error, {:already_started, pid}}`; the match raises, or the caller is told of an error although everything runs.",
    instead: "A `case` with `{:ok, pid}` and `{:error, {:already_started, pid}}`, both as success.",
    fine: ["The start of an application or of a supervisor's child.", "Processes without a name, also after a lookup.", "A `case` or `with … else` that has a clause for the error.", "One server runs all of it."],
    sure: "Proven when the name is written in the start; likely when it comes from the started module. Medium for a child that is started where a lookup found none; low for a name that the function takes itself, since it may be meant to be called once.",
  },
  bad: [
    elixir`
      defmodule Bakery do
        def open do
          {:ok, pid} = Agent.start_link(fn -> %{} end, name: :till) #! second concurrent \`open/0\`
          pid
        end
      end`.replaceAll("\\`", "`"),
  ],
  good: [
    elixir`
      defmodule Bakery do
        def open do
          case Agent.start_link(fn -> %{} end, name: :till) do
            {:ok, pid} -> pid
            {:error, {:already_started, pid}} -> pid
          end
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || module.is("Application", "Supervisor", "DynamicSupervisor")) return;
    for (const site of module.callsMatching(starts)) {
      if (site.node.kind !== "call" || site.closure !== undefined) continue;
      const name = givenName(site);
      if (name === undefined || /^(start_link|init|child_spec|start_child|setup)$/.test(site.fn.name) || site.fn.kind === "block") continue;
      const pattern = onlyOk(site);
      if (pattern === undefined || handlersAround(site).length > 0 || runsAlone(site) || isExpected(site)) continue;
      yield {
        at: pattern,
        // Where nothing asks first whether it runs, the function is meant to be called once; where something does, that is a race of its own.
        severity: "low",
        confidence: name.isWritten ? "proven" : "likely",
        message: `A second concurrent \`${site.fn.id}\` gets \`{:error, {:already_started, pid}}\` ${pattern.parent?.isOp("<-") === true ? "and returns it as a failure although the process runs" : "and raises MatchError"}.`,
        related: [{ at: site.node, message: `starts ${name.text}` }],
        searched: ["a clause for already_started (none)", "a server or supervisor that is the only one to start it (none)"],
      };
    }
    for (const site of childStarts(module)) {
      const report = afterLookup(site);
      if (report !== undefined) yield report;
    }
  },
});

const startsChild = /(^|\.)(DynamicSupervisor|Supervisor)\.start_child$/;

/** Starts of children, and calls of functions of the project that hold one. */
const childStarts = (module: Module): readonly CallSite[] => [...module.callsMatching(startsChild).filter(({ callee }) => callee === undefined), ...startersCalled(module.workspace).get(module.name).filter((site) => site.module === module)];
/** Calls of functions that start a child, by the module that calls. */
const startersCalled = indexed("calls of child starters", (module) => [...new Set(module.callsMatching(startsChild).map(({ fn }) => fn))].flatMap((fn) => fn.callers.map((site) => [site.module.name, site] as const)));

/**
 * A child whose name comes from what the call is given, started where a lookup of the same found nothing. Two callers that both
 * find nothing both start it, and one of them is refused.
 */
function afterLookup(site: CallSite): Report | undefined {
  if (site.node.kind !== "call" || site.closure !== undefined || site.node.parent?.kind !== "match") return undefined;
  const start = childStart(site);
  const pattern = start === undefined ? undefined : onlyOk(site);
  if (start === undefined || pattern === undefined) return undefined;
  const lookup = missingAround(site);
  if (lookup === undefined || handlersAround(site).length > 0 || runsAlone(site) || isExpected(site) || isExpected(start.site)) return undefined;
  return {
    at: pattern,
    confidence: "likely",
    message: `Two concurrent \`${site.fn.id}\` can both find nothing and both start it: the second gets \`{:error, {:already_started, pid}}\` and raises MatchError.`,
    related: [{ at: lookup, message: "looked up here" }, { at: start.site.node, message: `starts ${start.child}, which registers a name of its own` }],
    searched: ["a clause for already_started (none)", "one server that all paths run in (none)"],
  };
}

/** The start of a supervised child that registers itself under a name computed from its argument: this call, or the one in the function it calls. */
function childStart(site: CallSite): { readonly site: CallSite; readonly child: string } | undefined {
  const sites = site.callee === undefined ? [site] : site.callee.sites.filter((inner) => inner.closure === undefined);
  for (const inner of sites) {
    if (!startsChild.test(inner.name)) continue;
    const spec = inner.args.at(-1);
    const named = spec?.kind === "tuple" ? spec.children[0] : spec?.get("start")?.children[0];
    const child = named?.kind === "alias" ? site.module.workspace.module(named.name, site.module) : undefined;
    if (child?.isServer === true && registrationOf(child).kind === "per-instance") return { site: inner, child: child.shortName };
  }
  return undefined;
}

/** The subject of a `case` or `if` around a start that looked for what the start is given, and found nothing. */
function missingAround(site: CallSite): Expr | undefined {
  const given = new Set(site.args.flatMap((arg) => [...boundIn(arg)]));
  for (const above of site.node.ancestors()) {
    if (above === site.clause.node) return undefined;
    if (above.kind !== "clause") continue;
    const holder = above.parent?.parent;
    const subject = holder?.isCall("case") === true ? holder.args[0] : undefined;
    const isMissing = above.params.some((param) => param.isAtom("nil") || param.isAtom("error") || param.isAtom("undefined") || (param.kind === "list" && param.children.length === 0) || (param.kind === "tuple" && param.children[0]?.isAtom("error") === true));
    if (subject?.kind === "call" && isMissing && [...given].some((name) => mentions(subject, name))) return subject;
  }
  return undefined;
}

/** The name under which a start registers what it starts, when it is a fixed one or computed from what the call is given. */
function givenName(site: CallSite): { readonly text: string; readonly isWritten: boolean } | undefined {
  const { args, name } = site;
  if (name === "apply" && args[0]?.isAtom("cowboy") === true) return { text: "a listener", isWritten: true };
  if (/^:(ranch\.start_listener|cowboy\.start_(clear|tls|http|https))$/.test(name)) return { text: "a listener", isWritten: true };
  if (!/(^|\.)start(_link)?$/.test(name) || name.startsWith(":") || args.length === 0) return undefined;
  const option = args.at(-1)?.get("name");
  if (option === undefined) return undefined;
  const literal = literalName(option, site.module);
  return literal !== undefined && literal !== "nil" ? { text: literal, isWritten: true } : undefined;
}

/** The pattern that takes `{:ok, _}` alone: of a match, or of a `with` without `else`. */
function onlyOk(site: CallSite): Expr | undefined {
  const usage = usageOf(site.node);
  if (usage.kind !== "matched" || usage.pattern.kind !== "tuple" || !usage.pattern.children[0]?.isAtom("ok")) return undefined;
  if (site.node.parent?.isOp("<-") !== true) return usage.pattern;
  const holder = [...site.node.ancestors()].find((above) => above.isCall("with"));
  return holder?.section("else") === undefined ? usage.pattern : undefined;
}

function runsAlone(site: CallSite): boolean {
  if (isSerialised(site)) return true;
  const entries = entriesAt(site);
  return entries.length > 0 && entries.every((entry) => entry.kind !== "client" && entry.kind !== "closure" && !(entry.kind === "callback" && entry.fn.name.startsWith("handle_")));
}
const isExpected = (site: CallSite): boolean => [site.clause.node, ...site.fn.callers.map((caller) => caller.clause.node)].some((node) => [...node.descendants()].some((part) => part.isAtom("already_started")));
