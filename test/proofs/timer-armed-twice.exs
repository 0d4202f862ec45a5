defmodule Oven do
  use GenServer
  def init(_), do: {:ok, 0}
  def handle_cast(:light, n) do
    send(self(), :tick)
    {:noreply, n}
  end
  def handle_info(:tick, n) do
    Process.send_after(self(), :tick, 20)
    {:noreply, n + 1}
  end
  def handle_call(:ticks, _from, n), do: {:reply, n, n}
end

ticks = fn times ->
  {:ok, oven} = GenServer.start(Oven, nil)
  for _ <- 1..times, do: GenServer.cast(oven, :light)
  Process.sleep(210)
  GenServer.call(oven, :ticks)
end

[once, four] = Enum.map([1, 4], fn n -> Task.async(fn -> ticks.(n) end) end) |> Task.await_many()
unless four > 3 * once, do: raise("#{once} and #{four} ticks")

_lost = Process.send_after(self(), :reset, 10)
kept = Process.send_after(self(), :reset, 20)
Process.sleep(15)
_ = Process.cancel_timer(kept)
receive do: (:reset -> :ok), after: (0 -> raise("the older timer was cancelled, too"))
IO.puts("ok: a loop started four times ticks four times as often, and a replaced timer still fires")
