Logger.configure(level: :none)
Process.flag(:trap_exit, true)

defmodule Menu do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)
  def init(s), do: {:ok, s}
end

defmodule Till do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)
  def init(_), do: {:ok, Process.whereis(Menu)}
  def handle_call(:menu, _from, s), do: {:reply, s, s}
end

kept_alive? = fn strategy ->
  {:ok, sup} = Supervisor.start_link([Menu, Till], strategy: strategy)
  Process.exit(Process.whereis(Menu), :kill)
  Process.sleep(50)
  alive = Process.alive?(GenServer.call(Till, :menu))
  Supervisor.stop(sup)
  alive
end

false = kept_alive?.(:one_for_one)
true = kept_alive?.(:rest_for_one)

{:ok, registry} = Registry.start_link(keys: :unique, name: Names)
:ok = Registry.put_meta(Names, :till, self())
{:links, before} = Process.info(self(), :links)
{:ok, _} = Registry.register(Names, :bell, nil)
{:links, linked} = Process.info(self(), :links)
true = length(linked) > length(before)
Supervisor.stop(registry)
{:ok, _} = Registry.start_link(keys: :unique, name: Names)
:error = Registry.meta(Names, :till)
IO.puts("ok: under :one_for_one the later child keeps a dead pid, and what put_meta kept is gone with the registry")

defmodule Baker do
  use GenServer
  def start_link(_), do: GenServer.start_link(__MODULE__, nil, name: __MODULE__)
  def init(s) do
    {:ok, _} = DynamicSupervisor.start_child(Ovens, {Agent, fn -> :hot end})
    {:ok, s}
  end
end

ovens_after_restart = fn strategy ->
  {:ok, sup} = Supervisor.start_link([{DynamicSupervisor, name: Ovens}, Baker], strategy: strategy)
  Process.exit(Process.whereis(Ovens), :kill)
  Process.sleep(50)
  %{active: active} = DynamicSupervisor.count_children(Ovens)
  Supervisor.stop(sup)
  active
end

0 = ovens_after_restart.(:one_for_one)
1 = ovens_after_restart.(:rest_for_one)
IO.puts("ok: a DynamicSupervisor comes back empty, and only :rest_for_one starts again who filled it")
