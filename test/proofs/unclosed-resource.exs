path = Path.join(System.tmp_dir!(), "otp-audit-proof-#{System.unique_integer([:positive])}")
before = length(Process.list())
for _ <- 1..20, do: {:ok, _} = File.open(path, [:append])
left = length(Process.list()) - before
unless left >= 20, do: raise("only #{left} more")

file = Task.await(Task.async(fn -> File.open!(path, [:append]) end))
ref = Process.monitor(file)
receive do: ({:DOWN, ^ref, _, _, _} -> :ok), after: (500 -> raise("the file outlives its owner"))

{:ok, listener} = :gen_tcp.listen(0, [])
{:ok, port} = :inet.port(listener)
dial = fn ->
  with {:ok, socket} <- :gen_tcp.connect('localhost', port, []), :ok <- (fn _ -> {:error, :refused} end).(socket), do: {:ok, socket}
end
ports = length(Port.list())
for _ <- 1..5, do: {:error, :refused} = dial.()
unless length(Port.list()) >= ports + 5, do: raise("the sockets were closed")
File.rm(path)
IO.puts("ok: handles stay open as long as the process that opened them, also when a later step fails")
