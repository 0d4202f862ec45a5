Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}

  def handle_cast({:light, ms}, _s) do
    Process.sleep(ms)
    {:noreply, :lit}
  end
end

# A busy machine: the same sleep, a slower server.
lit_after = fn wait, ms ->
  {:ok, oven} = GenServer.start(Oven, :cold)
  GenServer.cast(oven, {:light, ms})
  wait.(oven)
  # Looks without asking the server: idle in its loop, or still at work?
  Process.info(oven, :current_function) == {:current_function, {:gen_server, :loop, 7}}
end

sleeps = fn _oven -> Process.sleep(20) end
syncs = fn oven -> :lit = :sys.get_state(oven) end
true = lit_after.(sleeps, 0)
false = lit_after.(sleeps, 100)
true = lit_after.(syncs, 0)
true = lit_after.(syncs, 100)
IO.puts("ok: after a fixed sleep a slow server is still at work; after :sys.get_state it has handled what was sent before, however long that took")
