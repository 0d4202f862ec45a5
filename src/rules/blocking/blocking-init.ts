import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { stepsOf } from "../../model/context.ts";
import type { EffectKind } from "../../model/effects.ts";
import type { Clause, Module } from "../../model/module.ts";
import { parentsOf } from "../../model/supervision.ts";
import { runsAlways } from "../../model/flow.ts";
import { isStop, outcomesOf, usageOf } from "../../model/usage.ts";
import { type Harm, harmsIn, inInit, onwardSteps, wayIn } from "../shared/in-server.ts";

const slow: ReadonlySet<EffectKind> = new Set<EffectKind>(["http", "os", "socket", "rpc", "database", "sleep", "await", "scan", "port"]);
const words: Partial<Record<EffectKind, string>> = { http: "makes an HTTP request", os: "runs an operating system command", socket: "waits for a network peer", rpc: "waits for another node", database: "queries a database", sleep: "sleeps", await: "waits for a task", scan: "scans all loaded modules", port: "starts an operating system process", file: "reads file after file" };

export default defineRule({
  id: "blocking-init",
  family: "blocking",
  title: "A server does slow work before init/1 returns",
  severity: "medium",
  set: "default",
  fix: { kind: "automatic", title: "Move the work to handle_continue/2" },
  source: "https://hexdocs.pm/elixir/GenServer.html",
  doc: {
    what: "`init/1` reaches network or database I/O, an operating system command, a sleep, a wait or a scan of all modules, or reads all files of a directory.",
    why: "`start_link` returns only when `init/1` does, so the supervisor starts nothing else meanwhile, at boot and at each restart; and a peer that is down makes the start fail until the restart budget is used up.",
    instead: "Return `{:ok, state, {:continue, :connect}}` and do the work in `handle_continue/2`, which runs before the first message.",
    fine: ["Cheap preparation: tables, flags, monitors, timers, registration, subscriptions, configuration.", "Work that `{:continue, _}` carries.", "A start that must fail fast is worth a review, not more."],
    never: "A `spawn` from `init/1`: it hides the failure from the supervisor.",
    sure: "Proven when `init/1` reaches a known function in its own module; likely when another module does the work; review when the module stops on a failure on purpose, and for scans and ports. Medium for HTTP and sockets that the start of a supervisor of the project surely meets, high when they stand in the module itself; low for what a start elsewhere waits for by its author's choice, for a peer on this machine, which accepts or refuses at once, for queries, commands, sleeps, files and calls between nodes, and for what is reached through several functions.",
  },
  bad: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(url), do: {:ok, %{menu: Req.get!(url).body}} #! before it returns
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        use GenServer
        def init(url), do: {:ok, %{url: url, menu: nil}, {:continue, :load}}
        def handle_continue(:load, s), do: {:noreply, %{s | menu: Req.get!(s.url).body}}
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "gen_statem", "GenStage")) return;
    if (module.callback("init/1").every(endsAtOnce)) return;
    const seen = new Set<string>();
    for (const harm of harmsIn(module, slow, inInit)) {
      const key = harm.reached.kind;
      if (harm.reached.path.length > 4 || seen.has(key)) continue;
      seen.add(key);
      yield judge(module, harm);
    }
    if (seen.size === 0) yield* fileByFile(module);
    if (seen.size === 0) yield* byName(module);
  },
});

/** `:ignore` or a stop on every way: the start is the work, and no process is left that could go on with it. */
function endsAtOnce(clause: Clause): boolean {
  const outcomes = [...outcomesOf(clause.result)];
  return outcomes.length > 0 && outcomes.every((outcome) => outcome.isAtom("ignore") || isStop(outcome));
}

/** Waits for a peer outside of the project that can take seconds, or for ever. */
const grave: ReadonlySet<EffectKind> = new Set<EffectKind>(["http", "socket"]);

const files: ReadonlySet<EffectKind> = new Set<EffectKind>(["file"]);
const listing = /^(File\.ls!?|Path\.wildcard)$/;
const reading = /^(File\.(read|stream)!?|:file\.(read_file|consult))$/;

