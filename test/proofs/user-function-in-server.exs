Logger.configure(level: :none)

defmodule Breaker do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call({:run, fun}, _from, s), do: {:reply, fun.(), s}
end

{:ok, breaker} = GenServer.start(Breaker, nil)
ref = Process.monitor(breaker)
try do GenServer.call(breaker, {:run, fn -> exit(:burnt) end}) catch :exit, _ -> :ok end
receive do
  {:DOWN, ^ref, _, _, :burnt} -> :ok
after
  500 -> raise("survived")
end
IO.puts("ok: an exit in its caller's function takes the server down")
