Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:heat, _from, s), do: {:reply, 200, s}

  def handle_call(:self, _from, s) do
    {:reply, catch_exit(fn -> GenServer.call(self(), :heat) end), s}
  end

  defp catch_exit(fun) do
    fun.()
  catch
    :exit, {reason, _} -> reason
  end
end

{:ok, oven} = GenServer.start(Oven, nil)
:calling_self = GenServer.call(oven, :self)
IO.puts("ok: a server that calls itself exits with :calling_self at once")
