Logger.configure(level: :none)
Process.flag(:trap_exit, true)

defmodule Oven do
  use GenServer, restart: :temporary
  def start_link(id), do: GenServer.start_link(__MODULE__, id)
  def init(id), do: {:ok, id}
end

comes_back? = fn spec ->
  {:ok, ovens} = DynamicSupervisor.start_link(strategy: :one_for_one)
  {:ok, oven} = DynamicSupervisor.start_child(ovens, spec)
  GenServer.stop(oven)
  Process.sleep(50)
  active = DynamicSupervisor.count_children(ovens).active
  Supervisor.stop(ovens)
  active == 1
end

false = comes_back?.({Oven, :gas})
true = comes_back?.(%{id: Oven, start: {Oven, :start_link, [:gas]}})
false = comes_back?.(%{id: Oven, start: {Oven, :start_link, [:gas]}, restart: :temporary})

defmodule Ovens do
  use DynamicSupervisor
  def start_link(_), do: DynamicSupervisor.start_link(__MODULE__, nil, name: __MODULE__)
  def init(_), do: DynamicSupervisor.init(strategy: :one_for_one, max_children: 1)
end

room_for_two? = fn child ->
  {:ok, bakery} = Supervisor.start_link([child], strategy: :one_for_one)
  {:ok, _} = DynamicSupervisor.start_child(Ovens, {Oven, :gas})
  second = DynamicSupervisor.start_child(Ovens, {Oven, :wood})
  Supervisor.stop(bakery)
  match?({:ok, _}, second)
end

false = room_for_two?.({Ovens, nil})
true = room_for_two?.({DynamicSupervisor, name: Ovens, strategy: :one_for_one})
IO.puts("ok: a map without :restart is permanent, whatever the module's use says, and a plain supervisor with the name of a module has none of its limits")
