import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { stepsOf } from "../../model/context.ts";
import { elementPatterns } from "../../model/flow.ts";
import { catchesExits } from "../../model/handlers.ts";
import { boundIn, mentions } from "../../model/literals.ts";
import { downIn } from "../../model/mailbox.ts";
import type { Clause, Module } from "../../model/module.ts";
import { requestAt } from "../../model/request.ts";
import { isStop, outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { callsInside, insideOf } from "../shared/in-server.ts";

export default defineRule({
  id: "watched-call-uncaught",
  family: "errors",
  title: "A server calls one of the processes whose end it expects",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Catch the exit of the call, and let the :DOWN clean up" },
  source: "https://hexdocs.pm/elixir/GenServer.html#call/3",
  doc: {
    what: "A server keeps many processes in its state, monitors them and has a clause that forgets one that is `:DOWN`; elsewhere it calls one that it keeps, with nothing to catch the exit.",
    why: "The `:DOWN` of a process that has ended stands in the queue behind the message at hand. Until it is read the server still has the pid, and the call exits with `:noproc`; or the process ends during the call. The server, written to outlive each of them, dies with the first, and with it what it knows of all the others.",
    instead: "`catch :exit, _` around the call, with the answer for one that is gone; or a cast, and the answer as a message.",
    fine: ["An exit is caught around the call, or on the way to it.", "A process of which there is one: without it the server can do nothing.", "A `:DOWN` clause that ends the server.", "A stop, and calls while the server ends."],
    never: "`Process.alive?/1` before the call: the process can end after it.",
    sure: "Likely: that the pid is one of those that are monitored is told by where it is kept. Low for the second and any further place of a module.",
  },
  bad: [
    elixir`
      defmodule Bakery do
        use GenServer
        def init(_), do: {:ok, %{ovens: %{}}}
        def handle_cast({:join, id, pid}, s) do
          Process.monitor(pid)
          {:noreply, put_in(s.ovens[id], pid)}
        end
        def handle_call({:heat, id}, _from, s) do
          pid = Map.fetch!(s.ovens, id)
          {:reply, GenServer.call(pid, :heat), s} #! dies with it
        end
        def handle_info({:DOWN, _, :process, pid, _}, s), do: {:noreply, %{s | ovens: Map.reject(s.ovens, fn {_, oven} -> oven == pid end)}}
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery do
        use GenServer
        def init(_), do: {:ok, %{ovens: %{}}}
        def handle_cast({:join, id, pid}, s) do
          Process.monitor(pid)
          {:noreply, put_in(s.ovens[id], pid)}
        end
        def handle_call({:heat, id}, _from, s), do: {:reply, heat(Map.fetch!(s.ovens, id)), s}
        def handle_info({:DOWN, _, :process, pid, _}, s), do: {:noreply, %{s | ovens: Map.reject(s.ovens, fn {_, oven} -> oven == pid end)}}
        defp heat(pid) do
          GenServer.call(pid, :heat)
        catch
          :exit, _ -> :off
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage") || module.calls("Process.monitor", ":erlang.monitor").length === 0) return;
    const forgets = module.callback("handle_info/2").find(forgetsOne);
    if (forgets === undefined) return;
    let isAnother = false;
    for (const site of callsInside(module)) {
      const report = judge(module, site, forgets);
      if (report === undefined) continue;
      yield isAnother ? { ...report, severity: "low" } : report;
      isAnother = true;
    }
  },
});

const removals = /^(Map|MapSet|Enum|List|Keyword)\.(delete|pop|pop!|drop|reject|filter|split_with|reduce)$|^(pop_in|update_in|get_and_update_in)$/;

/** A clause for the end of a process, which takes that one out of what the server keeps and goes on. */
function forgetsOne({ params, result, sites }: Clause): boolean {
  if (downIn(params[0]) === undefined || [...outcomesOf(result)].some(isStop)) return false;
  return sites.some((site) => removals.test(site.name) || site.callee?.sites.some((inner) => removals.test(inner.name)) === true);
}

function judge(module: Module, site: CallSite, forgets: Clause): Report | undefined {
  if (site.node.kind !== "call" || site.closure !== undefined || site.around.loose || site.around.quoted) return undefined;
  const asked = askedAt(site);
  if (asked === undefined || [site, ...asked.path].some(catchesExits)) return undefined;
  const place = collectionOf(asked.pid, site);
  if (place === undefined) return undefined;
  const inside = insideOf(module, site, (entry) => !/^(init|terminate)$/.test(entry.fn.name) && !entry.path.some(catchesExits));
  if (inside === undefined) return undefined;
  return {
    at: site.node,
    firstLineOnly: true,
    message: `\`${asked.pid.text}\` is one of the processes whose end ${module.shortName} expects, and it can be gone before the \`:DOWN\` is read: this call exits then, and ${module.shortName} dies with it, for all the others. Catch the exit.`,
    related: [...stepsOf(inside.entry), { at: place, message: "taken from what the server keeps" }, { at: forgets.head, message: "forgets one that has ended" }],
    evidence: ["The server monitors them, and goes on when one ends."],
    searched: ["`catch :exit` around the call or on the way to it (none)"],
    confidence: "likely",
  };
}

/** The pid that a place calls and waits for, itself or in a client function; only where it is a variable of the place. */
function askedAt(site: CallSite): { readonly pid: Expr; readonly path: readonly CallSite[] } | undefined {
  const request = requestAt(site);
  if (request !== undefined) return !request.isStop && request.targetIn === site.clause && request.target?.kind === "var" ? { pid: request.target, path: request.path } : undefined;
  if (agents.test(site.name)) return site.args[0]?.kind === "var" ? { pid: site.args[0], path: [site] } : undefined;
  const [only, more] = site.callee?.clauses ?? [];
  const inner = more === undefined ? only?.sites.find(({ name, closure }) => agents.test(name) && closure === undefined) : undefined;
  const at = inner === undefined ? -1 : (only?.params.findIndex((param) => inner.args[0]?.kind === "var" && param.isVar(inner.args[0].name)) ?? -1);
  const given = at < 0 ? undefined : site.args[at];
  return inner !== undefined && given?.kind === "var" ? { pid: given, path: [site, inner] } : undefined;
}
const agents = /^Agent\.(get|update|get_and_update)$/;

const reads = ["Map.get", "Map.fetch", "Map.fetch!", "Map.pop", "Access.get", "Access.fetch", "Access.fetch!", "get_in", "Enum.find", "Enum.at", "Enum.random", "List.first", "List.keyfind", "hd"] as const;

/** Where a variable takes its value from one of many that the state keeps: a lookup under a key, or a loop over all. */
function collectionOf(pid: Expr, site: CallSite): Expr | undefined {
  const { clause } = site;
  const { loop } = site.around;
  if (loop !== undefined && elementPatterns(loop).some((pattern) => boundIn(pattern).has(pid.name))) {
    const walked = loop.args.find((arg) => arg.kind === "field" || arg.isCall("Map.values", "Map.keys") || arg.isOp("<-"));
    const source = walked?.isOp("<-") ? walked.right : walked;
    return source !== undefined && isKept(source, clause.params) ? source : undefined;
  }
  for (const expr of clause.node.descendantsOf("match", "op", "clause")) {
    if (expr.id > site.id) break;
    const value = expr.kind === "clause" ? (expr.parent?.parent?.isCall("case") ? expr.parent.parent.args[0] : undefined) : expr.kind === "match" || expr.isOp("<-") ? expr.right : undefined;
    const pattern = expr.kind === "clause" ? (expr.contains(site.node) ? expr.params[0] : undefined) : expr.left;
    if (value === undefined || pattern === undefined || !boundIn(pattern).has(pid.name)) continue;
    if (value.isCall(...reads) && value.args[0] !== undefined && isKept(value.args[0], clause.params)) return value;
  }
  return undefined;
}

/** A part of the state, or a name that the clause's own parameters give a part of it. */
function isKept(expr: Expr, params: readonly Expr[]): boolean {
  const root = expr.kind === "field" ? expr.target : expr.isCall("Map.values", "Map.keys") ? expr.args[0] : expr;
  if (root?.kind === "field") return isKept(root, params);
  return root?.kind === "var" && params.some((param) => mentions(param, root.name));
}
