defmodule Bakery.Flawed.Oven do
  @moduledoc "An oven that calls itself, sleeps, and waits for others inside its callbacks."
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  def ash_level, do: GenServer.call(__MODULE__, :ash_level)

  def bake(fun), do: GenServer.call(__MODULE__, {:bake, fun})

  @impl true
  def init(_) do
    # blocking-init: the supervisor waits for the recipe file to be fetched
    {recipes, 0} = System.cmd("cat", ["/etc/hostname"])
    {:ok, %{ash: 0, recipes: recipes, loaves: [], couriers: []}}
  end

  @impl true
  def handle_call(:ash_level, _from, state), do: {:reply, state.ash, state}

  # user-function-in-server: every caller queues behind the slowest function
  def handle_call({:bake, fun}, _from, state), do: {:reply, fun.(), state}

  # blocking-call-in-callback: one courier after the other, each up to 5 s
  def handle_call(:etas, _from, state) do
    {:reply, Enum.map(state.couriers, &GenServer.call(&1, :eta)), state}
  end

  @impl true
  # self-call: the oven waits for its own answer and exits
  def handle_info(:clean, state) do
    {:noreply, %{state | ash: GenServer.call(__MODULE__, :ash_level)}}
  end

  # sleep-in-callback: no message is handled meanwhile
  def handle_info(:cool, state) do
    Process.sleep(2_000)
    {:noreply, state}
  end

  # blocking-io-in-callback: the oven answers nobody while the command runs
  def handle_info(:weigh, state) do
    {_weight, 0} = System.cmd("date", [])
    {:noreply, state}
  end

  # grow-only-state: every loaf is kept, nothing removes one
  def handle_info({:baked, loaf}, state) do
    {:noreply, %{state | loaves: [loaf | state.loaves]}}
  end

  # unknown-state-key: the state has no :thermostat
  def handle_info({:heat, degrees}, state) do
    {:noreply, %{state | thermostat: degrees}}
  end
end
