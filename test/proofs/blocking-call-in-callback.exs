Logger.configure(level: :none)

defmodule Courier do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:eta, _from, s) do
    Process.sleep(100)
    {:reply, 1, s}
  end
end

defmodule Orders do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:etas, _from, s), do: {:reply, Enum.map(s, &GenServer.call(&1, :eta)), s}
  def handle_call(:ping, _from, s), do: {:reply, :pong, s}
end

couriers = for _ <- 1..3, do: elem(GenServer.start(Courier, nil), 1)
{:ok, orders} = GenServer.start(Orders, couriers)
Task.start(fn -> GenServer.call(orders, :etas) end)
Process.sleep(20)
{us, :pong} = :timer.tc(fn -> GenServer.call(orders, :ping) end)
unless us > 200_000, do: raise("answered in between")
IO.puts("ok: a server that calls processes one after another answers nobody meanwhile")
