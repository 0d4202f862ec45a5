Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:heat, _from, s), do: {:reply, s, s}
end

# `between` is what other processes may do at that moment.
heat = fn between ->
  case Process.whereis(:oven) do
    nil ->
      {:error, :off}

    pid ->
      between.(pid)
      GenServer.call(pid, :heat)
  end
end

kill = fn pid ->
  ref = Process.monitor(pid)
  Process.exit(pid, :kill)
  receive do {:DOWN, ^ref, _, _, _} -> :ok end
end

{:error, :off} = heat.(fn _ -> :ok end)
{:ok, _} = GenServer.start(Oven, 200, name: :oven)
200 = heat.(fn _ -> :ok end)
{:exited, :noproc} = (try do heat.(kill) catch :exit, {why, _} -> {:exited, why} end)

# A second look does not help, a handler does.
{:ok, _} = GenServer.start(Oven, 200, name: :oven)
checked = fn -> heat.(fn pid -> true = Process.alive?(pid); kill.(pid) end) end
{:exited, :noproc} = (try do checked.() catch :exit, {why, _} -> {:exited, why} end)
{:error, :off} = (try do GenServer.call(:oven, :heat) catch :exit, {:noproc, _} -> {:error, :off} end)

# A child that is starting again is an atom in the list of children, and no pid.
{:ok, tries} = Agent.start(fn -> 0 end)

{:ok, ovens} =
  Supervisor.start_link(
    [%{id: :oven, start: {Kernel, :apply, [fn -> if Agent.get_and_update(tries, &{&1, &1 + 1}) == 0, do: Agent.start_link(fn -> 1 end), else: {:error, :cold} end, []]}}],
    strategy: :one_for_one, max_restarts: 100_000, max_seconds: 1
  )

[{:oven, pid, _, _}] = Supervisor.which_children(ovens)
kill.(pid)
Process.unlink(ovens)

true =
  Enum.any?(1..200, fn _ ->
    try do
      match?([{:oven, :restarting, _, _}], Supervisor.which_children(ovens))
    catch
      :exit, _ -> false
    end
  end)

# A table that was found goes with its owner, and using it raises.
{:ok, owner} = Agent.start(fn -> :ets.new(:prices, [:named_table, :public]) end)
true = :ets.whereis(:prices) != :undefined
kill.(owner)
:gone = (try do :ets.delete_all_objects(:prices) rescue ArgumentError -> :gone end)

IO.puts("ok: between finding a process and calling it, it can end: the function exits where it promised an error; a restarting child is listed as an atom; a table that was found goes with its owner")
