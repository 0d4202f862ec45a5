import assert from "node:assert/strict";
import { before, describe, it } from "mocha";
import { surveyOf } from "../../src/audit/survey/survey.ts";
import type { ParseElixir } from "../../src/syntax/parse.ts";
import { elixirForTests } from "../support/elixir.ts";
import { finding } from "../support/finding.ts";

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
    const streams = survey({ "lib/a.ex": "defmodule A do\n  def x(s, l), do: Task.Supervisor.async_stream(s, l, &bake/1)\n  def y(l), do: Task.async_stream(l, &bake/1)\nend" });
    const supervised = streams.practices?.find(({ title }) => title === "Background work runs under a Task.Supervisor");
    assert.deepEqual([supervised?.holds, supervised?.of], [1, 2], "a stream counts as a start on either side");
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

  it("counts tests, waits and skips, and lists sleeps of tests that the test explains", () => {
    const { tests, legitimateSleeps, toReenable } = survey({
      "test/oven_test.exs": `defmodule OvenTest do
  use ExUnit.Case
  @tag :skip
  test "heats" do
    wait_for(fn -> Oven.hot?() end)
    assert_receive {:DOWN, _, _, _, _}
  end
  test "forgets after its ttl" do
    Process.sleep(60)
    refute Oven.hot?()
  end
end`,
    });
    assert.deepEqual(tests?.folders, [{ folder: "test", count: 2 }]);
    assert.deepEqual([tests?.tests, tests?.files, tests?.skipped.map(({ line }) => line)], [2, 1, [3]]);
    assert.deepEqual(tests?.waits, [{ how: "sleep", count: 1 }, { how: "helper that waits for a condition", count: 1 }, { how: "monitor and assert_receive of :DOWN", count: 1 }]);
    assert.deepEqual(legitimateSleeps?.map(({ line, note }) => [line, note]), [[9, "lets the time pass that its test is named for"]]);
    assert.deepEqual(toReenable?.map(({ line }) => line), [3]);
  });

  it("finds limits that keep a buffer small, and counts how failures are handled", () => {
    const { backpressure, errorStyle } = survey({
      "lib/till.ex": `defmodule Till do
  use GenServer
  @max_queue 10
  def init(_), do: {:ok, []}
  def handle_call(:add, _from, queue) do
    if length(queue) >= @max_queue, do: {:reply, :full, queue}, else: {:reply, :ok, [1 | queue]}
  rescue
    ArgumentError -> {:reply, :error, queue}
  end
  def total(queue), do: length(queue) > 3
  def open(till) do
    with {:ok, drawer} <- drawer(till), do: drawer
  end
end`,
    });
    assert.deepEqual(backpressure?.map(({ line, note }) => [line, note]), [[6, "`length(queue) >= @max_queue` bounds what is kept"]]);
    assert.deepEqual(errorStyle, [{ how: "rescue", count: 1 }, { how: "with, failures passed on", count: 1 }]);
  });

  it("takes a look at a queue's length for backpressure only where something is decided by it", () => {
    const { backpressure } = survey({
      "lib/till.ex": `defmodule Till do
  def shown(till), do: Process.info(till, :message_queue_len)
  def total(tills) do
    Enum.reduce(tills, 0, fn till, sum ->
      case Process.info(till, :message_queue_len) do
        {:message_queue_len, length} -> sum + length
        nil -> sum
      end
    end)
  end
  def offer(till, order) do
    case Process.info(till, :message_queue_len) do
      {:message_queue_len, length} when length > 100 -> {:error, :busy}
      _ -> GenServer.cast(till, order)
    end
  end
  def busy?(till) do
    info = Process.info(till, [:message_queue_len, :status])
    length = Keyword.get(info, :message_queue_len, 0)
    length >= 100
  end
  def average(tills) do
    lengths = Enum.map(tills, &Process.info(&1, :message_queue_len))
    if length(lengths) > 0, do: div(Enum.sum(lengths), length(lengths)), else: 0
  end
  def state(till, age), do: age > 3 and Process.info(till, [:status])[:status] == :waiting
end`,
    });
    assert.deepEqual(backpressure?.map(({ line, note }) => [line, note]), [[12, "decides by a message queue's length"], [18, "decides by a message queue's length"]]);
  });

  it("names marks of something temporary beside a finding, and no others", () => {
    const path = "lib/shop.ex";
    const tree = parse(path, `defmodule Shop do\n  # TODO: one day\n${"\n".repeat(9)}  # TEMPORARY: until the oven is back\n  def open, do: :ok\nend\n`);
    const { toReenable } = surveyOf([tree], [finding({ file: path, startLine: 13 })]);
    assert.deepEqual(toReenable, [{ file: path, line: 12, note: '"TEMPORARY: until the oven is back" beside a finding of `self-call`' }]);
  });

  it("portrays a module that a design rule reports, with the split that is planned", () => {
    const path = "lib/shop.ex";
    const tree = parse(path, "defmodule Shop do\n  def open, do: door()\n  defp door, do: :ok\n  def bake, do: :ok\nend\n");
    const found = finding({ rule: "god-module", family: "design", file: path, module: "Shop", function: "" });
    const plan = { alternatives: [{ default: true, groups: [{ module: "Shop.Door", functions: ["open/0", "door/0"] }] }], blockers: [], pinned: [{ function: "bake/0", reason: "implements a callback (@impl)", line: 4 }] } as never;
    const { modules } = surveyOf([tree], [found], {}, { planOf: () => plan, filesOf: () => ({ paths: [], reasons: [] }) });
    assert.deepEqual(modules?.map(({ name, publicFunctions, privateFunctions, proposed, blockers }) => [name, publicFunctions, privateFunctions, proposed, blockers]), [["Shop", 2, 1, [{ name: "Shop.Door", functions: ["open/0", "door/0"] }], ["`bake/0` stays: it implements a callback (@impl)."]]]);
  });
});
