defmodule Bakery do
  use GenServer
  def init(test), do: {:ok, %{jobs: %{}, test: test}}
  def handle_call({:start, id, baker}, _from, s), do: {:reply, :ok, put_in(s.jobs[id], Process.monitor(baker))}
  def handle_call({:done, id}, _from, s), do: {:reply, :ok, %{s | jobs: Map.delete(s.jobs, id)}}
  def handle_info({:DOWN, _ref, :process, _pid, _reason}, s) do
    send(s.test, {:down, map_size(s.jobs)})
    {:noreply, s}
  end
end

baker = spawn(fn -> Process.sleep(:infinity) end)
{:ok, bakery} = GenServer.start(Bakery, self())
for id <- 1..5 do
  :ok = GenServer.call(bakery, {:start, id, baker})
  :ok = GenServer.call(bakery, {:done, id})
end
{:monitors, monitors} = Process.info(bakery, :monitors)
5 = length(monitors)
IO.puts("ok: five entries added and removed leave five monitors")
Process.exit(baker, :kill)
for _ <- 1..5, do: receive(do: ({:down, 0} -> :ok), after: (500 -> raise("no :DOWN")))
IO.puts("ok: and five :DOWN for entries that are gone")
