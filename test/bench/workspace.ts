import type { FileEntry, Host } from "../../src/audit/host.ts";
import { nodeHost } from "../../src/host/node/node-host.ts";

/** A module of the usual kind: a server with state, client functions, a helper it shares with its neighbour. About 60 lines. */
const sourceOf = (n: number): string => `defmodule Bakery.Oven${n} do
  @moduledoc "Oven number ${n}."
  use GenServer
  require Logger
  alias Bakery.Oven${n + 1}

  @heat 220

  def start_link(options), do: GenServer.start_link(__MODULE__, options, name: Keyword.get(options, :name, __MODULE__))
  def heat(oven \\\\ __MODULE__), do: GenServer.call(oven, :heat)
  def bake(oven \\\\ __MODULE__, loaf), do: GenServer.call(oven, {:bake, loaf}, 10_000)
  def cool(oven \\\\ __MODULE__), do: GenServer.cast(oven, :cool)

  def init(options) do
    timer = Process.send_after(self(), :check, 1_000)
    {:ok, %{heat: options[:heat] || @heat, loaves: %{}, timer: timer, seen: 0}}
  end

  def handle_call(:heat, _from, state), do: {:reply, state.heat, state}

  def handle_call({:bake, loaf}, _from, %{loaves: loaves} = state) do
    case prepare(loaf, state) do
      {:ok, ready} ->
        Logger.info("baking #{inspect(ready)}")
        {:reply, :ok, %{state | loaves: Map.put(loaves, ready.id, ready), seen: state.seen + 1}}

      {:error, reason} ->
        {:reply, {:error, reason}, state}
    end
  end

  def handle_cast(:cool, state), do: {:noreply, %{state | heat: max(state.heat - 20, 0)}}

  def handle_info(:check, state) do
    timer = Process.send_after(self(), :check, 1_000)
    loaves = for {id, loaf} <- state.loaves, not done?(loaf), into: %{}, do: {id, loaf}
    {:noreply, %{state | loaves: loaves, timer: timer}}
  end

  def handle_info(message, state) do
    Logger.warning("unexpected #{inspect(message)}")
    {:noreply, state}
  end

  def weigh(loaf) when is_map(loaf) do
    loaf
    |> Map.get(:parts, [])
    |> Enum.map(fn part -> part.weight * 2 end)
    |> Enum.sum()
  end

  defp prepare(%{id: id} = loaf, state) do
    if state.heat > 180 and weigh(loaf) < 2_000, do: {:ok, %{id: id, weight: Oven${n + 1}.weigh(loaf), since: state.seen}}, else: {:error, :cold}
  end

  defp prepare(_loaf, _state), do: {:error, :no_loaf}
  defp done?(%{since: since}), do: since > 10
end
`;

const encoder = new TextEncoder();

/** A host of `count` generated files, with whatever else is given. Nothing is on a disk. */
export function generatedHost(count: number, assets: string, more: ReadonlyMap<string, string> = new Map()): Host {
  const files = new Map<string, Uint8Array>([...Array.from({ length: count }, (_, n): [string, string] => [`lib/oven_${String(n).padStart(5, "0")}.ex`, sourceOf(n)]), ...more].map(([path, text]) => [path, encoder.encode(text)]));
  return {
    ...nodeHost("/bakery", assets),
    list: async function* () {
      for (const [path, bytes] of files) yield { path, size: bytes.length };
    },
    read: async (path) => files.get(path) ?? new Uint8Array(),
  };
}

/** Several folders of the disk as one workspace. */
export function joinedHost(folders: readonly string[], assets: string): Host {
  const hosts = folders.map((folder) => nodeHost(folder, assets));
  return {
    ...nodeHost("/", assets),
    list: async function* (skipped) {
      for (const [i, host] of hosts.entries()) for await (const entry of host.list(skipped)) yield "size" in entry ? ({ path: `${i}/${entry.path}`, size: entry.size } satisfies FileEntry) : { ...entry, path: `${i}/${entry.path}` };
    },
    read: async (path) => {
      const host = hosts[Number(path.slice(0, path.indexOf("/")))];
      if (host === undefined) throw new Error(`no folder for ${path}`);
      return host.read(path.slice(path.indexOf("/") + 1));
    },
  };
}

/** A module of about 1,200 lines that calls others and is called. */
export function longSource(): string {
  const functions = Array.from({ length: 150 }, (_, n) => `  def step_${n}(%{loaf: loaf} = order, options) do
    case Bakery.Oven${n % 12}.bake(loaf) do
      :ok -> order |> Map.put(:step, ${n}) |> finish(options)
      {:error, reason} -> {:error, {reason, order.id}}
    end
  end
`);
  return `defmodule Bakery.Plan do
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)
  def init(_), do: {:ok, %{orders: []}}
  def handle_call({:order, order}, _from, state), do: {:reply, step_1(order, []), state}

${functions.join("\n")}
  defp finish(order, options) do
    if options[:log], do: IO.inspect(order)
    {:ok, order}
  end
end
`;
}
