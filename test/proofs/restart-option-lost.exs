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
IO.puts("ok: a map without :restart is permanent, whatever the module's use says")
