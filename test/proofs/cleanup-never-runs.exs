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
