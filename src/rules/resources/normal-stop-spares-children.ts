import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { defaultOf } from "../../model/arguments.ts";
import type { CallSite } from "../../model/call-site.ts";
import { stepsOf } from "../../model/context.ts";
import { isPattern } from "../../model/fields.ts";
import { lastingChildrenOf, type LinkedChild, stopsIn } from "../../model/linked-children.ts";
import { bindsAll } from "../../model/literals.ts";
import type { Clause, Fn, Module } from "../../model/module.ts";
import { isPlatform } from "../../model/reach.ts";
import { tagOf } from "../../model/server.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "normal-stop-spares-children",
  family: "resources",
  title: "A server that ends normally leaves its linked processes running",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Stop the process in terminate/2" },
  source: "https://hexdocs.pm/elixir/Process.html#exit/2",
  doc: {
    what: "A server starts and links a process of its own and keeps its pid, and ends with `{:stop, :normal, s}` or `GenServer.stop/1` without stopping it.",
    why: "The link carries the reason of the end, and a process that does not trap exits ignores `:normal`. What was started for the server lives on without an owner, holds its memory, name and sockets, and each further server leaves one more.",
    instead: "Stop it in `terminate/2` with `GenServer.stop(s.oven)`, or stop the server with `{:shutdown, reason}`, which ends linked processes, too.",
    fine: ["The process is a supervisor or traps exits: both end when the process that started them ends, whatever the reason.", "It stops by itself, as on the `:DOWN` of its owner, or calls a process that it knows by its pid.", "`terminate/2` or each of the stops does something with the field that holds its pid.", "The server stops because of an `:EXIT` or a `:DOWN`.", "Others got the pid and may stop it."],
    never: "Relying on the link: it helps when the server crashes or is shut down, and not when it is done.",
    sure: "Proven when the process is a server of the project that nothing stops; likely for agents and spawned loops, and where only some of the stops leave it. Low for a spawned loop where `terminate/2` closes something, which may be what the loop reads from.",
  },
  bad: [
    elixir`
      defmodule Baker do
        use GenServer
        def init(_) do
          {:ok, oven} = Oven.start_link([])
          {:ok, %{oven: oven}}
        end
        def handle_info(:closing_time, s), do: {:stop, :normal, s} #! leaves Oven running
      end
      defmodule Oven do
        use GenServer
        def start_link(o), do: GenServer.start_link(__MODULE__, o)
        def init(o), do: {:ok, o}
        def handle_call(:heat, _from, o), do: {:reply, 200, o}
      end`,
  ],
  good: [
    elixir`
      defmodule Baker do
        use GenServer
        def init(_) do
          {:ok, oven} = Oven.start_link([])
          {:ok, %{oven: oven}}
        end
        def handle_info(:closing_time, s), do: {:stop, :normal, s}
        def terminate(_reason, s), do: GenServer.stop(s.oven)
      end
      defmodule Oven do
        use GenServer
        def start_link(o), do: GenServer.start_link(__MODULE__, o)
        def init(o), do: {:ok, o}
        def handle_call(:heat, _from, o), do: {:reply, 200, o}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.isServer || module.is("LiveView", "LiveComponent")) return;
    const stops = [...normalStops(module), ...clientStops(module)];
    if (stops.length === 0) return;
    const left = lastingChildrenOf(module).flatMap((child) => leftBy(module, child, stops));
    for (const at of new Set(left.map((one) => one.at))) yield report(module, at, left.filter((one) => one.at === at));
  },
});

type Stop = { readonly at: Expr; readonly clause: Clause };

/** The answers that end the server with `:normal`, except in `init/1` and on the end of another process. */
function normalStops(module: Module): Stop[] {
  return module.functions.flatMap((fn) =>
    fn.isMacro || fn.name === "init" || fn.name === "terminate" ? [] : fn.clauses.filter(({ params }) => !params.some((param) => /^(EXIT|DOWN)$/.test(tagOf(param)?.tag ?? ""))).flatMap((clause) => stopsIn(clause).filter((tuple) => tuple.children[1]?.isAtom("normal") === true && !isPattern(tuple)).map((at) => ({ at, clause }))),
  );
}

const stoppers = ["GenServer.stop", ":gen_server.stop", ":gen_statem.stop", "GenStateMachine.stop"] as const;
/** Clients of the server that stop it, with `:normal` unless they say otherwise. */
const clientStops = (module: Module): Stop[] => module.calls(...stoppers).filter(({ node, args, fn, clause, around, closure }) => node.kind === "call" && closure === undefined && !around.loose && fn.isPublic && !fn.isCallback && (args[1] === undefined || args[1].isAtom("normal") || isNormalByDefault(args[1], clause))).map(({ node, clause }) => ({ at: node, clause }));

/** `reason` of `def stop(server, reason \\ :normal)`. */
function isNormalByDefault(reason: Expr, { fn, params }: Clause): boolean {
  const index = reason.kind === "var" ? params.findIndex((param) => param.isVar(reason.name)) : -1;
  return index >= 0 && defaultOf(fn, index)?.isAtom("normal") === true;
}

/** A child that some stops leave running, and where one would stop it. */
type Left = { readonly child: LinkedChild; readonly field: string; readonly stops: readonly Stop[]; readonly isSure: boolean; readonly at: Expr };

function leftBy(module: Module, child: LinkedChild, stops: readonly Stop[]): Left[] {
  const { site, fields, entry, server } = child;
  const [field] = fields;
  if (child.isShared || field === undefined) return [];
  const terminate = module.callback(module.is("gen_statem") && !module.is("GenServer") ? "terminate/3" : "terminate/2");
  if (terminate.some((clause) => reaches(clause, fields))) return [];
  const bare = stops.filter(({ clause }) => clause !== site.clause && !clause.sites.some((step) => step.callee === site.fn) && !reaches(clause, fields));
  const at = terminate[0]?.head ?? bare[0]?.at;
  return at === undefined || bare.length === 0 ? [] : [{ child, field, stops: bare, at, isSure: server !== undefined && entry.kind === "callback" && bare.length === stops.length }];
}

function report(module: Module, at: Expr, left: readonly Left[]): Report {
  const children = left.map(({ child }) => child);
  const whats = listed([...new Set(children.map(({ what }) => what))]);
  const { stops } = left[0] as Left;
  const how = stops.every(({ at: stop }) => stop.kind === "call") ? `\`${stops[0]?.at.name}\`` : "`{:stop, :normal, …}`";
  return {
    at,
    firstLineOnly: true,
    message: `${how} ends ${module.shortName} and leaves ${whats} running: the link passes \`:normal\` on, which a process that does not trap exits ignores. Stop \`${left[0]?.field}\` in \`terminate/2\`.`,
    related: [...children.slice(0, 3).flatMap((child) => [...(child === children[0] ? stepsOf(child.entry) : []), { at: child.site.node, message: `${child.what} is started and linked here` }]), ...stops.slice(0, 3).map((stop) => ({ at: stop.at, message: `${module.shortName} ends normally here` }))],
    evidence: children.map((child) => (child.server === undefined ? `${child.what} has no end of its own.` : `${child.what} neither traps exits nor stops by itself.`)),
    searched: left.map(({ field }) => `a use of \`${field}\` in \`terminate/2\` or at the stop (none)`),
    severity: left.every(({ child }) => child.server === undefined) && closesSomething(module) ? "low" : "medium",
    confidence: left.some(({ isSure }) => isSure) ? "proven" : "likely",
  };
}

