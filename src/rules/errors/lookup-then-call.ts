import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt } from "../../model/context.ts";
import type { Module } from "../../model/module.ts";
import { catchesExits, guardedIn } from "../../model/handlers.ts";
import { boundIn, literalName, mentions, quoted, sameExpr } from "../../model/literals.ts";
import { type Request, requestAt } from "../../model/request.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";
import { addTo } from "../../text/groups.ts";
import { usedAfterCheck } from "../shared/table-gone.ts";
import { elementPatterns, matchesOn } from "../../model/flow.ts";

const lookups = ["Process.whereis", "GenServer.whereis", ":global.whereis_name", "Registry.lookup", "Registry.whereis_name", "Process.alive?"] as const;
const listings = ["DynamicSupervisor.which_children", "Supervisor.which_children"] as const;
/** Calls that list the members of a group, who come and go. */
const groups = [":pg.get_members", ":pg.get_local_members", ":pg2.get_members", ":pg2.get_local_members", ":syn.members", ":syn.local_members", "Swarm.members", "Registry.lookup", "Registry.select"] as const;

export default defineRule({
  id: "lookup-then-call",
  family: "errors",
  title: "A process or table is looked up, then used without a handler for its end",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Call, and catch the exit" },
  source: "https://hexdocs.pm/elixir/GenServer.html#call/3",
  doc: {
    what: "A function that has an answer for a process that is not there finds it and then calls it with nothing to catch the exit; or calls every child that a supervisor lists, or every member of a group; or stops what it has found. Or a server catches the exit of its calls to another server, but for one. Or a function that has an answer for a table that is not there tests for it and then uses it, with nothing to rescue the ArgumentError.",
    why: "Between finding and calling, the process can end. The call then exits with `:noproc`, although the function promises `{:error, …}` or passes over what is gone. A listed child can be gone too, or be the atom `:restarting`. A table goes with the process that owns it.",
    instead: "Call at once and `catch :exit, {:noproc, _} -> {:error, :off}`; the lookup is then not needed.",
    fine: ["An exit is caught around the call, at function level or in its only caller.", "A cast or send to the pid.", "No answer for a missing process: letting it crash is right.", "Functions that end in `!`.", "A server of a fixed name that a private function or a callback looks for.", "A table that the application itself creates: it lasts as long as that."],
    never: "A second `Process.alive?/1`: it can end after that one, too.",
    sure: "Proven for children of a supervisor, likely for members of a group, proven for `whereis` and `alive?` guards with an error branch, likely where the other branch only goes on without it, where a public function or the key of the name finds it, and for a table, review where it goes with a restart of its server only. Low: the moment between the two is short, and most servers end by a crash alone (of twenty-one read in code nobody had looked at, nine were worth an issue).",
  },
  bad: [
    elixir`
      defmodule Oven do
        def heat do
          case Process.whereis(Oven) do
            nil -> {:error, :off}
            pid -> GenServer.call(pid, :heat) #! it can end
          end
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Oven do
        def heat do
          GenServer.call(Oven, :heat)
        catch
          :exit, {:noproc, _} -> {:error, :off}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    yield* caughtElsewhere(module);
    yield* usedAfterCheck(module);
    if (module.calls(...lookups, ...listings, ...groups).length === 0 && module.callsMatching(findsIt).length === 0) return;
    for (const site of module.calls()) {
      if (site.closure !== undefined || /!$/.test(site.fn.name) || /^(DynamicSupervisor|Supervisor)\./.test(site.name)) continue;
      const request = requestAt(site);
      if (request === undefined || isCaught(site, request)) continue;
      const report = ofChildren(site, request) ?? afterLookup(site, request) ?? stopAfterLookup(site, request);
      if (report !== undefined) yield report;
    }
  },
});

/** A server or page that catches the exit of most of its calls to another server, and of one not: that one was forgotten. */
function* caughtElsewhere(module: Module): Generator<Report> {
  if (!module.isServer || guardedIn(module).size === 0) return;
  const caught = new Map<Module, CallSite[]>();
  const open: { readonly site: CallSite; readonly server: Module }[] = [];
  for (const site of module.calls()) {
    const request = site.closure === undefined && site.callee?.module !== module ? requestAt(site) : undefined;
    const server = request?.call.module;
    if (request === undefined || server === undefined || server === module || !server.isServer) continue;
    if (catchesExits(site)) {
      if (site.fn.name !== "terminate") addTo(caught, server, site);
    } else if (!isCaught(site, request) && !isGivenOn(site)) open.push({ site, server });
  }
  for (const { site, server } of open) {
    const [other, ...more] = caught.get(server) ?? [];
    // One handler around much says little about each call in it.
    if (other === undefined || open.filter((call) => call.server === server).length > more.length + 1) continue;
    if (!entriesAt(site).some((entry) => entry.kind === "callback" && entry.module === module && /^handle_(call|cast|info|event|in|params)$/.test(entry.fn.name))) continue;
    yield {
      at: site.node,
      message: `\`${site.name}\` exits when ${server.shortName} is gone, which \`${other.fn.id}\` takes into account: here it ends ${module.shortName}. Catch the exit as there.`,
      related: [{ at: other.node, message: "the exit of this call is caught" }],
      evidence: [`Where the exit is caught, ${module.shortName} goes on without ${server.shortName}.`],
      searched: ["`catch :exit` around the call, in the function or in its only caller (none)"],
      confidence: "likely",
    };
  }
}

