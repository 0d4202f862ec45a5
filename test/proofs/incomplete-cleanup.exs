defmodule Bakery do
  use GenServer
  def init(_), do: {:ok, %{routes: %{}, breakers: %{}}}
  def handle_call({:join, pid}, _from, s) do
    Process.monitor(pid)
    {:reply, :ok, %{s | routes: Map.put(s.routes, pid, :north), breakers: Map.put(s.breakers, pid, 0)}}
  end
  def handle_info({:DOWN, _ref, :process, pid, _reason}, s), do: {:noreply, %{s | routes: Map.delete(s.routes, pid)}}
end

{:ok, bakery} = GenServer.start(Bakery, nil)
for _ <- 1..50 do
  courier = spawn(fn -> Process.sleep(:infinity) end)
  :ok = GenServer.call(bakery, {:join, courier})
  Process.exit(courier, :kill)
end
Process.sleep(50)
%{routes: routes, breakers: breakers} = :sys.get_state(bakery)
{0, 50} = {map_size(routes), map_size(breakers)}
IO.puts("ok: what a :DOWN clause does not delete stays after 50 couriers are gone")
