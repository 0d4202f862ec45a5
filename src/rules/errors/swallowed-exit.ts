import { defineRule, elixir } from "../../engine/rule.ts";
import { isLoop } from "../../model/arming.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries } from "../../model/context.ts";
import { boundIn, partOf } from "../../model/literals.ts";
import { dropsMessage, type Form, fits, forms, infoClausesOf, mayInject, onlyLogs } from "../../model/mailbox.ts";
import type { Clause, Module } from "../../model/module.ts";
import { isCatchAll } from "../../model/server.ts";
import { isDropped } from "../../model/usage.ts";
import { insideOf } from "../shared/in-server.ts";

export default defineRule({
  id: "swallowed-exit",
  family: "errors",
  title: "Exits are trapped and dropped",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Add a clause for abnormal reasons that stops or logs" },
  source: "https://hexdocs.pm/elixir/Process.html#flag/2",
  doc: {
    what: "A server traps exits, and the clause that then takes `{:EXIT, pid, reason}` keeps the state and does nothing.",
    why: "Without the flag the crash of a linked process would have stopped the server, and its supervisor would have started both again. With it the server goes on beside a dead process, and nobody starts that one again.",
    instead: "A clause for abnormal reasons before it: `{:stop, reason, state}`, a restart, or at least a line in the log. Or no flag.",
    fine: ["`:normal` and `:shutdown` are dropped, other reasons are not.", "The flag is there so that `terminate/2` runs, and nothing is linked but the parent, whose exit the server obeys by itself.", "The clause for exits logs, restarts, replies or stops.", "The linked processes are tasks or ports whose `:DOWN` or `:exit_status` has a clause."],
    never: "Unlinking after the start: then nobody ends the child with the server either.",
    sure: "Proven when a link made in the module's own callbacks feeds the clause; review, and low, when no link is seen and there is no `terminate/2` that would need the flag. Low when a clause for anything writes exits to the log with all it does not know, and when the pids of the linked processes are kept nowhere: they work for one message, and nothing depends on them.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_) do
          Process.flag(:trap_exit, true)
          {:ok, timer} = Timer.start_link()
          {:ok, %{timer: timer}}
        end
        def handle_info(_, s), do: {:noreply, s} #! traps exits and drops them
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(_) do
          Process.flag(:trap_exit, true)
          {:ok, timer} = Timer.start_link()
          {:ok, %{timer: timer}}
        end
        def handle_info({:EXIT, pid, reason}, %{timer: pid} = s), do: {:stop, reason, s}
        def handle_info(_, s), do: {:noreply, s}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage")) return;
    const flag = trapIn(module);
    const dropping = flag === undefined ? undefined : droppingClause(module);
    if (flag === undefined || dropping === undefined || mayInject(module, "handle_info")) return;
    const isLogged = logsAnything(dropping);
    const made = linksIn(module);
    const links = made.filter((site) => !isHeard(module, site) && !(isLogged && isOneShot(site)));
    const isForTerminate = module.callback("terminate/2").length > 0 || mayInject(module, "terminate");
    const link = links[0];
    if (link === undefined && (isForTerminate || isLogged || made.length > 0)) return;
    const subject = link === undefined ? "a process linked to it" : `what \`${link.name}\` started`;
    yield {
      at: dropping.head,
      firstLineOnly: true,
      message: `${module.shortName} traps exits and ${isLogged ? "only logs them, like any message it does not know" : "drops them"}: when ${subject} crashes, ${module.shortName} goes on without it, and nobody starts it again.`,
      related: [{ at: flag.node, message: "exits become messages here" }, ...links.slice(0, 3).map((site) => ({ at: site.node, message: "a link whose end is dropped" }))],
      evidence: [link === undefined ? "No `terminate/2` needs the flag, so that its one effect beside a graceful shutdown is to hold crashes back." : `${links.length} ${links.length === 1 ? "link" : "links"} made in its callbacks.`],
      searched: ["a clause for abnormal exits that stops, logs or restarts (none)", "a `:DOWN` or `:exit_status` clause that hears of the same end (none)"],
      severity: link === undefined || isLogged || links.every(isOneShot) ? "low" : "medium",
      confidence: link === undefined ? "review" : "proven",
    };
  },
});

