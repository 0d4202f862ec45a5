import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { handlersOf, takesExits } from "../../model/handlers.ts";
import { literalName, quoted, sameExpr } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import { outcomesOf } from "../../model/usage.ts";
import type { Expr } from "../../syntax/tree.ts";

const sends = ["send", "Kernel.send", "Process.send", ":erlang.send", "GenServer.cast"] as const;

export default defineRule({
  id: "send-counted-as-delivery",
  family: "messages",
  title: "A send is taken for a delivery",
  severity: "high",
  set: "default",
  fix: { kind: "guided", title: "Call it sent, or have the receiver acknowledge" },
  source: "https://hexdocs.pm/elixir/Kernel.html#send/2",
  doc: {
    what: "The outcome of `send` or `cast` is used as success: counted as a delivery, wrapped in a `try` that can never help, or sent again after a call that timed out.",
    why: "Sending to a dead process succeeds. The count is wrong exactly when it matters; and after a timed-out call the first request still runs, so the second message makes the server do it twice.",
    instead: "Say at-most-once in the name and the docs, or have the receiver acknowledge by message and count those.",
    fine: ["A plain `:ok` of a notify, broadcast or publish that counts nothing.", "A later acknowledgement is awaited.", "A send to a registered name inside `rescue`: that one does raise.", "Replies."],
    never: "`GenServer.call` inside a server for each receiver: one of them stops all.",
    sure: "Proven for a `try` around a send to a pid and for the same term sent again after a call; likely for counted results.",
  },
  bad: [
    elixir`
      defmodule Post do
        def deliver(couriers, order) do
          Enum.count(couriers, fn courier -> send(courier, {:go, order}) && true end) #! succeeds for a dead process too
        end
      end`,
  ],
  good: [
    elixir`
      defmodule Post do
        def notify(couriers, order) do
          Enum.each(couriers, fn courier -> send(courier, {:go, order}) end)
        end
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls(...sends)) {
      if (site.node.kind !== "call" || isReply(site)) continue;
      const report = resent(site) ?? (isToName(site, module) ? undefined : (deadTry(site) ?? counted(site)));
      if (report !== undefined) yield report;
    }
  },
});

const isToName = (site: CallSite, module: Module): boolean => literalName(site.args[0], module) !== undefined || site.args[0]?.kind === "tuple";
const isReply = (site: CallSite): boolean => /^(from|client|caller|reply_to|sender)$/.test(site.args[0]?.name ?? "") || site.args[0]?.isCall("self") === true;

/** A call failed by exit, and its handler sends the same term again. */
function resent(site: CallSite): Report | undefined {
  for (const above of site.node.ancestors()) {
    if (above.kind !== "section" || above.name !== "catch" || above.parent === undefined) continue;
    const holder = above.parent;
    if (!handlersOf(holder).some(takesExits)) continue;
    const call = site.clause.sites.find((other) => other.name === "GenServer.call" && holder.section("do")?.contains(other.node) && holds(other.args[1], site.args[1]) && sameExpr(other.args[0], site.args[0]));
    if (call === undefined) continue;
    return { at: site.node, confidence: "proven", message: `\`${site.fn.id}\` sends \`${text(site.args[1])}\` again after the call failed: if it only timed out, the first request still runs and the receiver handles it twice.`, related: [{ at: call.node, message: "the call whose exit is caught" }], searched: ["a reference that tells the two apart (none)"] };
  }
  return undefined;
}

/** The request is the same term, or carries it. */
const holds = (request: Expr | undefined, message: Expr | undefined): boolean => request !== undefined && message !== undefined && [...request.descendants()].some((part) => sameExpr(part, message));

