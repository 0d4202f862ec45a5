import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt } from "../../model/context.ts";
import { closes, fateOfHandle, type Held, holderOf, mentionsAny, openedBy, type Opener, openerCalls } from "../../model/handles.ts";
import { boundIn, mentions, quoted, sameExpr } from "../../model/literals.ts";
import type { Clause, Module } from "../../model/module.ts";
import { isOneJob } from "../../model/role.ts";
import { isDropped, isStop, outcomesOf, usageOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "unclosed-resource",
  family: "resources",
  title: "A file or socket is left open",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Close it in the branch, or in `after`" },
  source: "https://hexdocs.pm/elixir/File.html#open/2",
  doc: {
    what: "A file or socket is opened and no path closes, keeps or hands it over; or a later step fails and the branch that returns forgets it.",
    why: "The handle lives as long as the process that opened it. In a server, or in whatever long-lived process calls the function, each failure leaves one more, until the node runs out of descriptors.",
    instead: "Close it in each branch that gives up, or use `try … after`; for files `File.open/3` with a function closes on its own.",
    fine: ["`File.open/3` with a function, `File.stream!/1`.", "The handle is returned, stored or handed over.", "The process ends with the function: a task, a one-job process, `{:stop, …}`, a raise.", "A close in `after`, or in a helper that the branch calls."],
    never: "Relying on `terminate/2`: it says nothing of the handles that earlier calls left.",
    sure: "Proven when a server leaves a handle inside one function; likely, and low, for functions that run in their callers, since as a rule these end soon (of two true ones read in code nobody had looked at, none was worth an issue). A branch beside one that closes is likely, and medium: its author knew that it has to.",
  },
  bad: [
    elixir`
      defmodule Till.Line do
        def open(host) do
          with {:ok, socket} <- :gen_tcp.connect(host, 4000, [:binary], 500),
               :ok <- :gen_tcp.send(socket, "hello") do #! leaves the socket open
            {:ok, socket}
          end
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Till.Line do
        def open(host) do
          with {:ok, socket} <- :gen_tcp.connect(host, 4000, [:binary], 500) do
            case :gen_tcp.send(socket, "hello") do
              :ok -> {:ok, socket}
              {:error, reason} ->
                :gen_tcp.close(socket)
                {:error, reason}
            end
          end
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || isOneJob(module)) return;
    const seen = new Set<Expr>();
    for (const site of module.calls(...openerCalls)) {
      const opener = openedBy(site);
      if (opener === undefined || !outlives(site)) continue;
      const held = holderOf(site, opener.shape);
      const report = neverClosed(site, opener, held) ?? leftByStep(site, opener, held) ?? leftByBranch(site, opener, held);
      if (report === undefined) continue;
      seen.add(report.at);
      yield report;
    }
    for (const report of [...leftByHelperStep(module), ...besideClosing(module), ...allButOne(module)])
      if (!seen.has(report.at)) {
        seen.add(report.at);
        yield report;
      }
  },
});

/** Whether the process may live on after the function: not a task that comes to its end, a script, a test or a process in its `init/1`. */
function outlives(site: CallSite): boolean {
  const entries = entriesAt(site);
  const isMixTask = site.module.uses.some(({ name }) => name === "Mix.Task");
  return site.fn.name !== "main" && !isMixTask && entries.some(({ kind, fn, path }) => kind === "client" || (kind === "callback" && (!/^(init|run|perform)$/.test(fn.name) || path.some((step) => step.fn.sites.some(({ callee }) => callee === step.fn)))));
}
/** What callers open mostly goes with them: requests and tasks are short. A server gathers it for as long as it lives. */
const sureness = (site: CallSite): Pick<Report, "confidence" | "severity"> => (entriesAt(site).every(({ kind }) => kind === "callback") ? { confidence: "proven", severity: "medium" } : { confidence: "likely", severity: "low" });

function neverClosed(site: CallSite, { what }: Opener, held: Held): Report | undefined {
  if (held.kind === "elsewhere" || (held.kind === "lost" && (isAnswered(held.at) || isClosedByName(site)))) return undefined;
  if (held.kind === "held" && fateOfHandle(held.name, held.pattern.next - 1, held.scope, site.clause) !== "used") return undefined;
  const isRaw = site.args.some((arg) => arg.kind === "list" && arg.children.some((mode) => mode.isAtom("raw")));
  return {
    at: site.node,
    message: `\`${site.fn.id}\` opens a ${what} and ${held.kind === "lost" ? "drops the handle" : `never closes \`${held.name}\``}: each call leaves one more open in the process that runs it. Close it in \`after\`${site.name.startsWith("File.open") ? ", or give the function to `File.open/3`" : ""}.`,
    evidence: [isRaw ? "A raw file is closed by garbage collection at the latest, at a time that nobody knows." : "The handle lives as long as the process that opened it."],
    searched: ["a close, a return, a place that keeps the handle (none)"],
    ...sureness(site),
  };
}

