defmodule Oven do
  use GenServer
  def init(test), do: {:ok, %{test: test, tray: nil}}
  def handle_call({:bake, tray}, _from, s) do
    Process.send_after(self(), :burnt, 100)
    {:reply, :ok, %{s | tray: tray}}
  end
  def handle_call(:take_out, _from, s), do: {:reply, s.tray, %{s | tray: nil}}
  def handle_info(:burnt, s) do
    send(s.test, {:burnt, s.tray})
    {:noreply, %{s | tray: nil}}
  end
end

{:ok, oven} = GenServer.start_link(Oven, self())
:ok = GenServer.call(oven, {:bake, :bread})
:bread = GenServer.call(oven, :take_out)
:ok = GenServer.call(oven, {:bake, :cake})
# Of the two timers the first is that of the bread, and it takes the cake.
burnt = for _ <- 1..2 do
  receive do
    {:burnt, tray} -> tray
  after
    5_000 -> raise("no timer came")
  end
end
[:cake, nil] = burnt

ref = Process.send_after(self(), :late, 10)
Process.sleep(50)
false = Process.cancel_timer(ref)
receive do
  :late -> :ok
after
  0 -> raise("the cancel took the message back")
end
IO.puts("ok: a timer fires into the next work, and a cancel takes no message back")
