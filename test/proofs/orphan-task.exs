Logger.configure(level: :none)

{:ok, pid} = Task.start(fn -> exit(:lost) end)
ref = Process.monitor(pid)
receive do {:DOWN, ^ref, _, _, _} -> :ok end
receive do message -> raise("told: #{inspect(message)}") after 50 -> :ok end
IO.puts("ok: nobody is told when a task of Task.start fails")
