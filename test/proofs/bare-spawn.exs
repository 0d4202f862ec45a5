Logger.configure(level: :none)

parent = self()
spawn(fn -> send(parent, {:callers, Process.get(:"$callers")}) end)
nil = receive do {:callers, callers} -> callers end
Task.start(fn -> send(parent, {:callers, Process.get(:"$callers")}) end)
[^parent] = receive do {:callers, callers} -> callers end
IO.puts("ok: a spawned process carries no $callers, a task does")
