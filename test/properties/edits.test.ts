import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import fc from "fast-check";
import type { Cache, Host } from "../../src/audit/host.ts";
import { openAudit } from "../../src/audit/open-audit.ts";
import type { ScanOptions } from "../../src/audit/scan.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";

/** A small bakery in which files lean on each other in every way the model knows: calls, delegates, imports, macros, trees, tables. */
const files: Readonly<Record<string, string>> = {
  "lib/application.ex": "defmodule Bakery.Application do\n  use Application\n  def start(_, _), do: Supervisor.start_link([Bakery.Oven, {Bakery.Till, []}, {Task.Supervisor, name: Bakery.Tasks}], strategy: :one_for_one)\nend\n",
  "lib/oven.ex": "defmodule Bakery.Oven do\n  use Bakery.Server\n  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)\n  def heat, do: GenServer.call(__MODULE__, :heat)\n  def bake(loaf), do: GenServer.call(__MODULE__, {:bake, loaf}, :infinity)\n  def init(_), do: {:ok, %{loaves: []}}\n  def handle_call(:heat, _from, state), do: {:reply, Bakery.Till.open?(), state}\n  def handle_call({:bake, loaf}, _from, state) do\n    pause(10)\n    {:reply, :ok, %{state | loaves: [loaf | state.loaves]}}\n  end\n  import Bakery.Pause\nend\n",
  "lib/till.ex": "defmodule Bakery.Till do\n  use GenServer\n  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)\n  def open?, do: GenServer.call(__MODULE__, :open?)\n  defdelegate count(key), to: Bakery.Ledger\n  def init(_), do: {:ok, %{}}\n  def handle_call(:open?, _from, state), do: {:reply, Bakery.Oven.heat(), state}\n  def handle_info(:tick, state) do\n    Process.send_after(self(), :tick, 100)\n    count(:ticks)\n    {:noreply, state}\n  end\nend\n",
  "lib/ledger.ex": "defmodule Bakery.Ledger do\n  def new, do: :ets.new(:ledger, [:named_table, :public])\n  def count(key) do\n    case :ets.lookup(:ledger, key) do\n      [{_, n}] -> :ets.insert(:ledger, {key, n + 1})\n      [] -> :ets.insert(:ledger, {key, 1})\n    end\n  end\nend\n",
  "lib/pause.ex": "defmodule Bakery.Pause do\n  def pause(ms), do: Process.sleep(ms)\nend\n",
  "lib/server.ex": "defmodule Bakery.Server do\n  defmacro __using__(_) do\n    quote do\n      use GenServer\n    end\n  end\nend\n",
  "lib/round.ex": "defmodule Bakery.Round do\n  def deliver(loaves) do\n    spawn(fn -> Enum.each(loaves, &Bakery.Oven.bake/1) end)\n    Task.start(Bakery.Ledger, :count, [:rounds])\n    :telemetry.execute([:bakery, :round], %{count: length(loaves)})\n  end\n  def pay(order) do\n    Bakery.Till.count(order.id)\n  rescue\n    _ -> {:allow, order}\n  end\nend\n",
  "test/till_test.exs": "defmodule Bakery.TillTest do\n  use ExUnit.Case\n  test \"opens\" do\n    Process.sleep(100)\n    assert Bakery.Till.open?()\n  end\nend\n",
};

/** Other versions of files: kinds of server appear and go, functions move, names change hands. */
const variants: readonly (readonly [string, string])[] = [
  ["lib/server.ex", "defmodule Bakery.Server do\n  defmacro __using__(_), do: quote(do: :ok)\nend\n"],
  ["lib/pause.ex", "defmodule Bakery.Pause do\n  def pause(_), do: :ok\n  def heat, do: Process.sleep(1)\nend\n"],
  ["lib/pause.ex", "defmodule Bakery.Ledger do\n  def count(_), do: :ok\nend\n"],
  ["lib/ledger.ex", "defmodule Bakery.Ledger do\n  defdelegate count(key), to: Bakery.Book\nend\n"],
  ["lib/book.ex", "defmodule Bakery.Book do\n  def count(key), do: GenServer.call(Bakery.Oven, {:bake, key})\nend\n"],
  ["lib/application.ex", "defmodule Bakery.Application do\nend\n"],
  ["lib/shop.ex", "defmodule Bakery.Shop do\n  use Supervisor\n  def start_link(_), do: Supervisor.start_link(__MODULE__, [])\n  def init(_), do: Supervisor.init([Bakery.Till, Bakery.Oven], strategy: :rest_for_one)\nend\n"],
  ["lib/clock.ex", "defmodule Bakery.Clock do\n  use GenServer\n  def init(_), do: {:ok, :timer.send_interval(1, Bakery.Till, :tick)}\n  def handle_info(_, s), do: {:noreply, s}\n  def pay(x), do: send(Bakery.Till, {:paid, x})\nend\n"],
  ["test/till_test.exs", "defmodule Bakery.TillTest do\n  use ExUnit.Case, async: true\n  setup do\n    Application.put_env(:bakery, :open, true)\n  end\nend\n"],
  ...readdirSync("examples/bakery/lib", { recursive: true }).map(String).filter((name) => name.endsWith(".ex")).map((name): readonly [string, string] => [`lib/example/${name}`, readFileSync(`examples/bakery/lib/${name}`, "utf8")]),
];

