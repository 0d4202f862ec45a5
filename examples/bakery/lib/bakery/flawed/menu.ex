defmodule Bakery.Flawed.Menu do
  @moduledoc "A menu whose tables and lookups race."
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  # ets-foreign-write: the table is protected, and this runs in the caller
  def put(dish, price), do: :ets.insert(:bakery_menu, {dish, price})

  # ets-lookup-then-delete: two customers can use one coupon
  def redeem(coupon) do
    case :ets.lookup(:bakery_coupons, coupon) do
      [{^coupon, until}] ->
        if until > System.os_time(:second) do
          :ets.delete(:bakery_coupons, coupon)
          :ok
        else
          {:error, :expired}
        end

      [] ->
        {:error, :unknown}
    end
  end

  # ets-delete-then-insert: readers find the coupon gone for a moment
  def prolong(coupon, until) do
    :ets.delete(:bakery_coupons, coupon)
    :ets.insert(:bakery_coupons, {coupon, until})
  end

  # transient-table-owner: the table dies with the customer who came first
  def opinion(dish) do
    if :ets.whereis(:bakery_opinions) == :undefined, do: :ets.new(:bakery_opinions, [:named_table, :public])
    :ets.lookup(:bakery_opinions, dish)
  end

  # check-then-create: two customers can both find it missing
  def open(oven) do
    case Registry.lookup(Bakery.Ovens, oven) do
      [] -> Bakery.Flawed.Oven.start_link(oven)
      [{pid, _}] -> {:ok, pid}
    end
  end

  # split-read-write: what others take in between is put back
  def take_one do
    left = Agent.get(Bakery.Stock, & &1)
    Agent.update(Bakery.Stock, fn _ -> left - 1 end)
  end

  # dynamic-atom: each new dish in the file is an atom for ever
  def import_dishes(json), do: Jason.decode!(json, keys: :atoms)

  # persistent-term-churn: one term for each visitor, and none is erased
  def remember(visitor) do
    :persistent_term.put({__MODULE__, make_ref()}, visitor)
  end

  @impl true
  def init(_) do
    :ets.new(:bakery_menu, [:named_table])
    :ets.new(:bakery_coupons, [:named_table, :public])
    {:ok, %{}}
  end

  @impl true
  def handle_call(:dishes, _from, state), do: {:reply, :ets.tab2list(:bakery_menu), state}
end
