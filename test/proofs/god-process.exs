defmodule Bakery do
  use GenServer
  def init(_), do: {:ok, %{carts: %{}, ovens: %{}}}
  def handle_call({:cart, id}, _from, s), do: {:reply, s.carts[id], s}
  def handle_cast({:light, id}, s) do
    Process.sleep(150)
    {:noreply, put_in(s.ovens[id], :lit)}
  end
end

{:ok, bakery} = GenServer.start(Bakery, nil)
GenServer.cast(bakery, {:light, 1})
started = System.monotonic_time(:millisecond)
nil = GenServer.call(bakery, {:cart, 1})
true = System.monotonic_time(:millisecond) - started >= 100
IO.puts("ok: a message waits for one that uses none of its fields")
