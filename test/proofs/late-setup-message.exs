defmodule Oven do
  use GenServer
  def start(test), do: GenServer.start(__MODULE__, test, name: __MODULE__)
  def init(test) do
    # The name is there already: a client asks before the server sends to itself.
    send(test, :registered)
    receive do: (:go_on -> :ok)
    send(self(), :heat)
    {:ok, %{plates: nil}}
  end
  def handle_info(:heat, s), do: {:noreply, %{s | plates: 3}}
  def handle_call(:count, _from, s), do: {:reply, s.plates, s}
end

test = self()
spawn(fn -> Oven.start(test) end)
receive do: (:registered -> :ok)
client = Task.async(fn -> GenServer.call(Oven, :count) end)
waiting = fn waiting ->
  case Process.info(Process.whereis(Oven), :message_queue_len) do
    {_, 0} -> waiting.(waiting)
    _ -> :ok
  end
end
:ok = waiting.(waiting)
send(Oven, :go_on)
nil = Task.await(client)
3 = GenServer.call(Oven, :count)
IO.puts("ok: a request came before the message that init sent")
