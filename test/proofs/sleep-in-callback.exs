Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_cast(:rest, s) do
    Process.sleep(300)
    {:noreply, s}
  end
  def handle_call(:heat, _from, s), do: {:reply, s, s}
end

{:ok, oven} = GenServer.start(Oven, 200)
GenServer.cast(oven, :rest)
reason = try do GenServer.call(oven, :heat, 100) catch :exit, {reason, _} -> reason end
:timeout = reason
IO.puts("ok: a client of a sleeping server runs into its timeout")
