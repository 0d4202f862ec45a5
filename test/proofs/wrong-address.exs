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
true = raises.(fn -> Process.send_after({:global, Bakery.Oven}, :cool, 1) end)
true = raises.(fn -> Process.monitor(via) end)
IO.puts("ok: send, send_after and monitor raise for a via name")

:yes = :global.register_name(Bakery.Oven, self())
:cool = send({:global, Bakery.Oven}, :cool)
receive do
  :cool -> raise "arrived"
after
  50 -> :ok
end
IO.puts("ok: what is sent to a global name is lost, though the name is there")
