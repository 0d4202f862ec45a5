import { defineRule, elixir } from "../../engine/rule.ts";
import type { Clause } from "../../model/module.ts";
import { tagOf } from "../../model/server.ts";
import { stateUses } from "../../model/state-use.ts";

export default defineRule({
  id: "god-process",
  family: "design",
  title: "One process does the work of several",
  severity: "low",
  set: "default",
  fix: { kind: "plan", title: "Plan one process for each group of fields" },
  source: "https://hexdocs.pm/elixir/process-anti-patterns.html#code-organization-by-process",
  doc: {
    what: "A server takes many kinds of messages, and its state falls into groups of fields that no message uses together.",
    why: "Messages that have nothing to do with each other wait for each other, and a crash in one group loses the state of all.",
    instead: "A pure module for each group first, then one process for each; or one process for each entity when the fields are maps by id.",
    fine: ["Fields that most messages use.", "Dispatchers that route to other processes.", "A page with few events.", "State machines."],
    sure: "Likely: every message's fields were followed through the module's functions, and the groups are disjoint. Low: whether two jobs of one process are in each other's way is a matter of load and taste (of four read in code nobody had looked at, none was worth an issue).",
  },
  options: {
    messages: { default: 10, doc: "Kinds of messages above which a server is looked at." },
    group: { default: 3, doc: "Kinds of messages that a group of fields needs to count." },
  },
  bad: [
    elixir`
      defmodule Bakery do #! 2 processes in one
        use GenServer
        def init(_), do: {:ok, %{carts: %{}, sold: 0, ovens: %{}, heat: 0}}
        def handle_call({:cart, id}, _from, s), do: {:reply, s.carts[id], s}
        def handle_call({:add, id, loaf}, _from, s), do: {:reply, :ok, %{s | carts: Map.put(s.carts, id, loaf)}}
        def handle_call({:drop, id}, _from, s), do: {:reply, :ok, %{s | carts: Map.delete(s.carts, id)}}
        def handle_call({:sell, id}, _from, s), do: {:reply, :ok, %{s | carts: Map.delete(s.carts, id), sold: s.sold + 1}}
        def handle_call(:sold, _from, s), do: {:reply, s.sold, s}
        def handle_call(:reset, _from, s), do: {:reply, :ok, %{s | sold: 0}}
        def handle_call({:oven, id}, _from, s), do: {:reply, s.ovens[id], s}
        def handle_call({:light, id}, _from, s), do: {:reply, :ok, %{s | ovens: Map.put(s.ovens, id, :lit), heat: s.heat + 1}}
        def handle_call({:quench, id}, _from, s), do: {:reply, :ok, %{s | ovens: Map.delete(s.ovens, id)}}
        def handle_call(:heat, _from, s), do: {:reply, s.heat, s}
        def handle_cast({:warm, by}, s), do: {:noreply, %{s | heat: s.heat + by}}
      end`,
  ],
  good: [
    elixir`
      defmodule Carts do
        use GenServer
        def init(_), do: {:ok, %{carts: %{}, sold: 0}}
        def handle_call({:cart, id}, _from, s), do: {:reply, s.carts[id], s}
        def handle_call({:add, id, loaf}, _from, s), do: {:reply, :ok, %{s | carts: Map.put(s.carts, id, loaf)}}
        def handle_call({:sell, id}, _from, s), do: {:reply, :ok, %{s | carts: Map.delete(s.carts, id), sold: s.sold + 1}}
      end`,
  ],

  *checkModule(module, options) {
    if (!module.isLib || !module.is("GenServer", "GenStage", "LiveView", "Channel")) return;
    const uses = stateUses(module, callbacks).filter(({ clause }) => labelOf(clause) !== undefined);
    const kinds = new Set(uses.map(({ clause }) => labelOf(clause)));
    if (kinds.size <= options.messages || uses.some(({ fields }) => fields === undefined)) return;
    const groups = groupsOf(uses.map(({ clause, fields }) => ({ clause, fields: fields ?? new Set<string>() }))).filter((group) => group.messages.size >= options.group);
    if (groups.length < 2 || module.unknownUses.length > 0) return;
    yield {
      at: module.node,
      firstLineOnly: true,
      message: `${module.shortName} is ${groups.length} processes in one: ${groups.slice(0, 3).map((group) => listed([...group.fields])).join(" never meet ")}, and ${kinds.size} kinds of messages wait for each other.`,
      related: groups.flatMap((group) => group.clauses.slice(0, 1).map((clause) => ({ at: clause.head, message: `one of ${group.messages.size} messages that use ${listed([...group.fields])}` }))),
      evidence: [`Kinds of messages: ${kinds.size} (threshold ${options.messages}).`, ...groups.map((group) => `${listed([...group.fields])}: ${[...group.messages].slice(0, 8).join(", ")}.`)],
      searched: ["a message that uses fields of two groups (none)"],
      confidence: "likely",
    };
  },
});

const callbacks = ["handle_call/3", "handle_cast/2", "handle_info/2", "handle_event/3", "handle_in/3"] as const;

/** The message a clause is for; undefined where it takes anything. */
function labelOf({ fn, params: [pattern] }: Clause): string | undefined {
  const tag = tagOf(pattern)?.tag ?? (pattern?.kind === "string" ? pattern.name : undefined);
  return tag === undefined ? undefined : `${fn.name === "handle_info" ? "info " : ""}${tag}`;
}

type Group = { readonly fields: Set<string>; readonly messages: Set<string>; readonly clauses: Clause[] };

/** Groups of fields that clauses use together; a field belongs to the group of every field it is used with. */
function groupsOf(uses: readonly { readonly clause: Clause; readonly fields: ReadonlySet<string> }[]): Group[] {
  let groups: Group[] = [];
  for (const { clause, fields } of uses) {
    if (fields.size === 0) continue;
    const touched = groups.filter((group) => [...fields].some((field) => group.fields.has(field)));
    const merged: Group = { fields: new Set([...touched.flatMap((group) => [...group.fields]), ...fields]), messages: new Set([...touched.flatMap((group) => [...group.messages]), labelOf(clause) ?? ""]), clauses: [...touched.flatMap((group) => group.clauses), clause] };
    groups = [...groups.filter((group) => !touched.includes(group)), merged];
  }
  return groups;
}

const listed = (fields: readonly string[]): string => fields.slice(0, 4).map((field) => `\`${field}\``).join(", ") + (fields.length > 4 ? ` and ${fields.length - 4} more` : "");
