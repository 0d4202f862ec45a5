import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { stepsOf } from "../../model/context.ts";
import type { Reached } from "../../model/effects.ts";
import { integerOf } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { runsWhere } from "../../model/place.ts";
import { armsItself } from "../../model/protocol.ts";
import { servesClients } from "../../model/role.ts";
import { tagOf } from "../../model/server.ts";
import { duration, type Harm, harmsIn, inHandler, insideOf, isCall, onwardSteps, wayIn } from "../shared/in-server.ts";
import { runsAlways } from "../../model/flow.ts";

const sleeps = new Set(["sleep"] as const);

export default defineRule({
  id: "sleep-in-callback",
  family: "blocking",
  title: "A server sleeps in a callback",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Send the message later with Process.send_after/3" },
  source: "https://hexdocs.pm/elixir/Process.html",
  doc: {
    what: "`Process.sleep/1` or `:timer.sleep/1` runs inside a server, in a callback or a function it calls.",
    why: "A server handles one message at a time: while it sleeps, calls run into their timeouts, casts pile up, and a supervisor's shutdown waits.",
    instead: "Arm a timer with `Process.send_after/3`, return, and go on in the clause for its message.",
    fine: ["The sleep runs in a task or in the client.", "The node or the process ends after it: the pause lets a last message get out.", "Another module pauses between attempts after a failure: that wait belongs to the work it does.", "The process ends and only delays its own end, in `terminate/2`.", "A helper process that plays a slow peer in tests."],
    never: "A shorter sleep in a loop: the mailbox waits all the same.",
    sure: "Proven when only callbacks reach the sleep; likely when others reach it, too, or another module sleeps on the server's behalf. High in the answer to a call, from one second on or for a computed time; low below, in other handlers, and behind more than two calls. Low, too, for a length that is a setting in the state, for random pauses, those after the start, in pages and channels, and in a loop that only talks to itself.",
  },
  spokenOf: /on purpose|deliberate|intention|by design|back[ -]?off|rate[ -]limit|throttl|garbage|must (?:block|wait)|so that (?:only|no)/i,
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:heat, _from, s), do: {:reply, s.heat, s}
        def handle_info(:retry, s) do
          Process.sleep(2_000) #! sleeps 2 s
          {:noreply, connect(s)}
        end
        defp connect(s), do: s
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_info(:retry, s) do
          Process.send_after(self(), :connect, 2_000)
          {:noreply, s}
        end
        def handle_info(:connect, s), do: {:noreply, connect(s)}
        defp connect(s), do: s
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    if (module.isServer)
      for (const harm of harmsIn(module, sleeps, inHandler)) {
        if (harm.entry.fn.name === "join" || (harm.reached.site !== harm.site && !isCertain(harm.reached))) continue;
        yield isBeforeTheEnd(harm.reached.site) ? { at: harm.site.node, because: () => "the node or the process ends after it, so no message is kept waiting" } : judge(module, harm);
      }
    for (const site of module.calls("Process.sleep", ":timer.sleep")) {
      if (insideOf(module, site, inHandler) === undefined && site.closure?.kind !== "agent") yield { at: site.node, because: () => `it runs ${runsWhere(site)}, and no server waits for it` };
      if (site.closure?.kind !== "agent" || site.closure.call.name.endsWith("start_link")) continue;
      const ms = integerOf(site.args[0], module);
      yield {
        at: site.node,
        message: `The agent sleeps${ms === undefined ? "" : ` ${duration(ms)}`} inside \`${site.closure.call.name}\`: the function runs in the agent's process, so every other user of the agent waits behind it.`,
        evidence: [`The function given to \`${site.closure.call.name}\` runs in the agent.`],
        confidence: "proven",
      };
    }
  },
});

const ends = /^(System\.(halt|stop|restart)|:init\.(stop|restart)|(:erlang|Kernel)\.(halt|exit)|exit)$/;

/** A statement of the same block stops the node or the process, itself or in the function it calls, or parks for good. */
function isBeforeTheEnd(sleep: CallSite): boolean {
  const block = sleep.node.parent;
  if (block?.result?.kind === "tuple" && block.result.children[0]?.isAtom("stop") === true) return true;
  const others = sleep.clause.sites.filter((site) => site !== sleep && site.node.parent?.id === block?.id);
  return others.some((site) => ends.test(site.name) || (sleep.id < site.id && site.name === sleep.name && site.args[0]?.isAtom("infinity") === true) || site.callee?.sites.some((inner) => ends.test(inner.name)) === true);
}

/** Another module's sleep counts when every call meets it; a pause between attempts after a failure belongs to the work itself. */
function isCertain({ path }: Reached): boolean {
  return path.length <= 3 && path.slice(1).every((site) => site.fn.clauses.length === 1 && site.around.loop === undefined && runsAlways(site) && !site.fn.sites.some((other) => other.callee === site.fn));
}

/** A random pause spreads many processes over time: that it passes is its purpose. */
const isJitter = (sleep: CallSite): boolean => [...(sleep.args[0]?.descendants() ?? [])].some((part) => part.isCall(":rand.uniform", "Enum.random"));

/** A pause whose length the server was started with: whether there is one, and that callers feel it, is for whoever starts it to say. */
const isSetting = ({ args: [time] }: CallSite): boolean => time?.kind === "field" && (time.target?.kind === "var" || time.target?.kind === "field");

/** Whether anything but timers of its own writes to the process: a loop that only talks to itself keeps nobody waiting. */
const hasCorrespondents = (module: Module): boolean => module.is("gen_statem") || ["handle_call/3", "handle_cast/2", "handle_in/3", "handle_event/3"].some((id) => module.callback(id).length > 0) || module.callback("handle_info/2").some((clause) => {
    const own = tagOf(clause.params[0])?.tag;
    return own === undefined || !armsItself(module, own);
  });

function judge(module: Module, { site, reached, entry, isOnly }: Harm): Report {
  const ms = integerOf(reached.site.args[0], reached.site.module);
  const isDirect = reached.site === site;
  const time = ms === undefined ? "" : ` ${duration(ms)}`;
  const server = module.shortName;
  return {
    at: site.node,
    message: `${server} sleeps${time} in \`${entry.fn.id}\`${isDirect ? "" : `, through \`${site.name}\``}: every message waits behind it. Arm a timer with \`Process.send_after/3\` and go on in the clause for its message.`,
    related: [...stepsOf(entry), ...onwardSteps(reached)],
    evidence: [wayIn(entry)],
    searched: ["a task or another process around the sleep (none)"],
    severity: (ms !== undefined && ms < 1000) || module.is("LiveView", "Channel") || entry.fn.name === "handle_continue" || isJitter(reached.site) || !hasCorrespondents(module) || entry.path.length > 2 || !isCall(entry) || isSetting(reached.site) ? "low" : servesClients(module) ? "high" : "medium",
    confidence: isDirect && isOnly ? "proven" : "likely",
  };
}
