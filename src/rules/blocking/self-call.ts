import { defineRule, type Dismissal, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { type Entry, entriesAt, stepsOf } from "../../model/context.ts";
import { handlersAround, takesExits } from "../../model/handlers.ts";
import { matchesOn } from "../../model/flow.ts";
import { literalName, quoted } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { runsWhere } from "../../model/place.ts";
import { registrationOf, requestsIn, trapsExits } from "../../model/server.ts";
import type { Expr } from "../../syntax/tree.ts";
import { wayIn } from "../shared/in-server.ts";

const calls = ["GenServer.call", "GenServer.stop", ":gen_server.call", ":gen_statem.call", "GenStateMachine.call", ":sys.get_state", ":sys.replace_state", ":sys.get_status", "GenStage.call"] as const;

const enders = ["DynamicSupervisor.terminate_child", "Task.Supervisor.terminate_child", "Supervisor.terminate_child"] as const;

export default defineRule({
  id: "self-call",
  family: "blocking",
  title: "A server calls itself",
  severity: "critical",
  set: "default",
  fix: { kind: "automatic", title: "Call the private function behind the handler with the state at hand" },
  source: "https://hexdocs.pm/elixir/GenServer.html",
  doc: {
    what: "Code that runs inside a server makes a synchronous call to that same server, or asks its supervisor to end it and waits for the answer.",
    why: "`GenServer.call/3` notices that the target is the calling process and exits with `:calling_self` at once. `rescue` does not stop an exit, so the server dies; with a `catch` it lives, but the call still never gives an answer. A supervisor ends its child before it answers: what follows the call never runs, and a process that traps exits waits with its supervisor until the time for the shutdown is over.",
    instead: "Put the handler's work into a private function that takes the state, and call that function from both places. A process that is done returns `{:stop, :shutdown, state}`.",
    fine: ["The call runs in another process, such as a task.", "The name is built per instance, so it may be that of another process.", "The line is in a client function that only clients call."],
    never: "A `catch` hides the exit, a longer timeout changes nothing, and a task that the server awaits waits for the server in turn: none of them gives the answer.",
    sure: "Proven when every path to the line starts in a callback of the module and the call goes to `self()` or to the name that `start_link` registers; likely when clients reach the line, too. Where the name is only the default of an option: likely if the module's client functions use it as written, otherwise review. A process that has its supervisor end it is low, medium where it traps exits.",
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
      yield* judge(module, site);
    }
    for (const site of module.calls(...enders)) if (isOwnPid(site.args[1], site)) yield endsItself(module, site);
  },
});

function* judge(module: Module, site: CallSite): Generator<Report | Dismissal> {
  // A default is evaluated by callers that leave the argument out.
  if (site.clause.head.contains(site.node)) return;
  const target = site.args[0];
  const isSelf = target?.isCall("self") === true;
  const registration = registrationOf(module);
  const name = literalName(target, module);
  const isOwnName = name !== undefined && (registration.kind === "literal" || registration.kind === "default") && registration.name === name;
  if (!isSelf && !isOwnName) return;
  const entries = entriesAt(site);
  const inside = entries.filter((entry) => entry.kind === "callback" && entry.module === module && module.isServer);
  const [first] = inside;
  if (first === undefined) return yield { at: site.node, because: () => `it runs ${runsWhere(site)}, so ${module.shortName} does not call itself` };
  const confidence = registration.kind === "default" && !isSelf ? (isKnownByName(module, registration.name) ? "likely" : "review") : inside.length === entries.length ? "proven" : "likely";
  const places = new Map(inside.map((entry) => [misplaced(site, entry), entry]));
  for (const [place, entry] of places)
    yield {
      at: place?.node ?? site.node,
      message: `${place === undefined ? `\`${site.fn.id}\` runs inside ${module.name === "" ? "this module" : module.name} and calls ${module.shortName}` : `\`${place.fn.id}\` runs inside ${module.name} and uses its client function \`${site.fn.id}\``}: it exits with :calling_self each time. ${outcome(site, place)}`,
      related: [...stepsOf(entry), ...(place === undefined ? [] : [{ at: site.node, message: "calls the server that runs it" }]), ...(registration.kind === "literal" ? [{ at: registration.at, message: `${module.shortName} registers this name` }] : [])],
      evidence: [wayIn(entry)],
      searched: ["a task or another process around the call (none)"],
      confidence,
    };
}

/** A client function is right for clients: then the fault is where code of the server uses it. */
const misplaced = ({ fn, module }: CallSite, { path }: Entry): CallSite | undefined => {
  const last = path.at(-1);
  return fn.isPublic && !fn.isCallback && last?.callee === fn && last.module === module ? last : undefined;
};

/** `self()`, or a variable that holds it. */
const isOwnPid = (pid: Expr | undefined, { clause }: CallSite): boolean => pid?.isCall("self") === true || (pid?.kind === "var" && matchesOn(clause.node, pid.name).some(({ right }) => right?.isCall("self") === true));

/** The supervisor waits for the end of the process that waits for the supervisor's answer. */
function endsItself(module: Module, site: CallSite): Report {
  const inside = site.closure === undefined && trapsExits(module) ? entriesAt(site).find((entry) => entry.kind === "callback" && entry.module === module) : undefined;
  return {
    at: site.node,
    firstLineOnly: true,
    severity: inside === undefined ? "low" : "medium",
    confidence: "proven",
    message: `\`${site.fn.id}\` waits for \`${quoted(site.args[0] ?? site.node, 30)}\` to end the process it runs in: ${inside === undefined ? "no answer ever comes, and nothing after the call runs" : `${module.shortName} traps exits, so both wait until the time for the shutdown is over, and it is killed without its \`terminate/2\``}. Return \`{:stop, :shutdown, state}\`.`,
    related: inside === undefined ? [] : stepsOf(inside),
    evidence: ["A supervisor answers `terminate_child` when the child has ended."],
  };
}

/** Whether the module's own client functions address the name as written: then it is the name the server really has. */
const isKnownByName = (module: Module, name: string): boolean => requestsIn(module).some(({ fn, target, site }) => fn.isPublic && !fn.isCallback && site.closure === undefined && literalName(target, module) === name);

/** What becomes of the exit: of the call itself, or of where the server uses the client function that makes it. */
function outcome(site: CallSite, place: CallSite | undefined): string {
  const handlers = [site, ...(place === undefined ? [] : [place])].flatMap(handlersAround);
  const handler = handlers.find((candidate) => takesExits(candidate) && mayBe(candidate.clause.params[1]));
  if (handler !== undefined) return `The catch at line ${handler.clause.line} hides it, so the value is always the one from there.`;
  if (handlers.some(takesExits)) return "The catch around it is for other exits, so the server dies.";
  return handlers.length > 0 ? "`rescue` does not stop an exit, so the server dies." : "Nothing catches the exit, so the server dies.";
}

/** Whether a pattern for the reason of an exit can be that of a call to oneself: `{:calling_self, _}`, or the bare atom from Erlang. */
const mayBe = (reason: Expr | undefined): boolean => {
  const tag = reason?.kind === "tuple" ? reason.children[0] : reason;
  return tag?.kind !== "atom" || tag.isAtom("calling_self");
};
