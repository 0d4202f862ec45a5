Logger.configure(level: :none)

{:ok, pid} = Task.start(fn -> exit(:lost) end)
ref = Process.monitor(pid)
receive do {:DOWN, ^ref, _, _, _} -> :ok end
receive do message -> raise("told: #{inspect(message)}") after 50 -> :ok end
IO.puts("ok: nobody is told when a task of Task.start fails")

slow = Task.async(fn -> Process.sleep(50) && :late end)
nil = Task.yield(slow, 10)
true = Process.alive?(slow.pid)
ref = slow.ref
:late = receive do: ({^ref, result} -> result)
stopped = Task.async(fn -> Process.sleep(50) && :late end)
nil = Task.yield(stopped, 10) || Task.shutdown(stopped)
false = Process.alive?(stopped.pid)
IO.puts("ok: a task that Task.yield gives up on runs on and sends its result later, and Task.shutdown ends it")
