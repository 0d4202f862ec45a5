defmodule Till do
  use GenServer
  def init(pop?), do: {:ok, %{pop?: pop?, pending: %{}}}

  def handle_call({:pay, id}, from, s) do
    timer = Process.send_after(self(), {:late, id}, 100)
    {:noreply, put_in(s.pending[id], {timer, from})}
  end

  def handle_info({:paid, id}, s) do
    {timer, from} = s.pending[id]
    Process.cancel_timer(timer)
    GenServer.reply(from, :ok)
    {:noreply, if(s.pop?, do: %{s | pending: Map.delete(s.pending, id)}, else: s)}
  end

  def handle_info({:late, id}, s), do: {:noreply, %{s | pending: Map.delete(s.pending, id)}}
end

left = fn pop? ->
  {:ok, till} = GenServer.start(Till, pop?)

  for id <- 1..50 do
    Process.send_after(till, {:paid, id}, 2)
    :ok = GenServer.call(till, {:pay, id})
  end

  Process.sleep(200)
  map_size(:sys.get_state(till).pending)
end

50 = left.(false)
0 = left.(true)
IO.puts("ok: 50 answered entries stay, since their cancelled timers never remove them; popped with the answer none does")
