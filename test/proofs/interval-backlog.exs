defmodule Sweeper do
  use GenServer
  def init(:interval) do
    {:ok, _} = :timer.send_interval(10, :sweep)
    {:ok, :interval}
  end
  def init(:rearmed) do
    Process.send_after(self(), :sweep, 10)
    {:ok, :rearmed}
  end
  def handle_info(:sweep, kind) do
    Process.sleep(60)
    if kind == :rearmed, do: Process.send_after(self(), :sweep, 10)
    {:noreply, kind}
  end
end

waiting = fn kind ->
  {:ok, sweeper} = GenServer.start(Sweeper, kind)
  Process.sleep(500)
  {:message_queue_len, n} = Process.info(sweeper, :message_queue_len)
  Process.exit(sweeper, :kill)
  n
end

true = waiting.(:interval) > 20
true = waiting.(:rearmed) <= 1
IO.puts("ok: ticks of an interval queue up behind a slow handler; a timer armed at its end does not")