/** In a function that is given to another: that one may catch the exit. */
const isGivenOn = ({ node }: CallSite): boolean => [...node.ancestors()].some((above) => above.kind === "fn");

/** On the way from here to the call, or in the one caller of this function. */
function isCaught(site: CallSite, request: Request): boolean {
  if ([site, ...request.path].some(catchesExits)) return true;
  const { callers } = site.fn;
  return callers.length > 0 && callers.every(catchesExits);
}

/** A call to each element of what a supervisor, or a group of processes, lists. */
function ofChildren(site: CallSite, request: Request): Report | undefined {
  const pid = targetHere(site, request);
  const loop = site.around.loop;
  if (pid?.kind !== "var" || loop === undefined) return undefined;
  const isListed = (names: readonly string[]) => (arg: Expr): boolean => comesFrom(arg, site, names) !== undefined || (arg.isOp("<-") && arg.right !== undefined && comesFrom(arg.right, site, names) !== undefined);
  const listed = loop.args.find(isListed(listings));
  const members = listed === undefined ? loop.args.find(isListed(groups)) : undefined;
  const from = listed ?? members;
  if (from === undefined || !(pid.name === "&1" || elementPatterns(loop).some((pattern) => boundIn(pattern).has(pid.name)))) return undefined;
  if (members === undefined && guardsPid(site.clause.node, pid.name)) return undefined;
  return {
    at: site.node,
    message: members === undefined ? `\`${site.fn.id}\` calls every child that the supervisor lists: one that ends in between makes the call exit, and one that restarts is the atom :restarting. Catch the exit for each child.` : `\`${site.fn.id}\` calls every process that the group lists: one that ends in between makes the call exit, and the answers of all others are lost. Catch the exit for each of them.`,
    related: [{ at: from, message: members === undefined ? "the children are listed here" : "the processes are listed here" }, ...request.path.slice(1).map((step) => ({ at: step.node, message: `calls ${step.name}` }))],
    evidence: [members === undefined ? "`which_children` tells what was there when it was asked." : "A list of members tells who was there when it was asked."],
    searched: ["`catch :exit` around the call (none)", ...(members === undefined ? ["`is_pid/1` on the child (none)"] : [])],
    confidence: members === undefined ? "proven" : "likely",
  };
}

const guardsPid = (clause: Expr, name: string): boolean => [...clause.descendants()].some((expr) => expr.isCall("is_pid") && expr.args[0]?.isVar(name) === true);

/** A call after a lookup in the same clause, whose function has an answer for a process that is not there. */
function afterLookup(site: CallSite, request: Request): Report | undefined {
  // Of a stop in a function of the module's own, `stopAfterLookup` speaks.
  if (request.isStop && !site.fn.isPublic) return undefined;
  const target = targetHere(site, request);
  if (request.target?.isVar("__MODULE__") === true || request.target?.text === "__MODULE__") {
    if (!site.clause.sites.some((other) => other.id < site.id && looksUp(other) && isNamed(other, request))) return undefined;
  }
  const lookup = site.clause.sites.find((other) => other.id < site.id && other.closure === undefined && looksUp(other) && isAbout(other, target, site, request));
  if (lookup === undefined) return undefined;
  // A server of a fixed name is missing for a moment only: what a function promises its callers is worth the word, what happens inside is not.
  const isInner = !site.fn.isPublic || site.fn.isCallback;
  if (isInner && (isNamed(lookup, request) || isSingleton(lookup))) return undefined;
  const isError = promisesError(site) || (lookup.callee !== undefined && passesOn(lookup, site));
  if (!isError && !toleratesAbsence(lookup, site)) return undefined;
  const asked = isNamed(lookup, request) ? lookup.args[0] : target;
  const who = asked === undefined ? "the process" : quoted(asked, 40);
  return {
    at: site.node,
    message: `Between finding and calling \`${who}\` it can end: \`${site.fn.id}\` ${isError ? "promises an error value" : "passes over a process that is not there"} but exits with :noproc. Call at once and catch the exit.`,
    related: [{ at: lookup.node, message: "looked up here" }, ...request.path.slice(1).map((step) => ({ at: step.node, message: `calls ${step.name}` }))],
    evidence: [isError ? "The function answers an error where nothing is found." : "Where nothing is found, the function goes on without it."],
    searched: ["`catch :exit` around the call, in the function or in its only caller (none)"],
    confidence: !isError || lookup.callee !== undefined || request.path.length > 1 ? "likely" : "proven",
  };
}

