# A process that is busy holds one message of a socket with :once, and all of them with true.
waiting = fn -> elem(Process.info(self(), :message_queue_len), 1) end

# Waits until that many messages are there (five seconds at most), and a little longer for more.
settled = fn expected ->
  Enum.find(1..250, fn _ -> waiting.() >= expected or Process.sleep(20) != :ok end)
  Process.sleep(150)
  waiting.()
end

send_lines = fn active, expected ->
  {:ok, listener} = :gen_tcp.listen(0, [:binary, packet: :line, active: false, ip: {127, 0, 0, 1}])
  {:ok, port} = :inet.port(listener)
  {:ok, client} = :gen_tcp.connect({127, 0, 0, 1}, port, [:binary])
  {:ok, socket} = :gen_tcp.accept(listener)
  :ok = :inet.setopts(socket, active: active)
  for n <- 1..500, do: :ok = :gen_tcp.send(client, "loaf #{n}\n")
  held = settled.(expected)
  :gen_tcp.close(client)
  :gen_tcp.close(socket)
  :gen_tcp.close(listener)
  held
end

count = fn active, expected -> Task.async(fn -> send_lines.(active, expected) end) |> Task.await(20_000) end
500 = count.(true, 500)
1 = count.(:once, 1)
IO.puts("ok: of 500 lines 500 wait in the mailbox with active: true, and one with :once")
