Logger.configure(level: :none)
Process.flag(:trap_exit, true)

defmodule Oven do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)
  def init(s), do: {:ok, s}
end

{:ok, sup} = Supervisor.start_link([Supervisor.child_spec({Task, fn -> :done end}, restart: :permanent)], strategy: :one_for_one)
receive do: ({:EXIT, ^sup, :shutdown} -> :ok), after: (1_000 -> raise("the supervisor lives"))
{:ok, sup} = Supervisor.start_link([%{id: :seed, start: {Task, :start_link, [fn -> :done end]}}], strategy: :one_for_one)
receive do: ({:EXIT, ^sup, :shutdown} -> :ok), after: (1_000 -> raise("the supervisor lives"))

{:ok, sup} = Supervisor.start_link([{Task, fn -> :done end}, Supervisor.child_spec(Oven, restart: :temporary)], strategy: :one_for_one)
Process.exit(Process.whereis(Oven), :kill)
Process.sleep(50)
nil = Process.whereis(Oven)
true = Process.alive?(sup)

defmodule Table do
  use GenServer
  def start_link(guest), do: GenServer.start_link(__MODULE__, guest)
  def init(guest), do: {:ok, {guest, Process.send_after(self(), :idle, 50)}}
  def handle_info(:idle, table), do: {:stop, :normal, table}
end

{:ok, tables} = DynamicSupervisor.start_link(strategy: :one_for_one)
{:ok, table} = DynamicSupervisor.start_child(tables, {Table, :guest})
ref = Process.monitor(table)
receive do: ({:DOWN, ^ref, _, _, :normal} -> :ok), after: (1_000 -> raise("it lives"))
Process.sleep(20)
[{_, again, _, _}] = DynamicSupervisor.which_children(tables)
true = is_pid(again) and again != table
IO.puts("ok: a permanent task that returns takes its supervisor down, a temporary server is not started again, and an idle one that is permanent is back at once")
