Logger.configure(level: :none)

baker = spawn(fn ->
  receive do {:eta, from} -> Process.sleep(60); send(from, {:eta, 10}) end
  receive do {:eta, from} -> Process.sleep(200); send(from, {:eta, 20}) end
end)

eta = fn timeout ->
  send(baker, {:eta, self()})
  receive do {:eta, minutes} -> minutes after timeout -> :timeout end
end

:timeout = eta.(20)
10 = eta.(100)
IO.puts("ok: without a reference the late answer to the first request is taken for the second")

Process.exit(baker, :kill)
send(baker, {:eta, self()})
:waiting = receive do {:eta, _} -> :answered after 50 -> :waiting end
IO.puts("ok: a dead receiver answers nothing, and without a monitor nobody says so")

late = spawn(fn -> receive do {:eta, from, ref} -> Process.sleep(40); send(from, {:eta, ref}) end end)
ref = make_ref()
send(late, {:eta, self(), ref})
receive do {:eta, ^ref} -> raise("too early") after 10 -> :ok end
receive do {:eta, ^ref} -> :ok after 500 -> raise("no late answer") end
IO.puts("ok: the answer after the timeout stays in the caller's mailbox")

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:eta, _from, s) do
    Process.sleep(40)
    {:reply, 20, s}
  end
end

{:ok, oven} = GenServer.start(Oven, nil)
try do GenServer.call(oven, :eta, 10) catch :exit, {:timeout, _} -> :ok end
receive do message -> raise("a late reply arrived: #{inspect(message)}") after 100 -> :ok end
IO.puts("ok: the late reply to GenServer.call/3 is dropped")
