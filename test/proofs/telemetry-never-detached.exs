# The logger stands for every global table of handlers: telemetry, too, keeps a handler under its id until somebody detaches it.
defmodule Sink do
  def log(_event, %{config: %{to: pid}}), do: send(pid, :logged)
end

attach = fn -> :logger.add_handler(:ledger, Sink, %{config: %{to: self()}}) end
me = self()
spawn(fn -> send(me, {:attached, self(), attach.()}) end)
{old, :ok} = receive do: ({:attached, pid, result} -> {pid, result})
Process.sleep(20)
false = Process.alive?(old)

{:ok, %{config: %{to: ^old}}} = :logger.get_handler_config(:ledger)
{:error, {:already_exist, :ledger}} = attach.()
{:ok, %{config: %{to: ^old}}} = :logger.get_handler_config(:ledger)
:ok = :logger.remove_handler(:ledger)
:ok = attach.()
{:ok, %{config: %{to: ^me}}} = :logger.get_handler_config(:ledger)
IO.puts("ok: a global handler outlives the process that attached it and keeps its pid; a second attach under the id is refused until it is removed")
