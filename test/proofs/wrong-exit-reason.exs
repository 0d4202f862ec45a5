Logger.configure(level: :none)

{:ok, oven} = Agent.start(fn -> 200 end)
Process.exit(oven, :normal)
Process.sleep(20)
true = Process.alive?(oven)
ref = Process.monitor(oven)
Process.exit(oven, :shutdown)
receive do {:DOWN, ^ref, _, _, :shutdown} -> :ok after 500 -> raise("alive") end
IO.puts("ok: :normal from another process stops nobody, :shutdown does")
