Logger.configure(level: :none)

Process.put(:price, 3)
nil = Task.await(Task.async(fn -> Process.get(:price) end))
3 = Process.get(:price)
IO.puts("ok: what the process dictionary holds is nil in a task")
