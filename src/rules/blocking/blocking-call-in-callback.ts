import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import { type Entry, stepsOf } from "../../model/context.ts";
import { boundIn, literalName } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { originOf } from "../../model/origin.ts";
import { answererOf, isSlow, patienceOf, type Request, requestAt } from "../../model/request.ts";
import { isOneJob } from "../../model/role.ts";
import { registrationOf } from "../../model/server.ts";
import type { Expr } from "../../syntax/tree.ts";
import { callsInside, duration, inHandler, type Inside, insideOf, wayIn } from "../shared/in-server.ts";

export default defineRule({
  id: "blocking-call-in-callback",
  family: "blocking",
  title: "A server waits for another process in a callback",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Cast and take the answer as a message, or call from a task and reply later" },
  source: "https://hexdocs.pm/elixir/GenServer.html",
  doc: {
    what: "A callback makes a synchronous call that has no bound, that is repeated for many processes, that goes to a process which the request names or which belongs to one entity, or that may last longer than the callback's own client waits.",
    why: "The server answers nobody meanwhile. One slow or stuck process holds up everybody who uses the server, and their calls time out although nothing is wrong with them.",
    instead: "Cast, and take the answer as a message; or make the call in a task, and reply from the clause for its result.",
    fine: ["One call with a timeout to a fixed, lower server: such chains are normal.", "A call in `terminate/2`, and starting or terminating a child.", "A call after the client got its answer by `GenServer.reply/2`.", "A call that a task makes.", "A wait in `handle_continue/2`, where start-up work belongs, unless there is one for each of many processes or it goes to another process of the same module."],
    never: "`send/2` in place of the call, with the send counted as a delivery.",
    sure: "Proven for a wait without bound and for a loop over processes, when only callbacks of this module reach the line; otherwise likely. Low, since servers wait for servers by design and most answer at once (of nine read in code nobody had looked at, one was worth an issue); medium in callbacks of a process registry.",
  },
  bad: [
    elixir`
      defmodule Orders do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:eta, _from, s), do: {:reply, Enum.map(s.couriers, &GenServer.call(&1, :eta)), s} #! one after another
      end`,
  ],
  good: [
    elixir`
      defmodule Orders do
        use GenServer
        def init(s), do: {:ok, s}
        def handle_call(:eta, _from, s), do: {:reply, s.etas, s}
        def handle_cast({:eta, courier, minutes}, s), do: {:noreply, put_in(s.etas[courier], minutes)}
      end`,
  ],
  yieldsTo: ["self-call", "sync-call-cycle"],

  *checkModule(module) {
    if (!module.isLib) return;
    yield* inRegistry(module);
    if (!module.is("GenServer", "gen_statem", "GenStage") || isOneJob(module)) return;
    const seen = new Set<Expr>();
    for (const site of callsInside(module)) {
      if (site.closure !== undefined || site.around.loose || site.callee?.module === module || /(^|\.)((DynamicSupervisor|Supervisor)\.(start|terminate)|(start|terminate|restart|delete)_child)/.test(site.name)) continue;
      const request = requestAt(site);
      const inside = request === undefined ? undefined : insideOf(module, site, inHandler);
      const report = request === undefined || inside === undefined ? undefined : judge(module, inside, request);
      if (report === undefined || seen.has(report.at)) continue;
      yield report;
      seen.add(report.at);
    }
  },
});

/** Callbacks of a process registry run in the registry's own process: names of a whole scope wait meanwhile. */
function* inRegistry(module: Module): Generator<Report> {
  const isHandler = module.behaviours.includes(":syn_event_handler") || module.fnsNamed("resolve_registry_conflict").some((fn) => fn.arity === 4 && fn.callers.length === 0);
  if (!isHandler) return;
  for (const fn of module.functions.filter((candidate) => /^(resolve_registry_conflict|on_(process|registry|group)_\w+)$/.test(candidate.name)))
    for (const site of fn.sites) {
      const request = site.closure === undefined && !site.around.loose ? requestAt(site) : undefined;
      if (request === undefined) continue;
      yield {
        at: site.node,
        severity: "medium",
        message: `\`${fn.id}\` runs in the registry's process, which stands still while \`${site.name}\` waits: no name of the scope can be registered or released meanwhile. Hand the wait to a supervised task.`,
        evidence: ["The registry calls its event handler from its own process."],
        searched: ["a task around the call (none)"],
        confidence: "likely",
      };
    }
}

/** What makes a wait more than the normal chain of one server calling another. */
type Aggravation = { readonly words: string; readonly evidence: string; readonly isProven: boolean; readonly isRepeated?: boolean };

function judge(module: Module, inside: Inside, request: Request): Report | undefined {
  const { site, entry } = inside;
  if (repliedBefore(inside) || addressesItself(module, request) || isStartedHere(request)) return undefined;
  const found = aggravationOf(module, inside, request);
  if (found === undefined) return undefined;
  const starts = entry.path[0];
  const at = found.isRepeated === true && starts !== undefined && site.around.loop === undefined ? starts.node : site.node;
  return {
    at,
    message: `${module.shortName} stands still in \`${entry.fn.id}\` while \`${site.name}\` waits: ${found.words}. Cast and take the answer as a message, or call from a task and reply later.`,
    related: [...stepsOf(entry), ...(at === site.node ? [] : [{ at: site.node, message: "waits here" }]), ...request.path.slice(1).map((step) => ({ at: step.node, message: step === request.call ? "waits here" : `calls ${step.name}` }))],
    evidence: [wayIn(entry), found.evidence],
    searched: ["a task around the call (none)", "a reply to the client before the call (none)"],
    confidence: found.isProven && inside.isOnly ? "proven" : "likely",
  };
}

