import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries, entriesAt, stepsOf } from "../../model/context.ts";
import { literalName } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { originOf } from "../../model/origin.ts";
import { isSupervisor, placesOf } from "../../model/supervision.ts";
import { registrationOf, trapsExits } from "../../model/server.ts";
import { outcomesOf, statementsAfter, usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "ignored-start-result",
  family: "errors",
  title: "Nobody looks whether the process started",
  severity: "high",
  set: "default",
  fix: { kind: "automatic", title: "Match {:ok, _}, or return the result" },
  source: "https://hexdocs.pm/elixir/DynamicSupervisor.html#start_child/2",
  doc: {
    what: "The result of `start_child` or of `Registry.register` is dropped in a statement position; or, in a server, that of a `start_link` of a process with a fixed name.",
    why: "Both report failure by their value alone: `{:error, {:already_started, pid}}`, `{:error, :max_children}`, or the error of `init/1`. Nothing crashes, nobody is told, and the code after it goes on as if the process were there. A server that was restarted may find the name still taken by the process of the one before it, which is about to end.",
    instead: "Match `{:ok, _}` and let it crash, or make the result part of the answer.",
    fine: ["`_ =` says that it is meant.", "The last expression of a function: the caller decides.", "A fire-and-forget task.", "A lookup that follows and handles absence.", "A registry with duplicate keys, which refuses nobody.", "A process that registers its own pid, which no other can hold."],
    sure: "Proven where the function goes on to report success, `:ok` or `{:ok, …}`; likely, and low, in other places, and for registrations, since the other holder of the key is alive and well. Likely for the `start_link` of a fixed name: medium where the started process is a supervisor or traps exits, and so takes its time to end, otherwise low.",
  },
  bad: [
    elixir`
      defmodule Bakery do
        def open(id) do
          DynamicSupervisor.start_child(Bakery.Ovens, {Oven, id}) #! still returns :ok
          :ok
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery do
        def open(id) do
          with {:ok, _pid} <- DynamicSupervisor.start_child(Bakery.Ovens, {Oven, id}), do: :ok
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls("DynamicSupervisor.start_child", "Supervisor.start_child", "Registry.register")) {
      const report = judge(module, site);
      if (report !== undefined) yield report;
    }
    if (!module.isServer) return;
    for (const site of module.callsMatching(startLink)) {
      const report = ofNamed(module, site);
      if (report !== undefined) yield report;
    }
  },
});

const startLink = /(^|\.)start_link$/;

/** A server starts a process with a fixed name, and does not look whether it is the one that it started. */
function ofNamed(module: Module, site: CallSite): Report | undefined {
  const { node } = site;
  if (node.kind !== "call" || droppedAt(node) !== node || site.around.quoted || site.closure !== undefined || site.around.loose) return undefined;
  const name = nameStarted(module, site);
  const entry = name === undefined ? undefined : callbackEntries(site).find((candidate) => candidate.module === module && candidate.fn.name !== "terminate");
  if (name === undefined || entry === undefined) return undefined;
  const short = name.slice(name.lastIndexOf(".") + 1);
  return {
    at: node,
    firstLineOnly: true,
    severity: takesTimeToEnd(site) ? "medium" : "low",
    confidence: "likely",
    message: `If the name ${short} is still taken, as by the process of a ${module.shortName} that crashed, this only answers \`{:error, {:already_started, pid}}\`: nobody looks, and ${module.shortName} is left without it when that process ends. Match \`{:ok, _}\`.`,
    related: stepsOf(entry),
    evidence: [`The started process is registered under the one name ${name}.`],
    searched: ["a match or a use of the result (none)"],
  };
}

/** A supervisor ends its children first, and one that traps exits runs `terminate`. Any other ends at once with the one that started it, and the name is almost always free again. */
const takesTimeToEnd = ({ callee, name }: CallSite): boolean => (callee === undefined ? /^(Supervisor|DynamicSupervisor|PartitionSupervisor|Task\.Supervisor|Registry)\./.test(name) : trapsExits(callee.module) || isSupervisor(callee.module));