/** A `try` around nothing but a send to a pid: there is nothing it could catch. */
function deadTry(site: CallSite): Report | undefined {
  const [holder] = site.around.tries;
  if (mayBeName(site)) return undefined;
  // `:global.send/2` exits when nobody has the name: that is what such a `try` is for.
  if (holder === undefined || site.name === "GenServer.cast" || site.name === ":global.send") return undefined;
  const inside = site.clause.sites.filter((other) => other.around.tries[0] === holder && other !== site && !/^(Logger\.|inspect$|System\.|case$|if$|cond$|\{)/.test(other.name));
  if (inside.some((other) => other.node.kind === "call" && !isCheap(other)) || handlersOf(holder).length === 0) return undefined;
  return { at: site.node, confidence: "proven", message: `\`send/2\` to a dead process succeeds, so the \`try\` around it in \`${site.fn.id}\` can never help, and what comes after counts it as delivered.`, related: handlersOf(holder).slice(0, 2).map((handler) => ({ at: handler.clause, message: "never runs for a dead process" })), searched: ["an acknowledgement by the receiver (none)"] };
}
/** A parameter that neither a guard nor its own name holds to a pid may be a registered name, and a send to a free name raises; so may a `:via` module's. */
function mayBeName({ node, args, clause }: CallSite): boolean {
  const target = args[0];
  if (node.target !== undefined) return true;
  if (target === undefined || target.isCall("self")) return false;
  if (target.kind !== "var") return !/(^|_)pid$/.test(target.name);
  const guards = [clause.guard, ...[...node.ancestors()].flatMap((above) => (above.kind === "clause" ? [above.guard] : []))];
  const tests = guards.flatMap((guard) => [...(guard?.descendants() ?? [])].filter((part) => part.kind === "call" && part.args[0]?.isVar(target.name) === true));
  return (tests.length === 0 && !/(^|_)pid$/.test(target.name)) || tests.some((test) => !test.isCall("is_pid"));
}
const isCheap = (site: CallSite): boolean => (site.callee !== undefined && site.callee.module === site.module && site.callee.kind === "defp") || /^(Process\.(alive\?|info)|Map\.|is_|elem$|hd$|length$|Enum\.|make_ref)/.test(site.name);

const deliveredWord = /deliver|sent|success|notified|routed|accepted|received/i;

/** The branch of the send ends in a value that says delivered, or something counts it. */
function counted(site: CallSite): Report | undefined {
  const report = (how: string, related: Expr | undefined): Report => ({
    at: site.node,
    confidence: "likely",
    message: `\`${site.fn.id}\` ${how} although \`${site.name === "GenServer.cast" ? "cast/2" : "send/2"}\` succeeds for a dead process too.`,
    related: related === undefined ? [] : [{ at: related, message: "taken for a delivery here" }],
    searched: ["an acknowledgement by the receiver (none)", "a monitor on the receiver (none)"],
  });
  const counter = countOf(site.node);
  if (counter !== undefined) return report("counts deliveries", counter);
  const section = [...site.node.ancestors()].find((above) => above.kind === "block" || above.kind === "section");
  const result = section?.result;
  if (result === undefined || section === undefined) return undefined;
  for (const outcome of outcomesOf(result)) {
    const words = outcome.kind === "tuple" && outcome.children[0]?.isAtom("ok") ? outcome.children[1] : outcome;
    if (words?.kind === "atom" && deliveredWord.test(words.name)) return report(`answers \`${text(outcome)}\``, outcome);
  }
  return undefined;
}

/** `Enum.count` over the sends, or a map whose results are counted right after. */
function countOf(node: Expr): Expr | undefined {
  for (const above of node.ancestors()) {
    if (above.isCall("Enum.count", "Enum.filter") && above.args.some((arg) => arg.kind === "fn" && arg.contains(node))) return above.name === "Enum.count" ? above : undefined;
    if (above.isCall("Enum.map") && above.args.some((arg) => arg.kind === "fn" && arg.contains(node))) {
      const outer = above.parent;
      return outer?.isCall("Enum.count") === true && outer.args.length > 1 ? outer : undefined;
    }
    if (above.isCall("def", "defp")) return undefined;
  }
  return undefined;
}
const text = (expr: Expr | undefined): string => (expr === undefined ? "" : quoted(expr, 40));
