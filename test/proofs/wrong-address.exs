raises = fn fun ->
  try do
    fun.()
    false
  rescue
    ArgumentError -> true
  end
end

via = {:via, Registry, {Bakery.Ovens, 1}}
true = raises.(fn -> send(via, :cool) end)
true = raises.(fn -> Process.send_after(via, :cool, 1) end)
true = raises.(fn -> Process.monitor(via) end)
true = raises.(fn -> Process.exit(via, :shutdown) end)
IO.puts("ok: send, send_after and monitor raise for a via name")

:yes = :global.register_name(Bakery.Oven, self())
:cool = send({:global, Bakery.Oven}, :cool)
receive do
  :cool -> raise "arrived"
after
  50 -> :ok
end
IO.puts("ok: what is sent to a global name is lost, though the name is there")

for name <- ["oven", {Bakery.Oven, 1}, 1] do
  true = raises.(fn -> send({:global, name}, :cool) end)
  true = raises.(fn -> Process.send({:global, name}, :cool, []) end)
end
IO.puts("ok: send raises for a global name that is no atom")

for name <- [Bakery.Oven, "oven"] do
  true = raises.(fn -> Process.send_after({:global, name}, :cool, 1) end)
  true = raises.(fn -> :erlang.start_timer(1, {:global, name}, :cool) end)
  true = raises.(fn -> Process.exit({:global, name}, :shutdown) end)
  true = raises.(fn -> Process.link({:global, name}) end)
end
IO.puts("ok: timers, exits and links raise for any global name")

true = raises.(fn -> Process.monitor({:global, Bakery.Oven}) end)
{:ok, _} = :net_kernel.start(:bakery, %{name_domain: :shortnames, dist_listen: false})
true = raises.(fn -> Process.monitor({:global, "oven"}) end)
ref = Process.monitor({:global, Bakery.Oven})
receive do
  {:DOWN, ^ref, :process, {:global, Bakery.Oven}, :noconnection} -> :ok
after
  5_000 -> raise "no :DOWN"
end
IO.puts("ok: a monitor of a global name raises without distribution, and with it the process is down at once")
