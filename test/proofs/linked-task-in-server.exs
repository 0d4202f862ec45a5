Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_cast({:bake, start}, s) do
    start.(fn -> exit(:burnt) end)
    {:noreply, s}
  end
  def handle_info(_message, s), do: {:noreply, s}
end

{:ok, tasks} = Task.Supervisor.start_link()
outcome = fn start ->
  {:ok, oven} = GenServer.start(Oven, nil)
  ref = Process.monitor(oven)
  GenServer.cast(oven, {:bake, start})
  receive do {:DOWN, ^ref, _, _, reason} -> reason after 200 -> :alive end
end
:burnt = outcome.(&Task.async/1)
:alive = outcome.(&Task.Supervisor.async_nolink(tasks, &1))
IO.puts("ok: a crash of a linked task stops the server, one of async_nolink does not")