const encoder = new TextEncoder();
const hostOf = (texts: ReadonlyMap<string, string>): Host => ({
  ...nodeHost("/bakery"),
  list: async function* () {
    for (const [path, text] of texts) yield { path, size: text.length };
  },
  read: async (path) => encoder.encode(texts.get(path) ?? ""),
  readNow: (path) => encoder.encode(texts.get(path) ?? ""),
});
/** A cache that lasts as long as the test. */
function lasting(): Cache {
  const kept = new Map<string, Uint8Array>();
  return {
    build: "test",
    read: async (name) => kept.get(name),
    write: async (name, bytes) => void kept.set(name, bytes),
    setAside: async (name) => assert.fail(`${name} is damaged`),
  };
}
const options: ScanOptions = { version: "test", extended: true };
const openOn = (texts: ReadonlyMap<string, string>) => openAudit(hostOf(new Map(texts)), () => options);
const cold = async (texts: ReadonlyMap<string, string>): Promise<string> => timeless(await openOn(texts).scan({ stop: { aborted: false } }));
const timeless = (result: object): string => JSON.stringify({ ...result, durationMs: 0 }, undefined, 1);

type Edit = { readonly path: string; readonly change: (text: string | undefined) => string | undefined };
const known = Object.keys(files);
const lines = ["  def heat, do: Process.sleep(5)", "    GenServer.call(Bakery.Till, :open?)", "  # a word", "  use GenServer", "end", "  import Bakery.Ledger", "    Bakery.Round.pay(%{id: 1})", "  def handle_info({:DOWN, ref, _, _, _}, s), do: {:noreply, Map.delete(s, ref)}", "    Process.monitor(pid)", "  end", "  alias Bakery.{Oven, Till}"];
const edit: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...variants).map(([path, text]): Edit => ({ path, change: () => text })) },
  { weight: 2, arbitrary: fc.constantFrom(...known).map((path): Edit => ({ path, change: () => files[path] })) },
  { weight: 1, arbitrary: fc.constantFrom(...known, "lib/book.ex", "lib/shop.ex").map((path): Edit => ({ path, change: () => undefined })) },
  { weight: 4, arbitrary: fc.tuple(fc.constantFrom(...known), fc.nat(), fc.constantFrom(...lines)).map(([path, at, line]): Edit => ({ path, change: (text = "") => inserted(text, at, line) })) },
  { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...known), fc.nat()).map(([path, at]): Edit => ({ path, change: (text = "") => text.split("\n").filter((_, i, all) => i !== at % all.length).join("\n") })) },
);
function inserted(text: string, at: number, line: string): string {
  const all = text.split("\n");
  all.splice(at % (all.length + 1), 0, line);
  return all.join("\n");
}

describe("edits", () => {
  it("of a macro change in which process a function of another file runs", async () => {
    const texts = new Map(Object.entries(files));
    const audit = openOn(texts);
    texts.set("lib/oven.ex", (texts.get("lib/oven.ex") ?? "").replace("    pause(10)", "    Bakery.Round.pay(%{id: 1})"));
    await audit.scan({ stop: { aborted: false } });
    assert.equal(timeless(await audit.update("lib/oven.ex", texts.get("lib/oven.ex"))), await cold(texts));
    texts.set("lib/server.ex", "defmodule Bakery.Server do\n  defmacro __using__(_), do: quote(do: :ok)\nend\n");
    assert.equal(timeless(await audit.update("lib/server.ex", texts.get("lib/server.ex"))), await cold(texts));
  });
  it("lead to what a scan of the edited files finds, whatever was edited before", async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
        const texts = new Map(Object.entries(files));
        const audit = openOn(texts);
        await audit.scan({ stop: { aborted: false } });
        for (const { path, change } of edits) {
          const text = change(texts.get(path));
          if (text === undefined) texts.delete(path);
          else texts.set(path, text);
          assert.equal(timeless(await audit.update(path, text)), await cold(texts));
        }
      }),
      { numRuns: Number(process.env["EDIT_RUNS"] ?? 40) },
    );
  });
  it("are found by later processes, each of which goes on from what was kept", async function () {
    this.timeout(120_000);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(edit, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }), fc.boolean(), async (rounds, readsAtOnce) => {
        const texts = new Map(Object.entries(files));
        const cache = lasting();
        const process = () => {
          const { readNow, ...host } = hostOf(new Map(texts));
          return openAudit({ ...host, ...(readsAtOnce && readNow !== undefined ? { readNow } : {}), cache }, () => options);
        };
        await process().scan({ stop: { aborted: false } });
        for (const edits of rounds) {
          for (const { path, change } of edits) {
            const text = change(texts.get(path));
            if (text === undefined) texts.delete(path);
            else texts.set(path, text);
          }
          assert.equal(timeless(await process().scan({ stop: { aborted: false } })), await cold(texts));
        }
        const last = process();
        await last.scan({ stop: { aborted: false } });
        texts.set("lib/oven.ex", files["lib/till.ex"] ?? "");
        assert.equal(timeless(await last.update("lib/oven.ex", texts.get("lib/oven.ex"))), await cold(texts));
      }),
      { numRuns: Number(process.env["EDIT_RUNS"] ?? 40) },
    );
  });
});
