{:ok, tasks} = Task.Supervisor.start_link()
{:ok, _} = Registry.start_link(keys: :unique, name: Open)
{:ok, oven} = Agent.start(fn -> :hot end)

in_task = fn work ->
  {:ok, pid} = Task.Supervisor.start_child(tasks, work)
  ref = Process.monitor(pid)
  receive do {:DOWN, ^ref, _, _, _} -> :ok after 1000 -> raise("the task lives") end
end

in_task.(fn -> Process.monitor(oven) end)
in_task.(fn -> {:ok, _} = Registry.register(Open, 7, []) end)
in_task.(fn -> :ets.new(:menu, [:named_table, :public]) end)

Agent.stop(oven)
receive do {:DOWN, _, _, ^oven, _} -> raise("the monitor was ours") after 50 -> :ok end
Process.sleep(20)
[] = Registry.lookup(Open, 7)
:undefined = :ets.whereis(:menu)

IO.puts("ok: a monitor, a registration and a table made in a task are gone with it; the process that started the task has none of them")
