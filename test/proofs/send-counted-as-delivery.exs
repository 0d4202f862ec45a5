Logger.configure(level: :none)

{:ok, courier} = Agent.start(fn -> nil end)
Agent.stop(courier)
outcome = try do send(courier, :go); :sent rescue _ -> :rescued catch _, _ -> :caught end
:sent = outcome
1 = Enum.count([courier], fn pid -> send(pid, :go) && true end)
:ok = GenServer.cast(courier, :go)
IO.puts("ok: a send to a dead process succeeds, and no rescue or catch around it runs")

defmodule Slow do
  use GenServer
  def init(test), do: {:ok, test}
  def handle_call(:bake, _from, test) do
    Process.sleep(80)
    send(test, :baked)
    {:reply, :ok, test}
  end
  def handle_info(:bake, test) do
    send(test, :baked)
    {:noreply, test}
  end
end

{:ok, slow} = GenServer.start(Slow, self())
try do GenServer.call(slow, :bake, 20) catch :exit, {:timeout, _} -> send(slow, :bake) end
receive do :baked -> :ok after 500 -> raise("the first request did not run") end
receive do :baked -> :ok after 500 -> raise("the second request did not run") end
IO.puts("ok: a call that timed out still runs, so the same message sent again is handled twice")
