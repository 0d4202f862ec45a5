import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { type Entry, stepsOf } from "../../model/context.ts";
import type { EffectKind } from "../../model/effects.ts";
import type { Module } from "../../model/module.ts";
import { isPreparedFor } from "../../model/request.ts";
import { answersCalls, isPage, isPerInstance, servesClients } from "../../model/role.ts";
import { tagOf } from "../../model/server.ts";
import { type Harm, harmsIn, inHandler, isCall, isUnasked, onwardSteps, wayIn } from "../shared/in-server.ts";

const slow: ReadonlySet<EffectKind> = new Set<EffectKind>(["http", "os", "socket", "rpc"]);
const words: Partial<Record<EffectKind, string>> = { http: "an HTTP request", os: "an operating system command", socket: "a network peer", rpc: "another node" };

export default defineRule({
  id: "blocking-io-in-callback",
  family: "blocking",
  title: "A server waits for I/O in a callback",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Run it in Task.Supervisor.async_nolink/2 and reply from the result's clause" },
  source: "https://hexdocs.pm/elixir/GenServer.html",
  doc: {
    what: "An HTTP request, an operating system command, a connect or receive on a socket, or a call to another node runs inside a server that others wait for.",
    why: "The server answers nobody until the peer has answered. By default callers give up after five seconds, yet their requests stay in the mailbox and run later all the same.",
    instead: "Start a task with `Task.Supervisor.async_nolink/2`, keep its reference and the caller, return `{:noreply, state}`, and reply in the clause for the result. In LiveView, `start_async/3` does it.",
    fine: ["A server that nobody asks anything: a poller, a one-job worker.", "Broadway, Oban and GenStage workers, which are made to block.", "Start-up work in `handle_continue/2`, and a connection process that connects.", "I/O in a task, `start_async` or `assign_async`.", "Sending on a socket."],
    never: "A longer timeout in the client: the queue behind the request only grows.",
    sure: "Proven when a callback reaches the I/O within its own module and nothing but callbacks does; likely when clients reach it, too, or another module does it on the server's behalf. High where clients call one instance; medium for one of many instances and for pages. Low where nobody waits for the answer to this message, for commands of the operating system, whose time does not hang on a peer, for a request whose sender wants to wait, such as `:flush`, for a server whose own client functions all give their calls a bound and catch the exit, for the second and any further place of a module, for a connection that connects, for a server that takes one kind of request, for requests that nothing in an application sends, and for reads from a socket, which are one conversation wherever they stand.",
  },
  spokenOf: /on purpose|deliberate|intention|by design|back[ -]?off|rate[ -]limit|throttl|garbage|must (?:block|wait)|so that (?:only|no)/i,
  bad: [
    elixir`
      defmodule Menu do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:rates, _from, s), do: {:reply, Req.get!(s.url).body, s} #! Menu answers nobody
      end`,
  ],
  good: [
    elixir`
      defmodule Menu do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:rates, from, s) do
          task = Task.Supervisor.async_nolink(Menu.Tasks, fn -> Req.get!(s.url).body end)
          {:noreply, Map.put(s, task.ref, from)}
        end
        def handle_info({ref, body}, s) do
          Process.demonitor(ref, [:flush])
          {from, s} = Map.pop(s, ref)
          GenServer.reply(from, body)
          {:noreply, s}
        end
        def handle_info({:DOWN, ref, :process, _, _}, s), do: {:noreply, Map.delete(s, ref)}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !(module.isServer || module.is("LiveComponent")) || module.is("GenStage", "Broadway", "ObanWorker") || !servesClients(module)) return;
    const seen = new Set<unknown>();
    for (const harm of harmsIn(module, slow, inHandler)) {
      const accepted = acceptedBecause(module, harm);
      if (accepted !== undefined) yield { at: harm.site.node, because: () => accepted };
      const way = wayOf(harm);
      if (accepted !== undefined || seen.has(harm.site.callee ?? harm.site) || seen.has(way)) continue;
      seen.add(harm.site.callee ?? harm.site).add(way);
      const isAnother = seen.has(module);
      seen.add(module);
      // A server that waits for its clients in more than one place does so by one design.
      yield isAnother ? { ...judge(module, harm), severity: "low" } : judge(module, harm);
    }
  },
});

/** A callback that hands all its messages to one function with a clause for each is one design, said once. */
const wayOf = ({ entry, site }: Harm): unknown => {
  const [first] = entry.path;
  return first?.callee !== undefined && first.callee.clauses.length > 2 ? first : site;
};

const connects = /\.(connect|open|await_up|handshake)$|^:inet\.getaddrs?$/;

/**
 * Start-up work after init, a connection process that connects, and calls between nodes behind a context function are
 * designs of their own; so is a rare branch more than two calls away.
 */
function acceptedBecause(module: Module, { reached, entry, site }: Harm): string | undefined {
  if (entry.fn.name === "handle_continue") return "`handle_continue` is where start-up work belongs";
  if (reached.path.length > 3) return `\`${reached.site.name}\` is more than two calls away, on a branch that may be rare`;
  if (connects.test(reached.site.name) && entry.fn.name !== "handle_call") return "connecting is the work of this process";
  if (reached.kind === "rpc" && (isPage(module) || reached.site !== site)) return "calls between nodes behind a function of their own are a design of their own";
  return isPage(module) && reached.site !== site ? "a page may wait for its context's functions" : undefined;
}

/** One socket is one conversation: whoever wants to read from it, or to accept on it, has to wait for its turn, wherever that is. */
const isOwnConversation = ({ name }: CallSite): boolean => /^:(gen_tcp|ssl|gen_udp)\.(recv|accept|transport_accept)$/.test(name);

/** A request that is there to wait until the work is done. */
const isBarrier = ({ clause }: Entry): boolean => /^(drain|flush|sync|await)(_|$)/.test(tagOf(clause?.params[0])?.tag ?? "");

/** A server that takes one kind of request: whoever waits for it waits for that work in any case. */
const hasOneRequest = (module: Module): boolean => module.callback("handle_call/3").length === 1 && module.callback("handle_cast/2").length === 0;

function judge(module: Module, { site, reached, entry, isOnly }: Harm): Report {
  const isDirect = reached.site === site;
  const forPage = isPage(module);
  const who = forPage ? `The page of ${module.shortName} stands still` : `${module.shortName} answers nobody`;
  return {
    at: site.node,
    message: `${who} while \`${reached.site.name}\` waits for ${words[reached.kind] ?? "a peer"} in \`${entry.fn.id}\`${isDirect ? "" : `, through \`${site.name}\``}. ${forPage ? "Run it with `start_async/3`." : "Run it in a task and reply from the clause for its result."}`,
    related: [...stepsOf(entry), ...onwardSteps(reached)],
    evidence: [wayIn(entry)],
    searched: ["a task or another process around the call (none)"],
    severity: reached.kind === "os" || isBarrier(entry) || isOwnConversation(reached.site) || isPreparedFor(module) || isUnasked(entry) || hasOneRequest(module) || (isPerInstance(module) && connects.test(reached.site.name)) ? "low" : forPage ? "medium" : !answersCalls(module) || !isCall(entry) ? "low" : isPerInstance(module) ? "medium" : "high",
    confidence: isDirect && isOnly ? "proven" : "likely",
  };
}
