defmodule Oven do
  use GenServer
  def init(ticks), do: {:ok, ticks, 20}
  def handle_info(:timeout, ticks), do: {:noreply, ticks + 1, 20}
  def handle_call(:ticks, _from, ticks), do: {:reply, ticks, ticks}
end

{:ok, oven} = GenServer.start(Oven, 0)
Process.sleep(150)
before = GenServer.call(oven, :ticks)
true = before > 1
Process.sleep(150)
^before = GenServer.call(oven, :ticks)
IO.puts("ok: a call that returns no timeout ends the ticks for good")
