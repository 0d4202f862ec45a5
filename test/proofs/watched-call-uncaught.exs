Logger.configure(level: :none)

# Forgets an oven that is down, and calls one that it still has.
defmodule Bakery do
  use GenServer
  def init(ovens) do
    Enum.each(ovens, fn {_, pid} -> Process.monitor(pid) end)
    {:ok, ovens}
  end
  def handle_call({:heat, id}, _from, ovens), do: {:reply, GenServer.call(ovens[id], :heat), ovens}
  def handle_info({:DOWN, _, :process, pid, _}, ovens), do: {:noreply, Map.reject(ovens, fn {_, oven} -> oven == pid end)}
end

ovens = for id <- [1, 2], into: %{}, do: {id, elem(Agent.start(fn -> 0 end), 1)}
{:ok, bakery} = GenServer.start(Bakery, ovens)

# The request stands in the queue before the end of the oven is told.
:sys.suspend(bakery)
caller = self()
spawn(fn -> send(caller, {:answer, try do GenServer.call(bakery, {:heat, 1}) catch :exit, _ -> :none end}) end)
Process.sleep(50)
Process.exit(ovens[1], :kill)
Process.sleep(50)
watch = Process.monitor(bakery)
:sys.resume(bakery)
receive do
  {:DOWN, ^watch, _, _, {:noproc, {GenServer, :call, _}}} -> IO.puts("ok: a call to a process that has just ended takes its server along, before the :DOWN is read")
after
  2000 -> raise "the server lives"
end
