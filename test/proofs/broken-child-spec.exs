Logger.configure(level: :none)
Process.flag(:trap_exit, true)

defmodule Oven do
  use GenServer
  def start_link(kind), do: GenServer.start_link(__MODULE__, kind)
  def bare(_), do: spawn_link(fn -> Process.sleep(:infinity) end)
  def init(kind), do: {:ok, kind}
end

defmodule Plain do
  @behaviour GenServer
  def init(s), do: {:ok, s}
end

start = fn children -> Supervisor.start_link(children, strategy: :one_for_one) end
{:error, {:start_spec, {:duplicate_child_name, Oven}}} = start.([{Oven, :gas}, {Oven, :wood}])
{:error, {:start_spec, {:invalid_mfa, _}}} = start.([%{id: 1, start: {Oven, :start_link, :gas}}])
{:error, {:start_spec, {:invalid_restart_type, :always}}} = start.([%{id: 1, start: {Oven, :start_link, [:gas]}, restart: :always}])
{:error, {:shutdown, {:failed_to_start_child, 1, {:EXIT, {:undef, _}}}}} = start.([%{id: 1, start: {Oven, :start_link, [heat: 200, kind: :gas]}}])
{:error, {:shutdown, {:failed_to_start_child, 1, pid}}} = start.([%{id: 1, start: {Oven, :bare, [:gas]}}])
true = is_pid(pid)
%ArgumentError{} = try do start.([Plain]) rescue e -> e end
{:ok, _} = start.([Supervisor.child_spec({Oven, :gas}, id: :gas), Supervisor.child_spec({Oven, :wood}, id: :wood)])
IO.puts("ok: a supervisor refuses one id twice, arguments that are no list, options as arguments, a bare pid and unknown restart types")