/** A dets table has a name, and is closed by it. */
const isClosedByName = (site: CallSite): boolean => site.clause.sites.some((other) => other.id > site.id && other.name === ":dets.close" && sameExpr(other.args[0], site.args[0]));

/** `{:ok, _file} = File.open(path)` as the last expression: the value of a match is the whole right side, which the caller gets. */
const isAnswered = (at: Expr): boolean => at.parent?.kind === "match" && usageOf(at.parent).kind !== "dropped";

/** `with {:ok, s} <- open(), :ok <- greet(s), do: {:ok, s}`: when the second step fails, nobody has `s` any more. */
function leftByStep(site: CallSite, { what }: Opener, held: Held): Report | undefined {
  if (held.kind !== "held") return undefined;
  const step = site.node.parent;
  const chain = step?.isOp("<-") ? step.parent : undefined;
  // What a step of Mint answers when it fails holds the connection, and `with` passes it on.
  if (chain?.isCall("with") && step !== undefined && what !== "connection") return leaving(site.clause, chain, step, held.pattern, what, site);
  return undefined;
}

/** A later `case` answers success with the handle, and in another branch gives up without it. */
function leftByBranch(site: CallSite, { what }: Opener, held: Held): Report | undefined {
  if (held.kind !== "held" || (site.fn.isCallback && /^(init|terminate)$/.test(site.fn.name))) return undefined;
  const { clause } = site;
  const { name } = held;
  const last = new Set(outcomesOf(clause.result));
  const tests = held.scope.descendantsOf("call").filter((test) => test.isCall("case") && test.id > held.pattern.id && test.args[0]?.kind === "call" && test.args[0].args.some((arg) => arg.isVar(name)));
  const test = tests.find((candidate) => [...outcomesOf(candidate)].some((outcome) => last.has(outcome)));
  const step = test?.args[0];
  if (test === undefined || step === undefined || closesItself(clause, step) || failsWithSocket(clause, step)) return undefined;
  const outcomes = [...outcomesOf(test)].filter((outcome) => last.has(outcome));
  if (!outcomes.some((outcome) => mentions(outcome, name) && outcome.kind === "tuple" && outcome.children[0]?.isAtom("ok") === true)) return undefined;
  if (clause.sites.some((other) => other.id > held.pattern.id && !test.contains(other.node) && closes(other))) return undefined;
  const left = test.clauses.filter((branch) => !isOk(branch.params[0]) && !mentions(branch.body.at(-1) ?? branch, name) && !(what === "connection" && branch.params[0]?.kind === "var") && !closesItself(clause, branch) && [...outcomesOf(branch.result)].every((outcome) => last.has(outcome) && givesError(outcome, branch)));
  const [first] = left;
  if (first === undefined) return undefined;
  return {
    at: first,
    firstLineOnly: true,
    message: `If \`${short(step)}\` fails, \`${clause.fn.id}\` returns and leaves the ${what} open: nobody has its handle any more, and it lives as long as the process. Close it in the branch that gives up.`,
    related: [{ at: site.node, message: `the ${what} is opened here` }, { at: step, message: "the step that can fail" }, ...left.slice(1).map((branch) => ({ at: branch, message: "gives up, too" }))],
    searched: [`a close in \`${clause.fn.id}\` (none on this branch)`, `a close in \`${short(step)}\` (none)`],
    ...sureness(site),
  };
}

