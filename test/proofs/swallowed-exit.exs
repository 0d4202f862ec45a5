Logger.configure(level: :none)

defmodule Oven do
  use GenServer

  def init(traps?) do
    Process.flag(:trap_exit, traps?)
    Agent.start_link(fn -> :timer end)
  end

  def handle_call(:timer, _from, timer), do: {:reply, timer, timer}
  def handle_info(_, timer), do: {:noreply, timer}
end

crash = fn traps? ->
  {:ok, oven} = GenServer.start(Oven, traps?)
  timer = GenServer.call(oven, :timer)
  ref = Process.monitor(oven)
  Process.exit(timer, :broken)
  receive do {:DOWN, ^ref, _, _, :broken} -> :stopped after 100 -> {oven, timer} end
end

:stopped = crash.(false)
{oven, timer} = crash.(true)
true = Process.alive?(oven)
false = Process.alive?(timer)
^timer = GenServer.call(oven, :timer)
IO.puts("ok: a server that traps and drops exits lives on with the pid of a dead process")
