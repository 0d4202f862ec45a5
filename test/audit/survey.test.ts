import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { surveyOf } from "../../src/audit/survey/survey.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { elixirForTests } from "../support/elixir.ts";

let parse: ParseElixir;
before(async () => {
  parse = await elixirForTests();
});
const survey = (files: Record<string, string>) => surveyOf(Object.entries(files).map(([path, source]) => parse(path, source)), []);

describe("the survey of a report", () => {
  it("draws the supervision tree with strategy, restart and conditions", () => {
    const { supervision } = survey({
      "lib/shop.ex": `defmodule Shop do
  use Application
  def start(_, _) do
    children = [{Registry, keys: :unique, name: Shop.Names}, Shop.Tills] ++ if(open?(), do: [{Shop.Door, wide: true}], else: [])
    Supervisor.start_link(children, strategy: :rest_for_one)
  end
end
defmodule Shop.Tills do
  use Supervisor
  def start_link(a), do: Supervisor.start_link(__MODULE__, a)
  def init(_), do: Supervisor.init([Shop.Till], strategy: :one_for_all)
end
defmodule Shop.Till do
  use GenServer, restart: :transient
  def init(s), do: {:ok, s}
end
defmodule Shop.Door do
  use GenServer
  def init(s), do: {:ok, s}
end`,
    });
    assert.equal(supervision?.length, 1);
    const [root] = supervision ?? [];
    assert.equal(root?.name, "Shop");
    assert.match(root?.note ?? "", /^rest_for_one/);
    assert.deepEqual(root?.children.map(({ name, note }) => `${name}: ${note}`), ["Shop.Names: ", "Shop.Tills: one_for_all", "Shop.Door: only under a condition"]);
    assert.deepEqual(root?.children[1]?.children.map(({ name, note }) => `${name}: ${note}`), ["Shop.Till: transient"]);
  });

  it("counts habits with places for and against", () => {
    const { practices } = survey({
      "lib/a.ex": "defmodule A do\n  def x(p), do: GenServer.call(p, :x)\n  def y(p), do: GenServer.call(p, :y, :infinity)\nend",
    });
    const bound = practices?.find(({ title }) => title === "Calls have a bound");
    assert.deepEqual([bound?.holds, bound?.of], [1, 2]);
    assert.deepEqual(bound?.for.map(({ line }) => line), [2]);
    assert.deepEqual(bound?.against.map(({ line }) => line), [3]);
    assert.equal(practices?.some(({ of }) => of === 0), false, "what does not occur is not counted");
  });

  it("lists sleeps whose reason the source shows, and no others", () => {
    const { legitimateSleeps } = survey({
      "lib/a.ex": `defmodule A do
  use GenServer
  def init(s), do: {:ok, s}
  def wait_until_open(p), do: open?(p) || (Process.sleep(50) && wait_until_open(p))
  def handle_info(:cool, s) do
    Process.sleep(100)
    {:noreply, s}
  end
  def park, do: Process.sleep(:infinity)
end`,
    });
    assert.deepEqual(legitimateSleeps?.map(({ line }) => line), [4, 9]);
  });
});