/** The same with a helper that opens and answers `{:ok, …}`. */
function* leftByHelperStep(module: Module): Generator<Report> {
  for (const site of module.calls(...openerCalls)) {
    const opener = openedBy(site);
    if (opener === undefined || site.fn.isPublic || !returnsHandle(site, opener)) continue;
    for (const caller of site.fn.callers) {
      const step = caller.node.parent;
      const chain = step?.isOp("<-") ? step.parent : undefined;
      if (caller.module !== module || opener.what === "connection" || !chain?.isCall("with") || step?.left === undefined || !outlives(caller)) continue;
      const report = leaving(caller.clause, chain, step, step.left, opener.what, caller);
      if (report !== undefined) yield report;
    }
  }
}

/** The helper hands out what it opened, as `{:ok, handle}` or inside the value of its `:ok`. */
function returnsHandle(site: CallSite, opener: Opener): boolean {
  const held = holderOf(site, opener.shape);
  if (held.kind === "elsewhere") return usageOf(site.node).kind === "returned";
  return held.kind === "held" && [...outcomesOf(site.clause.result)].some((outcome) => outcome.kind === "tuple" && outcome.children[0]?.isAtom("ok") && mentions(outcome, held.name));
}

function leaving(clause: Clause, chain: Expr, step: Expr, pattern: Expr, what: Opener["what"], site: CallSite): Report | undefined {
  const steps = chain.args;
  const later = steps.slice(steps.indexOf(step) + 1).filter((candidate) => candidate.isOp("<-") && candidate.left !== undefined && candidate.left.kind !== "var");
  const failing = later.find((candidate) => candidate.right !== undefined && mentionsAny(candidate.right, pattern) && !closesItself(clause, candidate.right) && !failsWithSocket(clause, candidate.right));
  const done = chain.section("do")?.result;
  if (failing?.right === undefined || clause.sites.some((other) => other.id > step.id && !failing.contains(other.node) && closes(other))) return undefined;
  if (clause.fn.isCallback && /^(init|terminate)$/.test(clause.fn.name)) return undefined;
  const givesUp = chain.section("else")?.clauses ?? [];
  if (givesUp.length > 0 && givesUp.every((branch) => [...outcomesOf(branch.result)].every(endsProcess))) return undefined;
  if (done !== undefined && isDropped(chain) && givesUp.length === 0) return undefined;
  const at = testedAfter(clause, chain) ?? failing;
  return {
    at,
    firstLineOnly: true,
    message: `If \`${short(failing.right)}\` fails, \`${clause.fn.id}\` returns and leaves the ${what} open: nobody has its handle any more, and it lives as long as the process. Close it in the branch that gives up.`,
    related: [{ at: step, message: `the ${what} is opened here` }, ...(at === failing ? [] : [{ at: failing, message: "the step that can fail" }])],
    searched: [`a close in \`${clause.fn.id}\` after the open (none)`, `a close in \`${short(failing.right)}\` (none)`],
    ...sureness(site),
  };
}

/** A TLS handshake that fails closes the socket with it, and questions about a socket fail when it is closed already. */
function failsWithSocket(clause: Clause, step: Expr): boolean {
  const calls = clause.sites.filter(({ node, name }) => step.contains(node) && node.kind === "call" && !/^(if|unless|Access\.get)$/.test(name));
  return calls.length > 0 && calls.every(({ name, callee }) => ofClosedSocket.test(name) || callee?.sites.some((inner) => handshakes.test(inner.name)) === true);
}
const handshakes = /^:ssl\.(handshake|ssl_accept|connect)$/;
const ofClosedSocket = /^:(ssl\.(handshake|ssl_accept|connect)|(ssl|inet|gen_tcp)\.(setopts|getopts|peername|sockname))$/;

const short = (expr: Expr): string => (expr.kind === "call" && expr.name !== "." ? `${expr.name}/${expr.count}` : quoted(expr, 40));
const closesItself = (clause: Clause, call: Expr): boolean => clause.sites.some((site) => call.contains(site.node) && closes(site));
const endsProcess = (outcome: Expr): boolean => outcome.isCall("raise", "exit", "throw", "reraise", "System.halt", "System.stop") || isStop(outcome);

/** The branch for failures of a later `case` on the chain's value. */
function testedAfter(clause: Clause, chain: Expr): Expr | undefined {
  const usage = usageOf(chain);
  const name = usage.kind === "matched" && usage.pattern.kind === "var" ? usage.pattern.name : undefined;
  const test = name === undefined ? undefined : clause.sites.find((site) => site.id > chain.id && site.is("case") && site.args[0]?.isVar(name));
  return test?.node.clauses.find((branch) => !isOk(branch.params[0]));
}
const isOk = (pattern: Expr | undefined): boolean => pattern?.isAtom("ok") === true || (pattern?.kind === "tuple" && pattern.children[0]?.isAtom("ok") === true);