/** All files of a directory are read, one after another: how long that takes grows with what lies there. */
function* fileByFile(module: Module): Generator<Report> {
  const found = [...harmsIn(module, files, inInit)];
  const list = found.find(({ reached }) => listing.test(reached.site.name));
  const read = found.find(({ site, reached, entry }) => reading.test(reached.site.name) && [site, ...entry.path, ...reached.path].some(isRepeated));
  if (list === undefined || read === undefined) return;
  const report = judge(module, read);
  yield { ...report, severity: "low", confidence: "likely", related: [...(report.related ?? []), { at: list.site.node, message: "lists the files" }] };
}
const isRepeated = ({ around, node }: CallSite): boolean => around.loop !== undefined || (node.kind === "funref" && /^(Enum|Stream|Map|Task)\./.test(node.parent?.name ?? ""));

const peers = /(RPC|HTTP|Http|Client|API|Api)$/;

/** A function of a client module on whose answer the start depends; what it does cannot be seen, its name tells. */
function* byName(module: Module): Generator<Report> {
  for (const clause of module.callback("init/1"))
    for (const site of clause.sites) {
      const { callee } = site;
      if (site.closure !== undefined || site.around.loose || callee === undefined || callee.module === module || !peers.test(callee.module.name) || /^(new|build|start|config|child_spec|options?|encode|decode)/.test(callee.name)) continue;
      if (usageOf(site.node).kind !== "subject" && usageOf(site.node).kind !== "matched") continue;
      yield {
        at: site.node,
        message: `\`init/1\` of ${module.shortName} depends on the answer of \`${site.name}\` before it returns: if a peer is asked, whoever starts ${module.shortName} waits for it. Carry it in \`{:continue, _}\`.`,
        evidence: [`${callee.module.name} talks to a peer by its name; what \`${callee.id}\` does could not be resolved.`],
        severity: "low",
        confidence: "review",
      };
      return;
    }
}

function judge(module: Module, { site, reached, entry, isOnly }: Harm): Report {
  const isDirect = reached.site === site;
  const parents = parentsOf(module);
  const waiting = parents[0]?.supervisor.module.shortName;
  const clause = module.callback("init/1")[0];
  const starts = entry.path[0];
  return {
    at: (starts ?? site).node,
    firstLineOnly: true,
    message: `\`init/1\` of ${module.shortName} ${words[reached.kind] ?? "waits"} (\`${reached.site.name}\`${isDirect || site.name === reached.site.name ? "" : ` through \`${site.name}\``}) before it returns: ${waiting === undefined ? "whoever starts it" : waiting} waits, at boot and at each restart. Carry it in \`{:continue, _}\`.`,
    related: [...stepsOf(entry), ...onwardSteps(reached), ...parents.slice(0, 1).map(({ child, supervisor }) => ({ at: child.node, message: `${supervisor.module.shortName} starts it here` }))],
    evidence: [wayIn(entry)],
    searched: ["a task or {:continue, _} that carries the work (none)"],
    severity: (clause !== undefined && failsFast(clause)) || parents.length === 0 || isOnThisMachine(reached.site) || reached.path.length > 3 || entry.path.length > 2 || !grave.has(reached.kind) || !reached.path.slice(1).every(runsAlways) ? "low" : isDirect ? "high" : "medium",
    confidence: isReview(reached.kind, clause) ? "review" : isDirect && isOnly ? "proven" : "likely",
  };
}

/** A peer on this machine accepts or refuses at once. */
const isOnThisMachine = ({ args: [address] }: CallSite): boolean => address !== undefined && /^(~c)?["'](https?:\/\/)?(localhost|127\.0\.0\.1)\b|^\{127, *0, *0, *1\}$/.test(address.text);

const isReview = (kind: EffectKind, clause: Clause | undefined): boolean => kind === "scan" || kind === "port" || (clause !== undefined && failsFast(clause));
/** Whether a branch of `init/1` stops: a start that may fail was thought of. */
const failsFast = (clause: Clause): boolean => [...outcomesOf(clause.result)].some(isStop);
