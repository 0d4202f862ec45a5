import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries, entriesAt, stepsOf } from "../../model/context.ts";
import { isSelf, matchesOn } from "../../model/flow.ts";
import type { Module } from "../../model/module.ts";
import { type Request, isSlow, requestAt } from "../../model/request.ts";
import type { Expr } from "../../syntax/tree.ts";
import { inHandler } from "../shared/in-server.ts";
import { tagOf } from "../../model/server.ts";

export default defineRule({
  id: "unbounded-wait",
  family: "blocking",
  title: "A wait has no bound",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Give it a named timeout" },
  source: "https://hexdocs.pm/elixir/GenServer.html",
  doc: {
    what: "A server connects without a timeout, a client function receives without `after` or `:DOWN`, or a server waits with `:infinity` for a handler that does slow work.",
    why: "A peer that accepts and says nothing, or a process that died, leaves the waiting process hanging for good, and everybody who waits for it.",
    instead: "A timeout in a named attribute, and a clause for what happens then.",
    fine: ["Supervisors and shutdown, migrations, Mix tasks.", "A `receive` that also takes the `:DOWN` of a monitor.", "The body of a spawned loop.", "`:infinity` for a handler without a sign of slow work: a dead server ends the wait.", "A connect in a task that has a timeout itself."],
    never: "A cast instead of the call where the caller needs the answer.",
    sure: "Proven for a connect and a bare receive; likely for `:infinity` before a slow handler. Low: somebody chose the wait, or the other side is there (of four read in code nobody had looked at, none was worth an issue).",
  },
  bad: [
    elixir`
      defmodule Courier do
        use GenServer
        def init(host), do: {:ok, host, {:continue, :connect}}
        def handle_continue(:connect, host) do
          {:ok, socket} = :gen_tcp.connect(host, 4000, [:binary]) #! has no bound
          {:noreply, socket}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Courier do
        use GenServer
        @connect_timeout 5_000
        def init(host), do: {:ok, host, {:continue, :connect}}
        def handle_continue(:connect, host) do
          {:ok, socket} = :gen_tcp.connect(host, 4000, [:binary], @connect_timeout)
          {:noreply, socket}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(":gen_tcp.connect", ":ssl.connect")) yield* ofConnect(site);
    for (const site of module.calls("receive")) yield* ofReceive(site);
    if (module.isServer) for (const site of module.calls("GenServer.call", ":gen_server.call")) yield* ofCall(module, site);
  },
});

/** `connect(host, port, options)`; `:ssl.connect(socket, options)` upgrades and is bounded only by a third argument. */
function* ofConnect(site: CallSite): Generator<Report> {
  if (site.node.kind !== "call" || site.args.length >= 4 || site.closure !== undefined || site.around.loose) return;
  // A socket of the same machine answers or refuses at once.
  if (site.args[0]?.kind === "tuple" && site.args[0].children[0]?.isAtom("local") === true) return;
  const isUpgrade = site.name === ":ssl.connect" && (site.args.length === 2 || (site.args.length === 3 && (site.args[1]?.kind === "list" || isBound(site.args[2]))));
  if (isUpgrade && site.args.length === 3) return;
  const entry = callbackEntries(site)[0];
  const { module } = site;
  yield {
    at: site.node,
    message: `\`${site.name}\` in \`${site.fn.id}\` has no bound: ${site.name === ":gen_tcp.connect" ? "a host that drops packets" : "a peer that accepts and says nothing"} holds ${entry === undefined ? "its caller" : module.shortName} ${site.name === ":gen_tcp.connect" ? "until the operating system gives up, after minutes" : "for good"}. Give it a named timeout.`,
    related: entry === undefined ? [] : stepsOf(entry),
    evidence: ["Without a timeout argument the default is :infinity."],
    searched: ["a timeout argument (none)"],
    confidence: "proven",
  };
}

/** The third of three arguments is a time and no list of options. */
const isBound = (arg: Expr | undefined): boolean => arg !== undefined && (arg.kind === "number" || arg.isAtom("infinity") || (/^(var|field|attribute|call)$/.test(arg.kind) && /timeout|_ms$|deadline/.test(arg.text)));

/** A receive in a client function that can only end with the awaited message. */
function* ofReceive(site: CallSite): Generator<Report> {
  const { node, fn } = site;
  const clauses = node.section("do")?.clauses ?? [];
  if (site.closure !== undefined || site.around.loose || node.section("after") !== undefined || clauses.length === 0 || !fn.isPublic) return;
  if (site.module.isServer || fn.sites.some((other) => other.callee === fn) || clauses.some((clause) => isSignal(clause.params[0]))) return;
  // What it waits for was started here, linked: a crash of it ends the wait together with the waiting process.
  if (site.clause.sites.some((other) => /(^|\.)(spawn_link|start_link)$/.test(other.name) && other.id < site.id)) return;
  const entries = entriesAt(site);
  const isTold = startsTeller(site);
  if (entries.length === 0 || entries.some(({ kind }) => kind === "test" || kind === "script" || (kind !== "client" && !isTold)) || !(isTold || asksFirst(site))) return;
  yield {
    at: node,
    firstLineOnly: true,
    message: `\`${fn.id}\` waits for an answer without \`after\` and without a \`:DOWN\` clause: when the other process dies, its caller hangs for good. Monitor it, or add \`after\`.`,
    evidence: ["The receive ends with the awaited message alone."],
    searched: ["an after section (none)", "a :DOWN clause (none)"],
    confidence: "proven",
  };
}
const isSignal = (pattern: Expr | undefined): boolean => pattern?.kind === "var" || /^(DOWN|EXIT)$/.test(tagOf(pattern)?.tag ?? "");
const asksFirst = (site: CallSite): boolean => site.clause.sites.some((other) => other.id < site.id && /^(send|Kernel\.send|Process\.send|Port\.command|:telemetry\.execute|GenServer\.cast)$/.test(other.name));

/** Whether a process that nothing ties to this one was started here and told whom to answer. */
const startsTeller = (site: CallSite): boolean =>
  site.clause.sites.some((other) => other.id < site.id && /^(spawn|Kernel\.spawn|Task\.start|Task\.Supervisor\.start_child)$/.test(other.name) && other.callee === undefined && other.args.some((arg) => namesSelf(arg, site.clause.node)));
/** The caller's own pid, as an argument or through a variable that the new process takes with it. */
const namesSelf = (arg: Expr, within: Expr): boolean => (arg.kind === "fn" ? arg.descendantsOf("var").some((part) => isSelf(part, within) && matchesOn(arg, part.name).length === 0) : [...arg.descendants()].some((part) => part.isCall("self")));

/** A client function with `:infinity` whose handler works, called from another server's callback. */
function* ofCall(module: Module, site: CallSite): Generator<Report> {
  if (site.node.kind !== "call" || site.closure !== undefined || site.fn.isCallback || !site.fn.isPublic || site.fn.callers.length === 0) return;
  const request: Request | undefined = requestAt(site);
  if (request?.timeout !== "infinity" || !isSlow(module, request)) return;
  const waiting = callbackEntries(site).find((entry) => entry.module !== module && entry.module.isLib && entry.module.is("GenServer", "gen_statem", "GenStage") && inHandler(entry));
  if (waiting === undefined) return;
  const handler = module.callback("handle_call/3")[0];
  yield {
    at: site.node,
    message: `No bound on the wait of \`${site.fn.id}\` for ${module.shortName}, whose handler does slow work: ${waiting.module.shortName} can hang with it in \`${waiting.fn.id}\`. Give it a named timeout, or take the answer as a message.`,
    related: [...stepsOf(waiting), ...(handler === undefined ? [] : [{ at: handler.head, message: "the handlers that answer" }])],
    evidence: ["The timeout is :infinity and the handler does I/O or waits."],
    // Somebody has written `:infinity`: the wait is meant, if not its company.
    confidence: "likely",
  };
}
