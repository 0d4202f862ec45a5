import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import type { Module } from "../../src/model/module.ts";
import { hasHiddenClauses, receiverOf, sendingsIn, sendingsTo, takersOf } from "../../src/model/protocol.ts";
import { Workspace } from "../../src/model/workspace.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { elixirForTests } from "../support/elixir.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});

const oven = `
defmodule Oven do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  def init(s), do: {:ok, s}
  def heat(oven), do: GenServer.call(oven, :heat)
  def handle_call(:heat, _from, s), do: {:reply, 200, s}
  def handle_cast({:bake, loaf}, s) do
    Process.send_after(self(), {:done, loaf}, 100)
    {:noreply, [loaf | s]}
  end
  def handle_info({:done, _loaf}, s), do: {:noreply, s}
end
`;

function moduleNamed(name: string, ...sources: readonly string[]): Module {
  const workspace = new Workspace(sources.map((source, i) => parse(`lib/file${i}.ex`, source)));
  const module = workspace.module(name);
  assert.ok(module !== undefined);
  return module;
}

/** `fun/1 cast Oven name`: who sends how to which server, and how that is known. */
const told = (module: Module): readonly string[] =>
  sendingsIn(module).map((sending) => {
    const receiver = receiverOf(sending);
    return `${sending.site.fn.id} ${sending.kind} ${receiver === undefined ? "?" : `${receiver.server.name} ${receiver.by}`}`;
  });

describe("the message protocol of a workspace", () => {
  it("knows the receiver by registered name, also with a node, through a lookup and a pipe", () => {
    const till = `
defmodule Till do
  def a(loaf), do: GenServer.cast(Oven, {:bake, loaf})
  def b(loaf, node), do: GenServer.cast({Oven, node}, {:bake, loaf})
  def c(loaf), do: Oven |> Process.whereis() |> send({:done, loaf})
  def d(loaf) do
    case GenServer.whereis(Oven) do
      nil -> :closed
      pid -> GenServer.cast(pid, {:bake, loaf})
    end
  end
end`;
    assert.deepEqual(told(moduleNamed("Till", oven, till)), ["a/1 cast Oven name", "b/2 cast Oven name", "c/1 send Oven name", "d/1 cast Oven name"]);
  });
  it("knows a server's own client functions and what it arms for itself", () => {
    assert.deepEqual(told(moduleNamed("Oven", oven)), ["heat/1 call Oven client", "handle_cast/2 timer Oven self"]);
  });
  it("knows the pid that a start function gave", () => {
    const bakery = `
defmodule Bakery do
  def open(loaf) do
    {:ok, pid} = Oven.start_link([])
    GenServer.cast(pid, {:bake, loaf})
  end
end`;
    assert.deepEqual(told(moduleNamed("Bakery", oven, bakery)), ["open/1 cast Oven start"]);
  });
  it("tells the only server with a clause, and nobody where two have one or none", () => {
    const phone = `
defmodule Phone do
  def heat(pid), do: GenServer.call(pid, :heat)
  def cool(pid), do: GenServer.call(pid, :cool)
end`;
    assert.deepEqual(told(moduleNamed("Phone", oven, phone)), ["heat/1 call Oven only", "cool/1 call ?"]);
    assert.deepEqual(told(moduleNamed("Phone", oven, oven.replaceAll("Oven", "Grill"), phone)), ["heat/1 call ?", "cool/1 call ?"]);
  });
  it("knows nobody where two servers register one name", () => {
    const door = `defmodule Door do\n  def open, do: GenServer.cast(:kitchen, :open)\nend`;
    const named = (name: string): string => `defmodule ${name} do\n  use GenServer\n  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: :kitchen)\n  def init(s), do: {:ok, s}\nend`;
    assert.deepEqual(told(moduleNamed("Door", named("Oven"), door)), ["open/0 cast Oven name"]);
    assert.deepEqual(told(moduleNamed("Door", named("Oven"), named("Grill"), door)), ["open/0 cast ?"]);
  });
  it("lists everything that reaches a server, and the clauses that take it", () => {
    const till = `defmodule Till do\n  def a(loaf), do: GenServer.cast(Oven, {:bake, loaf})\n  def b, do: GenServer.cast(Oven, :clean)\nend`;
    const server = moduleNamed("Oven", oven, till);
    assert.deepEqual(
      sendingsTo(server).map((sending) => `${sending.site.module.name} ${sending.message?.text} ${takersOf(server, sending).length}`),
      ["Oven :heat 1", "Oven {:done, loaf} 1", "Till {:bake, loaf} 1", "Till :clean 0"],
    );
  });
  it("says when clauses may come from where they cannot be seen", () => {
    assert.equal(hasHiddenClauses(moduleNamed("Oven", oven)), false);
    assert.equal(hasHiddenClauses(moduleNamed("Oven", oven.replace("use GenServer", "use GenServer\n  use Kitchen.Tools"))), true);
    assert.equal(hasHiddenClauses(moduleNamed("Oven", oven.replace("use GenServer", "use GenServer\n  @before_compile Kitchen.Tools"))), true);
  });
});
