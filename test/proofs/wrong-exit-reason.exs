Logger.configure(level: :none)

{:ok, oven} = Agent.start(fn -> 200 end)
Process.exit(oven, :normal)
Process.sleep(20)
true = Process.alive?(oven)
ref = Process.monitor(oven)
Process.exit(oven, :shutdown)
receive do {:DOWN, ^ref, _, _, :shutdown} -> :ok after 500 -> raise("alive") end
IO.puts("ok: :normal from another process stops nobody, :shutdown does")

{:ok, stalls} = Supervisor.start_link([], strategy: :one_for_one)
ref = Process.monitor(stalls)
Process.exit(stalls, :normal)
receive do {:DOWN, ^ref, _, _, :normal} -> :ok after 500 -> raise("alive") end
IO.puts("ok: a supervisor obeys :normal from the process that started it")

{:ok, baker} = Agent.start(fn -> elem(Agent.start_link(fn -> 200 end), 1) end)
oven = Agent.get(baker, & &1)
ref = Process.monitor(baker)
Process.exit(oven, :shutdown)
receive do {:DOWN, ^ref, _, _, :shutdown} -> :ok after 500 -> raise("alive") end
IO.puts("ok: :shutdown to a linked process ends those linked to it, too")
