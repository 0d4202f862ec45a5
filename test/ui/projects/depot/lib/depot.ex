defmodule Depot do
  @moduledoc "A parcel depot: one process that keeps parcels, vans and the till, and one module that does all the sums."
  use GenServer

  @weights [small: 1_000, medium: 5_000, large: 30_000]
  @prices %{small: 390, medium: 490, large: 990}
  @far_extra 500

  def start_link(_), do: GenServer.start_link(__MODULE__, [])

  def take(depot, parcel), do: GenServer.call(depot, {:take, parcel})
  def find(depot, id), do: GenServer.call(depot, {:find, id})
  def load(depot, van, id), do: GenServer.call(depot, {:load, van, id})
  def pay(depot, cents), do: GenServer.cast(depot, {:pay, cents})

  @impl true
  def init(_) do
    {:ok, %{parcels: %{}, last_id: 0, vans: %{}, trips: 0, till: 0, receipts: []}}
  end

  @impl true
  def handle_call({:take, parcel}, _from, state) do
    id = state.last_id + 1
    {:reply, id, %{state | parcels: Map.put(state.parcels, id, parcel), last_id: id}}
  end

  def handle_call({:find, id}, _from, state), do: {:reply, Map.get(state.parcels, id), state}
  def handle_call({:load, van, id}, _from, state), do: {:reply, :ok, loaded(state, van, id)}

  @impl true
  def handle_cast({:pay, cents}, state) do
    {:noreply, %{state | till: state.till + cents, receipts: [cents | state.receipts]}}
  end

  @impl true
  def handle_info({:returned, van}, state) do
    {:noreply, %{state | vans: Map.delete(state.vans, van), trips: state.trips + 1}}
  end

  def handle_info(:close, %{till: till} = state) do
    {:noreply, %{state | till: 0, receipts: [till]}}
  end

  def handle_info(_other, state), do: {:noreply, state}

  defp loaded(state, van, id), do: %{state | vans: Map.update(state.vans, van, [id], &[id | &1])}

  @doc "What a parcel costs, in cents."
  def price(parcel), do: base_price(size(parcel)) + far_price(parcel)

  @doc "Small, medium, large, or too heavy."
  def size(%{grams: grams}) do
    Enum.find_value(@weights, :too_heavy, fn {size, most} -> if grams <= most, do: size end)
  end

  defp base_price(size), do: Map.get(@prices, size, 0) + handling(size)
  defp far_price(%{zone: :far}), do: @far_extra
  defp far_price(_near), do: 0
  defp handling(:large), do: 0
  defp handling(_size), do: 0

  @doc "Prices of a list of parcels, as one sum."
  def total(parcels), do: parcels |> Enum.map(&price/1) |> Enum.sum()

  @doc "Names of stops, the nearest first."
  def route(stops), do: stops |> sorted_stops() |> Enum.map(&stop_name/1)

  @doc "Kilometres of a tour, there and back."
  def tour_km(stops), do: stops |> sorted_stops() |> List.last() |> stop_km() |> Kernel.*(2)

  @doc "Stops that a van reaches within a day."
  def reachable(stops, most_km), do: Enum.filter(sorted_stops(stops), &(stop_km(&1) <= most_km))

  defp sorted_stops(stops), do: Enum.sort_by(stops, &stop_km/1)
  defp stop_name(%{name: name}), do: name
  defp stop_km(nil), do: 0
  defp stop_km(%{km: km}), do: km

  @doc "A label as text."
  def label(parcel), do: Enum.join([label_head(parcel), label_size(parcel)], "\n")

  defp label_head(parcel), do: "To " <> Map.get(parcel, :to, "nobody")
  defp label_size(parcel), do: "#{size(parcel)}, #{price(parcel)} cents"
end

defmodule Depot.Scale do
  @moduledoc "Tells what a parcel weighs."

  def grams(kilograms), do: round(kilograms * 1000)
end

defmodule Depot.Stamp do
  @moduledoc "Marks a parcel as paid."

  def paid(parcel), do: Map.put(parcel, :paid, true)
end
