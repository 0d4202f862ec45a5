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

defmodule Shared do
  use GenServer
  def start_link(_) do
    case GenServer.start_link(__MODULE__, nil, name: __MODULE__) do
      {:ok, pid} -> {:ok, pid}
      {:error, {:already_started, pid}} -> {:ok, pid}
    end
  end
  def init(s), do: {:ok, s}
end

{:ok, owner} = Supervisor.start_link([Shared], strategy: :one_for_one)
{:ok, guest} = Supervisor.start_link([Shared], strategy: :one_for_one)
shared = Process.whereis(Shared)
[{Shared, ^shared, :worker, _}] = Supervisor.which_children(guest)
{:links, linked} = Process.info(shared, :links)
[^owner] = linked
Supervisor.stop(guest)
Process.sleep(50)
false = Process.alive?(shared)
IO.puts("ok: a supervisor that is given another's process is not linked to it, and stops it at its own shutdown")