/** The place where the server itself sets the flag for good. */
const trapIn = (module: Module): CallSite | undefined =>
  module.calls("Process.flag", ":erlang.process_flag").find((site) => site.args[0]?.isAtom("trap_exit") && site.args[1]?.isAtom("true") && insideOf(module, site, () => true) !== undefined);

/** The first clause that takes an exit with an abnormal reason, if it drops it; undefined when any such clause acts. */
function droppingClause(module: Module): Clause | undefined {
  const taking = module.callback("handle_info/2").filter((clause) => {
    const [pattern] = clause.params;
    return pattern !== undefined && (isCatchAll(pattern, clause.guard) || (fits(pattern, forms.exit) && !isOnlyNormal(clause)));
  });
  const first = taking[0];
  return first !== undefined && (dropsMessage(first) || logsAnything(first)) && taking.every((clause) => dropsMessage(clause) || isCatchAll(clause.params[0], clause.guard)) ? first : undefined;
}

/** A clause for anything that writes an exit to the log like every message it does not expect, and goes on. */
const logsAnything = (clause: Clause): boolean => isCatchAll(clause.params[0], clause.guard) && clause.sites.length > 0 && onlyLogs(clause) && clause.result?.kind === "tuple" && clause.result.children[0]?.isAtom("noreply") === true && clause.result.children.at(-1)?.kind === "var";

/** The reason is written as `:normal`, `:shutdown` or `{:shutdown, _}`, in the pattern or in the guard. */
function isOnlyNormal(clause: Clause): boolean {
  const [pattern] = clause.params;
  const reason = partOf(pattern, "tuple")?.children[2];
  if (reason === undefined) return false;
  const named = reason.kind === "atom" ? reason : reason.kind === "tuple" ? reason.children[0] : undefined;
  if (named !== undefined) return named.isAtom("normal") || named.isAtom("shutdown");
  const [name] = boundIn(reason);
  const guard = clause.guard === undefined ? [] : [...clause.guard.descendants()];
  const isNegated = guard.some((part) => part.isOp("not", "not in", "!", "!=", "!=="));
  return name !== undefined && !isNegated && guard.some((part) => part.isVar(name)) && guard.some((part) => part.isAtom("normal") || part.isAtom("shutdown"));
}

/** Links that callbacks of the server make; those to tasks too, although they log their own crashes. */
const linksIn = (module: Module): readonly CallSite[] =>
  module.calls().filter((site) => site.node.kind === "call" && /\.start_link$|^(Kernel\.)?spawn_link$|^(Process\.link|Port\.open|Task\.async)$/.test(site.name) && insideOf(module, site, (entry) => entry.fn.name !== "terminate") !== undefined);

/** Whether a clause of the module hears of the same end by another message, or the linked process is a task. */
function isHeard(module: Module, site: CallSite): boolean {
  const hears = (form: Form): boolean => infoClausesOf(module, form).some((clause) => !dropsMessage(clause));
  return site.name.startsWith("Task.") || isStartedInRounds(module, site) || hears(site.name === "Port.open" ? forms.portExit : forms.down);
}

/** Started for one message, and its pid is kept nowhere: nothing of the server depends on it. */
const isOneShot = (site: CallSite): boolean => isDropped(site.node) && site.fn.name !== "init";

/** Workers for one round of a loop: the next round starts new ones. */
const isStartedInRounds = (module: Module, site: CallSite): boolean =>
  site.around.loop !== undefined && callbackEntries(site).some(({ fn, clause }) => fn.name === "handle_info" && clause?.params[0] !== undefined && isLoop(module, clause.params[0]));
