import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, type Entry, isMessageCallback, stepsOf } from "../../model/context.ts";
import { conditionsAround, matchesOn, mentionsAny, namesFrom } from "../../model/flow.ts";
import { constantOf, integerOf, quoted, sameExpr } from "../../model/literals.ts";
import { infoClausesFor, timersIn } from "../../model/messages.ts";
import type { Module } from "../../model/module.ts";
import type { Workspace } from "../../model/workspace.ts";
import type { Expr } from "../../syntax/tree.ts";

const OFTEN_MS = 60_000;

export default defineRule({
  id: "persistent-term-churn",
  family: "resources",
  title: "Persistent terms that pile up or change often",
  severity: "low",
  set: "default",
  fix: { kind: "none", title: "ETS with read_concurrency, or erase the term where its key ends" },
  source: "https://www.erlang.org/doc/apps/erts/persistent_term.html",
  doc: {
    what: "A persistent term is put under a key that is new each time (a reference, a pid, an id) and never erased; or one and the same term is put again and again on a request or a short timer.",
    why: "A persistent term stays until it is erased or the node stops: 100 terms under references were 100 terms more after all their processes had ended. And each put or erase that changes a term makes the runtime scan every process of the node for the old one.",
    instead: "ETS with `read_concurrency: true` for what comes and goes or changes. Or erase the term where its key ends, in `terminate/2` of a process that traps exits.",
    fine: ["Literal keys that are written at start-up.", "One key per module, instance name or configuration.", "A put that fills in a missing term once.", "The same key is erased somewhere."],
    sure: "Proven when the key holds a new reference or pid and nothing in the workspace erases such a key; likely for ids and for puts on a timer of less than a minute.",
  },
  bad: [
    elixir`
      defmodule Oven do
        def open(conf) do
          ref = make_ref()
          :persistent_term.put({Oven, ref}, conf) #! none is ever erased
          ref
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        def open(conf) do
          ref = make_ref()
          :ets.insert(Ovens, {ref, conf})
          ref
        end
        def configure(conf), do: :persistent_term.put(Oven, conf)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(":persistent_term.put")) {
      if (site.node.kind !== "call" || isFirstOnly(site)) continue;
      const report = ofNewKeys(site) ?? ofRepeats(site);
      if (report !== undefined) yield report;
    }
  },
});

/** A put in the branch that found nothing: it happens once for each key. */
function isFirstOnly(site: CallSite): boolean {
  const key = site.args[0];
  return site.clause.sites.some((get) => /^:persistent_term\.get$/.test(get.name) && get.id !== site.id && sameExpr(get.args[0], key) && [...site.node.ancestors()].some((above) => (above.isCall("case", "if", "unless", "with") && above.args.some((arg) => arg.contains(get.node))) || (above.isOp("||") && above.left?.contains(get.node) === true)))
    || [...conditionsAround(site.node)].some((condition) => site.clause.sites.some((get) => get.name === ":persistent_term.get" && (condition.contains(get.node) || mentionsAny(condition, namesFrom(get.node, site.node)))));
}

/** A key with a part that is new for each process, connection or request, and no erase of a key of that shape. */
function ofNewKeys(site: CallSite): Report | undefined {
  const key = writtenKey(site.args[0], site);
  if (key === undefined) return undefined;
  const part = (key.kind === "tuple" ? key.children : [key]).find((candidate) => isNewEachTime(candidate, site));
  if (part === undefined || isErased(site.module.workspace, key, site.module)) return undefined;
  const isCertain = origin(part, site)?.isCall("make_ref", "self", ":erlang.make_ref", ":erlang.unique_integer", "System.unique_integer") === true || /(^|_)(pid|ref)$/.test(nameOf(part));
  return {
    at: site.node,
    confidence: isCertain ? "proven" : "likely",
    message: `One persistent term for each \`${quoted(part, 30)}\`, and none is ever erased: they stay until the node stops. Keep what comes and goes in ETS, or erase the term where \`${quoted(part, 30)}\` ends.`,
    evidence: [`\`${quoted(part, 30)}\` is new for each ${/pid/.test(nameOf(part)) ? "process" : "caller"}.`],
    searched: ["`:persistent_term.erase/1` for such a key in the workspace (none)", "a put that only fills in a missing term (no)"],
  };
}

const nameOf = (part: Expr): string => (part.kind === "var" || part.kind === "field" ? part.name : "");
const keyWords = /(^|_)(ref|pid|uuid|request_id|conn_id|connection_id|session_id|session|socket|conn|job_id|user_id|order_id|token)$/;

/** A reference, pid or the id of something that comes and goes; names of instances and modules are as many as the configuration says. */
function isNewEachTime(part: Expr, site: CallSite): boolean {
  if (part.isCall("make_ref", "self", ":erlang.make_ref", ":erlang.unique_integer", "System.unique_integer")) return true;
  if (origin(part, site)?.isCall("make_ref", ":erlang.make_ref", "self", "System.unique_integer") === true) return true;
  return keyWords.test(nameOf(part)) && part.kind !== "attribute";
}

/** What a variable was bound to in the clause. */
function origin(part: Expr, site: CallSite): Expr | undefined {
  if (part.kind !== "var") return part;
  return matchesOn(site.clause.node, part.name).find(({ id }) => id < site.id)?.right;
}

/** The key as written, also behind a variable, an attribute or a function of the module that builds it. */
function writtenKey(key: Expr | undefined, site: CallSite): Expr | undefined {
  const value = constantOf(key, site.module);
  if (value?.kind === "var") {
    const bound = origin(value, site);
    return bound?.kind === "tuple" ? bound : value;
  }
  if (value?.kind !== "call") return value;
  return value;
}

/** An erase whose key has the same tag and size, or a key that cannot be told. */
function isErased(workspace: Workspace, key: Expr, module: Module): boolean {
  return workspace.calls(":persistent_term.erase").some((erase) => {
    const other = constantOf(erase.args[0], erase.module);
    if (erase.module === module && other?.kind !== "tuple") return true;
    if (other?.kind !== "tuple") return erase.module.isLib && other?.kind !== "atom" && other?.kind !== "alias";
    return key.kind === "tuple" && other.children.length === key.children.length && sameExpr(other.children[0], key.children[0]);
  });
}

/** A put of one key on a timer shorter than a minute, or for each request. */
function ofRepeats(site: CallSite): Report | undefined {
  for (const entry of entriesAt(site)) {
    const often = isMessageCallback(entry) ? tickOf(entry, site) : undefined;
    if (often === undefined) continue;
    return {
      at: site.node,
      confidence: "likely",
      message: `\`${quoted(site.args[0] ?? site.node, 30)}\` is put again every ${often / 1000} s: each change makes the runtime scan all processes for the old term. Keep what changes in ETS with \`read_concurrency: true\`.`,
      related: stepsOf(entry),
      evidence: ["A timer of less than a minute leads here."],
      searched: ["a test that the term is missing (none)"],
    };
  }
  return undefined;
}

/** Milliseconds between the runs of a handler that its own timer starts; undefined when they are a minute apart or unknown. */
function tickOf(entry: Entry, site: CallSite): number | undefined {
  for (const timer of timersIn(entry.module)) {
    if (entry.clause === undefined || !infoClausesFor(entry.module, timer.message).includes(entry.clause)) continue;
    const delay = integerOf(timer.delay, site.module);
    const rearms = timer.kind === "interval" || timer.site.clause === entry.clause || timer.site.fn.callers.some((caller) => caller.clause === entry.clause);
    if (rearms && delay !== undefined && delay < OFTEN_MS) return delay;
  }
  return undefined;
}