function aggravationOf(module: Module, { site, entry, isOnly }: Inside, request: Request): Aggravation | undefined {
  const { timeout } = request;
  const literal = literalName(request.target, request.targetIn.fn.module);
  const origin = request.targetIn === site.clause ? originOf(request.target, site.clause, entry.path) : undefined;
  const loops = site.around.loop ?? entry.path.find((step) => step.around.loop !== undefined)?.around.loop;
  const isMany = origin?.isOneOfMany === true && (loops !== undefined || isRecursive(site.fn) || entry.path.some((step) => isRecursive(step.fn)));
  if (isMany) return { words: `once for each process, one after another${each(timeout)}`, evidence: "The target is an element of what the code walks over.", isProven: true, isRepeated: true };
  const answering = answererOf(request);
  if (answering?.server === module && literal === undefined && origin?.kind !== "self") return { words: `the process is another ${module.shortName}, which can be waiting for this one`, evidence: `Handlers of ${module.shortName} answer the request.`, isProven: false };
  if (entry.fn.name === "handle_continue") return undefined;
  if (timeout === "infinity" && (literal === undefined || answering === undefined ? !(request.isStop && literal !== undefined) : isSlow(answering.server, request))) {
    if (request.call.name === ":gen_statem.call" && request.call.args[2] === undefined) return undefined;
    return { words: request.isStop && request.call.args[2] === undefined ? "a stop has no bound unless one is given" : "the wait has no bound", evidence: "The timeout is :infinity.", isProven: true };
  }
  if (origin?.kind === "message") return { words: `the message names the process to wait for${upTo(timeout)}`, evidence: "The target comes from the message.", isProven: false };
  if (origin?.kind === "state" && origin.isOneOfMany) return { words: `the process is one of many that the state keeps${upTo(timeout)}`, evidence: "The target is looked up in the state.", isProven: false };
  return isOnly || literal === undefined ? asLongAsTheClient({ site, entry }, request, literal) : undefined;
}

/** The waits of one clause together last at least as long as its client does. */
function asLongAsTheClient({ site, entry }: Pick<Inside, "site" | "entry">, request: Request, literal: string | undefined): Aggravation | undefined {
  if (entry.fn.name !== "handle_call" || entry.clause === undefined || typeof request.timeout !== "number" || request.isStop) return undefined;
  const patience = patienceOf(entry.clause);
  if (patience === "infinity") return undefined;
  const others = site.clause.sites.filter((other) => other.closure === undefined && (other.name === "GenServer.call" || other.name === ":gen_server.call")).map(requestAt).filter((other) => other !== undefined && typeof other.timeout === "number" && literalName(other.target, other.targetIn.fn.module) === undefined);
  const total = literal === undefined && others.length > 1 ? others.reduce((sum, other) => sum + (typeof other?.timeout === "number" ? other.timeout : 0), 0) : request.timeout;
  if (total <= patience) return undefined;
  return { words: `up to ${duration(total)}${others.length > 1 && literal === undefined ? ` in ${others.length} calls` : ""}, while its own client waits ${duration(patience)}`, evidence: "The inner waits last longer than the outer one.", isProven: false };
}

const each = (timeout: Request["timeout"]): string => (typeof timeout === "number" ? `, up to ${duration(timeout)} each` : "");
const upTo = (timeout: Request["timeout"]): string => (typeof timeout === "number" ? `, up to ${duration(timeout)}` : "");
const isRecursive = (fn: Inside["site"]["fn"]): boolean => fn.sites.some((site) => site.callee === fn);

/** Whether the client has its answer already when the call is made. */
const repliedBefore = ({ site, entry }: { readonly site: Inside["site"]; readonly entry: Entry }): boolean =>
  [entry.path[0] ?? site, site].some((step) => step.clause.sites.some((other) => other.id < step.id && /^(GenServer|GenStage|:gen_server|:gen_statem)\.reply$/.test(other.name) && isClient(other, entry)));
const isClient = (reply: Inside["site"], entry: Entry): boolean => {
  const from = entry.clause?.params[1];
  return entry.fn.name !== "handle_call" || reply.fn !== entry.fn || (from?.kind === "var" && reply.args[0]?.isVar(from.name) === true);
};

/** A process that the same function has just started serves nobody else. */
function isStartedHere({ target, targetIn }: Request): boolean {
  if (target?.kind !== "var") return false;
  for (const expr of targetIn.node.descendants())
    if (expr.kind === "match" && expr.left !== undefined && boundIn(expr.left).has(target.name) && expr.right?.kind === "call" && /^start/.test(expr.right.fun)) return true;
  return false;
}

/** Calls of the server to its own name are `self-call`'s. */
function addressesItself(module: Module, request: Request): boolean {
  if (request.target?.isCall("self")) return true;
  const registration = registrationOf(module);
  const name = literalName(request.target, request.targetIn.fn.module);
  return name !== undefined && (registration.kind === "literal" || registration.kind === "default") && registration.name === name;
}
