import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { bindsAll, constantOf, isKeyword, quoted } from "../../model/literals.ts";
import type { Expr } from "../../syntax/tree.ts";
import { matchesOn } from "../../model/flow.ts";

const starts = ["Task.async", "Task.start", "Task.start_link", "Task.Supervisor.async", "Task.Supervisor.async_nolink", "Task.Supervisor.start_child", "spawn", "spawn_link", "spawn_monitor", "Process.spawn"] as const;
const streams = ["Task.async_stream", "Task.Supervisor.async_stream", "Task.Supervisor.async_stream_nolink"] as const;

export default defineRule({
  id: "unbounded-fan-out",
  family: "growth",
  title: "One process per element, however many there are",
  severity: "low",
  set: "default",
  fix: { kind: "automatic", title: "Task.async_stream with max_concurrency" },
  source: "https://hexdocs.pm/elixir/Task.html#async_stream/3",
  doc: {
    what: "A task or process is started for each element of a collection whose size is decided elsewhere, or a stream of tasks runs with `max_concurrency: :infinity`.",
    why: "All of them run at once: as many connections, file handles and copies of the data as the caller has elements. A pool behind them answers with timeouts instead of waiting its turn.",
    instead: "`Task.async_stream/3` or `Task.Supervisor.async_stream_nolink/4`: at most `max_concurrency` at a time, and the same results.",
    fine: ["Literal or fixed collections.", "A collection that was cut: `Enum.take`, chunks.", "Nodes, schedulers, partitions and other things that the system itself counts out.", "`async_stream` with its default limit."],
    never: "Dropping the results in silence.",
    sure: "Likely: the collection is an argument that others give, a message or a query. Silent when its origin cannot be told.",
  },
  bad: [
    elixir`
      defmodule Packing do
        def pack_all(orders) do
          orders
          |> Enum.map(fn order -> Task.async(fn -> pack(order) end) end) #! One process per
          |> Task.await_many()
        end
        defp pack(order), do: order
      end`,
  ],
  good: [
    elixir`
      defmodule Packing do
        def pack_all(orders), do: orders |> Task.async_stream(&pack/1, max_concurrency: 8) |> Enum.to_list()
        defp pack(order), do: order
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(...streams)) {
      const limit = site.args.find((arg) => isKeyword(arg))?.get("max_concurrency");
      const elements = site.name === "Task.async_stream" ? site.args[0] : site.args[1];
      if (limit === undefined || constantOf(limit, module)?.isAtom("infinity") !== true) continue;
      const size = sizeOf(elements, site);
      if (size === "given") yield report(site, limit, elements);
    }
    const seen = new Set<Expr>();
    for (const site of module.calls(...starts)) {
      const { loop } = site.around;
      if (loop === undefined || site.node.kind !== "call" || site.closure !== undefined || site.callee !== undefined || seen.has(loop) || !isMapping(loop)) continue;
      const elements = loop.isCall("for") ? generatorOf(loop)?.right : loop.args[0];
      const size = sizeOf(elements, site);
      if (size !== "given" || isSkipped(site)) continue;
      seen.add(loop);
      yield report(site, site.node, elements);
    }
  },
});

const isMapping = (loop: Expr): boolean => loop.isCall("for") || /^(Enum|Map)\.(map|each|flat_map|into|new|with_index)$/.test(loop.name);
const generatorOf = (loop: Expr): Expr | undefined => loop.args.find((arg) => arg.isOp("<-"));

/** Started only for elements that a condition picks: mostly none. */
function isSkipped(site: CallSite): boolean {
  for (const above of site.node.ancestors()) {
    if (above === site.around.loop) return false;
    if (above.isCall("if", "unless", "case", "cond", "with")) return true;
  }
  return false;
}

type Size = "fixed" | "given" | "unknown";

const counted = /^(Node\.list|:erlang\.nodes|:rpc\.\w+|:pg\.\w+|:syn\.\w+|Horde\.\w+|Enum\.(take|take_random|chunk_every|chunk_by|random)|Stream\.(take|chunk_every)|System\.schedulers(_online)?|Application\.\w+|Supervisor\.which_children|DynamicSupervisor\.which_children|:code\.\w+|Mix\.\w+|List\.duplicate|Keyword\.keys|Code\.\w+|File\.ls!?|Config\.\w+|\w+\.__schema__)$/;
const queries = /(^|\.)(Repo\.(all|stream|preload)|list_\w+|all_\w+|get_all\w*|fetch_all\w*)$/;
const passing = /^(Enum\.(map|filter|reject|sort|sort_by|uniq|uniq_by|with_index|to_list|flat_map|concat|reverse|shuffle|zip|into|dedup|group_by|sort_by|drop)|Map\.(values|keys|to_list|new)|MapSet\.to_list|List\.(flatten|wrap)|Stream\.\w+|Keyword\.values)$/;
/** Names of what the system or its configuration counts out. */
const countedNames = /(^|_)(nodes?|peers?|shards?|partitions?|schedulers?|workers?|replicas?|stages?|strategies|adapters?|modules?|apps?|applications?|repos?|pools?|regions?|hooks?|handlers?|plugins?|children|steps?|queues?|clusters?|sensors?|checks?|backends?|specs?|phases?|providers?|callbacks?|formats?|scopes?|caches?|warmers?)(_\w*)?$/;

/** What is known of the size of a collection. */
function sizeOf(elements: Expr | undefined, site: CallSite, depth = 0): Size {
  const value = constantOf(elements, site.module);
  if (value === undefined || depth > 6) return "unknown";
  if (["list", "tuple", "map", "sigil", "attribute", "string"].includes(value.kind) || value.isOp("..", "..//")) return "fixed";
  if (value.kind === "field" && countedNames.test(value.name)) return "fixed";
  if (value.kind === "call") {
    if (counted.test(value.name) || countedNames.test(value.fun)) return "fixed";
    if (queries.test(value.name)) return "given";
    return passing.test(value.name) ? sizeOf(value.args[0], site, depth + 1) : "unknown";
  }
  if (value.kind !== "var") return "unknown";
  if (countedNames.test(value.name)) return "fixed";
  const binding = matchesOn(site.clause.node, value.name).findLast(({ id }) => id < value.id);
  if (binding !== undefined) return sizeOf(binding.right, site, depth + 1);
  return site.clause.params.some((param) => bindsAll(param, value.name)) ? ofParameter(value.name, site, depth) : "unknown";
}

/** A parameter: as big as the callers make it; fixed when all of them in the workspace give something fixed. */
function ofParameter(name: string, site: CallSite, depth: number): Size {
  const at = site.clause.params.findIndex((param) => param.isVar(name));
  const callers = site.fn.callers.filter((caller) => caller.module.isLib && caller.node.kind === "call");
  if (at < 0 || callers.length === 0) return site.fn.isPublic && !site.fn.isCallback ? "given" : "unknown";
  const sizes = callers.map((caller) => sizeOf(caller.args[at], caller, depth + 1));
  return sizes.includes("given") ? "given" : sizes.every((size) => size === "fixed") ? "fixed" : "unknown";
}

function report(site: CallSite, at: Expr, elements: Expr | undefined): Report {
  const what = quoted(elements ?? site.node, 30);
  const isStream = at !== site.node;
  return {
    at,
    confidence: "likely",
    message: isStream ? `\`max_concurrency: :infinity\` runs \`${what}\` all at once: whoever fills it decides how many processes work at the same time. Give a number.` : `One process per element of \`${what}\`, all at once: whoever fills it decides how many. \`Task.async_stream\` keeps the results and bounds the number.`,
    ...(site.around.loop === undefined || isStream ? {} : { related: [{ at: site.around.loop, message: "the loop" }] }),
    evidence: ["The collection comes from an argument, a message or a query."],
    searched: ["`Enum.take`, chunks or a literal collection (none)", "`max_concurrency` (none that bounds)"],
  };
}
