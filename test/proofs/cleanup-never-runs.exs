Logger.configure(level: :none)

defmodule Ledger do
  use GenServer
  def start_link({to, traps?}), do: GenServer.start_link(__MODULE__, {to, traps?})
  def init({to, traps?}) do
    if traps?, do: Process.flag(:trap_exit, true)
    {:ok, to}
  end
  def handle_cast(:crash, _s), do: raise("crash")
  def handle_cast(:stop, s), do: {:stop, :normal, s}
  def terminate(_reason, to), do: send(to, :cleaned)
end

cleaned? = fn traps?, how ->
  {:ok, sup} = Supervisor.start_link([Supervisor.child_spec({Ledger, {self(), traps?}}, restart: :temporary)], strategy: :one_for_one)
  [{_, pid, _, _}] = Supervisor.which_children(sup)
  case how do
    :shutdown -> :ok
    :kill -> Process.exit(pid, :kill)
    message -> GenServer.cast(pid, message)
  end
  Process.sleep(30)
  Supervisor.stop(sup)
  receive do: (:cleaned -> true), after: (30 -> false)
end
false = cleaned?.(false, :shutdown)
true = cleaned?.(true, :shutdown)
true = cleaned?.(false, :crash)
true = cleaned?.(false, :stop)
false = cleaned?.(true, :kill)
IO.puts("ok: a supervisor's shutdown skips terminate/2 without trap_exit; a crash in a callback and a stop run it, a kill does not")

defmodule Baker do
  use GenServer
  def start_link(traps?), do: GenServer.start_link(__MODULE__, traps?)
  def init(traps?) do
    Process.flag(:trap_exit, traps?)
    DynamicSupervisor.start_child(Ovens, {Agent, fn -> :hot end})
  end
  def terminate(_reason, oven), do: DynamicSupervisor.terminate_child(Ovens, oven)
end

{:ok, _} = DynamicSupervisor.start_link(strategy: :one_for_one, name: Ovens)
ovens_after_shutdown = fn traps? ->
  {:ok, sup} = Supervisor.start_link([{Baker, traps?}], strategy: :one_for_one)
  Supervisor.stop(sup)
  DynamicSupervisor.count_children(Ovens).active
end
0 = ovens_after_shutdown.(true)
1 = ovens_after_shutdown.(false)
IO.puts("ok: a child under another supervisor runs on when the terminate/2 that should stop it is skipped")
