Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def start_link(_), do: GenServer.start(__MODULE__, nil, name: __MODULE__)
  def init(s), do: {:ok, s}
end

{:ok, sup} = Supervisor.start_link([Oven], strategy: :one_for_one)
pid = Process.whereis(Oven)
ref = Process.monitor(pid)
Process.exit(pid, :kill)
receive do: ({:DOWN, ^ref, _, _, _} -> :ok)
Process.sleep(50)
nil = Process.whereis(Oven)
[{Oven, ^pid, :worker, _}] = Supervisor.which_children(sup)
%{active: 0, specs: 1} = Supervisor.count_children(sup)
IO.puts("ok: a child that start_link does not link is never restarted, and its dead pid stays in the list")