/** A name that the program writes: one server, which a supervisor keeps there, and which ends by a crash alone. */
const isSingleton = (lookup: CallSite): boolean => /whereis$/.test(lookup.name) && literalName(lookup.args[0], lookup.module) !== undefined;

/** A stop of what was looked up: that it is gone is what the function wants, and then the stop exits. */
function stopAfterLookup(site: CallSite, request: Request): Report | undefined {
  const target = targetHere(site, request);
  if (!request.isStop || request.path.length > 2 || site.fn.isCallback || target?.kind !== "var") return undefined;
  const lookup = site.clause.sites.find((other) => other.id < site.id && other.closure === undefined && (lookups.some((name) => name === other.name) || other.callee?.name === "whereis") && isAbout(other, target, site, request));
  if (lookup === undefined) return undefined;
  return {
    at: site.node,
    message: `Between finding and stopping \`${target.name}\` it can end: \`${site.fn.id}\` then exits with :noproc, though the process is gone as it should be. Catch \`:exit, {:noproc, _}\` around the stop.`,
    related: [{ at: lookup.node, message: "looked up here" }],
    evidence: [`\`${site.name}\` exits when the process is gone, or ends with another reason while it waits.`],
    searched: ["`catch :exit` around the stop (none)"],
    confidence: "likely",
  };
}

/** What functions are called that others use to find a process. */
const findsProcess = /^(where_?is|lookup|find|resolve)(_(pid|process|server))?$|^(fetch|get)_(pid|process|server)$/;
const findsIt = /(^|\.)((where_?is|lookup|find|resolve)(_(pid|process|server))?|(fetch|get)_(pid|process|server))$/;
/** A lookup by name, or a function that makes one and answers `{:ok, pid}` or an error: a private one, or one that is there to find processes. */
function looksUp(site: CallSite): boolean {
  if (site.callee === undefined) return lookups.some((name) => name === site.name);
  const { callee } = site;
  if ((callee.isPublic && !findsProcess.test(callee.name)) || !callee.sites.some((inner) => inner.closure === undefined && lookups.some((name) => name === inner.name))) return false;
  const outcomes = callee.clauses.flatMap((clause) => [...outcomesOf(clause.result)]);
  return outcomes.some((outcome) => outcome.kind === "tuple" && outcome.children[0]?.isAtom("ok") === true) && outcomes.some(isError);
}
const isError = (outcome: Expr): boolean => outcome.isAtom("error") || (outcome.kind === "tuple" && outcome.children[0]?.isAtom("error") === true);

/** A step of a `with` whose error is the function's answer. */
const passesOn = (lookup: CallSite, site: CallSite): boolean => lookup.node.parent?.isOp("<-") === true && [...lookup.node.ancestors()].some((above) => above.isCall("with") && above.contains(site.node) && [...outcomesOf(site.clause.result)].some((outcome) => outcome === above || above.contains(outcome)));

/** The call stands in the branch for a process that was found, and the branch for none gives a value or does nothing. */
function toleratesAbsence(lookup: CallSite, site: CallSite): boolean {
  for (const above of lookup.node.ancestors()) {
    const test = above.args[0];
    if (above.isCall("def", "defp")) return false;
    if (above.isCall("if") && test?.contains(lookup.node) === true && above.section("do")?.contains(site.node) === true) return !gives(above.section("else"), raises);
    if (above.isCall("case") && test?.contains(lookup.node) === true) return above.clauses.some((clause) => clause.contains(site.node)) && above.clauses.some((clause) => clause.params.some(isNothing) && !gives(clause, raises));
  }
  return false;
}
const isNothing = (pattern: Expr): boolean => pattern.isAtom("nil") || pattern.isAtom("false") || pattern.isAtom("undefined") || (pattern.kind === "list" && pattern.children.length === 0);
const raises = (outcome: Expr): boolean => outcome.isCall("raise", "exit", "throw", "reraise", "flunk");
const gives = (branch: Expr | undefined, what: (outcome: Expr) => boolean): boolean => branch?.result !== undefined && [...outcomesOf(branch.result)].some(what);

