import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { literalName } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { handlesInfo } from "../../model/role.ts";
import { trapsExits } from "../../model/server.ts";
import { fieldWritesIn } from "../../model/state.ts";
import { isSupervisor } from "../../model/supervision.ts";
import type { Expr } from "../../syntax/tree.ts";
import { isSelf } from "../../model/flow.ts";

export default defineRule({
  id: "wrong-exit-reason",
  family: "processes",
  title: "An exit signal does not do what it is sent for",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Send :shutdown, or stop it through its supervisor" },
  source: "https://hexdocs.pm/elixir/Process.html",
  doc: {
    what: "`Process.exit(pid, :normal)` is sent to another process, or `:kill` to a server that cleans up in `terminate/2`.",
    why: "A process ignores an exit signal with reason `:normal` from another one unless it traps exits: it lives on. `:kill` cannot be trapped and skips `terminate/2`.",
    instead: "`:shutdown`, `GenServer.stop/1`, or the supervisor's `terminate_child`.",
    fine: ["The target is `self()`.", "The target traps exits and has a clause for `:EXIT`.", "The sender started the target with `start_link`, and the target is a supervisor or traps exits: it obeys its parent, whatever the reason.", "`:kill` after a shutdown that timed out.", "Tests that kill on purpose."],
    never: "`:kill` in place of `:normal`: it works, and skips every clean-up. `:shutdown` to a process that is linked to the sender ends the sender, too, unless it traps exits; `GenServer.stop/1` does not.",
    sure: "Proven for `:normal` to a server of the project, or to a pid in a variable of a server; likely for other pids, whose process may trap exits. `:kill` is low: likely when a server sends it, otherwise review. Low: what was to end often ends in another way (of seven read in code nobody had looked at, three were worth an issue).",
  },
  bad: [
    elixir`
      defmodule Baker do
        def stop(oven), do: Process.exit(oven, :normal) #! does not stop
      end`,
  ],
  good: [
    elixir`
      defmodule Baker do
        def stop(oven), do: DynamicSupervisor.terminate_child(Ovens, oven)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls("Process.exit", ":erlang.exit")) {
      const [target, reason] = site.args;
      if (site.node.kind !== "call" || target === undefined || reason === undefined) continue;
      const report = reason.isAtom("normal") ? ofNormal(module, site, target) : reason.isAtom("kill") ? ofKill(module, site, target) : undefined;
      if (report !== undefined) yield report;
    }
  },
});

function ofNormal(module: Module, site: CallSite, target: Expr): Report | undefined {
  if (isSelf(target, site.clause.node) || startsOf(target, site).some((start) => obeysItsParent(start, module))) return undefined;
  const server = serverMeant(target, site) ?? (pidOfOwnClient(site) ? module : undefined);
  if (server !== undefined && trapsExits(server) && handlesInfo(server, "EXIT", 3)) return undefined;
  return {
    at: site.node,
    message: `\`:normal\` does not stop \`${target.text}\`: a process ignores that reason from another one, so it lives on. Stop it with \`GenServer.stop/1\` or through its supervisor, or send \`:shutdown\`.`,
    evidence: ["An exit signal with reason :normal ends a process only when it comes from itself."],
    searched: ["the target trapping exits with a clause for :EXIT (not found)"],
    confidence: server === undefined && mayTrap(module, target) ? "likely" : "proven",
  };
}

function ofKill(module: Module, site: CallSite, target: Expr): Report | undefined {
  const server = serverMeant(target, site);
  const terminate = server?.callback("terminate/2")[0];
  if (server === undefined || terminate === undefined || comesAfterShutdown(site)) return undefined;
  return {
    at: site.node,
    message: `\`:kill\` skips \`terminate/2\` of ${server.shortName}, which cleans up there. Use \`:shutdown\` or its supervisor's \`terminate_child\`.`,
    related: [{ at: terminate.head, message: "never runs on :kill" }],
    evidence: ["`:kill` cannot be trapped."],
    confidence: module.isServer ? "likely" : "review",
  };
}

/** Calls that started a process that a variable or a field of the state holds. */
function startsOf(target: Expr, { clause, module }: CallSite): readonly Expr[] {
  const bound = (name: string, inside: Expr): readonly Expr[] => inside.descendantsOf("match").flatMap(({ left, right }) => (right?.kind === "call" && (left?.isVar(name) === true || (left?.kind === "tuple" && left.children[1]?.isVar(name) === true)) ? [right] : []));
  if (target.kind === "var") return bound(target.name, clause.node);
  if (target.kind !== "field") return [];
  return fieldWritesIn(module).flatMap(({ field, value, clause: writer }) => (field !== target.name || value === undefined ? [] : value.kind === "var" ? bound(value.name, writer.node) : [value]));
}

/** OTP ends a process that traps exits when its parent, the one that called `start_link`, exits or sends an exit signal; a module outside of the workspace may trap. */
function obeysItsParent(start: Expr, module: Module): boolean {
  if (!start.isCall() || start.fun !== "start_link" || /^(Agent|Task)$/.test(start.module)) return false;
  const name = /^(GenServer|GenStage|:gen_server)$/.test(start.module) ? (start.args.find((arg) => arg.kind === "alias")?.name ?? "") : start.module;
  const started = module.workspace.module(name === "__MODULE__" ? module.name : name, module);
  return started === undefined || isSupervisor(started) || trapsExits(started);
}

/** The workspace server that a whereis or a start in the same clause names. */
function serverMeant(target: Expr, site: CallSite): Module | undefined {
  const { workspace } = site.module;
  const named = (expr: Expr | undefined): Module | undefined => {
    if (expr?.kind !== "call") return undefined;
    if (expr.isCall("Process.whereis", "GenServer.whereis")) return workspace.module(literalName(expr.args[0], site.module) ?? "", site.module);
    return /^start/.test(expr.fun) ? workspace.module(expr.module === "GenServer" ? (expr.args[0]?.name ?? "") : expr.module, site.module) : undefined;
  };
  if (target.kind !== "var") return named(target);
  return named(site.clause.node.descendantsOf("match").find(({ left }) => left?.isVar(target.name) === true || (left?.kind === "tuple" && left.children[1]?.isVar(target.name) === true))?.right);
}

/** A server's own client function that takes the server's pid, as `stop(pid)`. */
const pidOfOwnClient = (site: CallSite): boolean => site.module.isServer && site.fn.isPublic && !site.fn.isCallback;
/** A pid kept under a name that says no more than that it is somebody's. */
const mayTrap = (module: Module, target: Expr): boolean => !module.isServer || target.kind === "field";
const comesAfterShutdown = (site: CallSite): boolean => [...site.node.ancestors()].some((above) => above.kind === "section" && above.name === "after");
