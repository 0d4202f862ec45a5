defmodule Kiosk do
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  @impl true
  def init(_), do: {:ok, %{sold: 0}}

  @impl true
  def handle_info(:count, state) do
    {:noreply, %{state | sold: GenServer.call(__MODULE__, :sold)}}
  end

  @impl true
  def handle_call(:sold, _from, state), do: {:reply, state.sold, state}
end
