Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:temperature, _from, s), do: {:reply, 200, s}
  def handle_cast(:clean, s), do: {:noreply, s}
  def handle_info(:tick, s), do: {:noreply, s}
end

defmodule Plain do
  use GenServer
  def init(s), do: {:ok, s}
end

died = fn module, act ->
  {:ok, pid} = GenServer.start(module, nil)
  ref = Process.monitor(pid)
  act.(pid)
  receive do {:DOWN, ^ref, _, _, reason} -> reason after 100 -> :alive end
end

caller = fn pid -> try do GenServer.call(pid, :temprature) catch :exit, {reason, _} -> send(self(), {:caller, reason}) end end
{:function_clause, _} = died.(Oven, caller)
receive do {:caller, {:function_clause, _}} -> :ok after 0 -> raise("the caller lived") end
{:function_clause, _} = died.(Oven, &GenServer.cast(&1, :cleen))
{:function_clause, _} = died.(Oven, &send(&1, :tock))
IO.puts("ok: a message without clause stops the server, and a caller exits with it")
{%RuntimeError{}, _} = died.(Plain, &GenServer.cast(&1, :clean))
:alive = died.(Plain, &send(&1, :tock))
IO.puts("ok: without clauses of its own a cast raises, and a plain message is dropped")
