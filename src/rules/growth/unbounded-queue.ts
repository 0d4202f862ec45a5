import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { callbackEntries, type Entry, isMessageCallback, stepsOf } from "../../model/context.ts";
import { quoted } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";
import { isOneJob } from "../../model/role.ts";

const ins = [":queue.in", ":queue.in_r", ":queue.cons", ":queue.snoc"] as const;
const outs = [":queue.out", ":queue.out_r", ":queue.get", ":queue.drop", ":queue.head", ":queue.tail"] as const;

export default defineRule({
  id: "unbounded-queue",
  family: "growth",
  title: "A queue takes every request",
  severity: "low",
  set: "default",
  fix: { kind: "guided", title: "Compare the length on the way in, and refuse" },
  source: "https://www.erlang.org/doc/system/eff_guide_processes.html",
  doc: {
    what: "A server puts what clients ask for into a queue in its state, takes it out one by one elsewhere, and never looks at the queue's length.",
    why: "When work arrives faster than it is done, the queue grows without end. Those at its end wait for an answer that comes long after they gave up, and the server keeps working for them.",
    instead: "Compare the length on the way in and answer `{:error, :busy}` above a limit; the caller can then shed or retry.",
    fine: ["The length, or a counter beside the queue, is compared anywhere in the module.", "Demand decides what comes in (GenStage).", "The whole queue is taken at once on a timer.", "The queue holds the server's own workers, timers or free resources.", "One-job processes."],
    never: "A longer timeout for the callers.",
    sure: "Likely when a call or cast fills the queue and nothing in the module asks how long it is; review when it is filled two or more calls away, or when a `use` that cannot be resolved may do the asking. What other messages put into it is not judged.",
  },
  bad: [
    elixir`
      defmodule Counter do
        use GenServer
        def init(_), do: {:ok, %{waiting: :queue.new(), free: 2}}
        def handle_call({:bake, loaf}, from, s) do
          {:noreply, %{s | waiting: :queue.in({from, loaf}, s.waiting)}} #! nothing refuses
        end
        def handle_info(:free, s) do
          {{:value, {from, loaf}}, rest} = :queue.out(s.waiting)
          GenServer.reply(from, loaf)
          {:noreply, %{s | waiting: rest}}
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Counter do
        use GenServer
        def init(_), do: {:ok, %{waiting: :queue.new(), free: 2}}
        def handle_call({:bake, loaf}, from, s) do
          if :queue.len(s.waiting) < 50,
            do: {:noreply, %{s | waiting: :queue.in({from, loaf}, s.waiting)}},
            else: {:reply, {:error, :busy}, s}
        end
        def handle_info(:free, s) do
          {{:value, {from, loaf}}, rest} = :queue.out(s.waiting)
          GenServer.reply(from, loaf)
          {:noreply, %{s | waiting: rest}}
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib || !module.is("GenServer", "gen_statem") || module.is("GenStage") || isOneJob(module)) return;
    const entering = module.calls(...ins);
    if (entering.length === 0 || isFlushed(module) || isMeasured(module)) return;
    const seen = new Set<string>();
    for (const site of entering) {
      const queue = site.args.find((arg) => fieldOf(arg, site) !== undefined);
      const field = queue === undefined ? undefined : fieldOf(queue, site);
      if (field === undefined || seen.has(field) || !isTakenSingly(module, field)) continue;
      const entry = callbackEntries(site).find((candidate) => candidate.module === module && isMessageCallback(candidate) && candidate.fn.name !== "handle_continue");
      if (entry === undefined || !carriesRequest(entry)) continue;
      seen.add(field);
      yield judge(module, site, field, entry);
    }
  },
});

/** Nothing is taken out one by one: each taking stands in a function that calls itself until the queue is empty. */
const isFlushed = (module: Module): boolean => module.calls(...outs).every((site) => site.fn.sites.some((inner) => inner.callee === site.fn));

/** A queue's length, or a counter or limit beside it, that decides something bounds what the rule cannot follow in detail. */
function isMeasured(module: Module): boolean {
  if (module.calls(":queue.len").some((site) => decides(site.node))) return true;
  if (module.calls("length", "Enum.count").some((site) => /queue|buffer|wait|pending|backlog/.test(site.node.text) && decides(site.node))) return true;
  return module.functions.some((fn) => fn.clauses.some((clause) => [...clause.node.descendants()].some((part) => part.isOp(">", ">=", "<", "<=") && part.children.some((side) => side.kind !== "call" && /(queue|buffer|pending|waiting|backlog|limit|capacity|max)/.test(side.name)))));
}
/** A length that is compared with a limit, or bound and compared later; one that is only reported, or compared with an earlier length, decides nothing. */
function decides(length: Expr): boolean {
  for (const above of length.ancestors()) {
    if (above.isOp(">", ">=", "<", "<=", "==", "!=")) return !above.children.every((side) => side.isCall(":queue.len", "length", "Enum.count"));
    if (above.isCall("if", "unless", "cond")) return true;
    if (above.isCall("case")) return above.args[0]?.contains(length) === true;
    if (above.kind === "match") {
      const holder = above.left;
      return holder?.kind === "var" && [...(above.parent?.descendants() ?? [])].some((part) => part.id > above.id && part.isOp(">", ">=", "<", "<=", "==") && part.children.some((side) => side.isVar(holder.name)));
    }
    if (above.kind === "clause" && above.guard?.contains(length) === true) return true;
    if (above.kind === "block" || above.kind === "section" || above.kind === "pair") return false;
  }
  return false;
}

/** The state field a queue is kept in: `s.waiting`, or a variable that a pattern or a binding took from it. */
function fieldOf(queue: Expr, site: CallSite): string | undefined {
  if (queue.kind === "field") return queue.name;
  if (queue.kind !== "var") return undefined;
  for (const part of site.clause.node.descendants()) {
    if (part.kind === "pair" && part.value?.isVar(queue.name) && part.key?.kind === "atom" && site.clause.params.some((param) => param.contains(part))) return part.key.name;
    if (part.kind === "match" && part.left?.isVar(queue.name) && part.right?.kind === "field") return part.right.name;
  }
  const updated = [...site.node.ancestors()].slice(0, 2).find((above) => above.kind === "pair" && above.key?.kind === "atom");
  const field = [...site.node.ancestors()].find((above) => above.isCall("update_in", "Map.update!", "Map.update"));
  return field?.args[1]?.kind === "atom" ? field.args[1].name : field?.args[0]?.kind === "field" ? field.args[0].name : updated?.key?.name;
}

/** Some clause takes single elements from the queue of that field. */
const isTakenSingly = (module: Module, field: string): boolean => module.calls(...outs).some((site) => site.args.some((arg) => fieldOf(arg, site) === field || (arg.kind === "var" && /queue|wait|pending|buffer/.test(arg.name))));

/** What goes in is the caller's: `from`, a part of the message, or a tuple of them; not a worker or resource that comes back. */
const carriesRequest = (entry: Entry): boolean => /^handle_(call|cast)$/.test(entry.fn.name) && !comesBack(entry);
const comesBack = (entry: Entry): boolean => /check_?in|return|release|free|ready|available|idle|done|finished|register|worker/.test(entry.clause?.params[0]?.text ?? "");

function judge(module: Module, site: CallSite, field: string, entry: Entry): Report {
  const [asked] = entry.clause?.params ?? [];
  const message = asked === undefined ? "request" : quoted(asked, 30);
  return {
    at: site.node,
    confidence: entry.path.length > 1 || module.unknownUses.length > 0 ? "review" : "likely",
    message: `\`${field}\` of ${module.shortName} takes every \`${message}\` however long it is: nothing refuses the next one. Compare its length on the way in and answer that the server is busy.`,
    related: [...stepsOf(entry), ...module.calls(...outs).slice(0, 1).map((out) => ({ at: out.node, message: "taken out here" }))],
    evidence: ["Clients put in, the server takes out one by one."],
    searched: ["a comparison of the queue's length or of a counter beside it (none)", "demand, or a flush of the whole queue (none)"],
  };
}
