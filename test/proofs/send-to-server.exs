Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_info(:light, _s), do: {:noreply, :lit}
  def handle_cast(:light, _s), do: {:noreply, :lit}
end

{:ok, oven} = GenServer.start(Oven, :dark)
GenServer.stop(oven)
:light = send(oven, :light)
IO.puts("ok: a send to a dead server gives the message back, as one that was taken")

raised =
  try do
    send(:no_such_oven, :light)
  rescue
    ArgumentError -> :raised
  end

:raised = raised
:ok = GenServer.cast(:no_such_oven, :light)
IO.puts("ok: a send to a name that is not registered raises, a cast does not")

{:noproc, _} = catch_exit = try do GenServer.call(oven, :light) catch :exit, reason -> reason end
true = is_tuple(catch_exit)
IO.puts("ok: a call to a dead server tells its caller")
