Logger.configure(level: :none)

# A test process that starts a server and ends as ExUnit ends it: with :shutdown.
left_by = fn start ->
  me = self()
  {_, ref} = spawn_monitor(fn -> {:ok, oven} = start.(); send(me, {:oven, oven}); exit(:shutdown) end)
  oven = receive do {:oven, oven} -> oven end
  receive do {:DOWN, ^ref, _, _, :shutdown} -> oven end
end

# Linked: for a moment the name is still taken when the test is over, since the exit is only then on its way.
slow = fn -> Agent.start_link(fn -> Process.flag(:trap_exit, true) end, name: :oven) end
oven = left_by.(fn -> {:ok, pid} = slow.(); Agent.cast(pid, fn s -> Process.sleep(100); s end); {:ok, pid} end)
^oven = Process.whereis(:oven)
{:error, {:already_started, ^oven}} = slow.()
ref = Process.monitor(oven)
receive do {:DOWN, ^ref, _, _, _} -> :ok after 1000 -> raise("lives") end

# Not linked: it stays for good.
oven = left_by.(fn -> Agent.start(fn -> :warm end, name: :oven) end)
Process.sleep(50)
^oven = Process.whereis(:oven)
IO.puts("ok: a started process is still there when its test is over: a linked one for a while, another one for good")
