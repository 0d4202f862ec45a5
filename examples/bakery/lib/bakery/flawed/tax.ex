# stateless-server: each answer depends on the message alone, yet callers queue for it
defmodule Bakery.Flawed.Tax do
  @moduledoc "A process where a function would do."
  use GenServer

  def start_link(_), do: GenServer.start_link(__MODULE__, [], name: __MODULE__)

  def vat(amount), do: GenServer.call(__MODULE__, {:vat, amount})

  @impl true
  def init(state), do: {:ok, state}

  @impl true
  def handle_call({:vat, amount}, _from, state), do: {:reply, amount * 0.07, state}
end
