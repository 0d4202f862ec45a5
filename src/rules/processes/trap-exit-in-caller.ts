import { type Dismissal, defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { entriesAt, type Entry, stepsOf } from "../../model/context.ts";
import { conditionsAround, runsAlways } from "../../model/flow.ts";
import { implementedIn } from "../../model/implemented.ts";
import type { Fn, Module } from "../../model/module.ts";
import { isDropped, usageOf } from "../../model/usage.ts";

const flags = ["Process.flag", ":erlang.process_flag"] as const;

export default defineRule({
  id: "trap-exit-in-caller",
  family: "processes",
  title: "A function makes its caller trap exits",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Put the flag back, or work in a process of its own" },
  source: "https://hexdocs.pm/elixir/Process.html#flag/2",
  doc: {
    what: "A public function sets `trap_exit` in the process that calls it, and does not put the old value back.",
    why: "The flag stays when the function returns. From then on the caller gets `{:EXIT, pid, reason}` messages that it has no clause for, outlives the crash of processes it is linked to, and no longer dies of an exit signal.",
    instead: "Work in a process of its own (a task, a server) that traps exits, monitor instead of link, or put the old value back: `old = Process.flag(:trap_exit, true)`, and `Process.flag(:trap_exit, old)` in an `after`.",
    fine: ["`init/1` and other code of a process of its own, spawned functions and tasks.", "The old value is put back.", "A function that takes the `:EXIT` messages with `receive`, or stays in a loop of it: the process is its own from there on.", "The caller asked for it by an option.", "Callbacks of libraries, requests, `main/1`, Mix tasks and tests."],
    never: "`Process.flag(:trap_exit, false)` at the end: a caller that had set the flag itself loses it.",
    sure: "Likely: who calls a public function cannot be seen. Low where the function switches the flag off on every path, though not back.",
  },
  bad: [
    elixir`
      defmodule Bakery do
        def open(id) do
          Process.flag(:trap_exit, true) #! stays set in whoever calls
          Oven.start_link(id)
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Bakery do
        def open(id) do
          old = Process.flag(:trap_exit, true)
          Oven.start_link(id)
        after
          Process.flag(:trap_exit, old)
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || module.is("Supervisor", "DynamicSupervisor", "Application")) return;
    for (const site of module.calls(...flags)) {
      const [flag, value] = site.args;
      if (flag?.isAtom("trap_exit") !== true || value?.isAtom("true") !== true || site.node.kind !== "call") continue;
      const result = judge(site);
      if (result !== undefined) yield result;
    }
  },
});

/** The code of the product shows who calls it, and in which process. */
const isCalled = (fn: Fn): boolean => fn.callers.some((caller) => caller.module.isLib && caller.fn !== fn);

/** Names under which code runs in a process of its own, or in the only one there is. */
const ownProcess = /^(\w*init(ialize)?|init_\w+|start_link\w*|child_spec|handle_\w+|mount|join|terminate|perform|run_job|call|callback_mode|main|enter_loop|loop\w*|\w+_loop|\w*trap_exits?|prep_stop|setup\w*)$/;

function judge(site: CallSite): Report | Dismissal | undefined {
  const entries = entriesAt(site);
  const entry = entries.find(({ kind, fn, clause }) => kind === "client" && !isCalled(fn) && fn.module.uses.every(({ name }) => name !== "Task") && !ownProcess.test(fn.name) && clause?.params[0]?.isVar("conn") !== true && !isForeignCallback(fn.module, fn));
  if (entry === undefined || site.around.handed !== undefined || entries.some(({ kind, module: at }) => kind === "callback" || (kind === "unknown" && at.isServer)) || ownProcess.test(site.fn.name) || isAskedFor(site)) return undefined;
  const putBack = restoresOf(site);
  if (putBack === "old") return { at: site.node, because: () => "the old value is put back" };
  if (receives(site)) return { at: site.node, because: () => "the function receives messages itself, as code of a process of its own does" };
  return {
    at: site.node,
    message: `${textOf(entry, putBack)} Put the old value back in an \`after\`, or do the work in a process of its own.`,
    related: stepsOf(entry),
    evidence: ["`trap_exit` belongs to the process, not to the function that sets it."],
    searched: ["`Process.flag(:trap_exit, old)` in the same function (none)", "a process of its own around it (none)"],
    severity: putBack === "off" ? "low" : "medium",
    confidence: "likely",
  };
}

function textOf({ fn }: Entry, putBack: PutBack): string {
  if (putBack === "off") return `\`${fn.id}\` sets \`trap_exit\` in whoever calls it and then switches it off: a caller that trapped exits before does so no longer.`;
  return `\`trap_exit\` stays set in whoever calls \`${fn.id}\`${putBack === "sometimes" ? " where nothing switches it off" : ""}: exits of linked processes become messages that the caller has no clause for.`;
}

type PutBack = "old" | "off" | "sometimes" | "never";

/** What else the function, or what it calls in its module, does to the flag. */
function restoresOf(site: CallSite): PutBack {
  const usage = usageOf(site.node);
  const others = site.module.calls(...flags).filter((other) => other !== site && other.args[0]?.isAtom("trap_exit") === true && other.args[1]?.isAtom("true") !== true && other.closure === undefined && isWithReach(site, other));
  if (others.some((other) => other.args[1]?.isAtom("false") !== true) || usage.kind === "argument" || (usage.kind === "returned" && !isDroppedByCallers(site))) return "old";
  if (others.length === 0) return "never";
  return others.some((other) => runsAlways(other) || isInAfter(other)) ? "off" : "sometimes";
}
const isDroppedByCallers = ({ fn }: CallSite): boolean => fn.callers.length > 0 && fn.callers.every(({ node }) => isDropped(node));
const isWithReach = (site: CallSite, other: CallSite): boolean => other.fn === site.fn || site.fn.sites.some((step) => step.callee === other.fn) || other.fn.sites.some((step) => step.callee === site.fn) || other.fn.callers.some((caller) => site.fn.callers.some((mine) => mine.fn === caller.fn));
const isInAfter = ({ node }: CallSite): boolean => [...node.ancestors()].some((above) => above.kind === "section" && above.name === "after");

/** A branch taken for an option of that name. */
const isAskedFor = ({ node }: CallSite): boolean => [...conditionsAround(node)].some((condition) => /trap/.test(condition.text)) || [...node.ancestors()].some((above) => above.isCall("with") && /trap/.test(above.args.map((arg) => arg.text).join()));

/** An `@impl` for a behaviour that the project does not define: a library calls it, in a process of its choice. */
const isForeignCallback = (module: Module, fn: Entry["fn"]): boolean => (implementedIn(module).has(fn) || fn.name === "call") && module.behaviours.concat(module.uses.map(({ name }) => name)).some((name) => module.workspace.module(name, module) === undefined);

const MAX_DEPTH = 4;
/** The function, or what it calls in its module, receives messages again and again, or takes `{:EXIT, pid, reason}` itself. */
function receives(site: CallSite): boolean {
  const reached = new Set<Fn>([site.fn]);
  let level: readonly Fn[] = [site.fn];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth++) {
    level = level.flatMap((fn) => fn.sites.flatMap(({ callee, closure }) => (callee?.module === site.module && closure === undefined && !reached.has(callee) ? [callee] : [])));
    for (const fn of level) reached.add(fn);
  }
  return [...reached].some((fn) => {
    const waits = fn.clauses.flatMap(({ node }) => node.descendantsOf("call")).filter((call) => call.isCall("receive"));
    return waits.some((call) => call.descendantsOf("atom").some((atom) => atom.isAtom("EXIT"))) || (waits.length > 0 && fn.sites.some(({ callee }) => callee !== undefined && (callee === fn || callee.sites.some((step) => step.callee === fn))));
  });
}
