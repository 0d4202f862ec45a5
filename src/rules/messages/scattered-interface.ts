import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import type { Module } from "../../model/module.ts";
import { clausesOfKind, nameAddressed, type Sending, sendingsIn, serverNamed, takersOf } from "../../model/protocol.ts";
import { indexed } from "../../model/indexes.ts";

export default defineRule({
  id: "scattered-interface",
  family: "messages",
  title: "Several modules know the messages of one server",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Give the server client functions and call those" },
  source: "https://hexdocs.pm/elixir/process-anti-patterns.html#scattered-process-interfaces",
  doc: {
    what: "Two or more modules besides the server write its messages out: `GenServer.call(Oven, {:bake, …})`, `Agent.update(Menu, …)`.",
    why: "The shape of the messages and of the state is agreed on in each of these places. A change has to find all of them, and what is forgotten stops the server at run time, where a function call would not compile.",
    instead: "Client functions in the server's module; the others call them.",
    fine: ["Exactly one other module does it: that module is the interface.", "Modules nested in the server.", "Supervisors, and code that takes the process as an argument.", "Tests."],
    sure: "Proven when the server's own clauses take the messages; likely for agents and by registered name alone.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(s), do: {:ok, s}
        def handle_call({:bake, loaf}, _from, s), do: {:reply, :ok, [loaf | s]}
      end
      defmodule Till do
        def order(loaf), do: GenServer.call(Oven, {:bake, loaf}) #! 2 modules
      end
      defmodule Phone do
        def order(loaf), do: GenServer.call(Oven, {:bake, loaf})
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
        def init(s), do: {:ok, s}
        def bake(loaf), do: GenServer.call(__MODULE__, {:bake, loaf})
        def handle_call({:bake, loaf}, _from, s), do: {:reply, :ok, [loaf | s]}
      end
      defmodule Till do
        def order(loaf), do: Oven.bake(loaf)
      end
      defmodule Phone do
        def order(loaf), do: Oven.bake(loaf)
      end`,
  ],

  *checkModule(server) {
    const addresses = addressesOf(server.workspace).get(server.name).filter((address) => address.server === server);
    const modules = [...new Set(addresses.map(({ site }) => site.module))];
    if (modules.length >= 2) yield reportOf(server, addresses, modules);
  },
});

/** A place outside of the server that writes one of its messages. */
type Address = { readonly server: Module; readonly site: CallSite; readonly isTaken: boolean };
const agentCalls = ["Agent.get", "Agent.update", "Agent.get_and_update", "Agent.cast"] as const;

/** By server, the foreign places that address it by its literal name, in the order of files. */
const addressesOf = indexed("foreign addresses", (module) => {
  const { workspace } = module;
  const found: (readonly [string, Address])[] = [];
  if (!module.isLib || module.is("Supervisor", "DynamicSupervisor", "Application")) return found;
  const add = (site: CallSite, kinds: "Agent" | "server", isTaken: (server: Module) => boolean): void => {
    const name = nameAddressed(site.args[0], module);
    const server = name === undefined ? undefined : (serverNamed(workspace, name) ?? (kinds === "Agent" ? workspace.module(name) : undefined));
    if (server === undefined || !server.isLib || !(kinds === "Agent" ? server.is("Agent") : server.is("GenServer", "GenStage", "gen_statem")) || !isForeign(module, server)) return;
    found.push([server.name, { server, site, isTaken: isTaken(server) }]);
  };
  for (const sending of sendingsIn(module)) if (sending.kind !== "timer" && sending.site.closure?.kind !== "telemetry") add(sending.site, "server", (server) => isTakenBy(server, sending));
  for (const site of module.calls(...agentCalls)) if (site.callee === undefined && site.node.kind === "call") add(site, "Agent", () => false);
  return found;
});

const isTakenBy = (server: Module, sending: Sending): boolean => takersOf(server, sending).length > 0 || (clausesOfKind(server, sending.kind).length > 0 && sending.message?.kind === "var");

/** Neither the server nor a module nested in it. */
const isForeign = (module: Module, server: Module): boolean => module !== server && module.name !== server.name && !module.name.startsWith(`${server.name}.`);

function reportOf(server: Module, addresses: readonly Address[], modules: readonly Module[]): Report {
  const [first] = addresses as readonly [Address];
  const others = addresses.slice(1, 8);
  return {
    at: first.site.node,
    message: `${modules.length} modules know the messages of ${server.shortName}: ${modules.slice(0, 4).map((module) => module.shortName).join(", ")}${modules.length > 4 ? " and others" : ""}. A change of one message has to find them all; give ${server.shortName} a function for it.`,
    related: [...others.map(({ site }) => ({ at: site.node, message: `${site.module.shortName} writes a message, too` })), { at: server.node, message: "the server" }],
    evidence: [`${addresses.length} places outside of ${server.name} address it by name.`],
    searched: ["client functions between them and the server (none on these ways)"],
    confidence: addresses.some((address) => address.isTaken) ? "proven" : "likely",
  };
}
