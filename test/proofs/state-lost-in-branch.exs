Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  require Logger
  def init(s), do: {:ok, s}
  def handle_cast({:heat, gas}, s), do: {:noreply, heat(s, gas)}
  def handle_call(:hot?, _from, %{} = s), do: {:reply, s.hot, s}

  defp heat(s, :open), do: %{s | hot: true}
  defp heat(_s, :shut), do: Logger.error("no gas")
end

{:ok, oven} = GenServer.start(Oven, %{hot: false})
GenServer.cast(oven, {:heat, :open})
true = GenServer.call(oven, :hot?)

GenServer.cast(oven, {:heat, :shut})
:ok = :sys.get_state(oven)

{:function_clause, _} =
  try do
    GenServer.call(oven, :hot?)
  catch
    :exit, {reason, _call} -> reason
  end

false = Process.alive?(oven)
IO.puts("ok: a branch that ends in a log line makes :ok the state, and the next message that needs it stops the server")
