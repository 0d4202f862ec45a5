Logger.configure(level: :none)

defmodule Oven do
  use GenServer
  def init(s), do: {:ok, s}
  def handle_call(:bake, _from, s), do: {:reply, Task.async(fn -> :loaf end), s}
  def handle_call(:mail, _from, s), do: {:reply, Enum.reverse(s), s}
  def handle_info(message, s), do: {:noreply, [message | s]}
end

{:ok, oven} = GenServer.start(Oven, [])
task = GenServer.call(oven, :bake)
%ArgumentError{message: message} = (try do Task.await(task) rescue e -> e end)
true = message =~ "must be queried from the owner"

# The result goes to the server, and so does its end.
Process.sleep(50)
ref = task.ref
[{^ref, :loaf}, {:DOWN, ^ref, :process, _, :normal}] = GenServer.call(oven, :mail)
IO.puts("ok: only the process that started a task can await it; result and :DOWN go to the server that handed it out")
