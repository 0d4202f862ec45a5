# Counts what the log is told; nothing is printed.
defmodule Heard do
  def log(%{level: level}, %{config: pid}), do: send(pid, {:logged, level})
end

:logger.remove_handler(:default)
:ok = :logger.add_handler(:heard, Heard, %{config: self(), level: :all})

defmodule Shelf do
  use GenServer
  def init(log), do: {:ok, %{log: log, couriers: %{}}}

  def handle_call({:join, pid}, _from, s) do
    send(s.log, :joined)
    {:reply, :ok, put_in(s.couriers[Process.monitor(pid)], pid)}
  end

  def handle_call(:couriers, _from, s), do: {:reply, map_size(s.couriers), s}
  # The failure path: it cleans up, and tells nobody.
  def handle_info({:DOWN, ref, _, _, _}, s), do: {:noreply, %{s | couriers: Map.delete(s.couriers, ref)}}
end

{:ok, shelf} = GenServer.start(Shelf, self())
courier = fn reason -> spawn(fn -> exit(receive(do: (:go -> reason))) end) end

for reason <- [:lost, :killed, {:shutdown, :flat_tyre}] do
  pid = courier.(reason)
  :ok = GenServer.call(shelf, {:join, pid})
  send(pid, :go)
end

Process.sleep(100)
0 = GenServer.call(shelf, :couriers)
{:messages, [:joined, :joined, :joined]} = Process.info(self(), :messages)
IO.puts("ok: a process that ends by exit/1 is logged by nobody: its monitor's :DOWN clause is the only trace, and a clause that emits nothing leaves none")
