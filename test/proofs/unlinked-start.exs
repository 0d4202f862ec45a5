Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
end

test = self()
baker = spawn(fn -> {:ok, oven} = GenServer.start(Oven, nil); send(test, {:oven, oven}); exit(:crash) end)
ref = Process.monitor(baker)
receive do {:DOWN, ^ref, _, _, _} -> :ok end
oven = receive do {:oven, oven} -> oven end
Process.sleep(30)
true = Process.alive?(oven)
IO.puts("ok: a process started without a link outlives the crash of its starter")

defmodule Wrapped do
  def child_spec(_), do: %{id: __MODULE__, start: {GenServer, :start, [Oven, nil]}}
end

{:ok, sup} = Supervisor.start_link([Wrapped], strategy: :one_for_one)
[{_, child, _, _}] = Supervisor.which_children(sup)
Process.exit(child, :kill)
Process.sleep(50)
[{_, ^child, _, _}] = Supervisor.which_children(sup)
false = Process.alive?(child)
IO.puts("ok: a supervisor does not restart a child that is not linked to it")
