defmodule Bell do
  use GenServer
  def init(watch?), do: {:ok, %{watch?: watch?, waiters: MapSet.new()}}

  def handle_call(:subscribe, {pid, _}, s) do
    if s.watch?, do: Process.monitor(pid)
    {:reply, :ok, %{s | waiters: MapSet.put(s.waiters, pid)}}
  end

  def handle_info({:DOWN, _, :process, pid, _}, s), do: {:noreply, %{s | waiters: MapSet.delete(s.waiters, pid)}}
end

kept = fn watch? ->
  {:ok, bell} = GenServer.start(Bell, watch?)
  for _ <- 1..100, do: Task.await(Task.async(fn -> GenServer.call(bell, :subscribe) end))
  Process.sleep(50)
  MapSet.size(:sys.get_state(bell).waiters)
end

100 = kept.(false)
0 = kept.(true)
IO.puts("ok: 100 subscribers that ended stay in the state without a monitor; with one and a :DOWN clause none does")
