import { defineRule, elixir } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { catchesExits } from "../../model/handlers.ts";
import type { Module } from "../../model/module.ts";
import { isCatchAll } from "../../model/server.ts";

export default defineRule({
  id: "missing-catch-all",
  family: "errors",
  title: "A message without a clause ends the server",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Add a last clause that logs and keeps the state" },
  source: "https://hexdocs.pm/elixir/GenServer.html#module-receiving-regular-messages",
  doc: {
    what: "A server has its own `handle_info` clauses, none of which takes anything, and messages from outside can reach it.",
    why: "`use GenServer` logs and drops unknown messages, but only as long as the module defines no `handle_info` of its own. With clauses of its own, one unexpected message is a FunctionClauseError, and the state is gone.",
    instead: "A last clause that logs at debug and returns the state.",
    fine: ["No `handle_info` at all: the default takes it.", "A clause with a plain variable, also one that a known `use` adds.", "A server that nothing but its own clients address, known by name or not."],
    never: "A silent catch-all where exits are trapped: it hides crashes.",
    sure: "Likely for tasks and for calls whose timeout is caught; review for subscriptions and ports, since projects disagree on whether an unexpected message should end a server.",
  },
  bad: [
    elixir`
      defmodule Till do
        use GenServer
        def init(s) do
          Phoenix.PubSub.subscribe(Bakery.PubSub, "prices")
          {:ok, s}
        end
        def handle_info({:price, p}, s), do: {:noreply, [p | s]} #! without clause stops
      end`,
  ],
  good: [
    elixir`
      defmodule Till do
        use GenServer
        require Logger
        def init(s) do
          Phoenix.PubSub.subscribe(Bakery.PubSub, "prices")
          {:ok, s}
        end
        def handle_info({:price, p}, s), do: {:noreply, [p | s]}
        def handle_info(other, s) do
          Logger.debug(inspect(other))
          {:noreply, s}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "GenStage", "LiveView", "Channel") || module.unknownUses.length > 0) return;
    const clauses = module.callback("handle_info/2");
    const first = clauses[0];
    if (first === undefined || clauses.some((clause) => isCatchAll(clause.params[0], clause.guard))) return;
    const way = wayIn(module);
    if (way === undefined) return;
    yield {
      at: first.head,
      message: `A message without clause stops ${module.shortName}: it ${way.words}. Add a last \`handle_info\` clause that logs and keeps the state.`,
      related: way.site === undefined ? [] : [{ at: way.site.node, message: "what lets messages in" }],
      evidence: [`${clauses.length} handle_info ${clauses.length === 1 ? "clause" : "clauses"}, each for a message of its own.`],
      searched: ["a clause that takes anything (none)"],
      confidence: way.confidence,
    };
  },
});

type WayIn = { readonly words: string; readonly site: CallSite | undefined; readonly confidence: "likely" | "review" };

const subscriptions = /(^|\.)(PubSub\.subscribe|Endpoint\.subscribe|subscribe|Notifier\.listen)$|^(Registry\.register|:pg\.join|:pg2\.join)$/;
const ports = /^(Port\.open|:gen_tcp\.(connect|listen|accept)|:gen_udp\.open|:ssl\.connect)$/;
const tasks = /^Task\.(async|Supervisor\.async|Supervisor\.async_nolink)$/;

/** By which way a message can come that the module does not expect, the surest first. */
function wayIn(module: Module): WayIn | undefined {
  const sites = module.calls().filter((site) => site.node.kind === "call" && site.closure === undefined && !site.around.loose);
  const subscribed = sites.find((site) => subscriptions.test(site.name));
  if (subscribed !== undefined) return { words: `subscribes with \`${subscribed.name}\`, where others publish, too`, site: subscribed, confidence: "review" };
  const port = sites.find((site) => ports.test(site.name));
  if (port !== undefined) return { words: `opens \`${port.name}\`, which sends what it likes`, site: port, confidence: "review" };
  const task = sites.find((site) => tasks.test(site.name));
  if (task !== undefined) return { words: `starts tasks with \`${task.name}\`, whose results and ends are messages`, site: task, confidence: "likely" };
  const late = sites.find((site) => /^(GenServer|:gen_server|GenStage)\.call$/.test(site.name) && catchesExits(site));
  if (late !== undefined) return { words: "catches the timeout of a call, and on older releases the late reply is a message", site: late, confidence: "likely" };
  return undefined;
}