/** `terminate/2` closes a connection or the like, which a spawned process may read from, and with which it ends. */
const closesSomething = (module: Module): boolean => [...module.callback("terminate/2"), ...module.callback("terminate/3")].some(({ sites }) => sites.some(({ node }) => /^(close|disconnect|shutdown|stop)(_|$)/.test(node.fun)));

const listed = (names: readonly string[]): string => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);

const MAX_DEPTH = 3;
const harmless = /^(inspect|put_in|update_in|get_in|assign|push|broadcast!?|struct|reply|is_\w+|map_size|case|if|with|unless|cond)$/;

/** Whether a clause, or what it calls, names one of the fields, or gives the whole state where it cannot be followed. */
function reaches(clause: Clause, fields: ReadonlySet<string>, depth = 0, seen = new Set<Fn>()): boolean {
  const { node, params, sites } = clause;
  if (node.descendantsOf("field", "atom").some(({ name }) => fields.has(name))) return true;
  const state = clause.lastParam(0);
  return sites.some((site) => {
    const { callee } = site;
    if (callee === undefined) return depth === 0 && state !== undefined && leavesSight(site) && site.args.some((arg) => arg.kind === "var" && params.length > 0 && bindsAll(state, arg.name));
    if (callee.isMacro || callee.isCallback || seen.has(callee) || depth >= MAX_DEPTH) return false;
    seen.add(callee);
    return callee.clauses.some((inner) => reaches(inner, fields, depth + 1, seen));
  });
}

/** A call into a library, or on a computed module, that may do anything with what it is given. */
const leavesSight = ({ node, name }: CallSite): boolean => node.kind === "call" && name !== "" && !harmless.test(node.fun) && !isPlatform(node.module) && node.module !== "";
