defmodule Bakery.Flawed.Till do
  @moduledoc "A till that loses processes, monitors and sales."
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  def total, do: GenServer.call(__MODULE__, :total)

  # rescue-misses-exit: a failed call exits, and rescue lets exits pass
  def safe_total do
    total()
  rescue
    _ -> {:error, :closed}
  end

  # ets-read-modify-write: two customers can read the same number
  def sold(sku) do
    case :ets.lookup(:bakery_sales, sku) do
      [{_, n}] -> :ets.insert(:bakery_sales, {sku, n + 1})
      [] -> :ets.insert(:bakery_sales, {sku, 1})
    end
  end

  # ets-increment-then-undo: readers see a count above the limit
  def reserve(sku, limit) do
    if :ets.update_counter(:bakery_stock, sku, {2, 1}, {sku, 0}) > limit do
      :ets.update_counter(:bakery_stock, sku, {2, -1})
      {:error, :sold_out}
    else
      :ok
    end
  end

  # fail-open: any error lets the customer in
  def allowed?(customer) do
    case Map.fetch!(%{}, customer) do
      :banned -> {:deny, :banned}
      _ -> {:allow, customer}
    end
  rescue
    _ -> {:allow, customer}
  end

  @impl true
  def init(_) do
    :ets.new(:bakery_sales, [:named_table, :public])
    :ets.new(:bakery_stock, [:named_table, :public])
    # telemetry-never-detached: after a restart the old handler is still there
    :telemetry.attach({:till, self()}, [:bakery, :sale], &__MODULE__.on_sale/4, self())
    {:ok, %{guests: [], total: 0}}
  end

  def on_sale(_event, measures, _meta, till), do: send(till, {:sale, measures})

  @impl true
  def handle_call(:total, _from, state), do: {:reply, state.total, state}

  # monitor-leak: each join monitors again, and no leave can release it
  def handle_call({:join, pid}, _from, state) do
    Process.monitor(pid)
    {:reply, :ok, %{state | guests: [pid | state.guests]}}
  end

  # swallowed-exception: every bug becomes an energy of zero
  def handle_call({:energy, recipe}, _from, state) do
    energy =
      try do
        Bakery.BackOffice.energy(recipe)
      rescue
        _ -> 0
      end

    {:reply, energy, state}
  end

  def handle_call({:leave, pid}, _from, state) do
    {:reply, :ok, %{state | guests: List.delete(state.guests, pid)}}
  end

  @impl true
  # bare-spawn, orphan-task: nobody sees them fail
  def handle_cast({:print, receipt}, state) do
    spawn(fn -> File.write!("receipt.txt", receipt) end)
    Task.start(fn -> File.write!("copy.txt", receipt) end)
    {:noreply, state}
  end

  # linked-task-in-server: a crash of the task takes the till along
  def handle_cast({:count, skus}, state) do
    Task.async(fn -> length(skus) end)
    {:noreply, state}
  end

  # send-counted-as-delivery: sending to a dead process succeeds, too
  def handle_cast({:tell, couriers, order}, state) do
    delivered = Enum.count(couriers, fn courier -> send(courier, {:go, order}) && true end)
    {:noreply, %{state | total: state.total + delivered}}
  end

  @impl true
  def handle_info({:DOWN, _ref, :process, pid, _reason}, state) do
    {:noreply, %{state | guests: List.delete(state.guests, pid)}}
  end

  def handle_info({:sale, _measures}, state), do: {:noreply, state}
  def handle_info({_ref, _result}, state), do: {:noreply, state}

  @impl true
  # cleanup-never-runs: a supervisor's shutdown skips it without trap_exit
  def terminate(_reason, _state), do: File.rm("till.lock")
end
