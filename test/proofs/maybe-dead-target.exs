Logger.configure(level: :none)
raises = fn fun -> try do fun.(); false rescue ArgumentError -> true end end

true = raises.(fn -> Process.alive?(Process.whereis(:no_oven)) end)
gone = spawn(fn -> :ok end)
ref = Process.monitor(gone)
receive do {:DOWN, ^ref, _, _, _} -> :ok end

nil = Process.info(gone, :message_queue_len)
{:badmatch, nil} = (try do {_, _} = Process.info(gone, :message_queue_len) rescue e in MatchError -> {:badmatch, e.term} end)

true = raises.(fn -> send(:no_oven, :light) end)
true = raises.(fn -> send(nil, :light) end)
true = raises.(fn -> Process.exit(nil, :kill) end)
true = raises.(fn -> Process.link(nil) end)
true = raises.(fn -> Process.unlink(nil) end)
true = raises.(fn -> send({:via, Registry, {Names, :oven}}, :light) end)
:light = send(gone, :light)
:light = send({:no_oven, node()}, :light)
:ok = GenServer.cast(:no_oven, :light)

port = Port.open({:spawn, "cat"}, [:binary])
true = Port.close(port)
true = raises.(fn -> Port.close(port) end)

# A pid of another node, as it comes over the wire.
name = "oven@elsewhere"
far = :erlang.binary_to_term(<<131, 88, 119, byte_size(name), name::binary, 7::32, 0::32, 1::32>>)
:oven@elsewhere = node(far)
true = raises.(fn -> Process.alive?(far) end)
true = raises.(fn -> Process.alive?(:global.whereis_name(:no_oven)) end)
IO.puts("ok: alive?(nil), alive? of a pid of another node, exit, link and unlink of nil, send to a free name, to nil or to a via tuple, and a second Port.close raise; info of a dead pid is nil; cast and send to a dead pid do not raise")
