defmodule Bakery.Healthy.Courier do
  @moduledoc "The same courier: client functions, answered requests, timers that can be called off."
  use GenServer
  require Logger

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  def position, do: GenServer.call(__MODULE__, :position)

  def hurry(courier), do: GenServer.cast(courier, :hurry)

  def ask(courier), do: GenServer.call(courier, :position)

  def gone?(courier) do
    ref = Process.monitor(courier)

    receive do
      {:DOWN, ^ref, _, _, _} -> true
    after
      100 ->
        Process.demonitor(ref, [:flush])
        false
    end
  end

  def queue(courier) do
    case Process.info(courier, :message_queue_len) do
      {:message_queue_len, length} -> length
      nil -> 0
    end
  end

  @impl true
  def init(_), do: {:ok, %{place: :shop, owner: nil, report: nil, plan: nil}}

  @impl true
  def handle_call(:position, _from, state), do: {:reply, state.place, state}

  def handle_call({:deliver, order}, _from, state), do: {:reply, :ok, %{state | place: order}}

  @impl true
  def handle_cast(:rest, state) do
    if state.report, do: Process.cancel_timer(state.report)
    {:noreply, %{state | report: nil}}
  end

  def handle_cast({:owner, owner}, state) do
    if state.report, do: Process.cancel_timer(state.report)
    {:noreply, %{state | owner: owner, report: Process.send_after(self(), :report, 1_000)}}
  end

  def handle_cast({:plan, streets}, state) do
    task = Task.Supervisor.async_nolink(Bakery.Tasks, fn -> Enum.sort(streets) end)
    {:noreply, %{state | plan: task.ref}}
  end

  def handle_cast(:hurry, state), do: {:noreply, state}

  @impl true
  def handle_info(:report, state) do
    {:noreply, %{state | report: Process.send_after(self(), :report, 1_000)}}
  end

  def handle_info({ref, streets}, %{plan: ref} = state) do
    Process.demonitor(ref, [:flush])
    {:noreply, %{state | plan: nil, place: List.first(streets)}}
  end

  def handle_info({:DOWN, ref, :process, _pid, reason}, %{plan: ref} = state) do
    Logger.warning("The plan failed: #{inspect(reason)}")
    {:noreply, %{state | plan: nil}}
  end

  def handle_info(other, state) do
    Logger.debug("Not for a courier: #{inspect(other)}")
    {:noreply, state}
  end
end
