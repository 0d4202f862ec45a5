defmodule Bakery.Healthy.Till do
  @moduledoc "The same till: supervised tasks, one monitor for each guest, atomic counters."
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  def total, do: GenServer.call(__MODULE__, :total)

  def safe_total do
    total()
  catch
    :exit, {:noproc, _} -> {:error, :closed}
  end

  def sold(sku), do: :ets.update_counter(:healthy_sales, sku, {2, 1}, {sku, 0})

  def close_day do
    :ets.delete_all_objects(:healthy_sales)
    :ets.delete_all_objects(:healthy_stock)
  end

  def reserve(sku, limit) do
    if :ets.update_counter(:healthy_stock, sku, {2, 1, limit + 1, limit + 1}, {sku, 0}) <= limit,
      do: :ok,
      else: {:error, :sold_out}
  end

  @impl true
  def init(_) do
    Process.flag(:trap_exit, true)
    :ets.new(:healthy_sales, [:named_table, :public])
    :ets.new(:healthy_stock, [:named_table, :public])
    {:ok, %{refs: %{}, total: 0}}
  end

  @impl true
  def handle_call(:total, _from, state), do: {:reply, state.total, state}

  def handle_call({:join, pid}, _from, state) do
    refs = Map.put_new_lazy(state.refs, pid, fn -> Process.monitor(pid) end)
    {:reply, :ok, %{state | refs: refs}}
  end

  def handle_call({:leave, pid}, _from, state) do
    {ref, refs} = Map.pop(state.refs, pid)
    if ref, do: Process.demonitor(ref, [:flush])
    {:reply, :ok, %{state | refs: refs}}
  end

  @impl true
  def handle_cast({:print, receipt}, state) do
    Task.Supervisor.start_child(Bakery.Tasks, File, :write!, ["receipt.txt", receipt])
    {:noreply, state}
  end

  @impl true
  def handle_info({:DOWN, _ref, :process, pid, _reason}, state) do
    {:noreply, %{state | refs: Map.delete(state.refs, pid)}}
  end

  def handle_info({:EXIT, _pid, reason}, state), do: {:stop, reason, state}

  @impl true
  def terminate(_reason, _state), do: File.rm("till.lock")
end
