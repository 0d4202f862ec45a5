defmodule Bakery.Healthy.Menu do
  @moduledoc "The same menu: one owner for each table, single operations, the loser of a race handled."
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  def put(dish, price), do: GenServer.call(__MODULE__, {:put, dish, price})

  def redeem(coupon) do
    now = System.os_time(:second)

    case :ets.take(:healthy_coupons, coupon) do
      [{^coupon, until}] when until > now -> :ok
      [_] -> {:error, :expired}
      [] -> {:error, :unknown}
    end
  end

  def prolong(coupon, until), do: :ets.insert(:healthy_coupons, {coupon, until})

  def open(oven) do
    case DynamicSupervisor.start_child(Bakery.OvenSupervisor, {Bakery.Healthy.Oven, oven}) do
      {:ok, pid} -> {:ok, pid}
      {:error, {:already_started, pid}} -> {:ok, pid}
      {:error, reason} -> {:error, reason}
    end
  end

  def take_one, do: Agent.update(Bakery.Stock, &(&1 - 1))

  def import_dishes(json), do: Jason.decode!(json)

  @impl true
  def init(_) do
    :ets.new(:healthy_menu, [:named_table, read_concurrency: true])
    :ets.new(:healthy_coupons, [:named_table, :public])
    {:ok, %{}}
  end

  @impl true
  def handle_call({:put, dish, price}, _from, state) do
    :ets.insert(:healthy_menu, {dish, price})
    {:reply, :ok, state}
  end

  def handle_call({:drop, dish}, _from, state) do
    :ets.delete(:healthy_menu, dish)
    {:reply, :ok, state}
  end
end