/** The fixed name of the process that a call starts: its own `name:`, or that under which the started server always registers. */
function nameStarted(module: Module, site: CallSite): string | undefined {
  const written = literalName(site.args.at(-1)?.get("name"), module);
  if (written !== undefined || site.callee === undefined) return written;
  const registration = site.callee.module === module ? undefined : registrationOf(site.callee.module);
  return registration?.kind === "literal" ? registration.name : undefined;
}

const lookups = /(^|\.)(whereis|whereis_name|lookup|which_children|count_children|get_pid|find|alive\?|get_state)/;

function judge(module: Module, site: CallSite): Report | undefined {
  const { node } = site;
  const dropped = droppedAt(node);
  if (node.kind !== "call" || dropped === undefined || site.around.quoted || isTask(site)) return undefined;
  if (site.name === "Registry.register" && (takesDuplicates(module, site.args[0]) || originOf(site.args[1], site.clause, []).kind === "self")) return undefined;
  const later = statementsAfter(dropped);
  if (later.some((statement) => [...statement.descendants()].some((part) => part.kind === "call" && lookups.test(part.name)))) return undefined;
  if (entriesAt(site).some((entry) => ["test", "script", "macro"].includes(entry.kind))) return undefined;
  const isRegister = site.name === "Registry.register";
  const success = successOf(site);
  const what = isRegister ? "the key is taken" : dropped === node ? "the child cannot start" : "a child cannot start";
  return {
    at: node,
    firstLineOnly: true,
    severity: isRegister || success === undefined ? "low" : "high",
    confidence: success === undefined || isRegister ? "likely" : "proven",
    message: `If ${what}, nobody hears of it: \`${site.fn.id}\` drops the result of \`${site.name}\`${success === undefined ? " and goes on" : ` and still returns ${success.text.length > 30 ? "success" : success.text}`}.`,
    related: success === undefined ? [] : [{ at: success, message: "reports success" }],
    searched: ["a match or a use of the result (none)", "a later lookup of the process in the same block (none)"],
  };
}

/** The statement in which a value is dropped without a word: the call itself, or the loop that drops its results. */
function droppedAt(node: Expr): Expr | undefined {
  const usage = usageOf(node);
  if (usage.kind === "dropped") return node.parent?.kind === "match" ? undefined : node;
  if (usage.kind === "part" && usage.of.isCall("for")) return usageOf(usage.of).kind === "dropped" && usage.of.parent?.kind !== "match" ? usage.of : undefined;
  if (usage.kind !== "returned") return undefined;
  for (const above of node.ancestors()) if (above.kind === "fn") return above.parent?.isCall("Enum.each") === true ? above.parent : undefined;
  return undefined;
}

/** The literal success that the function returns after the start. */
function successOf(site: CallSite): Expr | undefined {
  for (const outcome of outcomesOf(site.clause.result)) if (outcome.id > site.node.id && (outcome.isAtom("ok") || (outcome.kind === "tuple" && outcome.children[0]?.isAtom("ok")))) return outcome;
  return undefined;
}

/** A task is work that nobody waits for: the child `{Task, fun}`. */
const isTask = (site: CallSite): boolean => [...(site.args[1]?.descendants() ?? [])].some((part) => part.kind === "alias" && part.name === "Task");

/** Whether the registry is one of duplicate keys, or not found in any tree of the workspace: then nothing is known. */
function takesDuplicates(module: Module, registry: Expr | undefined): boolean {
  const name = literalName(registry, module);
  if (name === undefined) return true;
  for (const { supervisor, child } of placesOf(module.workspace, "Registry")) if (literalName(child.argument?.get("name"), supervisor.module) === name) return child.argument?.get("keys")?.isAtom("unique") !== true;
  return true;
}