/** What is called, as this clause writes it: the argument given to a client function, or the target itself. */
function targetHere(site: CallSite, request: Request): Expr | undefined {
  if (request.targetIn === site.clause) return request.target;
  return site.args.find((arg) => arg.kind === "var" || arg.kind === "alias") ?? request.target;
}

/** The lookup asks for the name that is called, or binds the variable that is called. */
function isAbout(lookup: CallSite, target: Expr | undefined, site: CallSite, request: Request): boolean {
  const asked = lookup.args[0];
  if (target === undefined) return false;
  // A clause around the call may have bound the name anew.
  if (sameExpr(asked, target)) return ![...site.node.ancestors()].some((above) => above.kind === "clause" && above.id > lookup.id && above.params.some((param) => boundIn(param).has(target.name)));
  if (isNamed(lookup, request) || isUnderKey(lookup, site, request)) return true;
  if (target.kind !== "var") return false;
  const holder = [...lookup.node.ancestors()].find((above) => above.kind === "match" || above.isOp("<-") || above.isCall("case"));
  // The last who bound the name counts.
  if (holder === undefined || site.clause.node.descendantsOf("match", "op").some((other) => other.id > holder.id && other.id < site.id && (other.kind === "match" || other.isOp("<-")) && other.left !== undefined && boundIn(other.left).has(target.name))) return false;
  if (holder.isCall("case")) return [...site.node.ancestors()].some((above) => above.kind === "clause" && above.parent?.parent === holder && above.params.some((param) => boundIn(param).has(target.name)));
  return holder.left !== undefined && boundIn(holder.left).has(target.name);
}

/** The lookup asks for the name that is called, here or in a client function. */
function isNamed(lookup: CallSite, request: Request): boolean {
  const name = literalName(lookup.args[0], lookup.module);
  return name !== undefined && name === literalName(request.target, request.targetIn.fn.module);
}

/** The lookup asks a registry for the key under which the client function then calls: `{:via, Registry, {reg, key}}`, written there or in a helper. */
function isUnderKey(lookup: CallSite, site: CallSite, { target, targetIn }: Request): boolean {
  const [registry, key] = lookup.args;
  if (lookup.name !== "Registry.lookup" || key === undefined || target === undefined || targetIn === site.clause || site.callee !== targetIn.fn) return false;
  const given = [...target.descendants()].find((part) => part.kind === "var" && targetIn.params.some((param, i) => param.isVar(part.name) && sameExpr(site.args[i], key)));
  const name = literalName(registry, lookup.module);
  const names = target.kind === "tuple" ? [target] : (targetIn.siteAt(target)?.callee?.clauses ?? []).map(({ node }) => node);
  return given !== undefined && name !== undefined && names.some((way) => way.descendantsOf("atom").some((part) => part.isAtom("via")) && [...way.descendants()].some((part) => literalName(part, targetIn.fn.module) === name));
}

const promisesError = (site: CallSite): boolean => site.fn.clauses.some((clause) => [...outcomesOf(clause.result)].some(isError));

function comesFrom(value: Expr, site: Pick<CallSite, "clause">, names: readonly string[], depth = 0): Expr | undefined {
  if (value.isCall(...names)) return value;
  if (value.isCall("Enum.filter", "Enum.reject", "Enum.sort", "Stream.filter") && value.args[0] !== undefined) return comesFrom(value.args[0], site, names, depth + 1);
  if (value.kind === "call" && depth < 3) {
    const clauses = site.clause.siteAt(value)?.callee?.clauses ?? [];
    return clauses.map((clause) => (clause.result === undefined ? undefined : comesFrom(clause.result, { clause }, names, depth + 1))).find((found) => found !== undefined);
  }
  if (value.kind !== "var" || depth > 3) return undefined;
  const bound = matchesOn(site.clause.node, value.name).find(({ id, right }) => id < value.id && right !== undefined && !mentions(right, value.name));
  return bound?.right === undefined ? undefined : comesFrom(bound.right, site, names, depth + 1);
}
