import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, type Entry, stepsOf } from "../../model/context.ts";
import type { Module } from "../../model/module.ts";
import { type Origin, originOf } from "../../model/origin.ts";
import { servesClients } from "../../model/role.ts";
import type { Expr } from "../../syntax/tree.ts";
import { inHandler, wayIn } from "../shared/in-server.ts";

const walks = /^(Enum|Map|Stream)\.(map|each|flat_map|reduce|filter|reject|find|any\?|all\?|update|map_reduce)$/;

export default defineRule({
  id: "user-function-in-server",
  family: "blocking",
  title: "A server runs its caller's function",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Run the function in the client, or in a task and reply later" },
  source: "https://hexdocs.pm/elixir/Agent.html",
  doc: {
    what: "A callback applies a function that came with the message, or that the state keeps for somebody else.",
    why: "All callers queue behind the slowest function, and an exit, a throw or an endless loop in it takes the server and its state down.",
    instead: "Let the client run the function between two short requests, or run it with `Task.Supervisor.async_nolink/2` and reply from the clause for its result.",
    fine: ["The function runs in a task.", "A worker that nobody asks anything and that was given its function at start.", "Comparators, key functions and reducers over data the server holds, given in code.", "A device of the I/O protocol, which has to apply what a request names.", "Agents, whose functions are judged by what they do."],
    never: "A rescue around the function, or a timeout of the client: the queue stands still all the same.",
    sure: "Proven when the function is part of the message; likely when the state keeps it. Low: as a rule to run one function after the other is what the server is for. Of seven read in code that nobody had looked at all were true, and none was worth an issue.",
  },
  bad: [
    elixir`
      defmodule Breaker do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(s), do: {:ok, s}
        def handle_call({:run, fun}, _from, s), do: {:reply, fun.(), s} #! runs its caller's function
      end`,
  ],
  good: [
    elixir`
      defmodule Breaker do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(s), do: {:ok, s}
        def run(fun) do
          with :ok <- GenServer.call(__MODULE__, :ask) do
            tap(fun.(), &GenServer.cast(__MODULE__, {:outcome, &1}))
          end
        end
        def handle_call(:ask, _from, s), do: {:reply, :ok, s}
        def handle_cast({:outcome, _}, s), do: {:noreply, s}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "gen_statem") || !servesClients(module)) return;
    const seen = new Set<Expr>();
    for (const site of module.calls()) {
      const applied = appliedBy(site);
      if (applied === undefined || site.closure !== undefined || site.around.loose || isOneOfManyShapes(site)) continue;
      for (const report of judge(module, site, applied)) {
        if (seen.has(report.at)) continue;
        seen.add(report.at);
        yield report;
      }
    }
  },
});

/** The function value that a place applies: `f.()`, `apply(f, args)`, `Enum.map(x, f)`. */
function appliedBy({ node }: CallSite): Expr | undefined {
  if (node.kind !== "call") return undefined;
  if (node.name === ".") return node.target;
  const { args } = node;
  if (node.isCall("apply", "Kernel.apply", ":erlang.apply")) return args[0]?.kind === "alias" || args[0]?.isAtom() ? undefined : args[0];
  if (!walks.test(node.name) || args.length < 2) return undefined;
  const last = args.at(-1);
  return last?.kind === "var" || last?.kind === "field" ? last : undefined;
}

function* judge(module: Module, site: CallSite, applied: Expr): Generator<Report> {
  for (const entry of entriesAt(site)) {
    if (entry.kind !== "callback" || entry.module !== module || !inHandler(entry)) continue;
    const origin = originOf(applied, site.clause, entry.path);
    if ((origin.kind !== "message" && origin.kind !== "state") || isInputOutput(entry) || isDispatch(site, entry)) continue;
    const repeats = site.around.loop !== undefined || walks.test(site.name) || entry.path.some((step) => step.around.loop !== undefined) || site.fn.sites.some((other) => other.callee === site.fn);
    // One function that the server was started with is its own code, written elsewhere, while no client waits for it.
    if (origin.kind === "state" && !repeats && entry.fn.name !== "handle_call") continue;
    yield reportOf(module, { site, entry, origin, applied, repeats });
  }
}

/** A helper whose other clauses take something else than a function: which one the callback meets is unknown. */
const isOneOfManyShapes = ({ clause, fn }: CallSite): boolean => !fn.isCallback && fn.clauses.length > 1 && clause.guard !== undefined && [...clause.guard.descendants()].some((expr) => expr.isCall("is_function"));

/** `apply(module, :after_command, args)`: a callback of a behaviour that the server calls by its own choice, not a function it was given. */
const isDispatch = (site: CallSite, entry: Entry): boolean => /^(Kernel\.|:erlang\.)?apply$/.test(site.name) && site.args.length === 3 && site.args[1] !== undefined && originOf(site.args[1], site.clause, entry.path).kind === "literal";

/** The protocol of I/O devices obliges its server to apply the functions of a request. */
const isInputOutput = (entry: Entry): boolean => entry.fn.id === "handle_info/2" && [...(entry.clause?.node.descendants() ?? [])].some((expr) => expr.isAtom("io_request"));

type Applied = { readonly site: CallSite; readonly entry: Entry; readonly origin: Origin; readonly applied: Expr; readonly repeats: boolean };

function reportOf(module: Module, { site, entry, origin, applied, repeats }: Applied): Report {
  const isAsked = origin.kind === "message";
  const owner = isAsked ? "its caller's function" : "a function that its state keeps";
  return {
    at: (entry.path[0] ?? site).node,
    firstLineOnly: true,
    message: `${module.shortName} runs ${owner} itself in \`${entry.fn.id}\`${repeats && !isAsked ? ", once for each element" : ""}: all callers queue behind the slowest, and an exit in it takes the server down. Run it in the client, or in a task and reply later.`,
    related: [...stepsOf(entry), { at: site.node, message: `\`${applied.text}\` is applied here` }],
    evidence: [wayIn(entry), isAsked ? "The function is part of the message." : "The function comes from the state."],
    searched: ["a task around the function (none)"],
    confidence: isAsked ? "proven" : "likely",
  };
}
