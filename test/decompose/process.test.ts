import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { planOf, subjectOf } from "../../src/decompose/plan/planner.ts";
import type { Plan } from "../../src/decompose/plan/plan.ts";
import { modulesOf } from "../../src/decompose/read/module-source.ts";
import { nothingAround } from "../../src/decompose/read/surroundings.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { elixirForTests } from "../support/elixir.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});

function plan(source: string): Plan {
  const [module] = modulesOf(parse("lib/bakery.ex", source));
  assert.ok(module);
  return planOf(subjectOf("lib/bakery.ex", module, nothingAround));
}

/** Orders and ovens live in one process and have nothing to do with each other. */
const twoInOne = `defmodule Bakery do
  use GenServer
  def start_link(opts), do: GenServer.start_link(__MODULE__, opts)
  def order(pid, loaf), do: GenServer.call(pid, {:order, loaf})
  def orders(pid), do: GenServer.call(pid, :orders)
  def cancel(pid, id), do: GenServer.cast(pid, {:cancel, id})
  def heat(pid, oven), do: GenServer.cast(pid, {:heat, oven})
  def temperature(pid, oven), do: GenServer.call(pid, {:temperature, oven})
  def cool(pid, oven), do: GenServer.cast(pid, {:cool, oven})

  @impl true
  def init(_), do: {:ok, %{orders: [], next: 1, ovens: %{}, target: 200}}

  @impl true
  def handle_call({:order, loaf}, _from, state), do: {:reply, state.next, put_order(state, loaf)}
  def handle_call(:orders, _from, %{orders: orders} = state), do: {:reply, orders, state}
  def handle_call({:temperature, oven}, _from, state), do: {:reply, Map.get(state.ovens, oven), state}

  @impl true
  def handle_cast({:cancel, id}, state), do: {:noreply, %{state | orders: List.keydelete(state.orders, id, 0)}}
  def handle_cast({:heat, oven}, state), do: {:noreply, set_oven(state, oven, state.target)}
  def handle_cast({:cool, oven}, state), do: {:noreply, set_oven(state, oven, 20)}

  defp put_order(state, loaf), do: %{state | orders: [{state.next, loaf} | state.orders], next: state.next + 1}
  defp set_oven(state, oven, degrees), do: Map.put(state, :ovens, Map.put(state.ovens, oven, degrees))
end
`;

