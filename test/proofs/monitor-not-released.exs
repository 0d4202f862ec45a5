oven = spawn(fn -> Process.sleep(:infinity) end)
ref = Process.monitor(oven)
:late = receive do {:DOWN, ^ref, _, _, _} -> :ok after 20 -> :late end
Process.exit(oven, :kill)
receive do {:DOWN, ^ref, _, _, :killed} -> :ok after 500 -> raise("no :DOWN") end
IO.puts("ok: after a timeout without demonitor the :DOWN arrives later")

oven = spawn(fn -> :ok end)
ref = Process.monitor(oven)
Process.sleep(20)
true = Process.demonitor(ref)
receive do {:DOWN, ^ref, _, _, _} -> :ok after 50 -> raise("the :DOWN is gone") end
IO.puts("ok: demonitor without :flush leaves a :DOWN that is queued")

ref = Process.monitor(oven)
Process.sleep(20)
true = Process.demonitor(ref, [:flush])
receive do {:DOWN, ^ref, _, _, _} -> raise("the :DOWN stayed") after 50 -> :ok end
IO.puts("ok: with :flush it is gone")