/** The clause is there to close the handle: all branches of a `case` do, but the one for a failure. */
function* allButOne(module: Module): Generator<Report> {
  if (!module.node.text.includes("close(")) return;
  for (const site of module.calls("case")) {
    const { clauses } = site.node;
    const closing = clauses.map((branch) => site.clause.sites.find((other) => branch.contains(other.node) && other.node.kind === "call" && /(^|\.)close$/.test(other.node.fun) && other.args.at(-1)?.kind === "var"));
    const left = clauses.filter((_, i) => closing[i] === undefined);
    const [branch] = left;
    const done = closing.filter((found) => found !== undefined);
    const handle = done[0]?.args.at(-1)?.name;
    if (done.length < 2 || left.length !== 1 || branch === undefined || handle === undefined || done.some(({ args }) => args.at(-1)?.isVar(handle) !== true) || clauses.some(({ params }) => params.some((param) => boundIn(param).has(handle)))) continue;
    if (branch.params[0] === undefined || !isCatchAllOrError(branch) || mentions(branch, handle) || closesItself(site.clause, branch) || [...outcomesOf(branch.result)].some(endsProcess)) continue;
    if (site.clause.sites.some((other) => other.id >= site.node.next && closes(other))) continue;
    yield {
      at: branch,
      firstLineOnly: true,
      message: `All branches of \`${site.clause.fn.id}\` close \`${handle}\` but this one: after this failure it stays open. Close it here, too.`,
      related: [{ at: done[0]?.node ?? site.node, message: "the other branches close it" }],
      searched: [`a close of \`${handle}\` after the \`case\` (none)`],
      confidence: "likely",
    };
  }
}

/** In one `case`, a failing branch closes a handle that another failing branch forgets. */
function* besideClosing(module: Module): Generator<Report> {
  if (!module.node.text.includes("close(")) return;
  for (const site of module.calls("case")) {
    const branches = site.node.clauses.filter((branch) => !isOk(branch.params[0]));
    const closing = branches.flatMap((branch) => closeIn(site.clause, branch))[0];
    if (branches.length < 2 || closing === undefined || !hasSuccess(site.node, closing.name) || !outlives(site)) continue;
    const forgets = branches.find((branch) => isCatchAllOrError(branch) && !mentions(branch, closing.name) && [...outcomesOf(branch.result)].every((outcome) => !endsProcess(outcome) && givesError(outcome, branch)));
    if (forgets === undefined || site.clause.sites.some((other) => other.id >= site.node.next && closes(other))) continue;
    yield {
      at: forgets,
      firstLineOnly: true,
      message: `This branch of \`${site.clause.fn.id}\` gives up like the one that closes \`${closing.name}\`, but leaves it open. Close it here, too.`,
      related: [{ at: closing.at, message: "the other branch closes it" }],
      searched: [`a close of \`${closing.name}\` after the \`case\` (none)`],
      confidence: "likely",
    };
  }
}

function closeIn(clause: Clause, branch: Expr): { readonly name: string; readonly at: Expr }[] {
  return clause.sites.filter((site) => branch.contains(site.node) && /(^|\.)close$/.test(site.node.fun)).flatMap((site) => {
    const handle = site.args.at(-1);
    return handle?.kind === "var" && clause.params.some((param) => param.isVar(handle.name)) ? [{ name: handle.name, at: site.node }] : [];
  });
}
/** The branch for success hands the handle on. */
const hasSuccess = (test: Expr, name: string): boolean => test.clauses.some((branch) => isOk(branch.params[0]) && mentions(branch, name));
const isCatchAllOrError = (branch: Expr): boolean => branch.guard === undefined && (branch.params[0]?.kind === "var" || branch.params[0]?.isAtom("error") === true || (branch.params[0]?.kind === "tuple" && branch.params[0].children[0]?.isAtom("error") === true));
const givesError = (outcome: Expr, branch: Expr): boolean => outcome.isAtom("error") || (outcome.kind === "tuple" && outcome.children[0]?.isAtom("error") === true) || (outcome.kind === "var" && branch.params[0]?.isVar(outcome.name) === true);
