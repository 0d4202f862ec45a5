Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:bake, _from, s) do
    task = Task.async(fn -> Process.sleep(200) end)
    {:reply, Task.await(task), s}
  end
  def handle_call(:heat, _from, s), do: {:reply, s, s}
end

{:ok, oven} = GenServer.start(Oven, 200)
Task.start(fn -> GenServer.call(oven, :bake) end)
Process.sleep(20)
{us, 200} = :timer.tc(fn -> GenServer.call(oven, :heat) end)
unless us > 100_000, do: raise("answered in between")
IO.puts("ok: a server that awaits a task answers nobody meanwhile")
