defmodule Bakery.Healthy.Oven do
  @moduledoc "The same oven: slow work runs elsewhere, and its state is bounded."
  use GenServer

  @kept 100

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  def ash_level, do: GenServer.call(__MODULE__, :ash_level)

  @impl true
  def init(_),
    do: {:ok, %{ash: 0, recipes: nil, loaves: [], thermostat: 0}, {:continue, :recipes}}

  @impl true
  def handle_continue(:recipes, state), do: {:noreply, %{state | recipes: []}}

  @impl true
  def handle_call(:ash_level, _from, state), do: {:reply, level(state), state}

  @impl true
  def handle_info(:clean, state), do: {:noreply, %{state | ash: level(state)}}

  def handle_info(:cool, state) do
    Process.send_after(self(), :cooled, 2_000)
    {:noreply, state}
  end

  def handle_info(:cooled, state), do: {:noreply, state}

  def handle_info({:baked, loaf}, state) do
    {:noreply, %{state | loaves: Enum.take([loaf | state.loaves], @kept)}}
  end

  def handle_info({:heat, degrees}, state), do: {:noreply, %{state | thermostat: degrees}}

  defp level(state), do: state.ash
end
