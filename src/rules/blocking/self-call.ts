import { defineRule, type Dismissal, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, stepsOf } from "../../model/context.ts";
import { handlersAround, takesExits } from "../../model/handlers.ts";
import { literalName } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { runsWhere } from "../../model/place.ts";
import { registrationOf, requestsIn } from "../../model/server.ts";
import type { Expr } from "../../syntax/tree.ts";
import { wayIn } from "../shared/in-server.ts";

const calls = ["GenServer.call", "GenServer.stop", ":gen_server.call", ":gen_statem.call", "GenStateMachine.call", ":sys.get_state", ":sys.replace_state", ":sys.get_status", "GenStage.call"] as const;

export default defineRule({
  id: "self-call",
  family: "blocking",
  title: "A server calls itself",
  severity: "critical",
  set: "default",
  fix: { kind: "automatic", title: "Call the private function behind the handler with the state at hand" },
  source: "https://hexdocs.pm/elixir/GenServer.html",
  doc: {
    what: "Code that runs inside a server makes a synchronous call to that same server.",
    why: "`GenServer.call/3` notices that the target is the calling process and exits with `:calling_self` at once. `rescue` does not stop an exit, so the server dies; with a `catch` it lives, but the call still never gives an answer.",
    instead: "Put the handler's work into a private function that takes the state, and call that function from both places.",
    fine: ["The call runs in another process, such as a task.", "The name is built per instance, so it may be that of another process.", "The line is in a client function that only clients call."],
    never: "A `catch` hides the exit, a longer timeout changes nothing, and a task that the server awaits waits for the server in turn: none of them gives the answer.",
    sure: "Proven when every path to the line starts in a callback of the module and the call goes to `self()` or to the name that `start_link` registers; likely when clients reach the line, too. Where the name is only the default of an option: likely if the module's client functions use it as written, otherwise review.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, %{ash: 0}}
        def handle_info(:clean, s), do: {:noreply, %{s | ash: GenServer.call(__MODULE__, :ash_level)}} #! calls Oven
        def handle_call(:ash_level, _from, s), do: {:reply, s.ash, s}
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(_), do: {:ok, %{ash: 0}}
        def ash_level, do: GenServer.call(__MODULE__, :ash_level)
        def handle_info(:clean, s), do: {:noreply, %{s | ash: ash_level(s)}}
        def handle_call(:ash_level, _from, s), do: {:reply, ash_level(s), s}
        defp ash_level(s), do: s.ash
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(...calls)) {
      const report = judge(module, site);
      if (report !== undefined) yield report;
    }
  },
});

function judge(module: Module, site: CallSite): Report | Dismissal | undefined {
  const target = site.args[0];
  const isSelf = target?.isCall("self") === true;
  const registration = registrationOf(module);
  const name = literalName(target, module);
  const isOwnName = name !== undefined && (registration.kind === "literal" || registration.kind === "default") && registration.name === name;
  if (!isSelf && !isOwnName) return undefined;
  const entries = entriesAt(site);
  const inside = entries.filter((entry) => entry.kind === "callback" && entry.module === module && module.isServer);
  const first = inside[0];
  if (first === undefined) return { at: site.node, because: () => `it runs ${runsWhere(site)}, so ${module.shortName} does not call itself` };
  const confidence = registration.kind === "default" && !isSelf ? (isKnownByName(module, registration.name) ? "likely" : "review") : inside.length === entries.length ? "proven" : "likely";
  return {
    at: site.node,
    message: `\`${site.fn.id}\` runs inside ${module.name === "" ? "this module" : module.name} and calls ${module.shortName}: it exits with :calling_self each time. ${outcome(site)}`,
    related: [...stepsOf(first), ...(registration.kind === "literal" ? [{ at: registration.at, message: `${module.shortName} registers this name` }] : [])],
    evidence: [wayIn(first)],
    searched: ["a task or another process around the call (none)"],
    confidence,
  };
}

/** Whether the module's own client functions address the name as written: then it is the name the server really has. */
const isKnownByName = (module: Module, name: string): boolean => requestsIn(module).some(({ fn, target, site }) => fn.isPublic && !fn.isCallback && site.closure === undefined && literalName(target, module) === name);

function outcome(site: CallSite): string {
  const handler = handlersAround(site).find((candidate) => takesExits(candidate) && mayBe(candidate.clause.params[1]));
  if (handler !== undefined) return `The catch at line ${handler.clause.line} hides it, so the value is always the one from there.`;
  if (handlersAround(site).some(takesExits)) return "The catch around it is for other exits, so the server dies.";
  return handlersAround(site).length > 0 ? "`rescue` does not stop an exit, so the server dies." : "Nothing catches the exit, so the server dies.";
}

/** Whether a pattern for the reason of an exit can be that of a call to oneself: `{:calling_self, _}`, or the bare atom from Erlang. */
const mayBe = (reason: Expr | undefined): boolean => {
  const tag = reason?.kind === "tuple" ? reason.children[0] : reason;
  return tag?.kind !== "atom" || tag.isAtom("calling_self");
};
