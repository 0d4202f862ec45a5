Logger.configure(level: :none)

defmodule Bakery do
  def open do
    Process.flag(:trap_exit, true)
    :ok
  end
end

parent = self()

baker =
  spawn(fn ->
    :ok = Bakery.open()
    {:trap_exit, true} = Process.info(self(), :trap_exit)
    oven = spawn_link(fn -> exit(:burnt) end)
    receive do {:EXIT, ^oven, :burnt} -> send(parent, {:survived, self()}) end
    Process.sleep(:infinity)
  end)

receive do {:survived, ^baker} -> :ok after 500 -> raise("no message") end
IO.puts("ok: the flag stays in the caller, and the crash of a linked process becomes a message")

Process.exit(baker, :shutdown)
Process.sleep(20)
true = Process.alive?(baker)
IO.puts("ok: the caller no longer dies of :shutdown")
Process.exit(baker, :kill)

spawn(fn ->
  Process.flag(:trap_exit, true)
  old = Process.flag(:trap_exit, true)
  Process.flag(:trap_exit, false)
  send(parent, {:flags, old, Process.info(self(), :trap_exit)})
end)

receive do {:flags, true, {:trap_exit, false}} -> :ok after 500 -> raise("flags") end
IO.puts("ok: flag/2 answers the old value, and false is not the old value of a caller that trapped exits")
