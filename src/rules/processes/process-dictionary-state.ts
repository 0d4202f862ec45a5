import { defineRule, elixir, type Report } from "../../engine/rule.ts";
import type { CallSite } from "../../model/call-site.ts";
import { sameExpr } from "../../model/literals.ts";
import type { Module } from "../../model/module.ts";
import type { Expr } from "../../syntax/tree.ts";

export default defineRule({
  id: "process-dictionary-state",
  family: "processes",
  title: "State is kept in the process dictionary",
  severity: "low",
  set: "extended",
  fix: { kind: "none", title: "Pass an argument, keep a state field, or write an ETS row" },
  source: "https://hexdocs.pm/elixir/Process.html",
  doc: {
    what: "A value is put into the process dictionary in one function and read in another, or put and read under a computed key.",
    why: "The value lives in one process only: a task started here reads nil. Computed keys add up unless each is deleted, and a cached table or pid is stale after its owner restarts.",
    instead: "In this order: an argument, a field of the state, a row in an ETS table.",
    fine: ["Keys of Logger, Ecto, Gettext, OpenTelemetry, `$callers` and other `$` keys.", "The seed of `:rand`.", "A put and a delete in one function.", "Code that a macro generates."],
    sure: "Likely for computed keys; otherwise review.",
  },
  bad: [
    elixir`
      defmodule Prices do
        def remember(sku, price), do: Process.put({:price, sku}, price) #! lives in one process only
        def price(sku), do: Process.get({:price, sku})
      end`,
  ],
  good: [
    elixir`
      defmodule Prices do
        def remember(sku, price), do: :ets.insert(Prices, {sku, price})
        def price(sku), do: :ets.lookup(Prices, sku)
      end`,
  ],

  *checkModule(module) {
    if (!module.isLib) return;
    for (const site of module.calls("Process.put", ":erlang.put")) {
      const report = judge(module, site);
      if (report !== undefined) yield report;
    }
  },
});

function judge(module: Module, site: CallSite): Report | undefined {
  const [key] = site.args;
  if (key === undefined || site.args.length !== 2 || site.around.quoted || isForeign(key)) return undefined;
  const reads = module.calls("Process.get", ":erlang.get").filter((read) => sameKey(read.args[0], key, read, site));
  if (site.clause.sites.some((other) => other.name === "Process.delete" && sameExpr(other.args[0], key))) return undefined;
  const elsewhere = reads.find((read) => read.fn !== site.fn);
  const isComputed = !isLiteral(key);
  const here = reads.find((read) => read.fn === site.fn);
  if (elsewhere === undefined && !(isComputed && here !== undefined)) return undefined;
  const read = elsewhere ?? here;
  return {
    at: site.node,
    message: `\`${key.text}\` lives in one process only: a task started here reads nil${isComputed && module.calls("Process.delete", ":erlang.erase").length === 0 ? ", and nothing removes the keys" : ""}. Pass it as an argument, keep it in the state, or write an ETS row.`,
    related: read === undefined ? [] : [{ at: read.node, message: "is read here" }],
    searched: ["a delete of the key in the same function (none)"],
    confidence: isComputed ? "likely" : "review",
  };
}

const isForeign = (key: Expr): boolean => /^:?"?\$|logger|ecto|gettext|opentelemetry|otel|rand_seed/i.test(key.text);
const isLiteral = (key: Expr): boolean => key.kind === "atom" || key.kind === "string" || key.kind === "attribute" || key.kind === "alias" || (key.kind === "tuple" && key.children.every(isLiteral));

function sameKey(read: Expr | undefined, key: Expr, at: CallSite, put: CallSite): boolean {
  if (read === undefined) return false;
  if (sameExpr(read, key)) return read.kind !== "var" || at.fn === put.fn;
  return read.kind === "tuple" && key.kind === "tuple" && read.children.length === key.children.length && sameExpr(read.children[0], key.children[0]) && key.children[0]?.kind !== "var";
}
