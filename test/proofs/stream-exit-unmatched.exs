Logger.configure(level: :none)
{:ok, tasks} = Task.Supervisor.start_link()
bake = fn loaf -> if loaf == 2, do: exit(:burnt), else: loaf end
stream = Task.Supervisor.async_stream_nolink(tasks, 1..3, bake)

[{:ok, 1}, {:exit, :burnt}, {:ok, 3}] = Enum.to_list(stream)
%FunctionClauseError{} = (try do Enum.map(stream, fn {:ok, loaf} -> loaf end) rescue e -> e end)
[1, 3] = for({:ok, loaf} <- stream, do: loaf)

slow = fn loaf -> Process.sleep(loaf * 200); loaf end
[{:ok, 0}, {:exit, :timeout}] = Enum.to_list(Task.async_stream([0, 1], slow, timeout: 50, on_timeout: :kill_task))

# Linked and with the default, the owner ends before any clause could run.
{_, ref} = spawn_monitor(fn -> Task.async_stream(1..3, bake) |> Enum.map(fn {:ok, loaf} -> loaf end) end)
receive do {:DOWN, ^ref, _, _, :burnt} -> :ok after 1000 -> raise("alive") end
IO.puts("ok: a dead or late task yields {:exit, reason}: fn {:ok, x} raises on it, for {:ok, x} <- drops it; a linked stream ends its owner first")