describe("a process with more than one job", () => {
  it("shows what each callback does to each field, through the helpers it calls", () => {
    const { process } = plan(twoInOne);
    assert.ok(process);
    const mark = (message: string, field: string): string | undefined => process.callbacks.find((row) => row.message === message)?.marks[process.fields.indexOf(field)];
    assert.equal(mark("{:order, loaf}", "orders"), "write");
    assert.equal(mark("{:order, loaf}", "ovens"), "");
    assert.equal(mark(":orders", "orders"), "read");
    assert.equal(mark("{:heat, oven}", "target"), "read");
    assert.equal(mark("{:heat, oven}", "ovens"), "write");
  });

  it("puts callbacks and fields that belong together side by side, each block a process that could be", () => {
    const { process } = plan(twoInOne);
    assert.deepEqual(process?.blocks.map(({ fields }) => [...fields].sort()).sort(), [["next", "orders"], ["ovens", "target"]]);
    for (const block of process?.blocks ?? []) {
      assert.equal(block.cohesion, 1);
      assert.equal(block.steps.length, 5);
      assert.match(block.steps[0] ?? "", /state in, state out/);
      assert.ok(block.risks.some((risk) => risk.includes("one order")));
    }
  });

  it("offers to divide the functions by the state they work on", () => {
    const state = plan(twoInOne).alternatives.find(({ id }) => id === "state");
    assert.ok(state);
    const groupOf = (id: string): string | undefined => state.groups.find(({ functions }) => functions.includes(id))?.module;
    assert.equal(groupOf("order/2"), groupOf("put_order/2"));
    assert.equal(groupOf("heat/2"), groupOf("set_oven/3"));
    assert.notEqual(groupOf("order/2"), groupOf("heat/2"));
  });

  it("advises against a process of its own where every message changes everything", () => {
    const entangled = twoInOne.replace("%{state | orders: List.keydelete(state.orders, id, 0)}", "%{state | orders: [], ovens: %{}, next: state.target}").replace("defp set_oven(state, oven, degrees), do: Map.put(state,", "defp set_oven(state, oven, degrees), do: Map.put(%{state | orders: [], next: 0},");
    for (const block of plan(entangled).process?.blocks ?? []) assert.equal(block.steps.length, block.cohesion >= 0.7 ? 5 : 2, block.name);
    assert.ok((plan(entangled).process?.blocks ?? []).some(({ steps }) => /Leave it at that/.test(steps[1] ?? "")));
  });

  it("tells a clause from another by its message when one hands over to the other", () => {
    const source = twoInOne.replace("  def handle_call(:orders,", "  def handle_call({:reorder, loaf}, from, state), do: handle_call({:order, loaf}, from, state)\n  def handle_call(:orders,");
    const { process } = plan(source);
    const row = process?.callbacks.find(({ message }) => message === "{:reorder, loaf}");
    assert.equal(row?.marks[process?.fields.indexOf("ovens") ?? 0], "");
    assert.equal(row?.marks[process?.fields.indexOf("orders") ?? 0], "write");
  });

  it("has none for a module that is no process", () => {
    assert.equal(plan("defmodule Bakery do\n  def handle_call(a, b, c), do: {a, b, c}\nend\n").process, undefined);
  });
});

describe("the sections of a file", () => {
  const sections = `defmodule Bakery do
  # Bread section

  def bake(x), do: knead(x)
  def cool(x), do: x
  def slice(x), do: x

  # Cake section

  def ice(x), do: whip(x)
  def layer(x), do: x
  def cut(x), do: x

  # Tea section

  def brew(x), do: x
  def pour(x), do: boil(x)
  def serve(x), do: x

  # Private helpers

  defp knead(x), do: x
  defp whip(x), do: x
  defp boil(x), do: x
end
`;

  it("are an alternative of their own; helpers go where they are used, and words that all titles share name nothing", () => {
    const banners = plan(sections).alternatives.find(({ id }) => id === "banners");
    assert.deepEqual(banners?.groups.map(({ module, functions }) => [module, functions]), [
      ["Bakery.Bread", ["bake/1", "cool/1", "slice/1", "knead/1"]],
      ["Bakery.Cake", ["ice/1", "layer/1", "cut/1", "whip/1"]],
      ["Bakery.Tea", ["brew/1", "pour/1", "serve/1", "boil/1"]],
    ]);
  });

  it("a group that would be a god module again is divided further", () => {
    const families = ["bread", "cake", "tea", "soup"].flatMap((kind) => Array.from({ length: 20 }, (_, i) => `  def ${kind}_${i}(x), do: ${kind}_${(i + 1) % 20}(x) + ${kind}_${(i + 7) % 20}(x)${i === 0 ? " + shared(x)" : ""}`));
    const { alternatives } = plan(`defmodule Bakery do\n${families.join("\n")}\n  defp shared(x), do: x\nend\n`);
    for (const { id, groups } of alternatives.filter(({ id }) => id === "structure" || id === "text-order")) assert.ok(Math.max(...groups.map(({ functions }) => functions.length)) <= 60, id);
  });

  it("every function of every alternative is in exactly one group or stays", () => {
    for (const source of [sections, twoInOne]) {
      const { alternatives, metrics } = plan(source);
      for (const { groups, stays } of alternatives) {
        const all = [...groups.flatMap(({ functions }) => functions), ...stays];
        assert.equal(new Set(all).size, all.length);
        assert.equal(all.length, metrics.publicFunctions + metrics.privateFunctions);
      }
    }
  });
});
