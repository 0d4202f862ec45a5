import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { runsAfter } from "../../model/flow.ts";
import { boundIn } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { isDropped, usageOf } from "../../model/usage.ts";

export default defineRule({
  id: "subscribe-after-read",
  family: "races",
  title: "What changes between the read and the subscription is lost",
  severity: "medium",
  set: "default",
  fix: { kind: "guided", title: "Subscribe first, then read" },
  source: "https://hexdocs.pm/phoenix_pubsub/Phoenix.PubSub.html#subscribe/3",
  doc: {
    what: "A process reads what a module holds, as it starts, and subscribes to the changes of the same module only afterwards; or it asks for the list of nodes before it monitors them. Or a function finds that something is not ready yet, subscribes and waits for the message that says so.",
    why: "A change that happens in between is in neither: it came after the read, and its message was sent before the subscription. The process shows the old value until the next change of the same thing, which may never come.",
    instead: "The subscription first. A change in between is then in the read and comes as a message, too, which does no harm where the message carries the whole value.",
    fine: ["The value is read again after the subscription.", "The read only decides whether there is anything to subscribe to, or what its topic is."],
    sure: "Likely when the function that subscribes is seen to do so; a page is low: a reload heals it.",
  },
  bad: [
    elixir`
      defmodule Menu do
        def list, do: Bakery.Repo.all(Menu.Dish)
        def subscribe, do: Phoenix.PubSub.subscribe(Bakery.PubSub, "menu")
      end
      defmodule Board do
        use GenServer
        def init(_) do
          dishes = Menu.list() #! before it subscribes
          Menu.subscribe()
          {:ok, dishes}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Menu do
        def list, do: Bakery.Repo.all(Menu.Dish)
        def subscribe, do: Phoenix.PubSub.subscribe(Bakery.PubSub, "menu")
      end
      defmodule Board do
        use GenServer
        def init(_) do
          Menu.subscribe()
          {:ok, Menu.list()}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const wait of module.calls("receive")) {
      const missed = missedWakeUp(wait);
      if (missed !== undefined) yield missed;
    }
    if (!module.isServer) return;
    for (const site of subscriptionsIn(module)) {
      const read = starters.has(site.fn.id) && site.closure === undefined ? readBefore(site) : undefined;
      if (read !== undefined) yield report(module, site, read);
    }
  },
});

/** Callbacks in which a process gathers what it begins with. */
const starters: ReadonlySet<string> = new Set(["init/1", "mount/3", "mount/1", "join/3", "handle_continue/2"]);

const registers = /(^|\.)(PubSub|Endpoint)\.subscribe$|^Registry\.register$|^:(pg|pg2|gproc|syn)\.(join|reg)$/;
const subscribers = /\.subscribe\w*$|^:net_kernel\.monitor_nodes$/;

/** Calls of workspace functions that are called subscribe and do so, and the monitoring of nodes. */
const subscriptionsIn = (module: Module): readonly CallSite[] =>
  module.callsMatching(subscribers).filter((site) => site.node.kind === "call" && (site.name === ":net_kernel.monitor_nodes" ? site.args[0]?.isAtom("true") === true : site.callee !== undefined && site.callee.module !== module && site.callee.sites.some(registersItself)));

/** Itself, or by a function of its own module. */
const registersItself = (site: CallSite): boolean => registers.test(site.name) || (site.callee !== undefined && site.callee !== site.fn && site.callee.sites.some((inner) => registers.test(inner.name)));

const reads = /^(list|get|fetch|all|load|current|snapshot|read|find|status|state|lookup)(_|!|$)/;

/** A read of the same module that its clause makes before, and never again behind it. */
function readBefore(subscription: CallSite): CallSite | undefined {
  const { clause } = subscription;
  const candidates = clause.sites.filter((site) => isReadFor(subscription, site) && runsAfter(site.node, subscription.node));
  return candidates.find((read) => !isAskedFor(read, subscription) && !clause.sites.some((again) => again.name === read.name && runsAfter(subscription.node, again.node)));
}

function isReadFor(subscription: CallSite, site: CallSite): boolean {
  if (site.node.kind !== "call" || site.closure !== undefined || site.id >= subscription.id || isDropped(site.node)) return false;
  if (subscription.name === ":net_kernel.monitor_nodes") return site.name === "Node.list" || site.name === ":erlang.nodes";
  return site.callee !== undefined && site.callee.module === subscription.callee?.module && reads.test(site.callee.name);
}

/** Whether the subscription needs what was read: as an argument, or to know whether it is wanted. */
function isAskedFor(read: CallSite, subscription: CallSite): boolean {
  const names = namesBoundAt(read);
  const decides = [...subscription.node.ancestors()].filter((above) => above.isCall("if", "case", "with", "unless", "cond"));
  if (decides.some((above) => above.args.some((arg) => arg.contains(read.node) || mentionsOne(arg, names)))) return true;
  return subscription.args.some((arg) => mentionsOne(arg, names));
}
const mentionsOne = (expr: CallSite["node"], names: ReadonlySet<string>): boolean => expr.descendantsOf("var").some(({ name }) => names.has(name));

/** Variables that hold what was read or a part of it, as it is. */
function namesBoundAt({ node }: CallSite): ReadonlySet<string> {
  const usage = usageOf(node);
  return usage.kind === "matched" ? boundIn(usage.pattern) : new Set();
}

/** A state is looked up, found not to be ready, subscribed to and waited for: what becomes ready in between wakes nobody. */
function missedWakeUp(wait: CallSite): Report | undefined {
  const { clause } = wait;
  if (wait.closure !== undefined || wait.node.section("after")?.clauses[0]?.params[0]?.name === "0") return undefined;
  const subscription = clause.sites.findLast((site) => site.id < wait.id && site.node.kind === "call" && site.closure === undefined && !site.around.loose && isSubscription(site) && runsAfter(site.node, wait.node));
  const branch = subscription === undefined ? undefined : [...subscription.node.ancestors()].find((above) => above.kind === "clause" && above.parent?.parent?.isCall("case") === true && above.contains(wait.node));
  const read = branch?.parent?.parent?.args[0];
  if (subscription === undefined || read?.kind !== "call" || read.args.length === 0 || !isLookup(clause.siteAt(read))) return undefined;
  const between = clause.sites.filter((site) => site.id > subscription.id && site.id < wait.id && site.node.kind === "call" && !subscription.node.contains(site.node));
  if (between.some((site) => site.name === read.name || isLookup(site) || /^(send|Kernel\.send|GenServer\.(call|cast))$/.test(site.name)) || clause.sites.some((site) => site.id < read.id && isSubscription(site))) return undefined;
  return {
    at: subscription.node,
    firstLineOnly: true,
    confidence: "likely",
    message: `What \`${read.name}\` looks up can change before this subscription: the message that \`${clause.fn.id}\` waits for was then sent already, and nothing wakes it. Subscribe first, then look.`,
    related: [{ at: read, message: "looked up here" }, { at: wait.node, message: "waits here" }],
    searched: ["the same look-up behind the subscription (none)"],
  };
}
const isSubscription = (site: CallSite): boolean => registers.test(site.name) || (site.callee !== undefined && /register|subscribe|listen/.test(site.callee.name) && registersItself(site));
/** A look at a table, a registry or a function that says what it finds. */
const isLookup = (site: CallSite | undefined): boolean => site !== undefined && (/^(:ets\.(lookup|lookup_element|member)|Registry\.(lookup|meta|whereis_name|keys|values)|:persistent_term\.get)$/.test(site.name) || (site.callee !== undefined && (reads.test(site.callee.name) || /^(meta|whereis|connected|ready|exists|has)/.test(site.callee.name))));

function report(module: Module, site: CallSite, read: CallSite): Report {
  return {
    at: read.node,
    firstLineOnly: true,
    severity: module.is("LiveView", "LiveComponent") ? "low" : "medium",
    confidence: "likely",
    message: `${module.shortName} reads \`${read.name}\` before it subscribes with \`${site.name}\`: what changes in between reaches it neither way. Subscribe first.`,
    related: [{ at: site.node, message: "subscribes here" }],
    searched: ["the same read behind the subscription (none)"],
  };
}
