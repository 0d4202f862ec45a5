Logger.configure(level: :none)
parked = fn -> spawn(fn -> Process.sleep(:infinity) end) end

# The same process: the runtime delivers the signal before it answers.
true =
  Enum.all?(1..2000, fn _ ->
    oven = parked.()
    Process.exit(oven, :kill)
    not Process.alive?(oven)
  end)

# Its name, its supervisor, and a process that has yet to read a message: all lag behind.
still_named =
  Enum.count(1..500, fn i ->
    name = :"oven_#{i}"
    oven = parked.()
    Process.register(oven, name)
    Process.exit(oven, :kill)
    Process.whereis(name) != nil
  end)

{:ok, ovens} = DynamicSupervisor.start_link(strategy: :one_for_one)

still_listed =
  Enum.count(1..500, fn _ ->
    {:ok, oven} = DynamicSupervisor.start_child(ovens, %{id: :oven, restart: :temporary, start: {Agent, :start_link, [fn -> :cold end]}})
    Process.exit(oven, :kill)
    listed = DynamicSupervisor.count_children(ovens).active > 0
    DynamicSupervisor.terminate_child(ovens, oven)
    listed
  end)

still_alive =
  Enum.count(1..500, fn _ ->
    oven = spawn(fn -> receive do :stop -> :ok end end)
    send(oven, :stop)
    Process.alive?(oven)
  end)

true = still_named > 0 and still_listed > 0 and still_alive > 0
IO.puts("ok: after a kill alive? of that process is false each time, but its name and its place among the children are still there, and a message to stop is still unread")
